/* A snapshot of the database's tables and their storage, and what differs between two. */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_TABLES_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_TABLES_H

#include "adapters/mysql/observer_session.h"

struct my_ids {
	uint64_t *list;
	size_t n, cap;
};

struct my_table {
	char *name; /* "test.a" */
	char *engine;
	struct my_ids tables, indexes; /* InnoDB's numbers, of all partitions; none elsewhere */
};

struct my_table_set {
	struct my_table *list; /* by name */
	size_t n, cap;
};

/* Replaces what is in the set. `mysql` names the storage tables as MySQL does. */
int my_tables_load(struct my_table_set *set, struct observer_session *s, const char *database,
	bool mysql, struct err *err);
const struct my_table *my_tables_find(const struct my_table_set *set, const char *name);
void my_tables_release(struct my_table_set *set);

/* The table stands on other storage than before, which no table had before: it was rebuilt, not
 * renamed. */
bool my_table_rebuilt(const struct my_table_set *before, const struct my_table *now);
/* It has an index that no table had before. */
bool my_table_indexed(const struct my_table_set *before, const struct my_table *now);

/* "schema.table", "schema s", "global lock"; caller frees. */
char *my_object_name(const char *type, const char *schema, const char *name);
/* InnoDB's name of a table ("test/a@0020b#P#p0") as "test.a b"; caller frees. */
char *my_storage_name(const char *name);

#endif
