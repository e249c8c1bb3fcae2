#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/units.h"
#include "harness/workload/worker.h"

/* A send later than this, at the 99th percentile, is worth a note. */
#define LAG_NOTE_US 5000

static void set_text(char **slot, char *text)
{
	mem_free(*slot);
	*slot = text;
}

static void summarize(const struct histogram *h, struct result_latency *ret)
{
	*ret = (struct result_latency){.count = h->total,
		.p50 = histogram_percentile(h, 50),
		.p95 = histogram_percentile(h, 95),
		.p99 = histogram_percentile(h, 99),
		.max = h->max,
		.mean = (uint64_t)(histogram_mean(h) + 0.5)};
}

static void add_counts(struct result_transactions *into, const struct stats_type *from)
{
	uint64_t ended = from->completed + from->failed + from->pool_timeouts;

	/* arrived = completed + failed + pool_timeouts + in_flight */
	assert(ended <= from->arrived);
	assert(from->latency.total == from->completed && from->service.total == from->completed);
	into->arrived += from->arrived;
	into->completed += from->completed;
	into->failed += from->failed;
	into->pool_timeouts += from->pool_timeouts;
	into->in_flight += from->arrived - ended;
}

static void report_types(
	const struct workload *w, const struct stats *stats, unsigned p, struct result_phase *ret)
{
	struct histogram latency, service;

	histogram_init(&latency);
	histogram_init(&service);
	ret->n_types = w->n_scripts;
	ret->types = mem_zalloc(w->n_scripts * sizeof(*ret->types));
	for (size_t t = 0; t < w->n_scripts; t++) {
		const struct stats_type *from = &stats->types[p][t];
		struct result_transaction *type = &ret->types[t];

		type->name = mem_strdup(w->scripts[t].name);
		add_counts(&type->transactions, from);
		add_counts(&ret->transactions, from);
		summarize(&from->latency, &type->latency_us);
		summarize(&from->service, &type->service_us);
		histogram_merge(&latency, &from->latency);
		histogram_merge(&service, &from->service);
	}
	summarize(&latency, &ret->latency_us);
	summarize(&service, &ret->service_us);
	histogram_release(&latency);
	histogram_release(&service);
}

static void report_errors(
	const struct workload *w, const struct stats *stats, unsigned p, struct result_phase *ret)
{
	size_t cap = 0;
	uint64_t total = 0;

	for (size_t i = 0; i < stats->n_errors; i++) {
		const struct stats_error *from = &stats->errors[i];
		struct result_error *error;

		if (from->phase != p)
			continue;
		error = MEM_PUSH(ret->errors, ret->n_errors, cap);
		error->code = mem_strdup(from->first.code);
		error->class = mem_strdup(db_class_name(from->first.class));
		error->transaction = mem_strdup(w->scripts[from->type].name);
		error->text = mem_strdup(from->first.text);
		error->count = from->count;
		total += from->count;
	}
	/* Every failed transaction has its error. */
	assert(total == ret->transactions.failed);
	(void)total;
}

/* When the phase's arrivals ended: the next phase's start, or the stop. */
static uint64_t phase_end(const struct workload *w, unsigned p)
{
	for (unsigned next = p + 1; next < PHASE_COUNT; next++) {
		uint64_t since = atomic_load(&w->since_us[next]);

		if (since)
			return since;
	}
	return w->stopped_us;
}

static void report_seconds(const struct workload *w, const struct seconds *seconds, unsigned p,
	struct result_phase *ret)
{
	uint64_t since = atomic_load(&w->since_us[p]), end = phase_end(w, p);
	size_t whole = end > since ? (size_t)((end - since) / 1000000) : 0;
	static const struct second none;

	if (whole > (size_t)SECONDS_PER_CHUNK * SECONDS_CHUNKS)
		whole = (size_t)SECONDS_PER_CHUNK * SECONDS_CHUNKS;
	ret->n_seconds = whole;
	ret->seconds = whole ? mem_zalloc(whole * sizeof(*ret->seconds)) : NULL;
	for (size_t i = 0; i < whole; i++) {
		const struct second *from = seconds_peek(seconds, i);

		if (!from)
			from = &none;
		ret->seconds[i] =
			(struct result_second){.start_us = since - w->origin_us + i * 1000000,
				.arrived = from->arrived,
				.completed = from->completed,
				.failed = from->failed,
				.pool_timeouts = from->pool_timeouts,
				.p99_us = second_p99(from),
				.max_us = from->max_us};
	}
}

static void report_phase(
	const struct workload *w, const struct stats *stats, unsigned p, struct result_phase *ret)
{
	ret->id = (enum phase_id)p;
	report_types(w, stats, p, ret);
	report_errors(w, stats, p, ret);
	report_seconds(w, stats->seconds[p], p, ret);
}

static void report_rehearsal(
	const struct workload *w, const struct stats *stats, struct result_rehearsal *ret)
{
	const struct scenario_workload *settings = w->config->settings;
	bool open = settings->mode == WORKLOAD_OPEN;
	uint64_t lag = histogram_percentile(&stats->lag, 99);
	char text[UNITS_TEXT];

	ret->seed = settings->seed;
	ret->rate = open ? settings->rate : 0;
	ret->connections = settings->connections;
	ret->workers = w->n_workers;
	ret->schedule_lag_p99_us = lag;
	set_text(&ret->workload_mode, mem_strdup(open ? "open" : "closed"));
	set_text(&ret->workload,
		w->generated
			? mem_strdup(w->generated)
			: mem_printf("%zu script%s", w->n_scripts, w->n_scripts == 1 ? "" : "s"));
	set_text(&ret->schedule_note,
		lag <= LAG_NOTE_US
			? mem_strdup("")
			: mem_printf("1 in 100 transactions was sent %s or more after its time "
				     "although a connection was free: the client was short of "
				     "CPU, and latencies include that",
				  units_duration_text(lag, text)));
}

void workload_report(const struct workload *w, struct result *r)
{
	struct stats total;
	unsigned phases = 0;

	if (!w->n_workers)
		return;
	stats_init(&total, (unsigned)w->n_scripts);
	for (unsigned i = 0; i < w->n_workers; i++)
		stats_merge(&total, &w->workers[i].stats);
	for (unsigned p = 0; p < PHASE_COUNT; p++)
		if (atomic_load(&w->since_us[p]))
			phases = p + 1;
	for (unsigned p = 0; p < phases; p++)
		report_phase(w, &total, p, &r->phases[p]);
	if (r->n_phases < phases)
		r->n_phases = phases;
	report_rehearsal(w, &total, &r->rehearsal);
	stats_release(&total);
}

/* ---- plan ---- */

void workload_describe(const struct workload *w, struct str *out)
{
	uint64_t total = 0;

	if (w->n_scripts == 0) {
		str_add(out,
			"  generated at the start: reads and updates by key on the tables that "
			"the migration names and the largest others\n");
		return;
	}
	for (size_t i = 0; i < w->n_scripts; i++)
		total += w->scripts[i].weight;
	for (size_t i = 0; i < w->n_scripts; i++) {
		const struct script *s = &w->scripts[i];
		size_t n = 0;

		for (size_t k = 0; k < s->n_commands; k++)
			n += s->commands[k].kind == COMMAND_SQL;
		str_addf(out, "  %-28s %5.1f %%  %zu statement%s%s\n", s->name,
			100.0 * s->weight / (double)total, n, n == 1 ? "" : "s",
			s->read_only ? ", read-only" : "");
	}
}
