#include "harness/rehearsal/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/verdict/verdict.h"

#define STEP_US 50000
#define RATE_WINDOW_US 1000000

/*
 * The rehearsal. A stage's undo runs, in reverse order, whenever the stage was entered, also when
 * it failed half-way: undos are safe on half-built state.
 */
static const struct stage stages[] = {
	{"load", stage_load, unload},
	{"check", stage_check, release_replica},
	{"provision", stage_provision, NULL},
	{"quarantine", stage_quarantine, NULL},
	{"promote", stage_promote, NULL},
	{"verify", stage_verify, NULL},
	{"observe", stage_observe, stop_observing},
	{"connect", stage_connect, stop_traffic},
	{"warm-up", stage_warm_up, NULL},
	{"baseline", stage_baseline, NULL},
	{"migration", stage_migration, stop_disturbances},
	{"recovery", stage_recovery, NULL},
	{"collect", stage_collect, NULL},
};
#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

uint64_t rehearsal_now_us(const struct rehearsal *h)
{
	return clock_us() - h->origin_us;
}

static void live_now(struct rehearsal *h, struct rehearsal_live *ret)
{
	uint64_t now = clock_us();

	*ret = (struct rehearsal_live){.stage = h->stage,
		.detail = h->detail,
		.elapsed_us = now - h->stage_start_us,
		.expected_us = h->stage_expected_us};
	if (h->traffic && !h->collected) {
		struct workload_live w;
		struct observe_live o;

		workload_live(h->workload, &w);
		observe_live(h->observe, &o);
		if (now - h->rate_at_us >= RATE_WINDOW_US) {
			h->rate = h->rate_at_us ? (double)(w.completed - h->rate_completed) * 1e6 /
					(double)(now - h->rate_at_us)
						: 0;
			h->rate_at_us = now;
			h->rate_completed = w.completed;
		}
		ret->rate = h->rate;
		ret->waiting_now = o.waiting_now;
		ret->in_flight = w.in_flight;
		ret->errors = w.failed;
		ret->pool_timeouts = w.pool_timeouts;
	}
}

int rehearsal_tick(void *ctx, struct err *err)
{
	struct rehearsal *h = ctx;
	struct rehearsal_live live;

	if (h->watch && h->watch->tick) {
		live_now(h, &live);
		h->watch->tick(h->watch->ctx, &live);
	}
	if (interrupt_check(err))
		return -1;
	if (h->replica && h->info && !h->provider->alive(h->replica))
		return err_set(err, ERR_FAILED,
			"the replica's server ended in the middle of the rehearsal");
	return 0;
}

int rehearsal_wait(struct rehearsal *h, uint64_t deadline_us, struct err *err)
{
	while (clock_us() < deadline_us) {
		uint64_t left = deadline_us - clock_us();

		if (rehearsal_tick(h, err))
			return -1;
		clock_sleep_us(left < STEP_US ? left : STEP_US);
	}
	return 0;
}

void rehearsal_show(struct rehearsal *h, const char *detail)
{
	struct rehearsal_live live;

	snprintf(h->detail, sizeof(h->detail), "%s", detail);
	if (!h->watch || !h->watch->tick)
		return;
	live_now(h, &live);
	h->watch->tick(h->watch->ctx, &live);
}

static void on_progress(void *ctx, const char *text)
{
	rehearsal_show(ctx, text);
}

static void set_text(char **slot, const char *text)
{
	free(*slot);
	*slot = mem_strdup(text ? text : "");
}

/* What is known before anything starts. */
static void describe(struct rehearsal *h)
{
	const struct scenario *s = h->scenario;
	struct result_rehearsal *d = &h->result->rehearsal;
	const struct scenario_verdict *v = &s->verdict;
	unsigned char id[8];
	char text[32];
	time_t now = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;

	set_text(&d->scenario, s->name);
	set_text(&d->engine, h->engine->name);
	set_text(&d->provider, h->provider->name);
	set_text(&d->rehearse_version, REHEARSE_VERSION);
	set_text(&d->workload_mode, s->workload.mode == WORKLOAD_OPEN ? "open" : "closed");
	if (getentropy(id, sizeof(id)))
		memset(id, 0, sizeof(id));
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	set_text(&d->run_id, text);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	set_text(&d->started_at, text);
	d->seed = s->workload.seed;
	d->rate = s->workload.mode == WORKLOAD_OPEN ? s->workload.rate : 0;
	d->connections = s->workload.connections;
	if (s->expect_given)
		set_text(&h->result->expected, verdict_name(s->expect));
	h->result->rules = (struct result_rules){.max_lock_wait_us = v->max_lock_wait_us,
		.p99_ratio = v->p99_ratio,
		.p99_floor_us = v->p99_floor_us,
		.allow_new_errors = v->allow_new_errors,
		.allow_invalid_index = v->allow_invalid_index,
		.allow_unvalidated_constraint = v->allow_unvalidated_constraint,
		.allow_rewrite = v->allow_rewrite,
		.max_pool_timeouts = v->max_pool_timeouts,
		.allow_unexercised = v->allow_unexercised};
}

