/*
 * The grammar that is built in is that of version 15. What version 18 says beyond it, and what
 * migrations are likely to say, is put in the older words that lock, scan and rewrite the same:
 *   GENERATED ALWAYS AS (…) VIRTUAL         … STORED, which is then known to compute nothing
 *   ADD CONSTRAINT c NOT NULL a [NOT VALID] ADD CONSTRAINT c CHECK (a IS NOT NULL) [NOT VALID]
 *   … NOT ENFORCED                          … NOT VALID
 */
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/rules.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

struct reader {
	const char *sql;
	size_t len;
	struct pg_token last, now, next; /* solid tokens */
};

static bool says(const struct reader *r, const struct pg_token *token, const char *word)
{
	return pg_token_is(r->sql, token, word);
}

static void advance(struct reader *r)
{
	r->last = r->now;
	r->now = r->next;
	pg_lex_solid(r->sql, r->len, r->next.end, &r->next);
}

static void start(struct reader *r)
{
	pg_lex_solid(r->sql, r->len, 0, &r->now);
	pg_lex_solid(r->sql, r->len, r->now.end, &r->next);
	r->last = (struct pg_token){.kind = PG_END};
}

static bool is_name(const struct pg_token *token)
{
	return token->kind == PG_WORD || token->kind == PG_QUOTED;
}

/* `now` is NOT, `next` is NULL: a table's constraint follows a name or ADD, a column's its type. */
static bool table_constraint(const struct reader *r, size_t words_since_constraint, bool after_add)
{
	return says(r, &r->now, "not") && says(r, &r->next, "null") &&
		(words_since_constraint == 1 || (after_add && says(r, &r->last, "add")));
}

/* Copies up to and with `now`, what lay between the tokens included. */
static void copy(struct str *out, const struct reader *r, size_t *from)
{
	str_add_n(out, r->sql + *from, r->now.end - *from);
	*from = r->now.end;
}

char *pg_in_older_words(const char *sql, bool *ret_virtual)
{
	struct reader r = {.sql = sql, .len = strlen(sql)};
	size_t from = 0, since = 0, changes = 0;
	struct str out = {0};

	*ret_virtual = false;
	for (start(&r); r.now.kind != PG_END; advance(&r)) {
		since = says(&r, &r.now, "constraint") ? 0 : since + 1;
		/* "CONSTRAINT c": the name is 1, NOT is 2. */
		if (table_constraint(&r, since - 1, true)) {
			struct reader column = r;

			advance(&column);
			advance(&column);
			if (!is_name(&column.now))
				continue;
			str_add_n(&out, sql + from, r.now.start - from);
			str_addf(&out, "CHECK (%.*s IS NOT NULL)",
				(int)(column.now.end - column.now.start), sql + column.now.start);
			from = column.now.end;
			r = column;
			changes++;
		} else if (says(&r, &r.now, "virtual") && r.last.kind == PG_CLOSE) {
			str_add_n(&out, sql + from, r.now.start - from);
			str_add(&out, "STORED");
			from = r.now.end;
			*ret_virtual = true;
			changes++;
		} else if (says(&r, &r.now, "not") && says(&r, &r.next, "enforced")) {
			copy(&out, &r, &from);
			str_add(&out, " VALID");
			advance(&r);
			from = r.now.end;
			changes++;
		}
	}
	str_add_n(&out, sql + from, r.len - from);
	if (changes)
		return str_take(&out);
	str_release(&out);
	return NULL;
}
