#include "harness/migration/units.h"

#include <string.h>

#include "harness/base/mem.h"

struct grouping {
	struct migration *m;
	size_t cap;
	struct migration_unit *open; /* the unit that takes the next statement; NULL: a new one */
};

static void append(struct grouping *g, size_t i)
{
	if (!g->open) {
		g->open = MEM_PUSH(g->m->units, g->m->n_units, g->cap);
		*g->open = (struct migration_unit){.first = i, .transaction = true, .note = ""};
	}
	g->open->n++;
}

/* A unit of one statement that is not wrapped. */
static void alone(struct grouping *g, size_t i, const char *note)
{
	g->open = NULL;
	append(g, i);
	g->open->transaction = false;
	g->open->note = note;
	g->open = NULL;
}

static bool ends_transaction(const struct sql_statement *s)
{
	/* AND CHAIN has both: the next transaction is open at once. */
	return (s->flags & (SQL_TX_COMMIT | SQL_TX_ROLLBACK)) && !(s->flags & SQL_TX_BEGIN);
}

static void group_explicit(struct grouping *g, size_t i, const struct sql_statement *s)
{
	append(g, i);
	if (ends_transaction(s)) {
		g->open->note = "the file's own transaction";
		g->open = NULL;
	}
}

static void begin_explicit(struct grouping *g, size_t i)
{
	g->open = NULL;
	append(g, i);
	g->open->transaction = false;
	g->open->explicit_transaction = true;
	g->open->note =
		"the file's own transaction, never committed: rolled back at the file's end";
}

/* COMMIT or ROLLBACK, and no BEGIN before it in the file. */
static void end_implicit(struct grouping *g, size_t i)
{
	if (!g->open) {
		alone(g, i, "no transaction is open here");
		return;
	}
	append(g, i);
	g->open->note = "the file ends the transaction itself";
	g->open = NULL;
}

static void take_out(struct grouping *g, size_t i, const struct sql_statement *s)
{
	alone(g, i,
		strstr(s->kind, "CONCURRENTLY")
			? "run outside a transaction: CONCURRENTLY"
			: "run outside a transaction: it is refused inside");
}

static void group_one(struct grouping *g, size_t i)
{
	const struct sql_statement *s = g->m->statements[i].sql;
	const struct migration_file *file = g->m->statements[i].file;

	if (g->open && g->open->explicit_transaction) {
		group_explicit(g, i, s);
	} else if (s->flags & (SQL_TX_COMMIT | SQL_TX_ROLLBACK)) {
		end_implicit(g, i);
	} else if (s->flags & SQL_TX_BEGIN) {
		begin_explicit(g, i);
	} else if ((s->flags & SQL_NO_TRANSACTION) && file->strict) {
		append(g, i);
		g->open->note = "the tool's transaction, in which the server refuses a statement";
	} else if (s->flags & SQL_NO_TRANSACTION) {
		take_out(g, i, s);
	} else if (file->transaction == TRANSACTION_STATEMENT) {
		if (s->flags & SQL_MAY_COMMIT) {
			alone(g, i, "not wrapped: it may end transactions itself");
		} else {
			append(g, i);
			g->open = NULL;
		}
	} else {
		append(g, i);
	}
}

/* Beside other work a build holds that work's locks while it runs: then the ordinary time-outs
 * hold. */
static void judge_cuts(const struct migration *m, struct migration_unit *u)
{
	unsigned found = 0;

	for (size_t i = 0; i < u->n; i++) {
		unsigned flags = m->statements[u->first + i].sql->flags;

		found |= flags & (SQL_UNCUT | SQL_UNCUT_WORK);
		if (!(flags & (SQL_UNCUT | SQL_UNCUT_WORK)) &&
			(flags & (SQL_DDL | SQL_DATA | SQL_UNKNOWN)))
			return;
	}
	u->uncut = found != 0;
	u->cut_waits = found & SQL_UNCUT_WORK;
}

/* A transaction goes on beyond a file only where all files are one. */
static bool goes_on(const struct migration_file *a, const struct migration_file *b)
{
	return a->transaction == TRANSACTION_ALL && b->transaction == TRANSACTION_ALL;
}

void migration_group(struct migration *m)
{
	struct grouping g = {.m = m};

	for (size_t i = 0; i < m->n_statements; i++) {
		const struct migration_file *file = m->statements[i].file;
		const struct migration_file *before = i ? m->statements[i - 1].file : file;

		if (file != before &&
			(!goes_on(before, file) || (g.open && g.open->explicit_transaction)))
			g.open = NULL;
		group_one(&g, i);
	}
	for (size_t i = 0; i < m->n_units; i++)
		judge_cuts(m, &m->units[i]);
}
