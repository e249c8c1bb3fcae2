/* The tables of the terminal report. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/report/formats.h"
#include "harness/report/words.h"

#define INDENT 1

static void add_head(struct table *t, const char *const *names, size_t n)
{
	t->columns = n;
	for (size_t i = 0; i < n; i++)
		table_add(t, names[i]);
}

#define HEAD(t, ...)                                      \
	add_head((t), (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void add_transactions(struct table *t, const struct result_transactions *n,
	const struct result_latency *l, bool open)
{
	table_count(t, n->arrived);
	table_count(t, n->completed);
	table_count(t, n->failed);
	table_count(t, n->pool_timeouts);
	if (open)
		table_count(t, n->in_flight);
	table_duration(t, l->p50);
	table_duration(t, l->p95);
	table_duration(t, l->p99);
	table_duration(t, l->max);
}

static bool any_in_flight(const struct result *r)
{
	for (size_t i = 0; i < r->n_phases; i++) {
		if (r->phases[i].transactions.in_flight)
			return true;
	}
	return false;
}

void report_draw_phases(const struct canvas *c, const struct result *r)
{
	CLEANUP(cleanup_free) char *others = words_other_waits(r);
	CLEANUP(table_release) struct table t = {.left = 1};
	bool open = any_in_flight(r);

	if (!r->n_phases)
		return;
	draw_heading(c, "Traffic");
	if (open)
		HEAD(&t, "", "arrived", "completed", "failed", "no conn", "open", "p50", "p95",
			"p99", "max", "waits", "longest");
	else
		HEAD(&t, "", "arrived", "completed", "failed", "no conn", "p50", "p95", "p99",
			"max", "waits", "longest");
	for (size_t i = 0; i < r->n_phases; i++) {
		const struct result_phase *p = &r->phases[i];

		table_add(&t, phase_name(p->id));
		add_transactions(&t, &p->transactions, &p->latency_us, open);
		table_count(&t, p->lock_waits.count);
		table_duration(&t, p->lock_waits.max_us);
	}
	draw_table(c, INDENT, &t);
	if (*others)
		draw_paragraph(c, INDENT, "Waits that are not the migration's:", TONE_FAINT, INDENT,
			others);
}

/* An entry for all transactions together repeats their own. */
static bool repeats(const struct result_phase *p, const struct result_error *e)
{
	for (size_t i = 0; i < p->n_errors && !*words_text(e->transaction); i++) {
		if (*words_text(p->errors[i].transaction) &&
			!strcmp(words_text(p->errors[i].code), words_text(e->code)))
			return true;
	}
	return false;
}

void report_draw_errors(const struct canvas *c, const struct result *r, bool all)
{
	CLEANUP(table_release) struct table t = {.left = 4, .prose = true};

	HEAD(&t, "phase", "transaction", "code", "class", "count", "first message");
	for (size_t i = 0; i < r->n_phases; i++) {
		const struct result_phase *p = &r->phases[i];

		for (size_t j = 0; j < p->n_errors; j++) {
			const struct result_error *e = &p->errors[j];

			if ((!all && p->id < PHASE_MIGRATION) || repeats(p, e))
				continue;
			table_add(&t, phase_name(p->id));
			table_add(&t, *words_text(e->transaction) ? e->transaction : "all");
			table_add(&t, e->code);
			table_add(&t, e->class);
			table_count(&t, e->count);
			table_add(&t, e->text);
		}
	}
	if (t.n == t.columns)
		return;
	draw_heading(c, "Errors of transactions");
	draw_table(c, INDENT, &t);
}

static void draw_types(const struct canvas *c, const struct result *r)
{
	CLEANUP(table_release) struct table t = {.left = 2};

	HEAD(&t, "phase", "transaction", "arrived", "completed", "failed", "no conn", "p50", "p95",
		"p99", "max");
	for (size_t i = 0; i < r->n_phases; i++) {
		for (size_t j = 0; j < r->phases[i].n_types; j++) {
			const struct result_transaction *type = &r->phases[i].types[j];

			table_add(&t, phase_name(r->phases[i].id));
			table_add(&t, type->name);
			add_transactions(&t, &type->transactions, &type->latency_us, false);
		}
	}
	if (t.n == t.columns)
		return;
	draw_heading(c, "Transactions");
	draw_table(c, INDENT, &t);
}

