/* The reading of a script as the `mariadb` and `mysql` clients read it. */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_PIECES_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_PIECES_H

#include "adapters/mysql/dialect_lex.h"

struct my_piece {
	size_t start, end; /* first to last byte of code, comments around it and the end mark out */
	struct my_mode mode; /* in which the server reads it */
	char command[16];    /* it is for the client program alone: "source", "\\!"; else "" */
	bool connects;	     /* that command opens another connection or database */
	bool unread;	     /* holds a backslash or an open quote that no server takes */
};

struct my_pieces {
	struct my_piece *items;
	size_t n, cap;
	size_t error_at;   /* the first thing that is odd about the script */
	const char *error; /* NULL: nothing */
};

/*
 * Splits at the delimiter, which DELIMITER changes, and at \g and \G. What changes only the
 * client's output is passed over; what only the client can do is a piece of its own. The script's
 * own SET sql_mode is followed. In a script without DELIMITER a `;` inside of a stored program's
 * body ends nothing: such scripts are sent by runners that hand the body over whole.
 */
void my_pieces(const char *text, size_t len, struct my_pieces *ret);
void my_pieces_release(struct my_pieces *pieces);

/* ---- dialect_commands.c: the client's own commands ---- */

enum my_action {
	MY_ACT_NONE, /* no command */
	MY_ACT_SKIP, /* output, help, prompt: of no consequence */
	MY_ACT_SEND,
	MY_ACT_CLEAR, /* forgets what was typed */
	MY_ACT_DELIMITER,
	MY_ACT_QUIT,
	MY_ACT_USE,  /* `use db`: the server understands it, too */
	MY_ACT_TELL, /* only the client can */
	MY_ACT_CONNECT,
};

/* Of a line, or of a statement before its end mark, when it is a command by name. */
enum my_action my_command_named(const char *text, size_t len, const char **ret_name);
/* Of the letter behind a backslash; *ret_params: the rest of the line is its argument. */
enum my_action my_command_letter(char letter, bool *ret_params);
#define MY_DELIMITER_SIZE 16
/* The argument of DELIMITER, at most 15 bytes as in the client; false when there is none. */
bool my_delimiter_argument(const char *text, size_t len, char ret[static MY_DELIMITER_SIZE]);

#endif
