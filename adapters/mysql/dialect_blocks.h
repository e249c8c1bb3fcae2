/*
 * Where a stored program's body is open, so that the `;` inside of it does not end the statement:
 * for scripts without DELIMITER, which other runners than the `mysql` client send.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_BLOCKS_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_BLOCKS_H

#include "adapters/mysql/dialect_lex.h"
#include "harness/base/str.h"

struct my_blocks {
	struct my_lexer lexer;
	int phase;	 /* of the head, see dialect_blocks.c */
	unsigned n;	 /* tokens of the head */
	int parens;	 /* open ones in the head */
	struct str open; /* one letter for each open block */
	bool at_start;	 /* a statement of the body may begin here */
	bool label;	 /* the token before may be a label */
	bool after_end;	 /* END IF: the IF belongs to the END */
	bool declare, handler;
	bool named; /* the token before was PROCEDURE, FUNCTION, … */
};

/* A statement begins at `at`. */
void my_blocks_begin(struct my_blocks *b, const char *text, size_t at, struct my_mode mode);
/* Reads on to `upto`, where a `;` stands: true when it is inside of a block. */
bool my_blocks_open(struct my_blocks *b, size_t upto);
void my_blocks_release(struct my_blocks *b);

#endif
