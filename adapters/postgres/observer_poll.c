#include "adapters/postgres/observer_parts.h"

#include <inttypes.h>
#include <string.h>

#include "adapters/postgres/observer_sample.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define ALIVE_EVERY_US 1000000
#define FINISH_STEP_US 30000
#define FINISH_QUIET_STEPS 4 /* so many empty reads end the observation */
#define FINISH_STEPS 40

void observer_own(struct observer *o, uint64_t pid)
{
	if (o->n_own < OBSERVER_SESSIONS)
		o->own[o->n_own++] = pid;
}

static bool is_own(void *ctx, uint64_t pid)
{
	const struct observer *o = ctx;

	for (size_t i = 0; i < o->n_own; i++)
		if (o->own[i] == pid)
			return true;
	return false;
}

static char *name_target(void *ctx, const struct lock_target *target)
{
	static const char *const prefixes[] = {[LOCK_RELATION] = "",
		[LOCK_EXTEND] = "extension of ",
		[LOCK_PAGE] = "page of ",
		[LOCK_TUPLE] = "tuple of "};
	struct observer *o = ctx;
	const char *name;

	if (target->kind == LOCK_OTHER || (target->database && target->database != o->database))
		return NULL;
	name = relation_names_find(&o->names, &o->session, target->relation);
	return name ? mem_printf("%s%s", prefixes[target->kind], name) : NULL;
}

void observer_poll_init(struct observer *o)
{
	o->waits.name = name_target;
	o->waits.hidden = is_own;
	o->waits.ctx = o;
}

static void take_record(void *ctx, const struct log_record *record)
{
	struct observer *o = ctx;

	lock_waits_record(&o->waits, record);
	foreign_record(&o->foreign, record, o->waits.offset_us);
}

/*
 * The log names the holders of a lock but not their modes. Where more than one session may be in
 * the way, the server is asked while the wait lasts, so that nobody is blamed for a lock that harms
 * no one.
 */
static int look_up_holders(struct observer *o, struct err *err)
{
	CLEANUP(cleanup_str) struct str list = {0};
	const char *params[1];

	for (size_t i = 0; i < o->waits.n; i++)
		if (o->waits.open[i].fresh)
			str_addf(&list, "%s%u", list.len ? "," : "{",
				o->waits.open[i].target.relation);
	if (!list.len)
		return 0;
	str_add_char(&list, '}');
	params[0] = str_text(&list);
	if (observer_ask(&o->session, OBSERVER_HOLDERS, params, 1, err))
		return -1;
	for (unsigned row = 0, n; row < observer_rows(&o->session); row += n) {
		uint64_t relation = observer_value_number(&o->session, row, 0);
		uint64_t pid = observer_value_number(&o->session, row, 1);
		const char *modes[16];

		for (n = 0; n < 16 && row + n < observer_rows(&o->session); n++) {
			if (observer_value_number(&o->session, row + n, 0) != relation ||
				observer_value_number(&o->session, row + n, 1) != pid)
				break;
			modes[n] = observer_value(&o->session, row + n, 2);
		}
		lock_waits_held(&o->waits, (uint32_t)relation, pid, modes, n);
	}
	for (size_t i = 0; i < o->waits.n; i++)
		o->waits.open[i].fresh = false;
	return 0;
}

/* Also tells whether the server is still there, when its log is silent. */
static int check_alive(struct observer *o, struct err *err)
{
	CLEANUP(cleanup_free) uint64_t *pids = NULL;
	unsigned n;

	if (o->waits.now_us - o->checked_us < ALIVE_EVERY_US)
		return 0;
	o->checked_us = o->waits.now_us;
	if (observer_ask(&o->session, OBSERVER_WAITING, NULL, 0, err))
		return -1;
	n = observer_rows(&o->session);
	pids = mem_alloc(n * sizeof(*pids));
	for (unsigned i = 0; i < n; i++)
		pids[i] = observer_value_number(&o->session, i, 0);
	lock_waits_alive(&o->waits, pids, n);
	return 0;
}

int observer_poll(struct observer *o, void (*sink)(void *ctx, struct wait_event *event), void *ctx,
	struct err *err)
{
	int result;

	o->waits.sink = sink;
	o->waits.sink_ctx = ctx;
	o->waits.now_us = clock_wall_us();
	if (o->kind == OBSERVER_SAMPLING) {
		result = observer_sample(&o->waits, &o->session, err);
	} else {
		result = observer_log_read(&o->log, &o->session, take_record, o, err);
		if (!result)
			result = look_up_holders(o, err);
		if (!result)
			result = check_alive(o, err);
	}
	atomic_store(&o->waiting, (unsigned)o->waits.n);
	return result;
}

/* The log's collector may lag, so it is read until it is silent, or all waits have ended. */
int observer_poll_finish(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	int result = 0;

	for (unsigned step = 0, quiet = 0; step < FINISH_STEPS && quiet < FINISH_QUIET_STEPS;
		step++) {
		uint64_t offset = o->log.offset;

		result = observer_poll(o, sink, ctx, err);
		if (result || o->kind == OBSERVER_SAMPLING)
			break;
		quiet = o->log.offset == offset ? quiet + 1 : 0;
		clock_sleep_us(FINISH_STEP_US);
	}
	o->waits.sink = sink;
	o->waits.sink_ctx = ctx;
	o->waits.now_us = clock_wall_us();
	lock_waits_finish(&o->waits);
	atomic_store(&o->waiting, 0);
	return result;
}
