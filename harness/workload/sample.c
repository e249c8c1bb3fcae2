#include "harness/workload/sample.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

size_t sample_set_add(
	struct sample_set *set, const char *table, const char *column, const char *where)
{
	struct sample *s;

	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->items[i].table, table) == 0 &&
			strcmp(set->items[i].column, column) == 0)
			return i;
	s = MEM_PUSH(set->items, set->n, set->cap);
	s->table = mem_strdup(table);
	s->column = mem_strdup(column);
	s->where = mem_strdup(where);
	return set->n - 1;
}

static void drop_values(struct sample *s)
{
	mem_free_strings(s->texts, s->n);
	mem_free(s->values);
	s->texts = NULL;
	s->values = NULL;
	s->n = 0;
}

static int by_text(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return x && y ? strcmp(x, y) : !x - !y;
}

static int draw(struct sample *s, const struct db_adapter *db, struct db_conn *conn,
	const struct dialect *dialect, unsigned size, struct err *err)
{
	CLEANUP(cleanup_free) char *sql = dialect->sample(s->table, s->column, size);
	const struct db_result *result;

	drop_values(s);
	if (db_exec(db, conn, sql, err))
		return err_prefix(err, "%s: cannot sample %s.%s", s->where, s->table, s->column);
	result = db->result(conn);
	s->n = result->rows;
	s->texts = mem_zalloc((s->n + 1) * sizeof(*s->texts));
	s->values = mem_zalloc((s->n + 1) * sizeof(*s->values));
	for (unsigned i = 0; i < s->n; i++)
		s->texts[i] = mem_strdup(db->value(conn, i, 0));
	/* A table drawn whole then gives the same parameters in every run. */
	qsort(s->texts, s->n, sizeof(*s->texts), by_text);
	for (unsigned i = 0; i < s->n; i++)
		s->values[i] = value_text(s->texts[i]);
	return 0;
}

int sample_set_draw(struct sample_set *set, const struct db_adapter *db, struct db_conn *conn,
	const struct dialect *dialect, unsigned size, struct err *err)
{
	for (size_t i = 0; i < set->n; i++)
		if (draw(&set->items[i], db, conn, dialect, size, err))
			return -1;
	return 0;
}

void sample_set_release(struct sample_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		drop_values(&set->items[i]);
		mem_free(set->items[i].table);
		mem_free(set->items[i].column);
		mem_free(set->items[i].where);
	}
	mem_free(set->items);
	*set = (struct sample_set){0};
}
