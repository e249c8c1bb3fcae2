/*
 * Expressions of pgbench's script language: \set, \if and \elif. Parsed once into a tree over
 * variable slots; evaluation allocates nothing.
 */
#ifndef REHEARSE_WORKLOAD_EXPRESSION_H
#define REHEARSE_WORKLOAD_EXPRESSION_H

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/rng.h"
#include "harness/workload/value.h"

enum expr_op {
	EXPR_CONSTANT,
	EXPR_VARIABLE,
	EXPR_ADD,
	EXPR_SUB,
	EXPR_MUL,
	EXPR_DIV,
	EXPR_MOD,
	EXPR_EQ,
	EXPR_NE,
	EXPR_LT,
	EXPR_LE,
	EXPR_BITAND,
	EXPR_BITOR,
	EXPR_BITXOR,
	EXPR_LSHIFT,
	EXPR_RSHIFT,
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
	EXPR_IS,
	EXPR_CASE, /* when, then, when, then, ..., else */
	EXPR_ABS,
	EXPR_CEIL,
	EXPR_DEBUG,
	EXPR_DOUBLE,
	EXPR_EXP,
	EXPR_FLOOR,
	EXPR_GREATEST,
	EXPR_HASH_FNV1A,
	EXPR_HASH_MURMUR2,
	EXPR_INT,
	EXPR_LEAST,
	EXPR_LN,
	EXPR_PERMUTE,
	EXPR_PI,
	EXPR_POW,
	EXPR_RANDOM,
	EXPR_RANDOM_EXPONENTIAL,
	EXPR_RANDOM_GAUSSIAN,
	EXPR_RANDOM_ZIPFIAN,
	EXPR_SQRT,
};

struct expr {
	enum expr_op op;
	unsigned slot;	       /* EXPR_VARIABLE */
	struct value constant; /* EXPR_CONSTANT */
	struct expr **args;
	size_t n_args, cap_args;
	unsigned depth; /* of the tree below, bounded so that evaluation cannot exhaust the stack */
};

/* Gives the slot of a variable, or -1 with err when it is not defined. */
typedef int expr_slot(void *ctx, const char *name, size_t len, unsigned *ret_slot, struct err *err);

/* ERR_USAGE without a file and line: the caller knows them. */
int expr_parse(const char *text, size_t len, expr_slot *slot, void *ctx, struct expr **ret,
	struct err *err);
void expr_free(struct expr *e); /* NULL-safe */

struct expr_env {
	const struct value *variables;
	const char *const *names; /* by slot, for messages */
	struct rng *rng;
	char error[160]; /* set when an evaluation fails */
};

/* 0, or -1 with env->error: division by zero, overflow, a boolean where a number is needed ... */
int expr_eval(const struct expr *e, struct expr_env *env, struct value *ret);
bool expr_truth(const struct value *v); /* of \if and CASE: null is false, numbers by != 0 */

#endif
