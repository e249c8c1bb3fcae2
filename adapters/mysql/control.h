/* Short blocking SQL for the control plane: providers, interlock, quarantine, doctor. */
#ifndef REHEARSE_ADAPTERS_MYSQL_CONTROL_H
#define REHEARSE_ADAPTERS_MYSQL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/db.h"
#include "harness/base/err.h"

/*
 * A session with a sql_mode and time-outs of its own: no statement is cut short by what the server
 * sets for others, and none waits for a lock longer than a minute.
 */
int my_control_open(const char *dsn, const char *database, struct db_conn **ret, struct err *err);
void my_control_close(struct db_conn **conn); /* for CLEANUP, too */

int my_control_exec(struct db_conn *conn, const char *sql, struct err *err);
int my_control_text(struct db_conn *conn, const char *sql, char **ret, struct err *err);
int my_control_true(struct db_conn *conn, const char *sql, bool *ret, struct err *err); /* 1 */
int my_control_number(struct db_conn *conn, const char *sql, int64_t *ret, struct err *err);
/* Runs a query; its rows stay readable through my_control_value() until the next one. */
int my_control_rows(struct db_conn *conn, const char *sql, unsigned *ret_rows, struct err *err);
const char *my_control_value(struct db_conn *conn, unsigned row, unsigned column); /* never NULL */
/* By the column's name, "" when there is none such. */
const char *my_control_named(struct db_conn *conn, unsigned row, const char *column);

/* The first value of each row, "a, b"; "" for none; caller frees. */
int my_control_list(struct db_conn *conn, const char *sql, char **ret, struct err *err);

/* A global variable's value, "" when this server has none such; caller frees. */
int my_control_variable(struct db_conn *conn, const char *name, char **ret, struct err *err);
/* As is_on() of the server: "ON", "1", "YES". */
bool my_control_on(const char *value);

/* `a``b` and 'it''s', a backslash doubled (these sessions have no NO_BACKSLASH_ESCAPES); caller
 * frees. */
char *my_quote_name(const char *name);
char *my_quote_literal(const char *text);

#endif
