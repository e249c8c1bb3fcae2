/* The lexical rules of MySQL and MariaDB, as their servers apply them. */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_LEX_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_LEX_H

#include <stdbool.h>
#include <stddef.h>

/* The parts of sql_mode that change how text is read. */
struct my_mode {
	bool no_backslash; /* NO_BACKSLASH_ESCAPES: a backslash in a string is a character */
	bool ansi_quotes;  /* ANSI_QUOTES: "a" is a name */
};

enum my_token_kind {
	MY_END,
	MY_COMMENT,
	MY_COND_OPEN,  /* the "/" "*!50003" of a conditional comment: what follows is code */
	MY_COND_CLOSE, /* its end */
	MY_WORD,       /* keyword or plain identifier */
	MY_NAME,       /* `identifier`, with ANSI_QUOTES "identifier" too */
	MY_STRING,     /* 'text' and "text", also N'', X'', B'' */
	MY_NUMBER,
	MY_OTHER, /* one character of anything else */
};

struct my_token {
	enum my_token_kind kind;
	size_t start, end; /* bytes into the text; both its length for MY_END */
	bool open;	   /* a string, name or comment that is never closed: it runs to the end */
};

struct my_lexer {
	const char *text;
	size_t len, at;
	struct my_mode mode;
	bool in_cond; /* inside a conditional comment */
};

void my_lex(struct my_lexer *lexer, struct my_token *ret);
/* The same, without comments and without the marks of conditional ones. */
void my_lex_solid(struct my_lexer *lexer, struct my_token *ret);
bool my_token_is(const char *text, const struct my_token *token, const char *word); /* any case */
bool my_token_char(const char *text, const struct my_token *token, char c);

/* ---- the parts, for the client's reading, which knows delimiters inside of words ---- */

/* Bytes of the mark that opens a conditional comment at `at`, 0 when there is none. A comment for
 * a version that no server ever has (99999, 999999) is a plain one. */
size_t my_cond_mark(const char *text, size_t len, size_t at);
/* Does `#` or `-- ` open a comment at `at`? */
bool my_line_comment(const char *text, size_t len, size_t at);
size_t my_line_end(const char *text, size_t len, size_t at);
/* Behind the end of the block comment, or of the quoted text, that opens at `at`; len and *open
 * when it never ends. */
size_t my_comment_end(const char *text, size_t len, size_t at, bool *open);
size_t my_quoted_end(const char *text, size_t len, size_t at, struct my_mode mode, bool *open);
bool my_is_space(char c);

#endif
