#include "adapters/postgres/observer_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "harness/base/mem.h"

static const struct db_adapter *const db = &postgres_db;

/* The observer must be neither cut nor diverted, nor noisy in the log that it reads. */
static const char init_sql[] = "SET statement_timeout = 0; SET lock_timeout = 0;"
			       " SET idle_in_transaction_session_timeout = 0;"
			       " SET search_path = pg_catalog; SET jit = off;"
			       " SET default_transaction_read_only = off";

static const struct {
	const char *sql;
	unsigned params;
} queries[] = {
	[OBSERVER_RELATIONS] = {sql_postgres_observer_relations, 0},
	[OBSERVER_NAMES] = {sql_postgres_observer_names, 0},
	[OBSERVER_NAME] = {sql_postgres_observer_name, 1},
	[OBSERVER_LOCKS] = {sql_postgres_observer_locks, 1},
	[OBSERVER_HOLDERS] = {sql_postgres_observer_holders, 1},
	[OBSERVER_WAITING] = {sql_postgres_observer_waiting, 0},
	[OBSERVER_SAMPLE] = {sql_postgres_observer_sample, 0},
	[OBSERVER_LOGFILE] = {sql_postgres_observer_logfile, 1},
	[OBSERVER_LOGREAD] = {sql_postgres_observer_logread, 4},
	[OBSERVER_WAL] = {sql_postgres_observer_wal, 0},
	[OBSERVER_QUERY] = {sql_postgres_observer_query, 1},
	[OBSERVER_LEFTOVERS] = {sql_postgres_observer_leftovers, 0},
	[OBSERVER_FOREIGN] = {sql_postgres_observer_foreign, 0},
};

int observer_session_open(
	struct observer_session *s, const struct replica_info *replica, struct err *err)
{
	struct db_target target = {.dsn = replica->dsn,
		.database = replica->database,
		.application = OBSERVER_APPLICATION,
		.init_sql = init_sql};

	*s = (struct observer_session){0};
	if (db_connect(db, &target, &s->conn, err))
		return -1;
	s->pid = db->session_id(s->conn);
	return 0;
}

void observer_session_release(struct observer_session *s)
{
	if (s->conn)
		db->close(s->conn);
	*s = (struct observer_session){0};
}

int observer_ask(struct observer_session *s, enum observer_query query, const char *const *params,
	unsigned n_params, struct err *err)
{
	struct db_param values[4] = {0};

	if (!s->prepared[query]) {
		if (db_prepare(db, s->conn, query, queries[query].sql, queries[query].params, err))
			return -1;
		s->prepared[query] = true;
	}
	for (unsigned i = 0; i < n_params; i++)
		values[i] = (struct db_param){.text = params[i], .len = strlen(params[i])};
	return db_execute(db, s->conn, query, values, n_params, err);
}

int observer_ask_number(
	struct observer_session *s, enum observer_query query, uint64_t number, struct err *err)
{
	char text[24];
	const char *params[] = {text};

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return observer_ask(s, query, params, 1, err);
}

unsigned observer_rows(const struct observer_session *s)
{
	return db->result(s->conn)->rows;
}

const char *observer_value(const struct observer_session *s, unsigned row, unsigned column)
{
	const char *text = db->value(s->conn, row, column);

	return text ? text : "";
}

uint64_t observer_value_number(const struct observer_session *s, unsigned row, unsigned column)
{
	return strtoull(observer_value(s, row, column), NULL, 10);
}

/* ---- names ---- */

static size_t place(const struct relation_names *n, uint32_t oid)
{
	size_t i = oid * 2654435761u & (n->slots - 1);

	while (n->oids[i] && n->oids[i] != oid)
		i = (i + 1) & (n->slots - 1);
	return i;
}

static void grow(struct relation_names *n)
{
	struct relation_names old = *n;

	n->slots = old.slots ? old.slots * 2 : 1024;
	n->oids = mem_zalloc(n->slots * sizeof(*n->oids));
	n->names = mem_zalloc(n->slots * sizeof(*n->names));
	for (size_t i = 0; i < old.slots; i++) {
		size_t at;

		if (!old.oids[i])
			continue;
		at = place(n, old.oids[i]);
		n->oids[at] = old.oids[i];
		n->names[at] = old.names[i];
	}
	mem_free(old.oids);
	mem_free(old.names);
}

void relation_names_put(struct relation_names *n, uint32_t oid, const char *name)
{
	size_t at;

	if (n->n * 2 >= n->slots)
		grow(n);
	at = place(n, oid);
	if (n->oids[at])
		return;
	n->oids[at] = oid;
	n->names[at] = mem_strdup(name);
	n->n++;
}

int relation_names_load(struct relation_names *n, struct observer_session *s, struct err *err)
{
	if (observer_ask(s, OBSERVER_NAMES, NULL, 0, err))
		return -1;
	for (unsigned i = 0; i < observer_rows(s); i++)
		relation_names_put(
			n, (uint32_t)observer_value_number(s, i, 0), observer_value(s, i, 1));
	return 0;
}

const char *relation_names_find(struct relation_names *n, struct observer_session *s, uint32_t oid)
{
	size_t at;

	if (!n->slots)
		grow(n);
	at = place(n, oid);
	if (n->oids[at])
		return n->names[at];
	if (!s || observer_ask_number(s, OBSERVER_NAME, oid, NULL) || !observer_rows(s))
		return NULL;
	relation_names_put(n, oid, observer_value(s, 0, 0));
	return n->names[place(n, oid)];
}

void relation_names_release(struct relation_names *n)
{
	for (size_t i = 0; i < n->slots; i++)
		mem_free(n->names[i]);
	mem_free(n->oids);
	mem_free(n->names);
	*n = (struct relation_names){0};
}
