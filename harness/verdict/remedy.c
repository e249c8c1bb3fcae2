/*
 * What to do instead, by kind of statement. The first row that fits is taken; the words are
 * looked for without regard to case. A row for another server is a row, not a branch.
 */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/units.h"
#include "harness/verdict/rules.h"

struct remedy {
	const char *engine;  /* NULL: any */
	const char *words;   /* must be in kind or text */
	const char *also;    /* and so must this; NULL: nothing */
	const char *without; /* must not; NULL: nothing */
	bool rewritten;	     /* only when a relation was rewritten */
	const char *text;
};

static const struct remedy remedies[] = {
	{"postgres", "CREATE", " INDEX", "CONCURRENTLY", false,
		"CREATE INDEX CONCURRENTLY, outside a transaction: writes go on while it builds"},
	{"postgres", "DROP INDEX", NULL, "CONCURRENTLY", false,
		"DROP INDEX CONCURRENTLY, outside a transaction"},
	{"postgres", "REINDEX", NULL, "CONCURRENTLY", false,
		"REINDEX ... CONCURRENTLY, outside a transaction"},
	{"postgres", "REFRESH MATERIALIZED VIEW", NULL, "CONCURRENTLY", false,
		"REFRESH MATERIALIZED VIEW CONCURRENTLY (it needs a unique index on the view)"},
	{"postgres", "VACUUM", "FULL", NULL, false,
		"plain VACUUM, or a tool that repacks the table online"},
	{"postgres", "CLUSTER", NULL, NULL, false, "a tool that repacks the table online"},
	{"postgres", "SET NOT NULL", NULL, NULL, false,
		"ADD CONSTRAINT ... CHECK (column IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in a "
		"transaction of its own; then SET NOT NULL, which needs no scan; then drop the "
		"CHECK"},
	{"postgres", "ADD", "USING INDEX", NULL, false, NULL},
	{"postgres", "ADD", "FOREIGN KEY", "NOT VALID", false,
		"ADD FOREIGN KEY ... NOT VALID, commit, then VALIDATE CONSTRAINT in a transaction "
		"of "
		"its own"},
	{"postgres", "ADD CONSTRAINT", "CHECK", "NOT VALID", false,
		"ADD CONSTRAINT ... CHECK ... NOT VALID, commit, then VALIDATE CONSTRAINT in a "
		"transaction of its own"},
	{"postgres", "ADD", "PRIMARY KEY", "ADD COLUMN", false,
		"CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT ... PRIMARY KEY USING "
		"INDEX"},
	{"postgres", "ADD", "UNIQUE", "ADD COLUMN", false,
		"CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT ... UNIQUE USING "
		"INDEX"},
	{"postgres", "ADD COLUMN", NULL, NULL, true,
		"add the column nullable and without a default; SET DEFAULT for new rows; backfill "
		"the "
		"old ones in batches; then NOT NULL through a validated CHECK"},
	{"postgres", "TYPE", NULL, NULL, true,
		"add a column of the new type, keep both in step with a trigger, backfill in "
		"batches, "
		"then switch"},
	{"mysql", "INDEX", NULL, "LOCK=NONE", false,
		"ALGORITHM=INPLACE, LOCK=NONE: the server refuses instead of blocking"},
	{"mysql", "ALTER TABLE", NULL, NULL, false,
		"ALGORITHM=INSTANT where the server takes it, else an online schema change tool"},
	{NULL, "UPDATE", NULL, NULL, false,
		"backfill in batches of a few thousand rows, each committed by itself"},
	{NULL, "DELETE", NULL, NULL, false,
		"delete in batches of a few thousand rows, each committed by itself"},
	{NULL, "INSERT", NULL, NULL, false,
		"insert in batches of a few thousand rows, each committed by itself"},
};

static bool has(const struct result_statement *s, const char *words)
{
	return strcasestr(rules_text(s->kind), words) || strcasestr(rules_text(s->text), words);
}

static const char *find(const struct result *r, const struct result_statement *s)
{
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		const struct remedy *m = &remedies[i];

		if ((!m->engine || !strcmp(m->engine, rules_text(r->rehearsal.engine))) &&
			has(s, m->words) && (!m->also || has(s, m->also)) &&
			(!m->without || !has(s, m->without)) && (!m->rewritten || s->n_rewritten))
			return m->text;
	}
	return NULL;
}

char *rules_remedy(const struct result *r, const struct result_statement *s)
{
	const struct result_lock *lock = rules_blocking_lock(r, s);
	const struct result_statement *later = lock ? rules_ran_under(r, s, lock) : NULL;
	const struct result_wait *own = rules_held_up(r, s, NULL);
	const char *known = find(r, s);
	char buf[UNITS_TEXT] = "the limit";

	if (r->rules.max_lock_wait_us)
		units_duration_text(r->rules.max_lock_wait_us, buf);
	/* Nothing about the statement is slow: it stood in a queue, and all others behind it. */
	if (own && (!lock || own->duration_us > lock->hold_us))
		return mem_printf(
			"set lock_timeout below %s and retry: the statement stood behind %s, "
			"and everybody behind the statement; find out who keeps that "
			"transaction open",
			buf, rules_text(own->blocked_by));
	if (later && later->duration_us > s->duration_us)
		return mem_printf("commit after statement %u: it kept its lock while statement %u "
				  "(%s) ran in the same transaction",
			s->index, later->index,
			*rules_text(later->kind) ? later->kind : "unknown kind");
	if (known)
		return mem_strdup(known);
	return mem_printf("give the statement a transaction of its own, with a lock_timeout below "
			  "%s and retries; run it when the table is quiet",
		buf);
}
