#include "adapters/mysql/dialect_blocks.h"

enum phase {
	FIRST,	    /* nothing read yet */
	AFTER_VERB, /* CREATE or ALTER: which object? */
	AFTER_BEGIN,
	AFTER_NOT, /* BEGIN NOT: ATOMIC makes it a block */
	HEAD,	   /* of a stored program, its body not yet begun */
	BODY,
	PLAIN, /* no stored program */
};

/* The letters of b->open. */
#define EXPRESSION 'E' /* a CASE that is part of an expression */
#define REPEAT 'R'     /* UNTIL needs no `;` before END */

/* An object's word stands within OR REPLACE DEFINER=… of the first ones. */
#define HEAD_MAX 16

void my_blocks_begin(struct my_blocks *b, const char *text, size_t at, struct my_mode mode)
{
	struct str open = b->open;

	str_clear(&open);
	*b = (struct my_blocks){
		.lexer = {.text = text, .len = at, .at = at, .mode = mode}, .open = open};
}

void my_blocks_release(struct my_blocks *b)
{
	str_release(&b->open);
}

static bool listed(const struct my_blocks *b, const struct my_token *t, const char *const *words)
{
	for (; *words; words++)
		if (my_token_is(b->lexer.text, t, *words))
			return true;
	return false;
}

static bool is(const struct my_blocks *b, const struct my_token *t, const char *word)
{
	return my_token_is(b->lexer.text, t, word);
}

static bool inside(const struct my_blocks *b, char kind)
{
	return b->open.len && b->open.data[b->open.len - 1] == kind;
}

static void close_block(struct my_blocks *b)
{
	if (b->open.len)
		b->open.data[--b->open.len] = '\0';
}

/* A word that opens a block where a statement may begin; 0: none. */
static char opener(const struct my_blocks *b, const struct my_token *t)
{
	static const struct {
		const char *word;
		char kind;
	} openers[] = {{"begin", 'B'}, {"if", 'I'}, {"case", 'C'}, {"loop", 'L'},
		{"repeat", REPEAT}, {"while", 'W'}, {"for", 'F'}};

	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
		if (is(b, t, openers[i].word))
			return openers[i].kind;
	return 0;
}

static void open_block(struct my_blocks *b, char kind)
{
	str_add_char(&b->open, kind);
	b->phase = BODY;
	/* The others begin with a condition. */
	b->at_start = kind == 'B' || kind == 'L' || kind == REPEAT;
}

static void body_word(struct my_blocks *b, const struct my_token *t)
{
	static const char *const lead[] = {"then", "else", NULL};
	bool start = b->at_start, end = b->after_end;
	char kind = opener(b, t);

	b->at_start = b->after_end = false;
	b->label = start;
	if (end && kind && kind != 'B')
		return;
	if (is(b, t, "end") && (start || inside(b, EXPRESSION) || inside(b, REPEAT))) {
		close_block(b);
		b->after_end = true;
	} else if (kind == 'C' && !start) {
		str_add_char(&b->open, EXPRESSION);
	} else if (inside(b, EXPRESSION)) {
		return;
	} else if (kind && (start || (kind == 'B' && b->handler))) {
		open_block(b, kind);
		b->handler = false;
	} else if (listed(b, t, lead) || (is(b, t, "do") && !start)) {
		b->at_start = true;
	} else if (start && is(b, t, "declare")) {
		b->declare = true;
	} else if (b->declare && is(b, t, "handler")) {
		b->handler = true;
	}
}

static void body_token(struct my_blocks *b, const struct my_token *t)
{
	const char *text = b->lexer.text;

	if (t->kind == MY_WORD) {
		body_word(b, t);
		return;
	}
	if (my_token_char(text, t, ';')) {
		b->at_start = true;
		b->declare = b->handler = b->label = b->after_end = false;
		return;
	}
	if (t->kind == MY_NAME) {
		b->label = b->at_start;
		b->at_start = false;
		return;
	}
	b->at_start = b->label && my_token_char(text, t, ':');
	b->label = b->after_end = false;
}

static void verb_token(struct my_blocks *b, const struct my_token *t)
{
	static const char *const programs[] = {
		"procedure", "function", "trigger", "event", "package", NULL};
	static const char *const others[] = {"table", "view", "index", "database", "schema", "user",
		"role", "sequence", "server", "tablespace", "temporary", "unique", "fulltext",
		"spatial", "algorithm", "online", "ignore", "sql", NULL};

	b->named = listed(b, t, programs);
	if (b->named)
		b->phase = HEAD;
	else if (listed(b, t, others) || b->n > HEAD_MAX)
		b->phase = PLAIN;
}

static void head_token(struct my_blocks *b, const struct my_token *t)
{
	static const char *const lead[] = {"do", "row", NULL};
	const char *text = b->lexer.text;
	bool start = b->at_start;
	char kind = opener(b, t);

	b->parens += my_token_char(text, t, '(') - my_token_char(text, t, ')');
	if (b->parens > 0)
		return;
	b->at_start = listed(b, t, lead);
	/* PROCEDURE IF NOT EXISTS, and FOR EACH ROW, open nothing. */
	if (kind && !(kind == 'I' && b->named) && (kind != 'F' || start))
		open_block(b, kind);
	b->named = false;
}

static void first_token(struct my_blocks *b, const struct my_token *t)
{
	static const char *const verbs[] = {"create", "alter", NULL};
	char kind = opener(b, t);

	if (listed(b, t, verbs))
		b->phase = AFTER_VERB;
	else if (kind == 'B')
		b->phase = AFTER_BEGIN;
	else if (kind)
		open_block(b, kind);
	else
		b->phase = PLAIN;
}

static void take(struct my_blocks *b, const struct my_token *t)
{
	b->n++;
	switch ((enum phase)b->phase) {
	case FIRST:
		first_token(b, t);
		break;
	case AFTER_VERB:
		verb_token(b, t);
		break;
	case AFTER_BEGIN:
		b->phase = is(b, t, "not") ? AFTER_NOT : PLAIN;
		break;
	case AFTER_NOT:
		if (is(b, t, "atomic"))
			open_block(b, 'B');
		else
			b->phase = PLAIN;
		break;
	case HEAD:
		head_token(b, t);
		break;
	case BODY:
		body_token(b, t);
		break;
	case PLAIN:
		break;
	}
}

bool my_blocks_open(struct my_blocks *b, size_t upto)
{
	struct my_token token;

	b->lexer.len = upto;
	if (b->phase == PLAIN)
		return false;
	for (my_lex_solid(&b->lexer, &token); token.kind != MY_END; my_lex_solid(&b->lexer, &token))
		take(b, &token);
	return b->open.len > 0;
}
