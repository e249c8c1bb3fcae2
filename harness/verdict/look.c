/* Looking things up in a result, and the words that several rules share. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/units.h"
#include "harness/verdict/rules.h"

#define MIN_BASELINE                                                                \
	50 /* completed transactions, to say anything about a p99 or an error share \
	    */

const char *rules_text(const char *s)
{
	return s ? s : "";
}

const struct result_phase *rules_phase(const struct result *r, enum phase_id id)
{
	for (size_t i = 0; i < r->n_phases; i++) {
		if (r->phases[i].id == id)
			return &r->phases[i];
	}
	return NULL;
}

const struct result_statement *rules_statement(const struct result *r, unsigned index)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		if (r->statements[i].index == index)
			return &r->statements[i];
	}
	return NULL;
}

void rules_count(uint64_t n, const char *noun, struct str *out)
{
	char buf[UNITS_TEXT];

	str_addf(out, "%s %s%s", units_count_text(n, buf), noun, n == 1 ? "" : "s");
}

void rules_name(const struct result_statement *s, struct str *out)
{
	const char *file = rules_text(s->file);
	const char *slash = strrchr(file, '/');

	str_addf(out, "statement %u (", s->index);
	if (*rules_text(s->kind))
		str_addf(out, "%s, ", s->kind);
	str_add(out, slash ? slash + 1 : file);
	/* A command's statements have no line. */
	if (s->line)
		str_addf(out, ":%u", s->line);
	str_add_char(out, ')');
}

static void add_reason(struct str *why, const char *reason)
{
	if (why->len)
		str_add(why, "; ");
	str_add(why, reason);
}

bool rules_baseline_unfit(const struct result *r, struct str *why)
{
	const struct result_phase *base = rules_phase(r, PHASE_BASELINE);
	const struct result_transactions *t = base ? &base->transactions : NULL;
	CLEANUP(cleanup_str) struct str one = {0};
	char buf[UNITS_TEXT], limit[UNITS_TEXT];

	if (!base) {
		add_reason(why, "there was no baseline");
		return true;
	}
	if (t->pool_timeouts) {
		rules_count(t->pool_timeouts, "transaction", &one);
		str_add(&one, " found no free connection");
		add_reason(why, str_text(&one));
	}
	if (t->failed * 100 > t->arrived) {
		str_clear(&one);
		str_addf(&one, "%s", units_count_text(t->failed, buf));
		str_addf(&one, " of %s transactions failed", units_count_text(t->arrived, buf));
		add_reason(why, str_text(&one));
	}
	if (r->rules.max_lock_wait_us && base->lock_waits.max_us > r->rules.max_lock_wait_us) {
		str_clear(&one);
		str_addf(&one, "a lock wait took %s, the limit is %s",
			units_duration_text(base->lock_waits.max_us, buf),
			units_duration_text(r->rules.max_lock_wait_us, limit));
		add_reason(why, str_text(&one));
	}
	if (t->completed < MIN_BASELINE) {
		str_clear(&one);
		str_addf(&one, "only %s completed, %d are needed",
			units_count_text(t->completed, buf), MIN_BASELINE);
		add_reason(why, str_text(&one));
	}
	return why->len > 0;
}

/* The object that most transactions waited for behind the statement; "" none. */
static const char *wanted_object(const struct result *r, const struct result_statement *s)
{
	const char *object = "";
	uint64_t most = 0;

	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];

		if (g->cause == CAUSE_MIGRATION && g->statement == s->index && g->count > most) {
			most = g->count;
			object = rules_text(g->object);
		}
	}
	return object;
}

const struct result_lock *rules_blocking_lock(
	const struct result *r, const struct result_statement *s)
{
	const char *wanted = wanted_object(r, s);
	const struct result_lock *best = NULL;
	bool best_fits = false;

	for (size_t i = 0; i < s->n_locks; i++) {
		const struct result_lock *lock = &s->locks[i];
		bool fits = !strcmp(rules_text(lock->object), wanted);

		if (lock->new_object || !(lock->blocks_reads || lock->blocks_writes))
			continue;
		if (!best || fits > best_fits ||
			(fits == best_fits && lock->hold_us > best->hold_us)) {
			best = lock;
			best_fits = fits;
		}
	}
	return best;
}

static bool overlap(const struct result_wait *a, const struct result_wait *b)
{
	return a->start_us < b->start_us + b->duration_us &&
		b->start_us < a->start_us + a->duration_us;
}

const struct result_wait *rules_held_up(
	const struct result *r, const struct result_statement *s, const char *outcome)
{
	for (size_t i = 0; i < r->n_lock_waits; i++) {
		const struct result_wait *behind = &r->lock_waits[i];

		if (behind->cause != CAUSE_MIGRATION || behind->statement != s->index ||
			!behind->queued)
			continue;
		for (size_t j = 0; j < r->n_lock_waits; j++) {
			const struct result_wait *own = &r->lock_waits[j];

			if (!strcmp(rules_text(own->waiter), "migration") && overlap(own, behind) &&
				(!outcome || !strcmp(rules_text(own->outcome), outcome)))
				return own;
		}
	}
	return NULL;
}

const struct result_statement *rules_ran_under(
	const struct result *r, const struct result_statement *s, const struct result_lock *lock)
{
	const struct result_statement *longest = NULL;

	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *later = &r->statements[i];

		if (later->index <= s->index || later->start_us < lock->start_us ||
			later->start_us >= lock->start_us + lock->hold_us)
			continue;
		if (!longest || later->duration_us > longest->duration_us)
			longest = later;
	}
	return longest;
}
