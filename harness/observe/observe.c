#include "harness/observe/internal.h"

#include <stdio.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define POLL_US 50000
#define POLL_SAMPLING_US                                                        \
	20000 /* sources that are not exact are as good as they are often asked \
	       */

/*
 * Where the workload itself has more long waits than this, each one's deadlock check and log line
 * begin to show. Measured on one hot row: at 50 to 100 waits a second no difference in throughput,
 * at 200 to 330 between none and a quarter.
 */
#define ADAPT_RATE 200.0
#define ADAPT_TO_US 100000
#define ADAPT_SPAN_US 500000 /* less than this says nothing about a rate */

/* ---- polling ---- */

static void take_event(void *ctx, struct wait_event *event)
{
	struct observe *o = ctx;

	pthread_mutex_lock(&o->lock);
	if (o->origin_us && event->start_us >= o->origin_us) {
		struct role role;

		store_wait(&o->store, event);
		role = store_role_at(&o->store, store_session(&o->store, event->session),
			event->start_us + event->duration_us);
		o->workload_waits += role.kind == ROLE_WORKLOAD;
		atomic_fetch_add(&o->waits, 1);
		if (event->duration_us > atomic_load(&o->longest_us))
			atomic_store(&o->longest_us, event->duration_us);
	}
	pthread_mutex_unlock(&o->lock);
	wait_event_release(event);
}

/* An interrupt is for the stages to answer; what they still do afterwards wants to be seen too. */
static void poll_once(struct observe *o)
{
	struct err err = {0};

	pthread_mutex_lock(&o->polling);
	if (!o->broken && o->ops->poll(o->adapter, take_event, o, &err) &&
		err.kind != ERR_INTERRUPTED) {
		o->broken = true;
		o->broken_err = err;
	}
	atomic_store(&o->waiting_now, o->ops->waiting_now(o->adapter));
	pthread_mutex_unlock(&o->polling);
}

static void *poll_loop(void *arg)
{
	struct observe *o = arg;
	uint64_t step = o->ops->source(o->adapter)->exact ? POLL_US : POLL_SAMPLING_US;
	uint64_t next = clock_us();

	while (!atomic_load(&o->quit)) {
		uint64_t now;

		poll_once(o);
		next += step;
		now = clock_us();
		if (next > now)
			clock_sleep_us(next - now);
		else
			next = now;
	}
	return NULL;
}

static void stop_polling(struct observe *o)
{
	if (!o->threaded)
		return;
	atomic_store(&o->quit, true);
	pthread_join(o->thread, NULL);
	o->threaded = false;
}

/* ---- life ---- */

int observe_open(const struct engine *engine, const struct observer_config *config,
	struct observe **ret, struct err *err)
{
	struct observe *o = mem_zalloc(sizeof(*o));

	o->engine = engine;
	o->ops = engine->observer;
	o->min_wait_us = config->min_wait_us;
	pthread_mutex_init(&o->polling, NULL);
	pthread_mutex_init(&o->lock, NULL);
	if (o->ops->open(config, &o->adapter, err)) {
		o->adapter = NULL;
		observe_free(o);
		return -1;
	}
	if (pthread_create(&o->thread, NULL, poll_loop, o)) {
		observe_free(o);
		return err_set(err, ERR_FAILED, "cannot start the observer's thread");
	}
	o->threaded = true;
	*ret = o;
	return 0;
}

void observe_free(struct observe *o)
{
	if (!o)
		return;
	stop_polling(o);
	if (o->adapter)
		o->ops->close(o->adapter);
	store_release(&o->store);
	mem_free(o->causes);
	pthread_mutex_destroy(&o->polling);
	pthread_mutex_destroy(&o->lock);
	mem_free(o);
}

void observe_origin(struct observe *o, uint64_t wall_us)
{
	pthread_mutex_lock(&o->lock);
	o->origin_us = wall_us;
	pthread_mutex_unlock(&o->lock);
}

/* ---- who and when ---- */

