#include <math.h>
#include <stdio.h>

#include "harness/workload/distribution.h"
#include "harness/workload/expression.h"

enum { ARGS_MAX = 16 };

static const char *type_name(const struct value *v)
{
	switch (v->type) {
	case VALUE_BOOL:
		return "boolean";
	case VALUE_INT:
		return "int";
	case VALUE_DOUBLE:
		return "double";
	case VALUE_TEXT:
		return "text";
	default:
		return "null";
	}
}

static int fail(struct expr_env *env, const char *what)
{
	snprintf(env->error, sizeof(env->error), "%s", what);
	return -1;
}

static int no_cast(struct expr_env *env, const struct value *v, const char *to)
{
	snprintf(env->error, sizeof(env->error), "cannot coerce %s to %s", type_name(v), to);
	return -1;
}

static int to_int(struct expr_env *env, const struct value *v, int64_t *ret)
{
	double d;

	if (v->type == VALUE_INT) {
		*ret = v->i;
		return 0;
	}
	if (v->type != VALUE_DOUBLE)
		return no_cast(env, v, "int");
	d = rint(v->d);
	if (!(d >= -0x1p63 && d < 0x1p63)) {
		snprintf(env->error, sizeof(env->error), "double to int overflow for %f", d);
		return -1;
	}
	*ret = (int64_t)d;
	return 0;
}

static int to_double(struct expr_env *env, const struct value *v, double *ret)
{
	if (v->type != VALUE_INT && v->type != VALUE_DOUBLE)
		return no_cast(env, v, "double");
	*ret = v->type == VALUE_INT ? (double)v->i : v->d;
	return 0;
}

static int to_bool(struct expr_env *env, const struct value *v, bool *ret)
{
	if (v->type != VALUE_BOOL)
		return no_cast(env, v, "boolean");
	*ret = v->b;
	return 0;
}

bool expr_truth(const struct value *v)
{
	switch (v->type) {
	case VALUE_BOOL:
		return v->b;
	case VALUE_INT:
		return v->i != 0;
	case VALUE_DOUBLE:
		return v->d != 0;
	default:
		return false;
	}
}

/* ---- arithmetic and comparison ---- */

static int double_operator(
	struct expr_env *env, enum expr_op op, const struct value *v, struct value *ret)
{
	double a, b;

	if (to_double(env, &v[0], &a) || to_double(env, &v[1], &b))
		return -1;
	switch (op) {
	case EXPR_ADD:
		*ret = value_double(a + b);
		break;
	case EXPR_SUB:
		*ret = value_double(a - b);
		break;
	case EXPR_MUL:
		*ret = value_double(a * b);
		break;
	case EXPR_DIV: /* by zero: infinity or not a number, as in pgbench */
		*ret = value_double(a / b);
		break;
	case EXPR_EQ:
		*ret = value_bool(a == b);
		break;
	case EXPR_NE:
		*ret = value_bool(a != b);
		break;
	case EXPR_LT:
		*ret = value_bool(a < b);
		break;
	default:
		*ret = value_bool(a <= b);
	}
	return 0;
}

static int divide(struct expr_env *env, enum expr_op op, int64_t a, int64_t b, struct value *ret)
{
	if (b == 0)
		return fail(env, "division by zero");
	if (b == -1 && op == EXPR_DIV && a == INT64_MIN)
		return fail(env, "bigint div out of range");
	if (b == -1) /* INT64_MIN % -1 traps */
		*ret = value_int(op == EXPR_DIV ? -a : 0);
	else
		*ret = value_int(op == EXPR_DIV ? a / b : a % b);
	return 0;
}

static int int_operator(
	struct expr_env *env, enum expr_op op, const struct value *v, struct value *ret)
{
	int64_t a, b, x;

	if (to_int(env, &v[0], &a) || to_int(env, &v[1], &b))
		return -1;
	switch (op) {
	case EXPR_ADD:
		if (__builtin_add_overflow(a, b, &x))
			return fail(env, "bigint add out of range");
		break;
	case EXPR_SUB:
		if (__builtin_sub_overflow(a, b, &x))
			return fail(env, "bigint sub out of range");
		break;
	case EXPR_MUL:
		if (__builtin_mul_overflow(a, b, &x))
			return fail(env, "bigint mul out of range");
		break;
	case EXPR_DIV:
	case EXPR_MOD:
		return divide(env, op, a, b, ret);
	case EXPR_EQ:
		*ret = value_bool(a == b);
		return 0;
	case EXPR_NE:
		*ret = value_bool(a != b);
		return 0;
	case EXPR_LT:
		*ret = value_bool(a < b);
		return 0;
	case EXPR_LE:
		*ret = value_bool(a <= b);
		return 0;
	case EXPR_BITAND:
		x = a & b;
		break;
	case EXPR_BITOR:
		x = a | b;
		break;
	case EXPR_BITXOR:
		x = a ^ b;
		break;
	case EXPR_LSHIFT: /* the count wraps at 64, as the processor has it under pgbench */
		x = (int64_t)((uint64_t)a << (b & 63));
		break;
	default:
		x = a >> (b & 63);
	}
	*ret = value_int(x);
	return 0;
}

