#include "harness/workload/expression.h"

#include <string.h>
#include <strings.h>

#include "harness/base/mem.h"
#include "harness/workload/token.h"

/*
 * Precedence climbing over pgbench's table, lowest first:
 *   OR | AND | NOT | IS ISNULL NOTNULL | < <= = <> >= > | | # & << >> ~ | + - | * / % | unary + -
 * Comparisons do not associate. `~` binds as loosely as its line says: ~1+2 is ~(1+2).
 */
enum {
	LEVEL_OR = 1,
	LEVEL_AND,
	LEVEL_NOT,
	LEVEL_IS,
	LEVEL_COMPARE,
	LEVEL_BITS,
	LEVEL_SUM,
	LEVEL_PRODUCT,
	LEVEL_UNARY,
};

enum { DEPTH_MAX = 500, ARGS_MAX = 16 };

struct parser {
	const char *at, *end;
	struct token token; /* the one to be looked at next */
	expr_slot *slot;
	void *ctx;
	unsigned depth;
	struct err *err;
};

static struct expr *parse(struct parser *p, int level);

void expr_free(struct expr *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_args; i++)
		expr_free(e->args[i]);
	mem_free(e->args);
	mem_free(e);
}

static struct expr *fail(struct parser *p, struct expr *drop, const char *what)
{
	const char *at = p->token.kind == TOKEN_VARIABLE ? p->token.text - 1 : p->token.text;

	expr_free(drop);
	if (p->token.kind == TOKEN_END)
		err_set(p->err, ERR_USAGE, "%s at the end of the expression", what);
	else
		err_set(p->err, ERR_USAGE, "%s at '%.*s'", what,
			(int)(p->end - at < 40 ? p->end - at : 40), at);
	return NULL;
}

static int advance(struct parser *p)
{
	return token_next(&p->at, p->end, &p->token, p->err);
}

static bool is_char(const struct parser *p, char c)
{
	return p->token.kind == TOKEN_CHAR && p->token.c == c;
}

static void add_arg(struct expr *e, struct expr *arg)
{
	*MEM_PUSH(e->args, e->n_args, e->cap_args) = arg;
	if (arg->depth >= e->depth)
		e->depth = arg->depth + 1;
}

static struct expr *make(enum expr_op op, struct expr *a, struct expr *b)
{
	struct expr *e = mem_zalloc(sizeof(*e));

	e->op = op;
	if (a)
		add_arg(e, a);
	if (b)
		add_arg(e, b);
	return e;
}

static struct expr *constant(struct value v)
{
	struct expr *e = make(EXPR_CONSTANT, NULL, NULL);

	e->constant = v;
	return e;
}

static struct expr *variable(struct parser *p, const char *name, size_t len)
{
	struct expr *e = make(EXPR_VARIABLE, NULL, NULL);

	if (p->slot(p->ctx, name, len, &e->slot, p->err)) {
		expr_free(e);
		return NULL;
	}
	return e;
}

/* ---- functions ---- */

static const struct function {
	const char *name;
	enum expr_op op;
	size_t least, most; /* arguments */
} functions[] = {
	{"abs", EXPR_ABS, 1, 1},
	{"ceil", EXPR_CEIL, 1, 1},
	{"debug", EXPR_DEBUG, 1, 1},
	{"double", EXPR_DOUBLE, 1, 1},
	{"exp", EXPR_EXP, 1, 1},
	{"floor", EXPR_FLOOR, 1, 1},
	{"greatest", EXPR_GREATEST, 1, ARGS_MAX},
	{"hash", EXPR_HASH_MURMUR2, 1, 2},
	{"hash_fnv1a", EXPR_HASH_FNV1A, 1, 2},
	{"hash_murmur2", EXPR_HASH_MURMUR2, 1, 2},
	{"int", EXPR_INT, 1, 1},
	{"least", EXPR_LEAST, 1, ARGS_MAX},
	{"ln", EXPR_LN, 1, 1},
	{"mod", EXPR_MOD, 2, 2},
	{"permute", EXPR_PERMUTE, 2, 3},
	{"pi", EXPR_PI, 0, 0},
	{"pow", EXPR_POW, 2, 2},
	{"power", EXPR_POW, 2, 2},
	{"random", EXPR_RANDOM, 2, 2},
	{"random_exponential", EXPR_RANDOM_EXPONENTIAL, 3, 3},
	{"random_gaussian", EXPR_RANDOM_GAUSSIAN, 3, 3},
	{"random_zipfian", EXPR_RANDOM_ZIPFIAN, 3, 3},
	{"sqrt", EXPR_SQRT, 1, 1},
};

static const struct function *find_function(const struct token *t)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i].name) == t->len &&
			strncasecmp(functions[i].name, t->text, t->len) == 0)
			return &functions[i];
	return NULL;
}