static void add_role(struct observe *o, uint64_t session, enum role_kind kind, const char *name)
{
	uint64_t now = clock_wall_us();

	pthread_mutex_lock(&o->lock);
	store_role(&o->store, session, kind, name, now);
	pthread_mutex_unlock(&o->lock);
}

void observe_workload_session(void *observe, uint64_t session)
{
	add_role(observe, session, ROLE_WORKLOAD, NULL);
}

void observe_disturbance_session(struct observe *o, uint64_t session, const char *name)
{
	add_role(o, session, ROLE_DISTURBANCE, name);
}

void observe_migration_session(struct observe *o, uint64_t session)
{
	add_role(o, session, ROLE_MIGRATION, NULL);
}

void observe_statement_started(struct observe *o, unsigned index, uint64_t wall_us)
{
	pthread_mutex_lock(&o->lock);
	store_statement_started(&o->store, index, wall_us);
	pthread_mutex_unlock(&o->lock);
}

void observe_statement_ended(struct observe *o, unsigned index, uint64_t wall_us)
{
	pthread_mutex_lock(&o->lock);
	store_statement_ended(&o->store, index, wall_us);
	pthread_mutex_unlock(&o->lock);
}

void observe_transaction_ended(struct observe *o, uint64_t wall_us)
{
	pthread_mutex_lock(&o->lock);
	store_transaction_ended(&o->store, wall_us);
	pthread_mutex_unlock(&o->lock);
}

void observe_statement_locks(struct observe *o, unsigned index, const struct statement_facts *f)
{
	pthread_mutex_lock(&o->lock);
	store_locks(&o->store, index, f);
	pthread_mutex_unlock(&o->lock);
}

struct observer *observe_adapter(struct observe *o)
{
	return o->adapter;
}

void observe_live(const struct observe *o, struct observe_live *ret)
{
	*ret = (struct observe_live){.waits = atomic_load(&o->waits),
		.waiting_now = atomic_load(&o->waiting_now),
		.longest_us = atomic_load(&o->longest_us)};
}

int observe_adapt(struct observe *o, struct err *err)
{
	char from[UNITS_TEXT], to[UNITS_TEXT];
	uint64_t span, waits, now;
	double rate;
	int failed;

	poll_once(o);
	now = clock_wall_us();
	pthread_mutex_lock(&o->lock);
	span = o->origin_us && now > o->origin_us ? now - o->origin_us : 0;
	waits = o->workload_waits;
	pthread_mutex_unlock(&o->lock);
	rate = span ? (double)waits * 1e6 / (double)span : 0;
	if (span < ADAPT_SPAN_US || rate <= ADAPT_RATE || o->min_wait_us >= ADAPT_TO_US ||
		!o->ops->source(o->adapter)->exact)
		return 0;
	pthread_mutex_lock(&o->polling);
	failed = o->ops->set_min_wait(o->adapter, ADAPT_TO_US, err);
	pthread_mutex_unlock(&o->polling);
	if (failed)
		return -1;
	snprintf(o->note, sizeof(o->note),
		"min_wait raised from %s to %s: by itself the workload had %.0f lock waits a "
		"second "
		"longer than that, and noting each would cost throughput",
		units_duration_text(o->min_wait_us, from), units_duration_text(ADAPT_TO_US, to),
		rate);
	return 0;
}

/* ---- the end ---- */

int observe_finish(struct observe *o, struct err *err)
{
	struct err last = {0};
	int failed;

	stop_polling(o);
	if (!o->finished) {
		o->finished = true;
		failed = o->ops->finish(o->adapter, take_event, o, &last);
		if (failed && !o->broken) {
			o->broken = true;
			o->broken_err = last;
		}
		o->causes = attribute_all(&o->store);
	}
	atomic_store(&o->waiting_now, 0);
	if (!o->broken)
		return 0;
	if (err)
		*err = o->broken_err;
	return err_prefix(err, "lock waits may be missing");
}

int observe_report(struct observe *o, struct result *r, struct err *err)
{
	if (!o->causes)
		o->causes = attribute_all(&o->store);
	return observe_fill(o, r, err);
}
