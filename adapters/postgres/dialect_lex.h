/*
 * PostgreSQL's lexical rules, as far as splitting and masking need them, and psql's reading of a
 * script: which part is SQL, which is for psql alone, which is the data of a COPY.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_DIALECT_LEX_H
#define REHEARSE_ADAPTERS_POSTGRES_DIALECT_LEX_H

#include <stdbool.h>
#include <stddef.h>

enum pg_token_kind {
	PG_END,
	PG_COMMENT,
	PG_WORD,   /* keyword or plain identifier */
	PG_QUOTED, /* "identifier", also U&"" */
	PG_STRING, /* 'text' with any prefix, $tag$ text $tag$ */
	PG_NUMBER,
	PG_SEMICOLON,
	PG_OPEN,
	PG_CLOSE,
	PG_BACKSLASH,
	PG_OTHER, /* one character of anything else, or a $1 */
};

struct pg_token {
	enum pg_token_kind kind;
	size_t start, end; /* bytes into the text; both its length for PG_END */
};

/* The token at or after `at`; what is not closed runs to the end of the text. */
void pg_lex(const char *text, size_t len, size_t at, struct pg_token *ret);
/* The same, comments passed over. */
void pg_lex_solid(const char *text, size_t len, size_t at, struct pg_token *ret);
bool pg_token_is(const char *text, const struct pg_token *token, const char *word);

enum pg_piece_kind {
	PG_PIECE_SQL,
	PG_PIECE_CLIENT, /* a psql command, backslash to end of line */
	PG_PIECE_COPY,	 /* COPY … FROM STDIN; its data block is left out */
};

struct pg_piece {
	enum pg_piece_kind kind;
	size_t start, end; /* first to last token, comments around it and the terminator left out */
};

/*
 * Splits as psql does: `;` outside of parentheses and of BEGIN ATOMIC bodies ends a statement, and
 * so does \g and its kin. A psql command outside of a statement is a piece of its own, except those
 * that change only what psql prints or how it goes on after an error (\restrict, \echo, \set
 * ON_ERROR_STOP …): those are passed over. Caller frees.
 */
struct pg_piece *pg_pieces(const char *text, size_t len, size_t *ret_n);

#endif