static int setup(struct rehearsal *h, struct err *err)
{
	const struct scenario *s = h->scenario;

	h->engine = engine_find(s->engine);
	if (!h->engine)
		return err_set(err, ERR_UNSUPPORTED, "engine '%s' is not supported", s->engine);
	h->provider = engine_provider(h->engine, s->replica.provider);
	if (!h->provider)
		return err_set(err, ERR_UNSUPPORTED, "provider '%s' is not supported on %s",
			s->replica.provider, s->engine);
	scenario_provider_config(s, &h->provider_config);
	h->cache_dir = fs_cache_dir();
	h->env =
		(struct provider_env){.cache_dir = h->cache_dir, .progress = on_progress, .ctx = h};
	return 0;
}

static void add_stage(struct rehearsal *h, const char *name, const char *outcome)
{
	struct result *r = h->result;

	r->stages = mem_resize(r->stages, r->n_stages + 1, sizeof(*r->stages));
	r->stages[r->n_stages++] = (struct result_stage){.name = mem_strdup(name),
		.duration_us = clock_us() - h->stage_start_us,
		.outcome = mem_strdup(outcome)};
}

static void enter_stage(struct rehearsal *h, const char *name)
{
	struct rehearsal_live live;

	h->stage = name;
	h->detail[0] = '\0';
	h->stage_start_us = clock_us();
	h->stage_expected_us = 0;
	if (h->watch && h->watch->stage) {
		live_now(h, &live);
		h->watch->stage(h->watch->ctx, &live);
	}
}

/* Runs the stages in order; *ret_entered counts those whose undo is due. */
static int run_stages(struct rehearsal *h, size_t *ret_entered, struct err *err)
{
	for (size_t i = 0; i < N_STAGES; i++) {
		*ret_entered = i + 1;
		enter_stage(h, stages[i].name);
		if (interrupt_check(err) || stages[i].run(h, err)) {
			add_stage(h, stages[i].name, "failed");
			return -1;
		}
		add_stage(h, stages[i].name, "ok");
	}
	return 0;
}

static void undo_stages(struct rehearsal *h, size_t entered)
{
	enter_stage(h, "undo");
	while (entered-- > 0)
		if (stages[entered].undo)
			stages[entered].undo(h);
	add_stage(h, "undo", "ok");
}

void rehearsal_judge(struct rehearsal *h)
{
	if (h->failed || h->judged)
		return;
	h->judged = true;
	verdict_judge(h->result);
	if (h->watch && h->watch->judged)
		h->watch->judged(h->watch->judged_ctx, h->result);
}

int rehearsal_run(const struct scenario *s, const struct rehearsal_watch *watch, struct result *r,
	struct err *err)
{
	struct rehearsal h = {.scenario = s, .watch = watch, .result = r};
	size_t entered = 0;
	int failed;

	if (setup(&h, err) || journal_open(&h.journal, err)) {
		free(h.cache_dir);
		return -1;
	}
	h.env.journal = h.journal;
	describe(&h);
	failed = run_stages(&h, &entered, err);
	interrupt_hold();
	h.failed = failed != 0;
	if (failed) {
		set_text(&r->failure, err->text);
		stage_collect(&h, NULL); /* evidence is kept, whatever went wrong */
	}
	undo_stages(&h, entered);
	interrupt_release();
	rehearsal_judge(&h);
	journal_close(h.journal);
	free(h.cache_dir);
	return failed;
}

/* ---- plan ---- */

static void plan_phases(const struct scenario *s, struct str *out)
{
	char a[UNITS_TEXT], b[UNITS_TEXT], c[UNITS_TEXT];

	str_addf(out, "phases\n  warm-up %s, baseline %s, migration, recovery %s\n",
		units_duration_text(s->phases.warm_up_us, a),
		units_duration_text(s->phases.baseline_us, b),
		units_duration_text(s->phases.recovery_us, c));
	for (size_t i = 0; i < s->n_disturbances; i++) {
		const struct scenario_disturbance *d = &s->disturbances[i];

		str_addf(out,
			"  disturbance '%s': %s%s%s, from %s after the migration's start, for %s\n",
			d->name, disturbance_kind_name(d->kind), d->table ? " on " : "",
			d->table ? d->table : "", units_duration_text(d->start_us, a),
			units_duration_text(d->duration_us, b));
	}
}

int rehearsal_plan(const struct scenario *s, struct str *out, struct err *err)
{
	struct rehearsal h = {.scenario = s};
	char a[UNITS_TEXT];
	int failed;

	if (setup(&h, err)) {
		free(h.cache_dir);
		return -1;
	}
	failed = stage_load(&h, err);
	if (!failed) {
		str_addf(out, "rehearsal '%s' on %s\n\nreplica (%s)\n", s->name, s->engine,
			h.provider->name);
		failed = h.provider->plan(&h.provider_config, &h.env, out, err);
	}
	if (!failed) {
		str_add(out, "\nmigration\n");
		migration_describe(&h.migration, &s->migration, out);
		str_add(out, "\nworkload\n");
		workload_describe(h.workload, out);
		str_add(out, "\n");
		plan_phases(s, out);
		str_addf(out,
			"\nverdict\n  reject when anybody waits longer than %s behind the "
			"migration\n",
			units_duration_text(s->verdict.max_lock_wait_us, a));
		str_add(out, "\nNothing was touched.\n");
	}
	unload(&h);
	free(h.cache_dir);
	return failed;
}
