/* Rules on the state that the migration leaves the schema in, and on rewrites. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/verdict/rules.h"

static bool is(const char *a, const char *b)
{
	return !strcmp(rules_text(a), b);
}

/* "public.t_idx" is written `t_idx` by most people, and a constraint always is. */
static const char *bare(const char *object)
{
	const char *dot = strrchr(rules_text(object), '.');

	return dot ? dot + 1 : rules_text(object);
}

static bool names(const struct result_statement *s, const char *object)
{
	return *bare(object) && strstr(rules_text(s->text), bare(object)) != NULL;
}

/* The statement that created it: the last that names it and says CREATE or ADD; NULL unknown. */
static const struct result_statement *maker(const struct result *r, const char *object)
{
	const struct result_statement *found = NULL;

	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];

		if (names(s, object) &&
			(strcasestr(rules_text(s->text), "CREATE") ||
				strcasestr(rules_text(s->text), "ADD ")))
			found = s;
	}
	return found;
}

void rule_invalid_index(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_leftovers; i++) {
		const struct result_leftover *l = &r->leftovers[i];
		const struct result_statement *s = maker(r, l->object);

		if (!is(l->kind, "invalid-index"))
			continue;
		rules_add(rule, r, r->rules.allow_invalid_index ? SEVERITY_INFO : SEVERITY_REJECT,
			s ? s->index : 0,
			mem_printf("the index %s on %s is left INVALID", rules_text(l->object),
				rules_text(l->table)),
			mem_strdup("every write maintains it, no query uses it, and it enforces "
				   "nothing for the rows that it misses"),
			mem_printf("DROP INDEX CONCURRENTLY %s, then build it again without a "
				   "lock_timeout, when no old transaction is open",
				rules_text(l->object)));
	}
}

void rule_invalid_index_hidden(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_leftovers; i++) {
		const struct result_leftover *l = &r->leftovers[i];

		for (size_t j = 0; j < r->n_statements && is(l->kind, "invalid-index"); j++) {
			const struct result_statement *s = &r->statements[j];
			struct str message = {0};

			if (!is(s->outcome, "ok") || !names(s, l->object) ||
				!strcasestr(rules_text(s->text), "IF NOT EXISTS"))
				continue;
			rules_name(s, &message);
			str_addf(&message,
				" reported success, yet %s is INVALID: IF NOT EXISTS looks "
				"at the name only",
				rules_text(l->object));
			rules_add(rule, r, SEVERITY_WARNING, s->index, str_take(&message), NULL,
				mem_strdup(
					"retry a cut index build with DROP INDEX first, never with "
					"IF NOT EXISTS"));
		}
	}
}

void rule_unvalidated_constraint(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_leftovers; i++) {
		const struct result_leftover *l = &r->leftovers[i];
		const struct result_statement *s = maker(r, l->object);

		if (!is(l->kind, "unvalidated-constraint"))
			continue;
		rules_add(rule, r,
			r->rules.allow_unvalidated_constraint ? SEVERITY_INFO : SEVERITY_REJECT,
			s ? s->index : 0,
			mem_printf("the constraint %s on %s is left NOT VALID",
				rules_text(l->object), rules_text(l->table)),
			mem_strdup("rows from before it were never checked"),
			mem_printf(
				"ALTER TABLE %s VALIDATE CONSTRAINT %s, in a transaction of its "
				"own; or set verdict.allow_unvalidated_constraint when that comes "
				"later",
				rules_text(l->table), bare(l->object)));
	}
}

void rule_table_rewritten(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];
		const struct result_lock *lock = rules_blocking_lock(r, s);
		struct str message = {0}, evidence = {0};
		char buf[UNITS_TEXT];
		bool too_long;

		if (!s->n_rewritten)
			continue;
		rules_name(s, &message);
		str_add(&message, " rewrote ");
		for (size_t j = 0; j < s->n_rewritten; j++)
			str_addf(&message, "%s%s", j ? ", " : "", rules_text(s->rewritten[j]));
		if (lock)
			str_addf(&message, " under %s, held for %s", rules_text(lock->mode),
				units_duration_text(lock->hold_us, buf));
		str_addf(&evidence, "it ran %s", units_duration_text(s->duration_us, buf));
		str_addf(&evidence, " and wrote %s%s of log", s->wal_exact ? "" : "at most ",
			units_size_text(s->wal_bytes, buf));
		if (lock)
			str_addf(&evidence, "; %s wait on %s",
				lock->blocks_reads ? "reads and writes" : "writes",
				rules_text(lock->object));
		/* A rewrite grows with the table. One that was over within the limit is told; the
		 * tables that every release of a vendor touches are mostly small. */
		too_long = lock && lock->hold_us > r->rules.max_lock_wait_us;
		rules_add(rule, r,
			r->rules.allow_rewrite ? SEVERITY_INFO
				: too_long     ? SEVERITY_REJECT
					       : SEVERITY_WARNING,
			s->index, str_take(&message), str_take(&evidence), rules_remedy(r, s));
	}
}

