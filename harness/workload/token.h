/* The words of an expression. */
#ifndef REHEARSE_WORKLOAD_TOKEN_H
#define REHEARSE_WORKLOAD_TOKEN_H

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/workload/value.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,	/* value; an integer or a double */
	TOKEN_MIN_INT,	/* 9223372036854775808, which only a minus makes an integer */
	TOKEN_VARIABLE, /* text without the colon */
	TOKEN_NAME,	/* a function */
	TOKEN_CONSTANT, /* true, false, null: value */
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_IS,
	TOKEN_ISNULL,
	TOKEN_NOTNULL,
	TOKEN_CASE,
	TOKEN_WHEN,
	TOKEN_THEN,
	TOKEN_ELSE,
	TOKEN_CASE_END,
	TOKEN_NE,
	TOKEN_LE,
	TOKEN_GE,
	TOKEN_LSHIFT,
	TOKEN_RSHIFT,
	TOKEN_CHAR, /* one of + - * / % = < > | & # ~ ( ) , in `c` */
};

struct token {
	enum token_kind kind;
	char c;
	const char *text;
	size_t len;
	struct value value;
};

/* Reads the token at *at and moves it behind; `end` is the end of the expression. */
int token_next(const char **at, const char *end, struct token *ret, struct err *err);

#endif