/* Two booleans compare only with IS: pgbench has it so, and a script that runs there runs here. */
static int operator(struct expr_env *env, enum expr_op op, const struct value *v, struct value *ret)
{
	bool doubles = v[0].type == VALUE_DOUBLE || v[1].type == VALUE_DOUBLE;

	if (doubles && op <= EXPR_LE && op != EXPR_MOD)
		return double_operator(env, op, v, ret);
	return int_operator(env, op, v, ret);
}

/* ---- functions ---- */

static int double_function(
	struct expr_env *env, const struct expr *e, const struct value *v, struct value *ret)
{
	double a, b = 0;

	if (to_double(env, &v[0], &a) || (e->n_args > 1 && to_double(env, &v[1], &b)))
		return -1;
	switch (e->op) {
	case EXPR_CEIL:
		a = ceil(a);
		break;
	case EXPR_FLOOR:
		a = floor(a);
		break;
	case EXPR_EXP:
		a = exp(a);
		break;
	case EXPR_LN:
		a = log(a);
		break;
	case EXPR_SQRT:
		a = sqrt(a);
		break;
	case EXPR_POW:
		a = pow(a, b);
		break;
	default: /* double(x) */
		break;
	}
	*ret = value_double(a);
	return 0;
}

static int extreme(
	struct expr_env *env, const struct expr *e, const struct value *v, struct value *ret)
{
	bool least = e->op == EXPR_LEAST, doubles = false;
	int64_t i, best_i = 0;
	double d, best_d = 0;

	for (size_t k = 0; k < e->n_args; k++)
		doubles |= v[k].type == VALUE_DOUBLE;
	for (size_t k = 0; k < e->n_args; k++) {
		if (doubles) {
			if (to_double(env, &v[k], &d))
				return -1;
			if (k == 0 || (least ? d < best_d : d > best_d))
				best_d = d;
		} else {
			if (to_int(env, &v[k], &i))
				return -1;
			if (k == 0 || (least ? i < best_i : i > best_i))
				best_i = i;
		}
	}
	*ret = doubles ? value_double(best_d) : value_int(best_i);
	return 0;
}

static int draw(struct expr_env *env, enum expr_op op, const struct value *v, struct value *ret)
{
	int64_t lo, hi, span, x;
	double parameter = 0;

	if (to_int(env, &v[0], &lo) || to_int(env, &v[1], &hi))
		return -1;
	if (lo > hi)
		return fail(env, "empty range given to random");
	if (__builtin_sub_overflow(hi, lo, &span) || span == INT64_MAX)
		return fail(env, "random range is too large");
	if (op != EXPR_RANDOM && to_double(env, &v[2], &parameter))
		return -1;
	switch (op) {
	case EXPR_RANDOM_EXPONENTIAL:
		if (!(parameter > 0))
			return fail(env, "exponential parameter must be greater than zero");
		x = distribution_exponential(env->rng, lo, hi, parameter);
		break;
	case EXPR_RANDOM_GAUSSIAN:
		if (!(parameter >= GAUSSIAN_PARAMETER_MIN))
			return fail(env, "gaussian parameter must be at least 2");
		x = distribution_gaussian(env->rng, lo, hi, parameter);
		break;
	case EXPR_RANDOM_ZIPFIAN:
		if (!(parameter >= ZIPFIAN_PARAMETER_MIN && parameter <= ZIPFIAN_PARAMETER_MAX))
			return fail(env, "zipfian parameter must be in range [1.001, 1000]");
		x = distribution_zipfian(env->rng, lo, hi, parameter);
		break;
	default:
		x = rng_between(env->rng, lo, hi);
	}
	*ret = value_int(x);
	return 0;
}

static int hash_function(
	struct expr_env *env, enum expr_op op, const struct value *v, struct value *ret)
{
	int64_t value, seed, size;

	if (to_int(env, &v[0], &value))
		return -1;
	if (op == EXPR_PERMUTE) {
		if (to_int(env, &v[1], &size) || to_int(env, &v[2], &seed))
			return -1;
		if (size <= 0)
			return fail(env, "permute size parameter must be greater than zero");
		*ret = value_int(permute(value, size, seed));
		return 0;
	}
	if (to_int(env, &v[1], &seed))
		return -1;
	*ret = value_int(op == EXPR_HASH_FNV1A ? hash_fnv1a(value, (uint64_t)seed)
					       : hash_murmur2(value, (uint64_t)seed));
	return 0;
}

