/* Rules on indexes and on what runs concurrently. */
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"

static void plain(struct pg_check *c)
{
	const struct pg_relation *table = pg_range(c, json_object_get(c->node, "relation"));

	if (pg_true(c->node, "concurrent") || pg_is_new(c, table))
		return;
	pg_hit(c, PG_RULE_INDEX_PLAIN, table->label, -1,
		"builds an index on %s while every writer of it waits", table->label);
}

const struct pg_check_entry pg_checks_index[] = {
	{"IndexStmt", plain},
	{0},
};

void pg_not_understood(struct pg_check *c, const char *why)
{
	(void)why;
	c->ret->unknown = true;
	c->ret->class = SQL_CLASS_EXPAND_CONTRACT;
}