static int parse_args(struct parser *p, struct expr *e)
{
	struct expr *arg;

	if (is_char(p, ')'))
		return advance(p);
	for (;;) {
		arg = parse(p, LEVEL_OR);
		if (!arg)
			return -1;
		add_arg(e, arg);
		if (is_char(p, ')'))
			return advance(p);
		if (!is_char(p, ',')) {
			fail(p, NULL, "syntax error");
			return -1;
		}
		if (advance(p))
			return -1;
	}
}

static struct expr *parse_function(struct parser *p)
{
	const struct function *f = find_function(&p->token);
	struct token name = p->token;
	struct expr *e;

	if (!f) {
		err_set(p->err, ERR_USAGE, "unknown function '%.*s'", (int)name.len, name.text);
		return NULL;
	}
	if (advance(p))
		return NULL;
	if (!is_char(p, '('))
		return fail(p, NULL, "syntax error");
	e = make(f->op, NULL, NULL);
	if (advance(p) || parse_args(p, e)) {
		expr_free(e);
		return NULL;
	}
	if (e->n_args < f->least || e->n_args > f->most) {
		err_set(p->err, ERR_USAGE, "unexpected number of arguments (%zu) for '%s'",
			e->n_args, f->name);
		expr_free(e);
		return NULL;
	}
	/* hash(x) is hash(x, :default_seed), and so permute(). */
	if (f->least < f->most && f->most <= 3 && e->n_args == f->least) {
		struct expr *seed = variable(p, "default_seed", strlen("default_seed"));

		if (!seed) {
			expr_free(e);
			return NULL;
		}
		add_arg(e, seed);
	}
	return e;
}

/* ---- operands ---- */

static struct expr *parse_case(struct parser *p)
{
	struct expr *e = make(EXPR_CASE, NULL, NULL), *part;

	if (advance(p))
		goto drop;
	if (p->token.kind != TOKEN_WHEN)
		return fail(p, e, "syntax error");
	while (p->token.kind == TOKEN_WHEN) {
		if (advance(p) || !(part = parse(p, LEVEL_OR)))
			goto drop;
		add_arg(e, part);
		if (p->token.kind != TOKEN_THEN)
			return fail(p, e, "syntax error");
		if (advance(p) || !(part = parse(p, LEVEL_OR)))
			goto drop;
		add_arg(e, part);
	}
	if (p->token.kind == TOKEN_ELSE) {
		if (advance(p) || !(part = parse(p, LEVEL_OR)))
			goto drop;
		add_arg(e, part);
	} else {
		add_arg(e, constant(value_null()));
	}
	if (p->token.kind != TOKEN_CASE_END)
		return fail(p, e, "syntax error");
	if (advance(p))
		goto drop;
	return e;
drop:
	expr_free(e);
	return NULL;
}

/* -x is 0 - x, ~x is -1 # x, as pgbench has it. */
static struct expr *parse_prefix(struct parser *p, int level, enum expr_op op, int64_t left)
{
	struct expr *e;

	if (advance(p))
		return NULL;
	if (op == EXPR_SUB && p->token.kind == TOKEN_MIN_INT)
		return advance(p) ? NULL : constant(value_int(INT64_MIN));
	e = parse(p, level);
	if (!e || op == EXPR_ADD)
		return e;
	return op == EXPR_NOT ? make(op, e, NULL) : make(op, constant(value_int(left)), e);
}

static struct expr *parse_operand(struct parser *p)
{
	struct expr *e;

	switch (p->token.kind) {
	case TOKEN_NUMBER:
	case TOKEN_CONSTANT:
		e = constant(p->token.value);
		break;
	case TOKEN_VARIABLE:
		e = variable(p, p->token.text, p->token.len);
		break;
	case TOKEN_NAME:
		return parse_function(p);
	case TOKEN_CASE:
		return parse_case(p);
	case TOKEN_NOT:
		return parse_prefix(p, LEVEL_NOT, EXPR_NOT, 0);
	case TOKEN_MIN_INT:
		return fail(p, NULL, "bigint constant overflow");
	default:
		if (is_char(p, '-'))
			return parse_prefix(p, LEVEL_UNARY, EXPR_SUB, 0);
		if (is_char(p, '+'))
			return parse_prefix(p, LEVEL_UNARY, EXPR_ADD, 0);
		if (is_char(p, '~'))
			return parse_prefix(p, LEVEL_BITS + 1, EXPR_BITXOR, -1);
		if (!is_char(p, '('))
			return fail(p, NULL, "syntax error");
		if (advance(p) || !(e = parse(p, LEVEL_OR)))
			return NULL;
		if (!is_char(p, ')'))
			return fail(p, e, "syntax error");
	}
	if (e && advance(p)) {
		expr_free(e);
		return NULL;
	}
	return e;
}

/* ---- operators ---- */

struct infix {
	int level;
	enum expr_op op;
	bool swapped; /* a > b is b < a */
};

