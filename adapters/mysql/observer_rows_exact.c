/* Waits that the log tells, and what the samples know of the same. */
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/observer_rows.h"
#include "adapters/mysql/oracle_statement.h"
#include "harness/base/mem.h"

#define GIVEN_UP_WITHIN_US 1000000 /* so long the samples may need to see such an end */
#define LOGGED_LATER_US 2000000	   /* and so long the log, to have a statement */
#define ESTIMATE_OFF_US 60000	   /* how far the estimate of an end may be off */
#define TIMEOUT_MIN_US 900000
#define LOOK_OFF_US 10000 /* when within its time a look was taken */

void my_row_exact_release(struct my_row_exact *e)
{
	mem_free(e->object);
	mem_free(e->tag);
}

/* Behind comments. */
static const char *first_word(const char *sql)
{
	for (;;) {
		const char *end;

		sql += strspn(sql, " \t\r\n(");
		end = strncmp(sql, "/*", 2) == 0 ? strstr(sql, "*/") : NULL;
		if (!end)
			return sql;
		sql = end + 2;
	}
}

/* Such statements wait in InnoDB for other things than rows. */
static bool is_definition(const char *sql)
{
	static const char *const words[] = {"ALTER", "CREATE", "DROP", "RENAME", "TRUNCATE",
		"OPTIMIZE", "REPAIR", "ANALYZE", "LOCK"};

	sql = first_word(sql);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(sql, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* What the statement must have asked for. */
static const char *mode_of(const char *sql)
{
	return strncasecmp(first_word(sql), "SELECT", 6) == 0 ? "S or X" : "X";
}

void my_row_exact_note(void *ctx, const struct my_row_told *told)
{
	struct my_row_waits *r = ctx;
	struct my_target target;

	if (is_definition(told->sql))
		return;
	my_target_parse(told->sql, &target);
	*MEM_PUSH(r->exact, r->n_exact, r->cap_exact) = (struct my_row_exact){
		.session = told->session,
		.start_us = told->start_us,
		.end_us = told->end_us > told->start_us ? told->end_us : told->start_us,
		.holder = told->holder,
		.object = target.table
			? mem_printf("row of %s.%s", target.schema ? target.schema : told->schema,
				  target.table)
			: mem_strdup("row"),
		.tag = mo_tag(told->sql),
		.mode = mode_of(told->sql),
		.granted = told->granted,
		.surely_ended = told->surely_ended};
	my_target_release(&target);
}

static bool overlap(const struct my_row_exact *x, uint64_t start_us, uint64_t end_us)
{
	return x->start_us <= end_us + ESTIMATE_OFF_US && start_us <= x->end_us + ESTIMATE_OFF_US;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The estimate of it that begins nearest. */
static struct wait_event *find_ended(struct my_row_waits *r, const struct my_row_exact *x)
{
	struct wait_event *best = NULL;

	for (size_t i = 0; i < r->n_ended; i++) {
		struct wait_event *e = &r->ended[i];

		if (e->session == x->session && !e->exact &&
			overlap(x, e->start_us, e->start_us + e->duration_us) &&
			(!best ||
				apart(e->start_us, x->start_us) <
					apart(best->start_us, x->start_us)))
			best = e;
	}
	return best;
}

/* Its place among those that still wait, as far as the samples know; or their number. */
static size_t find_open(const struct my_row_waits *r, const struct my_row_exact *x)
{
	size_t i = 0;

	while (i < r->n && (r->open[i].session != x->session || r->open[i].start_us > x->end_us))
		i++;
	return i;
}

static bool told_before(const struct my_row_waits *r, const struct my_row_exact *x)
{
	for (size_t i = 0; i < MY_ROWS_RECENT; i++)
		if (r->recent[i].session == x->session &&
			overlap(x, r->recent[i].start_us, r->recent[i].end_us))
			return true;
	return false;
}

void my_row_exact_told(struct my_row_waits *r, const struct wait_event *e)
{
	if (!e->exact)
		r->recent[r->n_recent++ % MY_ROWS_RECENT] = (struct my_row_recent){
			e->session, e->start_us, e->start_us + e->duration_us};
}

/* A statement that went on for long after its wait may have been overtaken by others' events: then
 * the estimate of its end is the better one. */
static void correct(struct wait_event *e, const struct my_row_exact *x)
{
	uint64_t estimated = e->start_us + e->duration_us;
	bool overtaken = !x->surely_ended && estimated > x->start_us &&
		estimated + ESTIMATE_OFF_US < x->end_us;
	uint64_t end = overtaken ? estimated : x->end_us;

	e->start_us = x->start_us;
	e->duration_us = end > x->start_us ? end - x->start_us : 0;
	e->exact = true;
	/* Nobody let it in, so it got nothing; time-outs are whole seconds. */
	if (!x->granted && e->outcome == WAIT_ACQUIRED)
		e->outcome = e->duration_us >= TIMEOUT_MIN_US ? WAIT_TIMED_OUT : WAIT_FAILED;
}

/* No look that was taken within its time saw it: it was over by then. */
static uint64_t end_by_looks(const struct my_row_waits *r, const struct my_row_exact *x)
{
	uint64_t end = x->end_us;

	for (size_t i = 0; i < MY_ROWS_LOOKS; i++)
		if (r->looks[i] > x->start_us + LOOK_OFF_US && r->looks[i] < end)
			end = r->looks[i];
	return end + LOOK_OFF_US < x->end_us && !x->surely_ended ? end : x->end_us;
}

static void add(struct my_row_waits *r, const struct my_row_exact *x)
{
	struct wait_event *e = MEM_PUSH(r->ended, r->n_ended, r->cap_ended);

	*e = (struct wait_event){.start_us = x->start_us,
		.duration_us = end_by_looks(r, x) - x->start_us,
		.object = mem_strdup(x->object),
		.mode = mem_strdup(x->mode),
		.session = x->session,
		.tag = mem_strdup(x->tag),
		.outcome = WAIT_ACQUIRED,
		.exact = true};
	if (!x->holder)
		return;
	e->holders = mem_alloc(sizeof(*e->holders));
	e->holders[0] = x->holder;
	e->n_holders = 1;
}

/* True when nothing is left to be done about it. */
static bool apply(struct my_row_waits *r, const struct my_row_exact *x, uint64_t now_us, bool whole)
{
	struct wait_event *e = find_ended(r, x);
	size_t open = e ? r->n : find_open(r, x);

	if (open < r->n) {
		if (!x->granted && !whole && now_us < x->end_us + GIVEN_UP_WITHIN_US)
			return false; /* the samples are about to tell why */
		my_row_waits_end(r, open, x->end_us, x->granted ? WAIT_ACQUIRED : WAIT_TIMED_OUT);
		e = &r->ended[r->n_ended - 1];
	}
	if (e)
		correct(e, x);
	/* What nobody granted and no sample met was no wait for a row. */
	else if (x->granted && x->end_us > x->start_us && !told_before(r, x))
		add(r, x);
	return true;
}

void my_row_exact_apply(struct my_row_waits *r, uint64_t now_us, bool whole)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_exact; i++) {
		struct my_row_exact x = r->exact[i];

		if (apply(r, &x, now_us, whole))
			my_row_exact_release(&x);
		else
			r->exact[kept++] = x;
	}
	r->n_exact = kept;
}

bool my_row_exact_due(const struct my_row_waits *r, const struct wait_event *e)
{
	return e->exact || r->log.read_us > e->start_us + e->duration_us + LOGGED_LATER_US;
}
