#include "adapters/postgres/dialect.h"

#include <jansson.h>
#include <pg_query.h>
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/dialect_text.h"
#include "adapters/postgres/dialect_tree.h"
#include "embed.h"
#include "harness/base/mem.h"

struct splitter {
	const char *text;
	size_t len;
	struct sql_script *script;
	size_t cap;
	size_t line_at; /* offset up to which lines are counted */
	unsigned line;
};

static unsigned line_of(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* [start, end) without the comments and blanks around it; NULL when nothing is left. */
static struct sql_statement *add_statement(struct splitter *sp, size_t start, size_t end)
{
	struct sql_statement *s;
	struct pg_token token;
	size_t last;

	pg_lex_solid(sp->text, end, start, &token);
	if (token.kind == PG_END)
		return NULL;
	start = token.start;
	do {
		last = token.end;
		pg_lex_solid(sp->text, end, last, &token);
	} while (token.kind != PG_END);
	for (; sp->line_at < start; sp->line_at++)
		sp->line += sp->text[sp->line_at] == '\n';
	s = MEM_PUSH(sp->script->statements, sp->script->n, sp->cap);
	s->offset = start;
	s->len = last - start;
	s->line = sp->line;
	return s;
}

/* Bytes of the first n characters of UTF-8. */
static size_t bytes_of(const char *text, size_t len, size_t n)
{
	size_t at = 0;

	for (; n && at < len; n--)
		for (at++; at < len && (text[at] & 0xC0) == 0x80;)
			at++;
	return at;
}

/* The parser quotes the token it stopped at; a literal there is data. */
static void note_error(struct splitter *sp, size_t offset, const char *message)
{
	static const char near[] = " at or near \"";
	const char *token = strstr(message, near);
	size_t plain = token ? (size_t)(token - message) : strlen(message);
	bool literal = token && strchr("'$0123456789BbEeNnXxUu", token[sizeof(near) - 1]) &&
		(strchr(token + sizeof(near) - 1, '\'') ||
			strchr("$0123456789", token[sizeof(near) - 1]));

	if (sp->script->error_line)
		return;
	sp->script->error_line = line_of(sp->text, offset);
	snprintf(sp->script->error, sizeof(sp->script->error), "%.*s%s", (int)plain, message,
		literal		? " at or near a literal"
			: token ? token
				: "");
}

static void add_parsed(struct splitter *sp, size_t start, size_t end, const json_t *tree)
{
	json_t *raw;
	size_t i;

	json_array_foreach(json_object_get(tree, "stmts"), i, raw)
	{
		size_t at =
			start + (size_t)json_integer_value(json_object_get(raw, "stmt_location"));
		size_t len = (size_t)json_integer_value(json_object_get(raw, "stmt_len"));
		struct sql_statement *s = add_statement(sp, at, len ? at + len : end);

		if (s)
			pg_classify(json_object_get(raw, "stmt"), s);
	}
}

/* true: [start, end) was parsed and its statements added. Else nothing was, and the error, when
 * asked for, is noted. */
static bool parse(struct splitter *sp, size_t start, size_t end, bool tell)
{
	char *text = mem_strndup(sp->text + start, end - start);
	PgQueryParseResult result = {0};
	json_t *tree = NULL;

	if (strlen(text) != end - start) {
		if (tell)
			note_error(sp, start + strlen(text), "a NUL byte");
		mem_free(text);
		return false;
	}
	result = pg_query_parse(text);
	if (!result.error)
		tree = json_loads(result.parse_tree, 0, NULL);
	if (tree)
		add_parsed(sp, start, end, tree);
	else if (tell && result.error)
		note_error(sp,
			start +
				bytes_of(text, end - start,
					result.error->cursorpos > 0
						? (size_t)result.error->cursorpos - 1
						: 0),
			result.error->message);
	else if (tell)
		note_error(sp, start, "text that is not UTF-8");
	pg_query_free_parse_result(result);
	mem_free(text);
	json_decref(tree);
	return tree;
}

static void add_client(struct splitter *sp, const struct pg_piece *piece)
{
	struct sql_statement *s = add_statement(sp, piece->start, piece->end);
	const char *text = sp->text + piece->start;
	size_t n = 1;

	if (!s)
		return;
	s->len = piece->end - piece->start;
	while (n < s->len && !strchr(" \t;\\", text[n]))
		n++;
	snprintf(s->kind, sizeof(s->kind), "%.*s", (int)n, text);
	s->flags = SQL_UNKNOWN | SQL_CLIENT;
	if (!strcmp(s->kind, "\\c") || !strcmp(s->kind, "\\connect"))
		s->flags |= SQL_ENDS_SESSION;
}

/* Pieces without a psql command between them: the parser's word on the whole counts; where it has
 * none, each piece by itself. */
static void add_run(struct splitter *sp, const struct pg_piece *pieces, size_t n)
{
	if (!n || parse(sp, pieces[0].start, pieces[n - 1].end, n == 1))
		return;
	for (size_t i = 0; i < n; i++) {
		struct sql_statement *s;

		if (n > 1 && parse(sp, pieces[i].start, pieces[i].end, true))
			continue;
		s = add_statement(sp, pieces[i].start, pieces[i].end);
		if (s)
			s->flags = SQL_UNKNOWN | (pieces[i].kind == PG_PIECE_COPY ? SQL_CLIENT : 0);
	}
}

static int split(const char *text, size_t len, struct sql_script *ret, struct err *err)
{
	/* A byte order mark is not part of the first word. */
	size_t mark = len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0, n, first = 0;
	struct pg_piece *pieces = pg_pieces(text + mark, len - mark, &n);
	struct splitter sp = {.text = text, .len = len, .script = ret, .line = 1};

	(void)err;
	*ret = (struct sql_script){0};
	for (size_t i = 0; i < n; i++) {
		pieces[i].start += mark;
		pieces[i].end += mark;
	}
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].kind == PG_PIECE_CLIENT) {
			add_run(&sp, pieces + first, i - first);
			add_client(&sp, &pieces[i]);
			first = i + 1;
		} else if (pieces[i].kind == PG_PIECE_COPY) {
			add_run(&sp, pieces + first, i + 1 - first);
			first = i + 1;
		}
	}
	if (first < n)
		add_run(&sp, pieces + first, n - first);
	mem_free(pieces);
	return 0;
}

const struct dialect postgres_dialect = {
	.name = "postgres",
	.parser_version = "libpg_query " PG_MAJORVERSION,
	.split = split,
	.session_timeouts = pg_session_timeouts,
	.quote_name = pg_sql_name,
	.add_literal = pg_sql_add_literal,
	.sample = pg_sample,
	.disturbance = pg_disturbance,
	.mask = pg_mask,
	.begin = "BEGIN",
	.commit = "COMMIT",
	.rollback = "ROLLBACK",
	.text_is_transaction = true,
	.audit_create = sql_postgres_audit_create,
	.audit_insert = sql_postgres_audit_insert,
	.audit_name = sql_postgres_audit_name,
	.audit_history = sql_postgres_audit_history,
	.server_version = "SELECT split_part(current_setting('server_version'), ' ', 1)",
	/* Any number will do that others do not use: the first letters of the tool's name. */
	.apply_lock = "SELECT pg_try_advisory_lock(x'72656865617273'::bigint)::int",
	.waiting = pg_waiting,
	.earlier_attempt = pg_earlier_attempt,
	.list_tables = sql_postgres_list_tables,
};
