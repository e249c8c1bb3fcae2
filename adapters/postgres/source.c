#include "adapters/postgres/source.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/postgres.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

void pg_source_release(struct pg_source *s)
{
	if (!s)
		return;
	free(s->dsn);
	free(s->redacted);
	free(s->version_text);
	free(s->system_identifier);
	free(s->wal_level);
	free(s->role);
	free(s->database);
	free(s->admin);
	for (size_t i = 0; i < s->n_tablespaces; i++) {
		free(s->tablespaces[i].name);
		free(s->tablespaces[i].location);
	}
	free(s->tablespaces);
	*s = (struct pg_source){0};
}

static char *copy(struct db_conn *conn, unsigned column)
{
	return mem_strdup(pg_control_value(conn, 0, column));
}

static bool is_true(struct db_conn *conn, unsigned column)
{
	return strcmp(pg_control_value(conn, 0, column), "t") == 0;
}

static long number(struct db_conn *conn, unsigned column)
{
	return strtol(pg_control_value(conn, 0, column), NULL, 10);
}

static int read_facts(struct db_conn *conn, struct pg_source *s, struct err *err)
{
	unsigned rows = 0;

	if (pg_control_rows(conn, sql_postgres_source, &rows, err))
		return -1;
	s->version = (unsigned)number(conn, 0);
	s->version_text = copy(conn, 1);
	s->system_identifier = copy(conn, 2);
	s->in_recovery = is_true(conn, 3);
	s->wal_level = copy(conn, 4);
	s->max_wal_senders = (int)number(conn, 5);
	s->free_wal_senders = (int)number(conn, 6);
	s->free_slots = (int)number(conn, 7);
	s->superuser = is_true(conn, 8);
	s->may_replicate = is_true(conn, 9);
	s->role = copy(conn, 10);
	s->database = copy(conn, 11);
	s->admin = copy(conn, 12);
	s->bytes = strtoull(pg_control_value(conn, 0, 13), NULL, 10);
	s->hidden_databases = (unsigned)number(conn, 14);
	return 0;
}

static int read_tablespaces(struct db_conn *conn, struct pg_source *s, struct err *err)
{
	unsigned rows = 0;

	if (pg_control_rows(conn,
		    "SELECT spcname, pg_tablespace_location(oid) FROM pg_tablespace "
		    "WHERE pg_tablespace_location(oid) LIKE '/%' ORDER BY spcname",
		    &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++) {
		struct pg_tablespace *t =
			MEM_PUSH(s->tablespaces, s->n_tablespaces, s->cap_tablespaces);

		t->name = mem_strdup(pg_control_value(conn, i, 0));
		t->location = mem_strdup(pg_control_value(conn, i, 1));
	}
	return 0;
}

int pg_source_read(const char *dsn, const char *database, struct pg_source *ret,
	struct db_conn **ret_conn, struct err *err)
{
	struct pg_source s = {.dsn = mem_strdup(dsn)};
	struct db_conn *conn = NULL;

	if (postgres_db.redact(dsn, &s.redacted, err) ||
		pg_control_open(dsn, database, &conn, err) || read_facts(conn, &s, err) ||
		read_tablespaces(conn, &s, err)) {
		pg_control_close(&conn);
		pg_source_release(&s);
		return -1;
	}
	if (ret_conn)
		*ret_conn = conn;
	else
		pg_control_close(&conn);
	*ret = s;
	return 0;
}

/* The DSN's own password; NULL when it has none. */
static char *password_of(const char *dsn)
{
	PQconninfoOption *options = PQconninfoParse(dsn, NULL);
	char *password = NULL;

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (strcmp(o->keyword, "password") == 0)
			password = mem_strdup(o->val);
	PQconninfoFree(options);
	return password;
}

char **pg_source_environment(const struct pg_source *s)
{
	CLEANUP(cleanup_free) char *password = password_of(s->dsn);
	char **env = NULL;
	size_t n = 0, cap = 0;

	for (char **e = environ; *e; e++)
		if (strncmp(*e, "PG", 2) == 0 &&
			!(password && strncmp(*e, "PGPASSWORD=", sizeof("PGPASSWORD=") - 1) == 0))
			*MEM_PUSH(env, n, cap) = mem_strdup(*e);
	if (password)
		*MEM_PUSH(env, n, cap) = mem_printf("PGPASSWORD=%s", password);
	(void)MEM_PUSH(env, n, cap);
	return env;
}

void pg_environment_free(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}

char *pg_source_dsn(const struct pg_source *s, const char *name, const char *value)
{
	CLEANUP(cleanup_free) char *password = password_of(s->dsn);
	CLEANUP(cleanup_str) struct str dsn = {0};

	/* What stands last counts. */
	str_addf(&dsn, "%s %s=", s->redacted, name);
	pg_conninfo_value(&dsn, value);
	if (password) {
		str_add(&dsn, " password=");
		pg_conninfo_value(&dsn, password);
	}
	return str_take(&dsn);
}

int pg_source_identify(
	const struct pg_source *s, char **ret_identity, unsigned *ret_timeline, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_source_dsn(s, "replication", "true");
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	unsigned rows = 0;

	if (db_connect(&postgres_db, &(struct db_target){.dsn = dsn}, &conn, err)) {
		err_prefix(err,
			"the source lets no base backup be taken (add to its pg_hba.conf a line "
			"for database 'replication' and role '%s')",
			s->role);
		err->kind = ERR_REFUSED;
		return -1;
	}
	if (pg_control_rows(conn, "IDENTIFY_SYSTEM", &rows, err))
		return -1;
	*ret_timeline = (unsigned)strtoul(pg_control_value(conn, 0, 1), NULL, 10);
	*ret_identity = mem_printf("%s/%u", pg_control_value(conn, 0, 0), *ret_timeline);
	return 0;
}
