#include "adapters/postgres/observer_relations.h"

#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "harness/base/mem.h"

static const struct db_adapter *const db = &postgres_db;

static uint64_t number(struct db_conn *conn, unsigned row, unsigned column)
{
	const char *text = db->value(conn, row, column);

	return text ? strtoull(text, NULL, 10) : 0;
}

static void take(struct relation_set *set, struct db_conn *conn)
{
	unsigned rows = db->result(conn)->rows;

	relation_set_release(set);
	set->list = mem_zalloc(rows * sizeof(*set->list));
	set->n = rows;
	for (unsigned i = 0; i < rows; i++) {
		const char *kind = db->value(conn, i, 2);

		set->list[i] = (struct relation){.oid = (uint32_t)number(conn, i, 0),
			.name = mem_strdup(db->value(conn, i, 1)),
			.kind = kind ? kind[0] : 0,
			.filenode = (uint32_t)number(conn, i, 3),
			.owner = (uint32_t)number(conn, i, 4),
			.scans = number(conn, i, 5),
			.tuples = number(conn, i, 6),
			.own_scans = number(conn, i, 7),
			.own_tuples = number(conn, i, 8),
			.rows = number(conn, i, 9)};
	}
}

int relation_set_load(struct relation_set *set, struct observer_session *s, struct err *err)
{
	if (observer_ask(s, OBSERVER_RELATIONS, NULL, 0, err))
		return -1;
	take(set, s->conn);
	return 0;
}

int relation_set_load_own(struct relation_set *set, struct db_conn *conn, struct err *err)
{
	if (db_exec(db, conn, sql_postgres_observer_relations, err))
		return -1;
	take(set, conn);
	return 0;
}

static int by_oid(const void *key, const void *element)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct relation *)element)->oid;

	return a < b ? -1 : a > b;
}

const struct relation *relation_set_find(const struct relation_set *set, uint32_t oid)
{
	if (!set->n)
		return NULL;
	return bsearch(&oid, set->list, set->n, sizeof(*set->list), by_oid);
}

uint32_t relation_set_table(const struct relation_set *set, uint32_t oid)
{
	/* index of toast -> toast -> table: three steps at most */
	for (int i = 0; i < 3; i++) {
		const struct relation *r = relation_set_find(set, oid);

		if (!r || !r->owner)
			break;
		oid = r->owner;
	}
	return oid;
}

void relation_set_copy(struct relation_set *to, const struct relation_set *from)
{
	relation_set_release(to);
	to->n = from->n;
	to->list = mem_alloc(from->n * sizeof(*to->list));
	for (size_t i = 0; i < from->n; i++) {
		to->list[i] = from->list[i];
		to->list[i].name = mem_strdup(from->list[i].name);
	}
}

void relation_set_release(struct relation_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		mem_free(set->list[i].name);
	mem_free(set->list);
	*set = (struct relation_set){0};
}

static bool replaced(const struct relation *before, const struct relation_set *after)
{
	const struct relation *now = relation_set_find(after, before->oid);

	/* Dropped is not rewritten; without storage on one side (partitioned, mapped) nothing is
	 * told. */
	return now && before->filenode && now->filenode && before->filenode != now->filenode;
}

void relation_set_rewritten(const struct relation_set *known, const struct relation_set *before,
	const struct relation_set *after, char ***ret, size_t *ret_n)
{
	size_t cap = *ret_n;

	for (size_t i = 0; i < before->n; i++) {
		const struct relation *r = &before->list[i], *table;

		/* A toast table and its index follow their table. */
		if (strncmp(r->name, "pg_toast.", 9) == 0 || !relation_set_find(known, r->oid) ||
			!replaced(r, after))
			continue;
		table = relation_set_find(before, relation_set_table(before, r->oid));
		if (table && table != r && replaced(table, after))
			continue;
		*MEM_PUSH(*ret, *ret_n, cap) = mem_strdup(r->name);
	}
}