static void draw_groups(const struct canvas *c, const struct result *r)
{
	CLEANUP(table_release) struct table t = {.left = 5};

	HEAD(&t, "phase", "waiter", "behind", "object", "mode", "waits", "in all", "longest");
	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];

		table_add(&t, phase_name(g->phase));
		table_add(&t, g->waiter);
		table_add(&t, g->blocked_by);
		table_add(&t, g->object);
		table_add(&t, g->mode);
		table_count(&t, g->count);
		table_duration(&t, g->total_us);
		table_duration(&t, g->max_us);
	}
	if (t.n == t.columns)
		return;
	draw_heading(c, "Lock waits");
	draw_table(c, INDENT, &t);
}

static void draw_worst(const struct canvas *c, const struct result *r)
{
	CLEANUP(table_release) struct table t = {.left = 5};

	HEAD(&t, "waiter", "behind", "object", "mode", "outcome", "at", "for");
	for (size_t i = 0; i < r->n_lock_waits; i++) {
		const struct result_wait *w = &r->lock_waits[i];

		table_add(&t, w->waiter);
		table_addf(&t, "%s%s", words_text(w->blocked_by), w->queued ? " (queued)" : "");
		table_add(&t, w->object);
		table_add(&t, w->mode);
		table_addf(&t, "%s%s", words_text(w->outcome), w->exact ? "" : " (estimate)");
		table_duration(&t, w->start_us);
		table_duration(&t, w->duration_us);
	}
	if (t.n == t.columns)
		return;
	draw_heading(c, "Longest lock waits");
	draw_table(c, INDENT, &t);
}

static void draw_stages(const struct canvas *c, const struct result *r)
{
	CLEANUP(table_release) struct table t = {.left = 2};

	HEAD(&t, "stage", "outcome", "took");
	for (size_t i = 0; i < r->n_stages; i++) {
		table_add(&t, r->stages[i].name);
		table_add(&t, r->stages[i].outcome);
		table_duration(&t, r->stages[i].duration_us);
	}
	if (!r->n_stages)
		return;
	draw_heading(c, "Stages");
	draw_table(c, INDENT, &t);
}

static void draw_files(const struct canvas *c, const struct result *r)
{
	if (r->n_files)
		draw_heading(c, "Files");
	for (size_t i = 0; i < r->n_files; i++) {
		draw_paragraph(c, INDENT, "", TONE_PLAIN, INDENT, words_text(r->files[i].path));
		draw_paragraph(c, INDENT, "sha256", TONE_FAINT, INDENT + 8,
			words_text(r->files[i].sha256));
	}
}

static void draw_rules(const struct canvas *c, const struct result *r)
{
	const struct result_rules *v = &r->rules;
	CLEANUP(table_release) struct table t = {.left = 2};
	const struct {
		const char *name;
		bool allowed;
	} flags[] = {{"allow_new_errors", v->allow_new_errors},
		{"allow_invalid_index", v->allow_invalid_index},
		{"allow_unvalidated_constraint", v->allow_unvalidated_constraint},
		{"allow_rewrite", v->allow_rewrite}, {"allow_unexercised", v->allow_unexercised}};

	HEAD(&t, "rule", "setting");
	table_add(&t, "max_lock_wait");
	table_duration(&t, v->max_lock_wait_us);
	table_add(&t, "p99_ratio");
	table_addf(&t, "%.6g", v->p99_ratio);
	table_add(&t, "p99_floor");
	table_duration(&t, v->p99_floor_us);
	table_add(&t, "max_pool_timeouts");
	table_count(&t, v->max_pool_timeouts);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		table_add(&t, flags[i].name);
		table_add(&t, flags[i].allowed ? "true" : "false");
	}
	draw_heading(c, "Rules");
	draw_table(c, INDENT, &t);
}

void report_draw_details(const struct canvas *c, const struct result *r)
{
	draw_types(c, r);
	draw_groups(c, r);
	draw_worst(c, r);
	draw_stages(c, r);
	draw_files(c, r);
	draw_rules(c, r);
}
