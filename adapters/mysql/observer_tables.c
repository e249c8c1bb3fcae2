#include "adapters/mysql/observer_tables.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

static void add_id(struct my_ids *ids, uint64_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->list[i] == id)
			return;
	*MEM_PUSH(ids->list, ids->n, ids->cap) = id;
}

static bool has_id(const struct my_ids *ids, uint64_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->list[i] == id)
			return true;
	return false;
}

static void add_utf8(struct str *out, unsigned c)
{
	if (c < 0x80) {
		str_add_char(out, (char)c);
	} else if (c < 0x800) {
		str_add_char(out, (char)(0xc0 | c >> 6));
		str_add_char(out, (char)(0x80 | (c & 0x3f)));
	} else {
		str_add_char(out, (char)(0xe0 | c >> 12));
		str_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
		str_add_char(out, (char)(0x80 | (c & 0x3f)));
	}
}

static bool four_digits(const char *text)
{
	for (int i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

char *my_storage_name(const char *name)
{
	struct str out = {0};

	for (; *name; name++) {
		if (!strncasecmp(name, "#P#", 3))
			break;
		if (*name == '/') {
			str_add_char(&out, '.');
		} else if (*name == '@' && four_digits(name + 1)) {
			char digits[5] = {name[1], name[2], name[3], name[4], '\0'};

			add_utf8(&out, (unsigned)strtoul(digits, NULL, 16));
			name += 4;
		} else {
			str_add_char(&out, *name);
		}
	}
	return str_take(&out);
}

/* ---- a snapshot ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct my_table *)a)->name, ((const struct my_table *)b)->name);
}

static struct my_table *find(const struct my_table_set *set, const char *name)
{
	struct my_table key = {.name = (char *)name};

	return set->n ? bsearch(&key, set->list, set->n, sizeof(key), by_name) : NULL;
}

const struct my_table *my_tables_find(const struct my_table_set *set, const char *name)
{
	return find(set, name);
}

static int load_storage(
	struct my_table_set *set, struct observer_session *s, bool mysql, struct err *err)
{
	size_t at = 0;

	if (mo_ask(s, mysql ? sql_mysql_observer_storage_mysql : sql_mysql_observer_storage, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		CLEANUP(cleanup_free) char *name = my_storage_name(mo_text(s, i, 0));
		struct my_table *t = find(set, name);

		if (t)
			add_id(&t->tables, mo_number(s, i, 1));
	}
	if (mo_ask(s, mysql ? sql_mysql_observer_indexes_mysql : sql_mysql_observer_indexes, err))
		return -1;
	/* A table's indexes come together: the search begins where the last one ended. */
	for (unsigned i = 0; i < mo_rows(s); i++) {
		uint64_t table = mo_number(s, i, 0);

		for (size_t k = 0; k < set->n; k++, at = (at + 1) % set->n)
			if (has_id(&set->list[at].tables, table)) {
				add_id(&set->list[at].indexes, mo_number(s, i, 1));
				break;
			}
	}
	return 0;
}

int my_tables_load(struct my_table_set *set, struct observer_session *s, const char *database,
	bool mysql, struct err *err)
{
	my_tables_release(set);
	if (mo_ask(s, sql_mysql_observer_tables, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++)
		*MEM_PUSH(set->list, set->n, set->cap) =
			(struct my_table){.name = mem_printf("%s.%s", database, mo_text(s, i, 0)),
				.engine = mem_strdup(mo_text(s, i, 1))};
	if (set->n)
		qsort(set->list, set->n, sizeof(*set->list), by_name);
	return load_storage(set, s, mysql, err);
}

void my_tables_release(struct my_table_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		mem_free(set->list[i].name);
		mem_free(set->list[i].engine);
		mem_free(set->list[i].tables.list);
		mem_free(set->list[i].indexes.list);
	}
	mem_free(set->list);
	*set = (struct my_table_set){0};
}

/* ---- differences ---- */

static bool had_table(const struct my_table_set *set, uint64_t id)
{
	for (size_t i = 0; i < set->n; i++)
		if (has_id(&set->list[i].tables, id))
			return true;
	return false;
}

static bool had_index(const struct my_table_set *set, uint64_t id)
{
	for (size_t i = 0; i < set->n; i++)
		if (has_id(&set->list[i].indexes, id))
			return true;
	return false;
}

bool my_table_rebuilt(const struct my_table_set *before, const struct my_table *now)
{
	if (!my_tables_find(before, now->name))
		return false;
	for (size_t i = 0; i < now->tables.n; i++)
		if (!had_table(before, now->tables.list[i]))
			return true;
	return false;
}

bool my_table_indexed(const struct my_table_set *before, const struct my_table *now)
{
	for (size_t i = 0; i < now->indexes.n; i++)
		if (!had_index(before, now->indexes.list[i]))
			return true;
	return false;
}

char *my_object_name(const char *type, const char *schema, const char *name)
{
	char *lower;
	char *made;

	if (!strcmp(type, "TABLE"))
		return mem_printf("%s.%s", schema, name);
	lower = mem_strdup(type);
	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	/* Names of user-level locks are an application's data. */
	if (!strcmp(type, "USER LEVEL LOCK"))
		made = mem_strdup("user-level lock");
	else if (*name)
		made = mem_printf("%s %s.%s", lower, schema, name);
	else if (*schema)
		made = mem_printf("%s %s", lower, schema);
	else
		made = mem_printf("%s%s", lower, strstr(lower, "lock") ? "" : " lock");
	mem_free(lower);
	return made;
}
