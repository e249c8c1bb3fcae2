#include "harness/rehearsal/internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

#define DRAIN_EXTRA_US 2000000

int stage_observe(struct rehearsal *h, struct err *err)
{
	struct observer_config config = {.replica = h->info,
		.min_wait_us = h->scenario->observe.min_wait_us,
		.source = h->scenario->observe.source};

	return observe_open(h->engine, &config, &h->observe, err);
}

void stop_observing(struct rehearsal *h)
{
	observe_free(h->observe);
	h->observe = NULL;
}

int stage_connect(struct rehearsal *h, struct err *err)
{
	h->workload_config.dsn = h->info->dsn;
	h->workload_config.database = h->info->database;
	h->workload_config.on_session = observe_workload_session;
	h->workload_config.ctx = h->observe;
	return workload_connect(h->workload, err);
}

void stop_traffic(struct rehearsal *h)
{
	/* Nobody waits for this drain: it is an undo, the measuring is over. */
	workload_stop(h->workload, 0);
}

/* Arrivals from now on belong to `phase`. */
static void enter_phase(struct rehearsal *h, enum phase_id phase)
{
	struct result *r = h->result;
	uint64_t now = rehearsal_now_us(h);

	if (r->n_phases)
		r->phases[r->n_phases - 1].end_us = now;
	r->phases[phase].id = phase;
	r->phases[phase].start_us = now;
	r->n_phases = (size_t)phase + 1;
	h->phase = phase;
	workload_phase(h->workload, phase);
}

int stage_warm_up(struct rehearsal *h, struct err *err)
{
	h->origin_us = clock_us();
	h->origin_wall_us = clock_wall_us();
	observe_origin(h->observe, h->origin_wall_us);
	if (workload_start(h->workload, h->origin_us, err))
		return -1;
	h->traffic = true;
	enter_phase(h, PHASE_WARM_UP);
	h->stage_expected_us = h->scenario->phases.warm_up_us;
	if (rehearsal_wait(h, h->origin_us + h->scenario->phases.warm_up_us, err))
		return -1;
	return observe_adapt(h->observe, err);
}

int stage_baseline(struct rehearsal *h, struct err *err)
{
	enter_phase(h, PHASE_BASELINE);
	h->stage_expected_us = h->scenario->phases.baseline_us;
	return rehearsal_wait(h, clock_us() + h->scenario->phases.baseline_us, err);
}

static void on_session(void *ctx, uint64_t session)
{
	struct rehearsal *h = ctx;

	observe_migration_session(h->observe, session);
}

static void on_started(void *ctx, unsigned index, uint64_t wall_us)
{
	struct rehearsal *h = ctx;

	if (h->migration.n_statements)
		snprintf(h->detail, sizeof(h->detail), "statement %u of %zu", index,
			h->migration.n_statements);
	else
		snprintf(h->detail, sizeof(h->detail), "statement %u", index);
	observe_statement_started(h->observe, index, wall_us);
}

static void on_ended(void *ctx, unsigned index, uint64_t wall_us)
{
	struct rehearsal *h = ctx;

	observe_statement_ended(h->observe, index, wall_us);
}

static void on_transaction_ended(void *ctx, uint64_t wall_us)
{
	struct rehearsal *h = ctx;

	observe_transaction_ended(h->observe, wall_us);
}

static void on_locks(void *ctx, unsigned index, const struct statement_facts *facts)
{
	struct rehearsal *h = ctx;

	observe_statement_locks(h->observe, index, facts);
}

int stage_migration(struct rehearsal *h, struct err *err)
{
	const struct scenario *s = h->scenario;
	struct disturb_config disturb = {.engine = h->engine,
		.dsn = h->info->dsn,
		.database = h->info->database,
		.list = s->disturbances,
		.n = s->n_disturbances,
		.observe = h->observe};
	struct migration_watch watch = {.ctx = h,
		.session = on_session,
		.statement_started = on_started,
		.statement_ended = on_ended,
		.transaction_ended = on_transaction_ended,
		.locks = on_locks,
		.tick = rehearsal_tick};
	struct migration_run run = {.engine = h->engine,
		.dsn = h->info->dsn,
		.database = h->info->database,
		.settings = &s->migration,
		.observer = observe_adapter(h->observe),
		.watch = &watch,
		.run_id = h->result->rehearsal.run_id,
		.seed = s->workload.seed,
		.origin_us = h->origin_wall_us};
	uint64_t begin;

	enter_phase(h, PHASE_MIGRATION);
	if (s->n_disturbances && disturb_start(&disturb, &h->disturbances, err))
		return -1;
	begin = clock_us();
	if (migration_execute(&h->migration, &run, h->result, err))
		return -1;
	rehearsal_show(h, "");
	return rehearsal_wait(h, begin + s->phases.migration_min_us, err);
}

void stop_disturbances(struct rehearsal *h)
{
	disturb_stop(h->disturbances);
	h->disturbances = NULL;
}

int stage_recovery(struct rehearsal *h, struct err *err)
{
	int result;

	enter_phase(h, PHASE_RECOVERY);
	h->stage_expected_us = h->scenario->phases.recovery_us;
	result = rehearsal_wait(h, clock_us() + h->scenario->phases.recovery_us, err);
	stop_disturbances(h);
	return result;
}

int stage_collect(struct rehearsal *h, struct err *err)
{
	struct result *r = h->result;
	int failed;

	if (!h->traffic || h->collected)
		return 0;
	h->collected = true;
	stop_disturbances(h);
	r->phases[r->n_phases - 1].end_us = rehearsal_now_us(h);
	r->rehearsal.duration_us = rehearsal_now_us(h);
	workload_stop(h->workload, h->scenario->workload.acquire_timeout_us + DRAIN_EXTRA_US);
	workload_report(h->workload, r);
	failed = observe_finish(h->observe, err);
	if (observe_report(h->observe, r, failed ? NULL : err))
		failed = -1;
	return failed;
}
