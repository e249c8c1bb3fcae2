/*
 * The rows of a finished statement, whichever protocol they came by. Values are looked at seldom,
 * so nothing is converted or indexed before somebody asks.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_ROWS_H
#define REHEARSE_ADAPTERS_MYSQL_ROWS_H

#include <mysql.h>

#include "harness/base/str.h"

struct my_rows;

struct my_rows *my_rows_new(void);
void my_rows_free(struct my_rows *rows); /* NULL-safe */
/* No rows; keeps the memory. */
void my_rows_clear(struct my_rows *rows);
/* Takes a stored result over. */
void my_rows_take(struct my_rows *rows, MYSQL_RES *res);
/* Borrows the stored rows of a statement until they are cleared or settled. */
void my_rows_borrow(struct my_rows *rows, MYSQL_STMT *stmt);
/* Makes borrowed rows its own. */
void my_rows_settle(struct my_rows *rows);

unsigned my_rows_count(const struct my_rows *rows);
unsigned my_rows_columns(const struct my_rows *rows);
/* NULL for SQL NULL and outside the result; stay where they are until the rows are cleared. */
const char *my_rows_value(struct my_rows *rows, unsigned row, unsigned column);
const char *my_rows_column(struct my_rows *rows, unsigned column);

#endif
