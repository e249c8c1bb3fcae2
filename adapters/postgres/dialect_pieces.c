/* psql's reading of a script; see pg_pieces() in dialect_lex.h. */
#include "adapters/postgres/dialect_lex.h"

#include <string.h>
#include <strings.h>

#include "harness/base/mem.h"

struct reader {
	const char *text;
	size_t len, at;
	struct pg_piece *pieces;
	size_t n, cap;
	/* The statement that is being read. */
	bool open;
	size_t start, end;
	unsigned parens, bodies; /* depth of parentheses, of BEGIN ATOMIC and CASE in a body */
	char leading[4];	 /* first letters of the leading CREATE OR REPLACE FUNCTION */
	unsigned n_leading;
	bool copy, from, from_stdin;
};

static void finish(struct reader *r)
{
	if (r->open) {
		struct pg_piece *piece = MEM_PUSH(r->pieces, r->n, r->cap);

		*piece = (struct pg_piece){
			r->from_stdin ? PG_PIECE_COPY : PG_PIECE_SQL, r->start, r->end};
	}
	r->open = r->copy = r->from = r->from_stdin = false;
	r->parens = r->bodies = r->n_leading = 0;
	memset(r->leading, 0, sizeof(r->leading));
}

static size_t line_end(const struct reader *r, size_t at)
{
	const char *newline = memchr(r->text + at, '\n', r->len - at);

	return newline ? (size_t)(newline - r->text) : r->len;
}

/* The data of COPY … FROM STDIN: from the next line to the one that is `\.`, or to the end. */
static void pass_data(struct reader *r)
{
	size_t at = line_end(r, r->at);

	while (at < r->len) {
		size_t start = at + 1, n;

		if (start >= r->len)
			break;
		at = line_end(r, start);
		n = at - start;
		if (n && r->text[start + n - 1] == '\r')
			n--;
		if (n == 2 && !memcmp(r->text + start, "\\.", 2)) {
			r->at = at;
			return;
		}
	}
	r->at = r->len;
}

static bool listed(const char *const *list, const char *name, size_t len)
{
	for (; *list; list++)
		if (strlen(*list) == len && !strncasecmp(*list, name, len))
			return true;
	return false;
}

static size_t name_length(const char *name, const char *end)
{
	size_t n = 0;

	while (name + n < end && !strchr(" \t\r\n\f\v;\\", name[n]))
		n++;
	return n;
}

/* Changes only what psql prints, or how psql goes on after an error. */
static bool harmless(const char *name, size_t len, const char *end)
{
	static const char *const display[] = {"restrict", "unrestrict", "echo", "qecho", "warn",
		"timing", "pset", "x", "t", "a", "f", "H", "C", "T", "p", "g", "gx", NULL};
	static const char *const variables[] = {"ON_ERROR_STOP", "ON_ERROR_ROLLBACK", "ECHO",
		"ECHO_HIDDEN", "QUIET", "VERBOSITY", "SHOW_CONTEXT", "SHOW_ALL_RESULTS", "PROMPT1",
		"PROMPT2", NULL};
	static const char *const set[] = {"set", "unset", NULL};

	if (listed(display, name, len))
		return true;
	if (!listed(set, name, len))
		return false;
	for (name += len; name < end && (*name == ' ' || *name == '\t');)
		name++;
	return listed(variables, name, name_length(name, end));
}

/* \copy … from stdin: its data follows as that of COPY does. */
static bool copies_in(const struct reader *r, size_t at, size_t end)
{
	struct pg_token token;
	bool from = false;

	for (;; at = token.end) {
		pg_lex_solid(r->text, end, at, &token);
		if (token.kind == PG_END)
			return false;
		if (from && pg_token_is(r->text, &token, "stdin"))
			return true;
		from = pg_token_is(r->text, &token, "from");
	}
}

static void client_line(struct reader *r, size_t at)
{
	size_t end = line_end(r, at);
	const char *name = r->text + at + 1;
	size_t len = name_length(name, r->text + end);

	r->at = end;
	if (len == 4 && !strncmp(name, "copy", 4) && copies_in(r, at, end))
		pass_data(r);
	while (end > at && strchr(" \t\r\f\v", r->text[end - 1]))
		end--;
	if (!harmless(name, len, r->text + end)) {
		struct pg_piece *piece = MEM_PUSH(r->pieces, r->n, r->cap);

		*piece = (struct pg_piece){PG_PIECE_CLIENT, at, end};
	}
}

/* A backslash behind the start of a statement: true when it ended the statement. */
static bool sends(struct reader *r, size_t at)
{
	static const char *const senders[] = {
		"g", "gx", "gset", "gexec", "gdesc", "crosstabview", "watch", NULL};
	const char *name = r->text + at + 1, *end = r->text + line_end(r, at);

	if (name < end && *name == ';') {
		finish(r);
		r->at = at + 2;
		return true;
	}
	if (!listed(senders, name, name_length(name, end)))
		return false;
	finish(r);
	client_line(r, at);
	return true;
}

/* As psql tells a BEGIN ATOMIC body: by the words that lead the statement. */
static void note_word(struct reader *r, const struct pg_token *token, bool first)
{
	static const char *const leading[] = {
		"create", "or", "replace", "function", "procedure", NULL};
	const char *word = r->text + token->start;
	size_t n = token->end - token->start;
	const char *l = r->leading;

	if (first)
		r->copy = pg_token_is(r->text, token, "copy");
	if (r->copy && !r->parens) {
		/* The grammar takes either word for the client's end. */
		r->from_stdin = r->from_stdin ||
			(r->from &&
				(pg_token_is(r->text, token, "stdin") ||
					pg_token_is(r->text, token, "stdout")));
		r->from = pg_token_is(r->text, token, "from");
	}
	if (r->n_leading < sizeof(r->leading) && listed(leading, word, n))
		r->leading[r->n_leading] = (char)(*word | 0x20);
	r->n_leading++;
	if (r->parens || l[0] != 'c' ||
		!(l[1] == 'f' || l[1] == 'p' ||
			(l[1] == 'o' && l[2] == 'r' && (l[3] == 'f' || l[3] == 'p'))))
		return;
	if (pg_token_is(r->text, token, "begin"))
		r->bodies++;
	else if (r->bodies && pg_token_is(r->text, token, "case"))
		r->bodies++;
	else if (r->bodies && pg_token_is(r->text, token, "end"))
		r->bodies--;
}

static void take(struct reader *r, const struct pg_token *token)
{
	bool first = !r->open;

	if (first) {
		r->open = true;
		r->start = token->start;
	}
	r->end = token->end;
	if (token->kind == PG_WORD)
		note_word(r, token, first);
	else
		r->from = false;
	if (token->kind == PG_OPEN)
		r->parens++;
	else if (token->kind == PG_CLOSE && r->parens)
		r->parens--;
}

struct pg_piece *pg_pieces(const char *text, size_t len, size_t *ret_n)
{
	struct reader r = {.text = text, .len = len};
	struct pg_token token;

	for (;;) {
		pg_lex_solid(text, len, r.at, &token);
		if (token.kind == PG_END)
			break;
		r.at = token.end;
		if (token.kind == PG_BACKSLASH && !r.open) {
			client_line(&r, token.start);
		} else if (token.kind == PG_BACKSLASH && sends(&r, token.start)) {
			continue;
		} else if (token.kind == PG_SEMICOLON && !r.parens && !r.bodies) {
			bool data = r.open && r.from_stdin;

			finish(&r);
			if (data)
				pass_data(&r);
		} else {
			take(&r, &token);
		}
	}
	finish(&r);
	*ret_n = r.n;
	return r.pieces;
}
