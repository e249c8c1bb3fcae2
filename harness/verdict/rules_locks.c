/* Rules on who waited behind the migration, and on what the migration waited for. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/verdict/rules.h"

/* Below it a lock that is kept for another statement is a transaction's normal company. */
#define WORTH_KEEPING_SHORT_US 100000
#define MAX_NAMED 4 /* waiters and locks named in one evidence; the report has all */

/* Wait groups of one statement, summed up again by a name. */
struct tally {
	char *name;
	uint64_t count, max_us;
};

struct tallies {
	struct tally *items;
	size_t n, cap;
};

static void tally_add(struct tallies *t, const char *name, const struct result_wait_group *g)
{
	size_t i = 0;

	while (i < t->n && strcmp(t->items[i].name, name) != 0)
		i++;
	if (i == t->n)
		MEM_PUSH(t->items, t->n, t->cap)->name = mem_strdup(name);
	t->items[i].count += g->count;
	if (g->max_us > t->items[i].max_us)
		t->items[i].max_us = g->max_us;
}

static void tallies_release(struct tallies *t)
{
	for (size_t i = 0; i < t->n; i++)
		mem_free(t->items[i].name);
	mem_free(t->items);
}

/* "book 150, pay 62 and 3 more", most first. */
static void tallies_say(struct tallies *t, bool counts, struct str *out)
{
	char buf[UNITS_TEXT];

	for (size_t said = 0; said < t->n && said < MAX_NAMED; said++) {
		struct tally *most = &t->items[said], swap;

		for (size_t i = said + 1; i < t->n; i++) {
			if (t->items[i].count > most->count)
				most = &t->items[i];
		}
		swap = t->items[said];
		t->items[said] = *most;
		*most = swap;
		str_addf(out, "%s%s", said ? ", " : "", t->items[said].name);
		if (counts)
			str_addf(out, " %s", units_count_text(t->items[said].count, buf));
	}
	if (t->n > MAX_NAMED)
		str_addf(out, " and %zu more", t->n - MAX_NAMED);
}

/* "; waiting: book 150, pay 62; for RowExclusiveLock on public.appointment" */
static void say_waiters(const struct result *r, const struct result_statement *s, struct str *out)
{
	struct tallies who = {0}, what = {0};

	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];
		CLEANUP(cleanup_str) struct str lock = {0};

		if (g->cause != CAUSE_MIGRATION || g->statement != s->index)
			continue;
		str_addf(&lock, "%s on %s", rules_text(g->mode), rules_text(g->object));
		tally_add(&who, rules_text(g->waiter), g);
		tally_add(&what, str_text(&lock), g);
	}
	if (who.n) {
		str_add(out, "; waiting: ");
		tallies_say(&who, true, out);
		str_add(out, "; for ");
		tallies_say(&what, false, out);
	}
	tallies_release(&who);
	tallies_release(&what);
}

/* "212 transactions waited up to 1.24 s behind statement 1 (...), which held ... for 1.25 s" */
static char *say_harm(const struct result *r, const struct result_statement *s)
{
	const struct result_lock *lock = rules_blocking_lock(r, s);
	const struct result_wait *own = rules_held_up(r, s, NULL);
	struct str out = {0};
	char buf[UNITS_TEXT];

	rules_count(s->caused.count, "transaction", &out);
	str_addf(&out, " waited up to %s%s behind ", r->observation.exact ? "" : "about ",
		units_duration_text(s->caused.max_us, buf));
	rules_name(s, &out);
	if (own && (!lock || own->duration_us > lock->hold_us))
		str_addf(&out, ", which itself queued for %s on %s behind %s",
			rules_text(own->mode), rules_text(own->object),
			rules_text(own->blocked_by));
	else if (lock)
		str_addf(&out, ", which held %s on %s for %s", rules_text(lock->mode),
			rules_text(lock->object), units_duration_text(lock->hold_us, buf));
	return str_take(&out);
}

static char *say_harm_evidence(const struct result *r, const struct result_statement *s)
{
	struct str out = {0};
	char buf[UNITS_TEXT];

	str_addf(&out, "%s of waiting in all", units_duration_text(s->caused.total_us, buf));
	say_waiters(r, s, &out);
	if (r->rules.max_lock_wait_us)
		str_addf(&out, "; the limit is %s",
			units_duration_text(r->rules.max_lock_wait_us, buf));
	return str_take(&out);
}

static bool too_long(const struct result *r, const struct result_statement *s)
{
	return r->rules.max_lock_wait_us && s->caused.max_us > r->rules.max_lock_wait_us;
}

void rule_lock_wait_too_long(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];

		if (too_long(r, s))
			rules_add(rule, r, SEVERITY_REJECT, s->index, say_harm(r, s),
				say_harm_evidence(r, s), rules_remedy(r, s));
	}
}

