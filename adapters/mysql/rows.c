#include "adapters/mysql/rows.h"

#include <stdint.h>
#include <string.h>

#include "adapters/mysql/library.h"
#include "harness/base/mem.h"

#define PIECE 64 /* bytes of a value that are fetched at once; longer ones in a second go */

/* One column of a statement's rows as it is fetched. */
struct column {
	char piece[PIECE];
	unsigned long len;
	MY_LIBRARY_FLAG is_null, error;
};

struct my_rows {
	unsigned count, columns;
	MYSQL_RES *res; /* the rows themselves, or the names of a statement's columns */

	/* Text protocol: rows as far as somebody has asked. */
	MYSQL_ROW *index;
	size_t cap_index;
	unsigned indexed;

	/* Binary protocol. */
	MYSQL_STMT *stmt; /* borrowed */
	bool settled;	  /* all values are in bytes */
	struct str bytes;
	size_t *cells; /* offsets into bytes, from 1; 0 is NULL */
	size_t cap_cells;
	struct column *fetched;
	MYSQL_BIND *binds;
	unsigned cap_binds;
};

struct my_rows *my_rows_new(void)
{
	struct my_rows *rows = mem_zalloc(sizeof(*rows));

	str_init(&rows->bytes, SIZE_MAX / 2);
	return rows;
}

void my_rows_clear(struct my_rows *rows)
{
	if (rows->res)
		mysql_free_result(rows->res);
	rows->res = NULL;
	rows->stmt = NULL;
	rows->settled = false;
	rows->count = rows->columns = rows->indexed = 0;
}

void my_rows_free(struct my_rows *rows)
{
	if (!rows)
		return;
	my_rows_clear(rows);
	str_release(&rows->bytes);
	mem_free(rows->index);
	mem_free(rows->cells);
	mem_free(rows->fetched);
	mem_free(rows->binds);
	mem_free(rows);
}

void my_rows_take(struct my_rows *rows, MYSQL_RES *res)
{
	my_rows_clear(rows);
	rows->res = res;
	rows->count = (unsigned)mysql_num_rows(res);
	rows->columns = mysql_num_fields(res);
}

void my_rows_borrow(struct my_rows *rows, MYSQL_STMT *stmt)
{
	my_rows_clear(rows);
	rows->stmt = stmt;
	rows->count = (unsigned)mysql_stmt_num_rows(stmt);
	rows->columns = mysql_stmt_field_count(stmt);
}

unsigned my_rows_count(const struct my_rows *rows)
{
	return rows->count;
}

unsigned my_rows_columns(const struct my_rows *rows)
{
	return rows->columns;
}

/* ---- text ---- */

static const char *text_value(struct my_rows *rows, unsigned row, unsigned column)
{
	if (rows->cap_index < rows->count) {
		rows->cap_index = rows->count;
		rows->index = mem_resize(rows->index, rows->cap_index, sizeof(*rows->index));
	}
	for (; rows->indexed <= row; rows->indexed++)
		rows->index[rows->indexed] = mysql_fetch_row(rows->res);
	return rows->index[row][column];
}

/* ---- binary ---- */

static void bind_columns(struct my_rows *rows)
{
	if (rows->columns > rows->cap_binds) {
		rows->cap_binds = rows->columns;
		rows->fetched = mem_resize(rows->fetched, rows->cap_binds, sizeof(*rows->fetched));
		rows->binds = mem_resize(rows->binds, rows->cap_binds, sizeof(*rows->binds));
	}
	for (unsigned i = 0; i < rows->columns; i++) {
		struct column *c = &rows->fetched[i];

		rows->binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
			.buffer = c->piece,
			.buffer_length = sizeof(c->piece),
			.length = &c->len,
			.is_null = &c->is_null,
			.error = &c->error};
	}
	mysql_stmt_bind_result(rows->stmt, rows->binds);
}

/* What did not fit is asked for again, this time with room for it. */
static void add_long(struct my_rows *rows, unsigned column)
{
	unsigned long len = rows->fetched[column].len;
	char *room = mem_alloc(len + 1);
	MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING,
		.buffer = room,
		.buffer_length = len,
		.length = &rows->fetched[column].len,
		.is_null = &rows->fetched[column].is_null,
		.error = &rows->fetched[column].error};

	mysql_stmt_fetch_column(rows->stmt, &bind, column, 0);
	str_add_n(&rows->bytes, room, len);
	mem_free(room);
}

static void settle_row(struct my_rows *rows, size_t *cells)
{
	for (unsigned i = 0; i < rows->columns; i++) {
		const struct column *c = &rows->fetched[i];

		if (c->is_null) {
			cells[i] = 0;
			continue;
		}
		cells[i] = rows->bytes.len + 1;
		if (c->len > sizeof(c->piece))
			add_long(rows, i);
		else
			str_add_n(&rows->bytes, c->piece, c->len);
		str_add_n(&rows->bytes, "", 1);
	}
}

static void settle(struct my_rows *rows)
{
	size_t n = (size_t)rows->count * rows->columns;

	if (rows->settled)
		return;
	rows->settled = true;
	str_clear(&rows->bytes);
	if (n > rows->cap_cells) {
		rows->cap_cells = n;
		rows->cells = mem_resize(rows->cells, n, sizeof(*rows->cells));
	}
	bind_columns(rows);
	mysql_stmt_data_seek(rows->stmt, 0);
	for (unsigned row = 0; row < rows->count; row++) {
		int fetched = mysql_stmt_fetch(rows->stmt);

		if (fetched && fetched != MYSQL_DATA_TRUNCATED) {
			rows->count = row;
			return;
		}
		settle_row(rows, rows->cells + (size_t)row * rows->columns);
	}
}

/* ---- both ---- */

void my_rows_settle(struct my_rows *rows)
{
	if (!rows->stmt)
		return;
	settle(rows);
	my_rows_column(rows, 0);
}

const char *my_rows_value(struct my_rows *rows, unsigned row, unsigned column)
{
	size_t cell;

	if (row >= rows->count || column >= rows->columns)
		return NULL;
	if (!rows->stmt)
		return text_value(rows, row, column);
	settle(rows);
	if (row >= rows->count)
		return NULL;
	cell = rows->cells[(size_t)row * rows->columns + column];
	return cell ? rows->bytes.data + cell - 1 : NULL;
}

const char *my_rows_column(struct my_rows *rows, unsigned column)
{
	if (column >= rows->columns)
		return NULL;
	if (rows->stmt && !rows->res)
		rows->res = mysql_stmt_result_metadata(rows->stmt);
	return rows->res ? mysql_fetch_field_direct(rows->res, column)->name : NULL;
}
