/*
 * What to do instead, by kind of statement. The first row that fits is taken; words are looked
 * for without regard to case. A row for another server is a row, not a branch.
 */
#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/verdict/rules.h"

struct remedy {
	const char *engine;  /* NULL: any */
	const char *kind;    /* how the kind begins; names in the text may look like keywords */
	const char *words;   /* in kind or text; NULL: none needed */
	const char *without; /* not in kind or text; NULL: nothing */
	bool rewritten;	     /* only when a relation was rewritten */
	const char *text;    /* NULL: nothing better is known */
};

#define BATCHES "in batches of a few thousand rows, each committed by itself"
#define VALIDATE ", commit, then VALIDATE CONSTRAINT in a transaction of its own"
#define INDEX_FIRST "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT ... "

static const struct remedy remedies[] = {
	{"postgres", "CREATE INDEX", NULL, "CONCURRENTLY", false,
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
	{"postgres", "ALTER TABLE", "SET NOT NULL", NULL, false,
		"ADD CONSTRAINT ... CHECK (column IS NOT NULL) NOT VALID" VALIDATE
		"; then SET NOT NULL, which needs no scan; then drop the CHECK"},
	{"postgres", "ALTER TABLE", "USING INDEX", NULL, false, NULL},
	{"postgres", "ALTER TABLE ADD COLUMN", " REFERENCES ", NULL, false,
		"add the column alone; then ADD FOREIGN KEY ... NOT VALID" VALIDATE},
	{"postgres", "ALTER TABLE", "FOREIGN KEY", "NOT VALID", false,
		"ADD FOREIGN KEY ... NOT VALID" VALIDATE},
	{"postgres", "ALTER TABLE ADD CONSTRAINT", "CHECK", "NOT VALID", false,
		"ADD CONSTRAINT ... CHECK ... NOT VALID" VALIDATE},
	{"postgres", "ALTER TABLE ADD CONSTRAINT PRIMARY KEY", NULL, NULL, false,
		INDEX_FIRST "PRIMARY KEY USING INDEX"},
	{"postgres", "ALTER TABLE ADD CONSTRAINT UNIQUE", NULL, NULL, false,
		INDEX_FIRST "UNIQUE USING INDEX"},
	{"postgres", "ALTER TABLE ADD COLUMN", NULL, NULL, true,
		"add the column nullable and without a default; SET DEFAULT for new rows; backfill "
		"the "
		"old ones in batches; then NOT NULL through a validated CHECK"},
	{"postgres", "ALTER TABLE", " TYPE", NULL, true,
		"add a column of the new type, keep both in step with a trigger, backfill in "
		"batches, "
		"then switch"},
	{"mysql", "CREATE INDEX", NULL, "LOCK=NONE", false,
		"ALGORITHM=INPLACE, LOCK=NONE: the server refuses instead of blocking"},
	{"mysql", "ALTER TABLE", NULL, NULL, false,
		"ALGORITHM=INSTANT where the server takes it, else an online schema change tool"},
	{NULL, "UPDATE", NULL, NULL, false, "backfill " BATCHES},
	{NULL, "DELETE", NULL, NULL, false, "delete " BATCHES},
	{NULL, "INSERT", NULL, NULL, false, "insert " BATCHES},
};

static bool has(const struct result_statement *s, const char *words)
{
	return strcasestr(rules_text(s->kind), words) || strcasestr(rules_text(s->text), words);
}

static bool fits(const struct remedy *m, const char *engine, const struct result_statement *s)
{
	return (!m->engine || !strcmp(m->engine, engine)) &&
		!strncasecmp(rules_text(s->kind), m->kind, strlen(m->kind)) &&
		(!m->words || has(s, m->words)) && (!m->without || !has(s, m->without)) &&
		(!m->rewritten || s->n_rewritten);
}

static const char *find(const struct result *r, const struct result_statement *s)
{
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		if (fits(&remedies[i], rules_text(r->rehearsal.engine), s))
			return remedies[i].text;
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