void rule_lock_waits_caused(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];

		if (s->caused.count && !too_long(r, s))
			rules_add(rule, r, SEVERITY_INFO, s->index, say_harm(r, s),
				say_harm_evidence(r, s), NULL);
	}
}

void rule_lock_not_exercised(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements && r->rules.max_lock_wait_us; i++) {
		const struct result_statement *s = &r->statements[i];
		const struct result_lock *lock = rules_blocking_lock(r, s);
		struct str out = {0};
		char buf[UNITS_TEXT];

		if (!lock || lock->hold_us <= r->rules.max_lock_wait_us || s->caused.count)
			continue;
		rules_name(s, &out);
		str_addf(&out, " held %s on %s for %s, and no transaction of the workload met it",
			rules_text(lock->mode), rules_text(lock->object),
			units_duration_text(lock->hold_us, buf));
		rules_add(rule, r,
			r->rules.allow_unexercised ? SEVERITY_INFO : SEVERITY_INCONCLUSIVE,
			s->index, str_take(&out),
			mem_printf("%s wait while it is held; not one wait was seen behind it",
				lock->blocks_reads ? "reads and writes" : "writes"),
			mem_printf("give the workload a transaction that %s %s, or set "
				   "verdict.allow_unexercised when production never does",
				lock->blocks_reads ? "uses" : "writes to",
				rules_text(lock->object)));
	}
}

/* Who the migration waited for, over all its statements: the groups have no statement for it. */
static char *say_own_waits(const struct result *r)
{
	struct tallies who = {0};
	struct str out = {0};

	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];

		if (!strcmp(rules_text(g->waiter), "migration"))
			tally_add(&who, rules_text(g->blocked_by), g);
	}
	if (who.n) {
		str_add(&out, "the migration waited behind ");
		tallies_say(&who, false, &out);
	}
	tallies_release(&who);
	return str_take(&out);
}

void rule_migration_waited(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];
		struct str out = {0};
		char buf[UNITS_TEXT];

		if (!s->waited_us && s->attempts < 2)
			continue;
		rules_name(s, &out);
		if (s->waited_us)
			str_addf(&out, " itself waited %s for locks",
				units_duration_text(s->waited_us, buf));
		if (s->attempts > 1)
			str_addf(&out, "%s took %u attempts", s->waited_us ? " and" : "",
				s->attempts);
		rules_add(rule, r, SEVERITY_INFO, s->index, str_take(&out), say_own_waits(r), NULL);
	}
}

void rule_lock_timeout_bounds(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];
		const struct result_wait *own = rules_held_up(r, s, "timed-out");
		struct str out = {0};
		char buf[UNITS_TEXT];

		/* Waits of about the time-out's length: they were bounded by it, not spared. */
		if (!own || !s->caused.count || s->caused.max_us * 2 < own->duration_us)
			continue;
		str_addf(&out, "the lock time-out ended an attempt of statement %u after %s, but ",
			s->index, units_duration_text(own->duration_us, buf));
		rules_count(s->caused.count, "transaction", &out);
		str_addf(&out,
			" had queued behind it for up to %s: it bounds the wait, it does not "
			"remove it",
			units_duration_text(s->caused.max_us, buf));
		rules_add(rule, r, SEVERITY_WARNING, s->index, str_take(&out),
			mem_printf("it queued for %s on %s behind %s", rules_text(own->mode),
				rules_text(own->object), rules_text(own->blocked_by)),
			mem_strdup("a shorter lock_timeout with more attempts: what you set is how "
				   "long everybody may stand still, once per attempt"));
	}
}

void rule_lock_kept_for_later(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];
		const struct result_lock *lock = rules_blocking_lock(r, s);
		const struct result_statement *later = lock ? rules_ran_under(r, s, lock) : NULL;
		struct str out = {0};
		char buf[UNITS_TEXT], ran[UNITS_TEXT];

		/* Brief company is normal in a transaction; a lock kept mostly for another is not.
		 */
		if (!later || later->duration_us < s->duration_us || !s->caused.count)
			continue;
		str_addf(&out, "statement %u took %s on %s and kept it for %s while ", s->index,
			rules_text(lock->mode), rules_text(lock->object),
			units_duration_text(lock->hold_us, buf));
		rules_name(later, &out);
		str_add(&out, " ran in the same transaction");
		rules_add(rule, r, SEVERITY_WARNING, s->index, str_take(&out),
			mem_printf("statement %u took %s, statement %u %s", s->index,
				units_duration_text(s->duration_us, buf), later->index,
				units_duration_text(later->duration_us, ran)),
			mem_printf("commit between statement %u and statement %u", s->index,
				later->index));
	}
}
