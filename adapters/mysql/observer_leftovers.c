#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_facts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

static bool has_mark(const struct observer_facts *f, const char *mark)
{
	for (size_t i = 0; i < f->n_marks; i++)
		if (!strcmp(f->marks[i], mark))
			return true;
	return false;
}

static char *object_name(const char *text)
{
	return strchr(text, '/') ? my_storage_name(text) : mem_strdup(text);
}

/* Adds the rows of one question; the same thing may be told by both. */
static void take(struct observer_facts *f, struct leftover **list, size_t *n, size_t *cap)
{
	for (unsigned i = 0; i < mo_rows(&f->session); i++) {
		const char *kind = mo_text(&f->session, i, 0);
		char *object = object_name(mo_text(&f->session, i, 1));
		char *mark = mem_printf("%s %s", kind, object);
		struct leftover *l = MEM_PUSH(*list, *n, *cap);

		snprintf(l->kind, sizeof(l->kind), "%s", kind);
		l->object = object;
		l->table = object_name(mo_text(&f->session, i, 2));
		l->existed_before = has_mark(f, mark);
		mem_free(mark);
	}
}

/* A view's state is told only when it is opened, and a list of tables would open all of them. */
static int take_view(struct observer_facts *f, const char *view, struct leftover **list, size_t *n,
	size_t *cap, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	str_add(&sql,
		"SELECT 'invalid-view', CONCAT(TABLE_SCHEMA, '.', TABLE_NAME),"
		" CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), CHECK_TIME"
		" FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
		" AND TABLE_COMMENT LIKE '%references invalid table%'"
		" AND TABLE_NAME = x'");
	for (; *view; view++)
		str_addf(&sql, "%02x", (unsigned char)*view);
	str_add_char(&sql, '\'');
	if (mo_ask(&f->session, str_text(&sql), err))
		return -1;
	take(f, list, n, cap);
	return 0;
}

static int take_views(
	struct observer_facts *f, struct leftover **list, size_t *n, size_t *cap, struct err *err)
{
	char **views = NULL;
	size_t n_views = 0, cap_views = 0;
	int result = 0;

	if (mo_ask(&f->session, sql_mysql_observer_views, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(&f->session); i++)
		*MEM_PUSH(views, n_views, cap_views) = mem_strdup(mo_text(&f->session, i, 0));
	for (size_t i = 0; i < n_views && !result; i++)
		result = take_view(f, views[i], list, n, cap, err);
	mem_free_strings(views, n_views);
	return result;
}

int my_leftovers(struct observer_facts *f, struct leftover **ret, size_t *ret_n, struct err *err)
{
	const char *const queries[] = {sql_mysql_observer_leftovers,
		f->mysql ? sql_mysql_observer_orphans_mysql : sql_mysql_observer_orphans};
	struct leftover *list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		if (mo_ask(&f->session, queries[i], err)) {
			leftovers_free(list, n);
			return -1;
		}
		take(f, &list, &n, &cap);
	}
	if (take_views(f, &list, &n, &cap, err)) {
		leftovers_free(list, n);
		return -1;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int my_leftovers_open(struct observer_facts *f, struct err *err)
{
	struct leftover *list;
	size_t n;

	if (my_leftovers(f, &list, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		*MEM_PUSH(f->marks, f->n_marks, f->cap_marks) =
			mem_printf("%s %s", list[i].kind, list[i].object);
	leftovers_free(list, n);
	return 0;
}
