#include "adapters/mysql/observer.h"

#include <stdio.h>

#include "adapters/mysql/observer_parts.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define SETTLE_STEP_US 20000
#define SETTLE_STEPS 4

static void close_observer(struct observer *o)
{
	if (!o)
		return;
	my_observer_unwatch(o);
	my_oracle_release(&o->oracle);
	my_foreign_release(&o->foreign, &o->facts.session);
	my_facts_release(&o->facts);
	my_observer_watch_release(o);
	mem_free(o);
}

void my_observer_own(struct observer *o, const struct observer_session *s)
{
	if (!s->conn || o->n_own == OBSERVER_OWN)
		return;
	o->own_sessions[o->n_own] = s->id;
	o->own_threads[o->n_own++] = my_threads_of_session(&o->threads, s->id);
	o->waits.n_own = o->rows.n_own = o->n_own;
}

static int open_parts(struct observer *o, const struct observer_config *config, struct err *err)
{
	if (my_session_open(&o->session, config->replica, err) ||
		my_observer_choose(o, config, err) ||
		my_facts_open(&o->facts, config->replica, o->kind == OBSERVER_EVENTS, err))
		return -1;
	if (o->kind == OBSERVER_EVENTS && my_threads_load(&o->threads, &o->session, err))
		return -1;
	my_observer_own(o, &o->session);
	my_observer_own(o, &o->facts.session);
	my_observer_own(o, &o->facts.sampled.session);
	return my_observer_watch(o, err);
}

static int open_observer(
	const struct observer_config *config, struct observer **ret, struct err *err)
{
	struct observer *o = mem_zalloc(sizeof(*o));

	o->replica = config->replica;
	atomic_store(&o->min_wait_us, config->min_wait_us);
	my_observer_watch_init(o);
	my_foreign_init(&o->foreign);
	my_oracle_init(&o->oracle, config->replica);
	if (open_parts(o, config, err)) {
		close_observer(o);
		return err_prefix(err, "observer");
	}
	*ret = o;
	return 0;
}

static const struct observe_source *source(const struct observer *o)
{
	return &o->source;
}

static int poll_waits(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	return my_observer_take(o, sink, ctx, err);
}

static unsigned waiting_now(const struct observer *o)
{
	return atomic_load(&o->waiting);
}

static int set_min_wait(struct observer *o, uint64_t min_wait_us, struct err *err)
{
	(void)err;
	atomic_store(&o->min_wait_us, min_wait_us);
	if (o->source.min_wait_us < min_wait_us || o->kind == OBSERVER_EVENTS)
		o->source.min_wait_us = min_wait_us;
	return 0;
}

static int finish(struct observer *o, void (*sink)(void *ctx, struct wait_event *event), void *ctx,
	struct err *err)
{
	struct err ignored = {0};
	int result;

	my_observer_unwatch(o);
	result = my_observer_look(o, true, err);
	for (int i = 0; i < SETTLE_STEPS && !result && my_waits_unsettled(&o->waits); i++) {
		clock_sleep_us(SETTLE_STEP_US);
		result = my_observer_look(o, false, err);
	}
	my_waits_finish(&o->waits, clock_wall_us());
	atomic_store(&o->waiting, 0);
	my_observer_say_missed(o);
	if (my_observer_take(o, sink, ctx, result ? &ignored : err))
		result = -1;
	return result;
}

/* ---- the migration's side ---- */

static int statement_begin(struct observer *o, uint64_t session, const char *sql, struct err *err)
{
	my_oracle_release(&o->oracle);
	if (my_facts_begin(&o->facts, session, sql, err))
		return -1;
	if (o->facts.object)
		my_observer_span_begin(o, session, o->facts.object);
	return 0;
}

static int statement_locks(struct observer *o, struct err *err)
{
	return my_facts_locks(&o->facts, err);
}

static int statement_own(struct observer *o, struct db_conn *migration, struct err *err)
{
	return my_facts_own(&o->facts, migration, err);
}

static int statement_end(struct observer *o, struct statement_facts *ret, struct err *err)
{
	my_observer_span_end(o);
	return my_facts_end(&o->facts, ret, err);
}

static int predict(struct observer *o, const char *sql, struct prediction *ret, struct err *err)
{
	return my_oracle_predict(&o->oracle, sql, ret, err);
}

static int leftovers(struct observer *o, struct leftover **ret, size_t *ret_n, struct err *err)
{
	return my_leftovers(&o->facts, ret, ret_n, err);
}

const struct observer_ops mysql_observer = {
	.open = open_observer,
	.source = source,
	.poll = poll_waits,
	.waiting_now = waiting_now,
	.set_min_wait = set_min_wait,
	.finish = finish,
	.close = close_observer,
	.statement_begin = statement_begin,
	.statement_locks = statement_locks,
	.statement_own = statement_own,
	.statement_end = statement_end,
	.predict = predict,
	.foreign_open = my_foreign_open,
	.foreign_check = my_foreign_check,
	.foreign_poll = my_foreign_poll,
	.foreign_finish = my_foreign_finish,
	.leftovers = leftovers,
};