static int absolute(struct expr_env *env, const struct value *v, struct value *ret)
{
	int64_t i;

	if (v->type == VALUE_DOUBLE) {
		*ret = value_double(fabs(v->d));
		return 0;
	}
	if (to_int(env, v, &i))
		return -1;
	*ret = value_int(i < 0 ? (int64_t) - (uint64_t)i : i);
	return 0;
}

static int apply(
	const struct expr *e, struct expr_env *env, const struct value *v, struct value *ret)
{
	int64_t i;
	bool b;

	switch (e->op) {
	case EXPR_DEBUG: /* a library prints nothing: the value passes through */
		*ret = v[0];
		return 0;
	case EXPR_IS:
		*ret = value_bool(
			v[0].type == v[1].type && (v[0].type != VALUE_BOOL || v[0].b == v[1].b));
		return 0;
	case EXPR_NOT:
		if (to_bool(env, &v[0], &b))
			return -1;
		*ret = value_bool(!b);
		return 0;
	case EXPR_PI:
		*ret = value_double(M_PI);
		return 0;
	case EXPR_ABS:
		return absolute(env, v, ret);
	case EXPR_INT:
		if (to_int(env, &v[0], &i))
			return -1;
		*ret = value_int(i);
		return 0;
	case EXPR_LEAST:
	case EXPR_GREATEST:
		return extreme(env, e, v, ret);
	case EXPR_HASH_FNV1A:
	case EXPR_HASH_MURMUR2:
	case EXPR_PERMUTE:
		return hash_function(env, e->op, v, ret);
	case EXPR_RANDOM:
	case EXPR_RANDOM_EXPONENTIAL:
	case EXPR_RANDOM_GAUSSIAN:
	case EXPR_RANDOM_ZIPFIAN:
		return draw(env, e->op, v, ret);
	case EXPR_CEIL:
	case EXPR_DOUBLE:
	case EXPR_EXP:
	case EXPR_FLOOR:
	case EXPR_LN:
	case EXPR_POW:
	case EXPR_SQRT:
		return double_function(env, e, v, ret);
	default:
		return operator(env, e->op, v, ret);
	}
}

/* ---- the tree ---- */

static int variable(const struct expr *e, struct expr_env *env, struct value *ret)
{
	const struct value *v = &env->variables[e->slot];

	if (v->type == VALUE_UNSET) {
		snprintf(env->error, sizeof(env->error), "undefined variable '%s'",
			env->names[e->slot]);
		return -1;
	}
	if (!value_interpret(v, ret)) {
		/* The text may be a row's value: it is not repeated. */
		snprintf(env->error, sizeof(env->error),
			"variable '%s' is neither a number nor a boolean", env->names[e->slot]);
		return -1;
	}
	return 0;
}

static int conditional(const struct expr *e, struct expr_env *env, struct value *ret)
{
	struct value when;

	for (size_t i = 0; i + 1 < e->n_args; i += 2) {
		if (expr_eval(e->args[i], env, &when))
			return -1;
		if (expr_truth(&when))
			return expr_eval(e->args[i + 1], env, ret);
	}
	return expr_eval(e->args[e->n_args - 1], env, ret);
}

/* Left to right, and no further than needed; a null operand that is looked at makes it null. */
static int connective(const struct expr *e, struct expr_env *env, struct value *ret)
{
	bool decides = e->op == EXPR_OR;

	for (size_t i = 0; i < 2; i++) {
		bool b;

		if (expr_eval(e->args[i], env, ret))
			return -1;
		if (ret->type == VALUE_NULL)
			return 0;
		if (to_bool(env, ret, &b))
			return -1;
		if (b == decides)
			return 0;
	}
	return 0;
}

int expr_eval(const struct expr *e, struct expr_env *env, struct value *ret)
{
	struct value v[ARGS_MAX];
	bool null = false;

	switch (e->op) {
	case EXPR_CONSTANT:
		*ret = e->constant;
		return 0;
	case EXPR_VARIABLE:
		return variable(e, env, ret);
	case EXPR_CASE:
		return conditional(e, env, ret);
	case EXPR_AND:
	case EXPR_OR:
		return connective(e, env, ret);
	default:
		break;
	}
	for (size_t i = 0; i < e->n_args; i++) {
		if (expr_eval(e->args[i], env, &v[i]))
			return -1;
		null |= v[i].type == VALUE_NULL;
	}
	if (null && e->op != EXPR_IS && e->op != EXPR_DEBUG) {
		*ret = value_null();
		return 0;
	}
	return apply(e, env, v, ret);
}
