#include "harness/report/compare.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/report/formats.h"
#include "harness/report/words.h"

#define INDENT 1
#define HANG 22

/* What the migration did to everybody else. */
struct harm {
	struct result_waits waits;
	uint64_t failed, pool_timeouts, p99_us, took_us, lock_us;
};

static const struct result_phase *find_phase(const struct result *r, enum phase_id id)
{
	for (size_t i = 0; i < r->n_phases; i++)
		if (r->phases[i].id == id)
			return &r->phases[i];
	return NULL;
}

static void add_statement(struct harm *h, const struct result_statement *s)
{
	h->waits.count += s->caused.count;
	h->waits.total_us += s->caused.total_us;
	if (s->caused.max_us > h->waits.max_us)
		h->waits.max_us = s->caused.max_us;
	for (size_t i = 0; i < s->n_locks; i++)
		if (words_lock_matters(&s->locks[i]) && s->locks[i].hold_us > h->lock_us)
			h->lock_us = s->locks[i].hold_us;
}

static void measure(const struct result *r, struct harm *ret)
{
	static const enum phase_id ids[] = {PHASE_MIGRATION, PHASE_RECOVERY};

	*ret = (struct harm){0};
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];
		uint64_t end = s->start_us + s->duration_us;

		add_statement(ret, s);
		if (s->attempts && end > r->statements[0].start_us)
			ret->took_us = end - r->statements[0].start_us;
	}
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct result_phase *p = find_phase(r, ids[i]);

		if (!p)
			continue;
		ret->failed += p->transactions.failed;
		ret->pool_timeouts += p->transactions.pool_timeouts;
		if (ids[i] == PHASE_MIGRATION)
			ret->p99_us = p->latency_us.p99;
	}
}

static void add_head(struct table *t, const char *first, const struct compare_side *before,
	const struct compare_side *after)
{
	t->columns = 3;
	t->left = 1;
	table_add(t, first);
	table_add(t, before->title);
	table_add(t, after->title);
}

static void add_durations(struct table *t, const char *name, uint64_t before, uint64_t after)
{
	table_add(t, name);
	table_duration(t, before);
	table_duration(t, after);
}

static void add_counts(struct table *t, const char *name, uint64_t before, uint64_t after)
{
	table_add(t, name);
	table_count(t, before);
	table_count(t, after);
}

static void draw_harm(
	const struct canvas *c, const struct compare_side *before, const struct compare_side *after)
{
	CLEANUP(table_release) struct table t = {0};
	struct harm a, b;

	measure(before->result, &a);
	measure(after->result, &b);
	add_head(&t, "", before, after);
	table_add(&t, "verdict");
	table_add(&t, words_verdict(before->result));
	table_add(&t, words_verdict(after->result));
	add_counts(&t, "waits behind it", a.waits.count, b.waits.count);
	add_durations(&t, "longest of them", a.waits.max_us, b.waits.max_us);
	add_durations(&t, "waited in all", a.waits.total_us, b.waits.total_us);
	add_counts(&t, "failed transactions", a.failed, b.failed);
	add_counts(&t, "without a connection", a.pool_timeouts, b.pool_timeouts);
	add_durations(&t, "p99 of latency", a.p99_us, b.p99_us);
	add_durations(&t, "longest blocking lock", a.lock_us, b.lock_us);
	add_counts(&t, "statements", before->result->n_statements, after->result->n_statements);
	add_durations(&t, "the migration took", a.took_us, b.took_us);
	draw_table(c, INDENT, &t);
}

/* ---- who waited ---- */

static struct result_waits waits_of(const struct result *r, const char *waiter)
{
	struct result_waits sum = {0};

	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];

		if (g->cause != CAUSE_MIGRATION || strcmp(g->waiter, waiter))
			continue;
		sum.count += g->count;
		sum.total_us += g->total_us;
		if (g->max_us > sum.max_us)
			sum.max_us = g->max_us;
	}
	return sum;
}

struct names {
	const char **items;
	size_t n, cap;
};

static void add_waiters(struct names *names, const struct result *r)
{
	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];
		bool known = g->cause != CAUSE_MIGRATION;

		for (size_t k = 0; k < names->n && !known; k++)
			known = !strcmp(names->items[k], g->waiter);
		if (!known)
			*MEM_PUSH(names->items, names->n, names->cap) = g->waiter;
	}
}

static void add_waits(struct table *t, const struct result_waits *w)
{
	CLEANUP(table_release) struct table cell = {.columns = 2};

	if (!w->count) {
		table_add(t, "nobody");
		return;
	}
	table_count(&cell, w->count);
	table_duration(&cell, w->max_us);
	table_addf(t, "%s, up to %s", cell.cells[0], cell.cells[1]);
}

static void draw_waiters(
	const struct canvas *c, const struct compare_side *before, const struct compare_side *after)
{
	CLEANUP(table_release) struct table t = {0};
	struct names names = {0};

	add_waiters(&names, before->result);
	add_waiters(&names, after->result);
	if (names.n) {
		draw_heading(c, "Who waited behind the migration");
		add_head(&t, "transaction", before, after);
		for (size_t i = 0; i < names.n; i++) {
			struct result_waits a = waits_of(before->result, names.items[i]);
			struct result_waits b = waits_of(after->result, names.items[i]);

			table_add(&t, names.items[i]);
			add_waits(&t, &a);
			add_waits(&t, &b);
		}
		draw_table(c, INDENT, &t);
	}
	mem_free(names.items);
}

static void draw_side(const struct canvas *c, const struct compare_side *side)
{
	CLEANUP(cleanup_free) char *reason = words_reason(side->result);

	draw_paragraph(c, INDENT, side->title, TONE_FAINT, HANG, reason);
}

void report_compare(const struct compare_side *before, const struct compare_side *after,
	const struct report_options *options, struct str *out)
{
	struct canvas c = report_canvas(options, out);
	CLEANUP(cleanup_free) char *name = words_name(before->result);
	CLEANUP(cleanup_free) char *heading = mem_printf("%s, two ways", name);

	draw_heading(&c, heading);
	draw_harm(&c, before, after);
	draw_end(&c);
	draw_side(&c, before);
	draw_side(&c, after);
	draw_waiters(&c, before, after);
}
