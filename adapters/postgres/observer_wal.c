#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/observer_facts.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* A schema of the observer's own keeps what it adds out of the migration's sight. */
#define SCHEMA "rehearse_observer"
#define EXTENSION "pg_stat_statements"

static const struct db_adapter *const db = &postgres_db;

/* pg_stat_statements counts WAL per statement, where the server was started with it. Otherwise the
 * WAL position tells everybody's. Its absence is no error. */
int observer_wal_open(struct observer_facts *f, struct err *err)
{
	struct db_conn *conn = f->session.conn;
	CLEANUP(cleanup_free) char *loaded = NULL;
	CLEANUP(cleanup_free) char *schema = NULL;

	(void)err;
	if (db_text(db, conn,
		    "SELECT current_setting('shared_preload_libraries') ~ '" EXTENSION "'"
		    " AND current_setting('server_version_num')::int >= 140000",
		    &loaded, NULL) ||
		strcmp(loaded, "t") != 0)
		return 0;
	if (db_exec(db, conn,
		    "DO $$ BEGIN"
		    " IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = '" EXTENSION "') THEN"
		    " CREATE SCHEMA IF NOT EXISTS " SCHEMA ";"
		    " CREATE EXTENSION " EXTENSION " SCHEMA " SCHEMA ";"
		    " END IF; END $$",
		    NULL))
		return 0;
	if (db_text(db, conn,
		    "SELECT extnamespace::regnamespace::text FROM pg_extension"
		    " WHERE extname = '" EXTENSION "'",
		    &schema, NULL) ||
		!*schema)
		return 0;
	f->statistics = mem_printf("SELECT queryid, sum(wal_bytes)::bigint FROM %s." EXTENSION
				   "(false) WHERE dbid = (SELECT oid FROM pg_database WHERE "
				   "datname = current_database()) GROUP BY 1",
		schema);
	return 0;
}

static int read_position(struct observer_facts *f, uint64_t *ret, struct err *err)
{
	if (observer_ask(&f->session, OBSERVER_WAL, NULL, 0, err))
		return -1;
	*ret = observer_value_number(&f->session, 0, 0);
	return 0;
}

int observer_wal_begin(struct observer_facts *f, struct err *err)
{
	unsigned rows;

	f->n_wal = 0;
	if (f->statistics && !db_exec(db, f->session.conn, f->statistics, NULL)) {
		rows = observer_rows(&f->session);
		f->wal = mem_resize(f->wal, rows, sizeof(*f->wal));
		for (unsigned i = 0; i < rows; i++)
			f->wal[f->n_wal++] = (struct query_wal){
				.id = strtoll(observer_value(&f->session, i, 0), NULL, 10),
				.bytes = observer_value_number(&f->session, i, 1)};
	}
	return read_position(f, &f->wal_begin, err);
}

void observer_wal_query(struct observer_facts *f)
{
	if (f->statistics &&
		!observer_ask_number(&f->session, OBSERVER_QUERY, f->migration, NULL) &&
		observer_rows(&f->session))
		f->query_id = strtoll(observer_value(&f->session, 0, 0), NULL, 10);
}

/* What the statement's own counter grew by. False: it has none, as when it failed. */
static bool own_bytes(struct observer_facts *f, uint64_t *ret)
{
	uint64_t before = 0;

	if (!f->statistics || !f->query_id || db_exec(db, f->session.conn, f->statistics, NULL))
		return false;
	for (size_t i = 0; i < f->n_wal; i++)
		if (f->wal[i].id == f->query_id)
			before = f->wal[i].bytes;
	for (unsigned i = 0; i < observer_rows(&f->session); i++)
		if (strtoll(observer_value(&f->session, i, 0), NULL, 10) == f->query_id) {
			*ret = observer_value_number(&f->session, i, 1) - before;
			return true;
		}
	return false;
}

int observer_wal_end(struct observer_facts *f, struct statement_facts *ret, struct err *err)
{
	uint64_t position;

	if (own_bytes(f, &ret->wal_bytes)) {
		ret->wal_exact = true;
		return 0;
	}
	if (read_position(f, &position, err))
		return -1;
	ret->wal_bytes = position - f->wal_begin;
	return 0;
}
