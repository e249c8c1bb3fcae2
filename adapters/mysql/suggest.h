/* The inside of the suggestions for MariaDB and MySQL. */
#ifndef REHEARSE_ADAPTERS_MYSQL_SUGGEST_H
#define REHEARSE_ADAPTERS_MYSQL_SUGGEST_H

#include "adapters/mysql/rules.h"
#include "adapters/suggest.h"

bool my_suggest(struct analysis_state *state, const char *text, const struct sql_script *script,
	size_t i, struct suggestion *ret);

struct my_suggest {
	struct my_check *c;
	struct suggestion *ret;
	const char *label;  /* the table as the statement names it */
	const char *schema; /* its schema with the dot; "" none is named */
	const char *table;  /* without quotes and schema */
};

/* ---- suggest_text.c ---- */

/* Placeholders {name} of an embedded template. */
struct my_filling {
	const char *name, *value;
};
/* Caller frees. */
char *my_filled(const char *template, const struct my_filling *fillings, size_t n);
#define MY_FILLED(template, ...)                                      \
	my_filled(template, (const struct my_filling[]){__VA_ARGS__}, \
		sizeof((const struct my_filling[]){__VA_ARGS__}) / sizeof(struct my_filling))

/* "_t_new", short enough for the server, with the schema and quoted as it must be; caller frees. */
char *my_made_name(const struct my_suggest *s, const char *before, const char *after);
/* The text from one token to before another, without blanks at its end; caller frees. */
char *my_tokens_text(const struct my_check *c, size_t first, size_t end);
/* " ALGORITHM=INSTANT" and the like, that the server must refuse rather than do worse; static. */
const char *my_manner(const struct my_suggest *s, const struct my_effect *effect);

/* ---- suggest_program.c: what needs a loop or a condition ---- */

/* Statements between BEGIN and END, without either. */
void my_step_program(struct my_suggest *s, const char *what, const char *title, const char *body);
/* `work` on all rows of the table in short transactions, by its primary key; {range} in it is the
 * batch's condition. */
void my_step_batches(struct my_suggest *s, const char *what, const char *title, const char *work);
/* How to go on in a session that must be strict, and back. */
#define MY_STRICT                                                                \
	"SET @rehearse_mode = @@SESSION.sql_mode;\n"                             \
	"-- A NULL that is there must be an error, not a 0.\n"                   \
	"SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), " \
	"'STRICT_ALL_TABLES');\n"
#define MY_STRICT_END "\nSET SESSION sql_mode = @rehearse_mode;"

/* ---- suggest_copy.c: a second table that follows the first and takes its name ---- */

/* `changes` are clauses of ALTER TABLE, "" none: the table is only written anew. */
void my_suggest_copy(struct my_suggest *s, const char *changes);
/* Only where every column and the key are known, and nothing else hangs on the table. */
bool my_can_copy(const struct my_suggest *s);
bool my_can_copy_with(const struct my_suggest *s, const struct my_clause *clause);

/* ---- suggest_column.c, each for one clause; false: there is no safe form ---- */

bool my_suggest_rename_column(struct my_suggest *s, const struct my_clause *clause);
bool my_suggest_drop_column(struct my_suggest *s, const struct my_clause *clause);
bool my_suggest_fill(struct my_suggest *s, const struct my_clause *clause);
bool my_suggest_foreign_key(struct my_suggest *s, const struct my_clause *clause);
/* The old name as it is, the new one a view of it. */
bool my_suggest_rename_table(struct my_suggest *s, const char *new_label);

#endif
