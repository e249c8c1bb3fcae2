/* Steps that need a loop or a condition. MariaDB runs a block as it is, MySQL only inside of a
 * procedure. */
#include <stdio.h>
#include <string.h>

#include "adapters/dialect.h"
#include "adapters/mysql/dialect_text.h"
#include "adapters/mysql/suggest.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

void my_step_program(struct my_suggest *s, const char *what, const char *title, const char *body)
{
	/* Not one statement but many, so the time-out of one does not fit. */
	CLEANUP(cleanup_free) char *free_time = my_session_timeouts(DIALECT_KEEP, 0);
	CLEANUP(cleanup_free) char *name = my_made_name(s, "rehearse_", "");
	const char *again = s->c->state->mariadb ? "SET SESSION max_statement_time = DEFAULT"
						 : "SET SESSION max_execution_time = DEFAULT";

	if (s->c->state->mariadb)
		suggest_step(s->ret, what, SUGGEST_BESIDE, title,
			"%s;\nBEGIN NOT ATOMIC\n%sEND;\n%s;", free_time, body, again);
	else
		suggest_step(s->ret, what, SUGGEST_BESIDE, title,
			"%s;\nDROP PROCEDURE IF EXISTS %s;\nCREATE PROCEDURE %s()\nBEGIN\n%sEND;\n"
			"CALL %s();\nDROP PROCEDURE %s;\n%s;",
			free_time, name, name, body, name, name, again);
}

/* ---- a range of the key ---- */

static char *key_list(const struct my_shape *table, const char *after)
{
	struct str out = {0};

	for (size_t i = 0; i < table->n_key; i++)
		str_addf(&out, "%s%s%s", i ? ", " : "", table->key[i], after);
	return str_take(&out);
}

static char *variables(const struct my_shape *table, const char *name)
{
	struct str out = {0};

	for (size_t i = 0; i < table->n_key; i++)
		str_addf(&out, "%s@rehearse_%s%zu", i ? ", " : "", name, i + 1);
	return str_take(&out);
}

/* a > @x1 OR (a = @x1 AND (b >= @x2)): servers find no range in a comparison of rows. */
static char *compared(const struct my_shape *table, const char *operator, const char * name)
{
	struct str out = {0};

	for (size_t i = 0; i < table->n_key; i++) {
		bool last = i + 1 == table->n_key;

		str_addf(&out, "(%s %.*s @rehearse_%s%zu", table->key[i],
			last ? (int)strlen(operator) : 1, operator, name, i + 1);
		if (!last)
			str_addf(&out, " OR %s = @rehearse_%s%zu AND ", table->key[i], name, i + 1);
	}
	for (size_t i = 0; i < table->n_key; i++)
		str_add_char(&out, ')');
	return str_take(&out);
}

void my_step_batches(struct my_suggest *s, const char *what, const char *title, const char *work)
{
	const struct my_shape *table = s->c->table;
	CLEANUP(cleanup_free) char *keys = key_list(table, "");
	CLEANUP(cleanup_free) char *keys_down = key_list(table, " DESC");
	CLEANUP(cleanup_free) char *from = variables(table, "from");
	CLEANUP(cleanup_free) char *to = variables(table, "to");
	CLEANUP(cleanup_free) char *at_from = compared(table, ">=", "from");
	CLEANUP(cleanup_free) char *at_to = compared(table, "<=", "to");
	CLEANUP(cleanup_free) char *behind_to = compared(table, ">", "to");
	CLEANUP(cleanup_free) char *range = mem_printf("%s\n            AND %s", at_from, at_to);
	CLEANUP(cleanup_free) char *batch = MY_FILLED(work, {"range", range});
	CLEANUP(cleanup_free)
	char *body = MY_FILLED(sql_mysql_suggest_batches, {"keys", keys}, {"keys_down", keys_down},
		{"from", from}, {"to", to}, {"at_from", at_from}, {"behind_to", behind_to},
		{"table", s->label}, {"work", batch});

	my_step_program(s, what, title, body);
}