/* From the cheapest; 0: not one of them. */
static unsigned cost(const char *algorithm)
{
	static const char *const algorithms[] = {"instant", "inplace", "rebuild", "copy"};

	for (unsigned i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (is(algorithm, algorithms[i]))
			return i + 1;
	return 0;
}

static void dearer_algorithm(
	const struct verdict_rule *rule, struct result *r, const struct result_statement *s)
{
	struct str message = {0};
	char buf[UNITS_TEXT];

	if (!cost(s->algorithm_predicted) ||
		cost(s->algorithm_measured) <= cost(s->algorithm_predicted))
		return;
	rules_name(s, &message);
	str_addf(&message, " was predicted as '%s' and ran as '%s'", s->algorithm_predicted,
		s->algorithm_measured);
	rules_add(rule, r, SEVERITY_WARNING, s->index, str_take(&message),
		mem_printf("the server did the former on a copy with a few rows, the "
			   "latter on the table itself, in %s",
			units_duration_text(s->duration_us, buf)),
		mem_strdup("trust the measurement, and name the algorithm in the "
			   "statement (ALGORITHM=...), so that the server refuses instead "
			   "of choosing a dearer one"));
}

/* Analysers write names as SQL has them, observers as they are: public."User", public.User. */
static bool same_name(const char *written, const char *seen)
{
	for (; *written; written++) {
		if (*written == '"')
			continue;
		if (*written != *seen)
			return false;
		seen++;
	}
	return !*seen;
}

/* In a mode, or in any that keeps writers out where `mode` is NULL. */
static bool lock_predicted(const struct result_statement *s, const char *object, const char *mode)
{
	for (size_t i = 0; i < s->n_locks_predicted; i++) {
		const struct result_predicted_lock *l = &s->locks_predicted[i];

		if (same_name(l->object, object) && (mode ? is(l->mode, mode) : l->blocks_writes))
			return true;
	}
	return false;
}

static bool rewrite_predicted(const struct result_statement *s, const char *relation)
{
	for (size_t i = 0; i < s->n_rewrites_predicted; i++)
		if (same_name(s->rewrites_predicted[i], relation))
			return true;
	/* An index that is built anew is locked, and that was told. */
	return lock_predicted(s, relation, NULL);
}

static void unforeseen(
	const struct verdict_rule *rule, struct result *r, const struct result_statement *s)
{
	CLEANUP(cleanup_str) struct str what = {0};
	struct str message = {0};

	if (!*rules_text(s->class_predicted) || is(s->class_predicted, "unknown"))
		return;
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct result_lock *l = &s->locks[i];

		if (!l->new_object && (l->blocks_reads || l->blocks_writes) &&
			!lock_predicted(s, l->object, l->mode))
			str_addf(&what, "%s%s on %s", what.len ? ", " : "", l->mode, l->object);
	}
	for (size_t i = 0; i < s->n_rewritten; i++)
		if (!rewrite_predicted(s, s->rewritten[i]))
			str_addf(&what, "%sa rewrite of %s", what.len ? ", " : "", s->rewritten[i]);
	if (!what.len)
		return;
	rules_name(s, &message);
	str_add(&message, " did what was not predicted of it");
	rules_add(rule, r, SEVERITY_WARNING, s->index, str_take(&message),
		mem_printf(
			"predicted %s; measured besides: %s", s->class_predicted, str_text(&what)),
		mem_strdup("trust the measurement; lint is wrong here, please file it"));
}

void rule_prediction_contradicted(const struct verdict_rule *rule, struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		dearer_algorithm(rule, r, &r->statements[i]);
		unforeseen(rule, r, &r->statements[i]);
	}
}
