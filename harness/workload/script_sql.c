#include <ctype.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/workload/parse.h"

/* One statement while it is read. */
struct sql {
	struct parse *p;
	struct str piece; /* since the last parameter */
	char **pieces;
	unsigned *params;
	size_t n_pieces, cap_pieces, n_params, cap_params;
	unsigned depth; /* parentheses */
	bool combined;	/* holds `\;` */
};

static char peek(const struct parse *p, size_t ahead)
{
	return p->at + ahead < p->end ? p->at[ahead] : '\0';
}

static void take(struct sql *q, size_t n)
{
	struct parse *p = q->p;

	for (; n && p->at < p->end; n--, p->at++) {
		if (*p->at == '\n')
			p->line++;
		str_add_char(&q->piece, *p->at);
	}
}

static int unterminated(struct sql *q, unsigned line, const char *what)
{
	return parse_error(q->p, line, "unterminated %s", what);
}

/* 'it''s', "a""b", `c`; E'\'' with backslashes. */
static int take_quoted(struct sql *q, char quote, bool backslashes)
{
	unsigned line = q->p->line;

	take(q, 1);
	while (q->p->at < q->p->end) {
		char c = *q->p->at;

		if (c == '\\' && backslashes) {
			take(q, 2);
		} else if (c != quote) {
			take(q, 1);
		} else if (peek(q->p, 1) == quote) {
			take(q, 2);
		} else {
			take(q, 1);
			return 0;
		}
	}
	return unterminated(q, line, "quoted string");
}

/* $tag$ ... $tag$; not a dollar quote: one character is taken. */
static int take_dollar(struct sql *q)
{
	struct parse *p = q->p;
	const char *close = p->at + 1, *found;
	unsigned line = p->line;
	size_t n;

	while (close < p->end && parse_name_char(*close))
		close++;
	if (close == p->end || *close != '$' || isdigit((unsigned char)p->at[1])) {
		take(q, 1);
		return 0;
	}
	n = (size_t)(close - p->at) + 1;
	found = memmem(p->at + n, (size_t)(p->end - p->at) - n, p->at, n);
	if (!found)
		return unterminated(q, line, "dollar-quoted string");
	take(q, (size_t)(found - p->at) + n);
	return 0;
}

static int take_block_comment(struct sql *q)
{
	unsigned line = q->p->line, depth = 0;

	do {
		if (peek(q->p, 0) == '/' && peek(q->p, 1) == '*') {
			depth++;
			take(q, 2);
		} else if (peek(q->p, 0) == '*' && peek(q->p, 1) == '/') {
			depth--;
			take(q, 2);
		} else {
			take(q, 1);
		}
		if (q->p->at == q->p->end && depth)
			return unterminated(q, line, "/* comment");
	} while (depth);
	return 0;
}

static void take_line_comment(struct sql *q)
{
	while (q->p->at < q->p->end && *q->p->at != '\n')
		take(q, 1);
}

static void push_piece(struct sql *q)
{
	*MEM_PUSH(q->pieces, q->n_pieces, q->cap_pieces) = str_take(&q->piece);
}

static int take_colon(struct sql *q)
{
	struct parse *p = q->p;
	size_t n = 1;
	unsigned slot;

	if (peek(p, 1) == ':' || peek(p, 1) == '=') {
		take(q, 2);
		return 0;
	}
	if (!parse_name_start(peek(p, 1))) {
		take(q, 1);
		return 0;
	}
	while (parse_name_char(peek(p, n)))
		n++;
	if (parse_variable(p, p->at + 1, n - 1, &slot, p->err))
		return parse_error(p, p->line,
			"undefined variable '%.*s' (a plain colon is written '\\:')", (int)(n - 1),
			p->at + 1);
	push_piece(q);
	*MEM_PUSH(q->params, q->n_params, q->cap_params) = slot;
	p->at += n;
	return 0;
}

static void take_word(struct sql *q)
{
	do
		take(q, 1);
	while (parse_name_char(peek(q->p, 0)) || peek(q->p, 0) == '$');
}

/* 1: the statement ends before `at`. */
static int take_next(struct sql *q)
{
	struct parse *p = q->p;
	char c = *p->at, d = peek(p, 1);

	if (c == '\\') {
		if (d != ';' && d != ':')
			return 1;
		p->at++;
		q->combined |= d == ';';
		take(q, 1);
		return 0;
	}
	if (c == ';' && q->depth == 0)
		return 1;
	if ((c == 'E' || c == 'e') && d == '\'') {
		take(q, 1);
		return take_quoted(q, '\'', true);
	}
	if (c == '\'' || c == '"' || c == '`')
		return take_quoted(q, c, false);
	if (c == '-' && d == '-') {
		take_line_comment(q);
		return 0;
	}
	if (c == '/' && d == '*')
		return take_block_comment(q);
	if (c == '$')
		return take_dollar(q);
	if (c == ':')
		return take_colon(q);
	if (parse_name_char(c)) {
		take_word(q);
		return 0;
	}
	if (c == '(')
		q->depth++;
	if (c == ')' && q->depth)
		q->depth--;
	take(q, 1);
	return 0;
}

static int skip_blank(struct sql *q)
{
	struct parse *p = q->p;
	int result = 0;

	while (p->at < p->end && !result) {
		if (isspace((unsigned char)*p->at))
			take(q, 1);
		else if (*p->at == '-' && peek(p, 1) == '-')
			take_line_comment(q);
		else if (*p->at == '/' && peek(p, 1) == '*')
			result = take_block_comment(q);
		else
			break;
	}
	str_clear(&q->piece);
	return result;
}

static void trim(struct str *s)
{
	while (s->len && isspace((unsigned char)s->data[s->len - 1]))
		s->data[--s->len] = '\0';
}

/* Each use of a variable is a parameter of its own: one type need not fit all. */
static void add_command(struct sql *q, unsigned line)
{
	struct command *c = parse_command(q->p, COMMAND_SQL, line);
	struct script *script = q->p->script;
	struct str sql = {0};

	push_piece(q);
	for (size_t i = 0; i < q->n_pieces; i++) {
		str_add(&sql, q->pieces[i]);
		if (i == q->n_params)
			break;
		if (q->p->context->question_marks)
			str_add_char(&sql, '?');
		else
			str_addf(&sql, "$%zu", i + 1);
	}
	c->sql = str_take(&sql);
	c->pieces = q->pieces;
	c->params = q->params;
	c->n_params = (unsigned)q->n_params;
	c->text = q->combined;
	c->statement = (*q->p->context->next_statement)++;
	if (c->n_params > script->most_params)
		script->most_params = c->n_params;
	q->pieces = NULL;
	q->params = NULL;
}

int parse_sql(struct parse *p)
{
	struct sql q = {.p = p};
	unsigned line;
	int result = skip_blank(&q);
	const char *start = p->at;

	line = p->line;
	str_addf(&q.piece, "/*tx:%s*/", p->script->name);
	while (result == 0 && p->at < p->end)
		result = take_next(&q);
	if (result >= 0 && p->at > start) {
		trim(&q.piece);
		add_command(&q, line);
		p->gset_fits = true;
	}
	if (p->at < p->end && *p->at == ';' && result > 0)
		p->at++;
	str_release(&q.piece);
	mem_free_strings(q.pieces, q.n_pieces);
	mem_free(q.params);
	return result < 0 ? -1 : 0;
}