static struct infix infix_of(const struct token *t)
{
	static const struct {
		char c;
		struct infix infix;
	} chars[] = {{'<', {LEVEL_COMPARE, EXPR_LT, false}}, {'>', {LEVEL_COMPARE, EXPR_LT, true}},
		{'=', {LEVEL_COMPARE, EXPR_EQ, false}}, {'|', {LEVEL_BITS, EXPR_BITOR, false}},
		{'#', {LEVEL_BITS, EXPR_BITXOR, false}}, {'&', {LEVEL_BITS, EXPR_BITAND, false}},
		{'+', {LEVEL_SUM, EXPR_ADD, false}}, {'-', {LEVEL_SUM, EXPR_SUB, false}},
		{'*', {LEVEL_PRODUCT, EXPR_MUL, false}}, {'/', {LEVEL_PRODUCT, EXPR_DIV, false}},
		{'%', {LEVEL_PRODUCT, EXPR_MOD, false}}};

	switch (t->kind) {
	case TOKEN_OR:
		return (struct infix){LEVEL_OR, EXPR_OR, false};
	case TOKEN_AND:
		return (struct infix){LEVEL_AND, EXPR_AND, false};
	case TOKEN_IS:
	case TOKEN_ISNULL:
	case TOKEN_NOTNULL:
		return (struct infix){LEVEL_IS, EXPR_IS, false};
	case TOKEN_LE:
		return (struct infix){LEVEL_COMPARE, EXPR_LE, false};
	case TOKEN_GE:
		return (struct infix){LEVEL_COMPARE, EXPR_LE, true};
	case TOKEN_NE:
		return (struct infix){LEVEL_COMPARE, EXPR_NE, false};
	case TOKEN_LSHIFT:
		return (struct infix){LEVEL_BITS, EXPR_LSHIFT, false};
	case TOKEN_RSHIFT:
		return (struct infix){LEVEL_BITS, EXPR_RSHIFT, false};
	case TOKEN_CHAR:
		for (size_t i = 0; i < sizeof(chars) / sizeof(chars[0]); i++)
			if (chars[i].c == t->c)
				return chars[i].infix;
		break;
	default:
		break;
	}
	return (struct infix){0, EXPR_CONSTANT, false};
}

static struct expr *parse_is(struct parser *p, struct expr *left)
{
	enum token_kind kind = p->token.kind;
	struct value right = value_null();
	bool negated = kind == TOKEN_NOTNULL;

	if (advance(p))
		goto drop;
	if (kind == TOKEN_IS) {
		if (p->token.kind == TOKEN_NOT) {
			negated = true;
			if (advance(p))
				goto drop;
		}
		if (p->token.kind != TOKEN_CONSTANT)
			return fail(p, left, "syntax error");
		right = p->token.value;
		if (advance(p))
			goto drop;
	}
	left = make(EXPR_IS, left, constant(right));
	return negated ? make(EXPR_NOT, left, NULL) : left;
drop:
	expr_free(left);
	return NULL;
}

static struct expr *parse_infix(struct parser *p, struct expr *left, struct infix op)
{
	struct expr *right;

	if (op.op == EXPR_IS)
		return parse_is(p, left);
	if (advance(p) || !(right = parse(p, op.level + 1))) {
		expr_free(left);
		return NULL;
	}
	return op.swapped ? make(op.op, right, left) : make(op.op, left, right);
}

static struct expr *parse(struct parser *p, int level)
{
	struct expr *e;
	int ceiling = LEVEL_UNARY;

	if (++p->depth > DEPTH_MAX) {
		err_set(p->err, ERR_USAGE, "expression is nested too deeply");
		return NULL;
	}
	/* NOT and ~ bind looser than what may follow them: their whole operand is taken here. */
	if (p->token.kind == TOKEN_NOT)
		ceiling = LEVEL_NOT;
	else if (is_char(p, '~'))
		ceiling = LEVEL_BITS;
	e = parse_operand(p);
	while (e) {
		struct infix op = infix_of(&p->token);

		if (op.level < level || op.level == 0)
			break;
		if (op.level > ceiling)
			break;
		e = parse_infix(p, e, op);
		if (e && e->depth > DEPTH_MAX)
			return fail(p, e, "expression is too long");
		/* Comparisons do not associate; behind `x is null`, which ends in a word, anything
		 * goes. */
		if (op.level == LEVEL_COMPARE)
			ceiling = LEVEL_IS;
		else
			ceiling = op.level == LEVEL_IS ? LEVEL_UNARY : op.level;
	}
	p->depth--;
	return e;
}

int expr_parse(const char *text, size_t len, expr_slot *slot, void *ctx, struct expr **ret,
	struct err *err)
{
	struct parser p = {.at = text, .end = text + len, .slot = slot, .ctx = ctx, .err = err};
	struct expr *e;

	if (advance(&p))
		return -1;
	e = parse(&p, LEVEL_OR);
	if (!e)
		return -1;
	if (p.token.kind != TOKEN_END) {
		fail(&p, e, "syntax error");
		return -1;
	}
	*ret = e;
	return 0;
}
