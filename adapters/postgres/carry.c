#include "adapters/postgres/carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/libraries.h"
#include "adapters/postgres/postgres.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define BLOCK 8192

/* A session that sets nothing of its own: what it sets would hide the server's value. */
static int open_bare(const char *dsn, const char *database, struct db_conn **ret, struct err *err)
{
	return db_connect(&postgres_db,
		&(struct db_target){.dsn = dsn, .database = database, .application = "rehearse"},
		ret, err);
}

static void cap_shared_buffers(struct pg_settings *s, struct replica_info *info)
{
	const char *text = pg_settings_get(s, "shared_buffers");
	uint64_t blocks = text ? strtoull(text, NULL, 10) : 0;
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t most = memory / 4 / BLOCK;
	char value[32];

	if (blocks <= most)
		return;
	snprintf(value, sizeof(value), "%llu", (unsigned long long)most);
	pg_settings_set(s, "shared_buffers", value);
	replica_note(info, "shared-buffers-capped", false,
		"shared_buffers is %llu MB here, a quarter of this machine's memory, and %llu MB "
		"on the "
		"source",
		(unsigned long long)(most * BLOCK >> 20),
		(unsigned long long)(blocks * BLOCK >> 20));
}

static void add_library(struct str *list, const char *name)
{
	str_addf(list, "%s%s", list->len ? "," : "", name);
}

static void carry_libraries(const char *text, const struct pg_programs *programs,
	struct pg_settings *s, struct replica_info *info)
{
	const char *own = pg_settings_get(s, "shared_preload_libraries");
	CLEANUP(cleanup_str) struct str list = {0};
	size_t n = 0;
	char **names = pg_library_list(text, &n);

	str_add(&list, own ? own : "");
	for (size_t i = 0; i < n; i++) {
		const char *danger = pg_library_danger(names[i]);

		if (danger)
			replica_note(info, "library-left-out", false,
				"the source preloads %s, which %s: the replica does not", names[i],
				danger);
		else if (!pg_programs_have_library(programs, names[i]))
			replica_note(info, "library-missing", true,
				"the source preloads %s, which is not installed here: install its "
				"package for a faithful rehearsal",
				names[i]);
		else if (!own || strcmp(own, names[i]) != 0)
			add_library(&list, names[i]);
	}
	mem_free_strings(names, n);
	if (list.len)
		pg_settings_set(s, "shared_preload_libraries", str_text(&list));
}

/* Settings with a dot that no loaded library has declared stand in the files only. */
static int carry_custom(struct db_conn *conn, struct pg_settings *s, struct err *err)
{
	bool readable = false;
	unsigned rows = 0;

	if (pg_control_true(conn,
		    "SELECT has_table_privilege('pg_file_settings', 'SELECT') AND "
		    "has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')",
		    &readable, err))
		return -1;
	if (!readable)
		return 0;
	if (pg_control_rows(conn, sql_postgres_carry_custom, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		pg_settings_set(s, pg_control_value(conn, i, 0), pg_control_value(conn, i, 1));
	return 0;
}

int pg_carry(const char *dsn, const char *database, const struct pg_programs *programs,
	struct pg_settings *s, struct replica_info *info, struct err *err)
{
	CLEANUP(cleanup_free) char *libraries = NULL;
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	unsigned rows = 0;

	if (open_bare(dsn, database, &conn, err) ||
		pg_control_rows(conn, sql_postgres_carry, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		pg_settings_set(s, pg_control_value(conn, i, 0), pg_control_value(conn, i, 1));
	cap_shared_buffers(s, info);
	if (carry_custom(conn, s, err))
		return -1;
	/* Not shown to everybody: no row then. */
	if (pg_control_rows(conn,
		    "SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'",
		    &rows, err))
		return -1;
	if (!rows) {
		replica_note(info, "libraries-unknown", true,
			"the source does not show its shared_preload_libraries to this role: grant "
			"it "
			"pg_read_all_settings for a faithful rehearsal");
		return 0;
	}
	libraries = mem_strdup(pg_control_value(conn, 0, 0));
	carry_libraries(libraries, programs, s, info);
	return 0;
}

int pg_carry_floors(const char *dsn, const char *database, struct pg_settings *s, struct err *err)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	unsigned rows = 0;

	if (open_bare(dsn, database, &conn, err) ||
		pg_control_rows(conn,
			"SELECT name, setting FROM pg_settings WHERE name IN ('max_connections', "
			"'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions', "
			"'max_locks_per_transaction')",
			&rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++) {
		const char *name = pg_control_value(conn, i, 0);
		const char *theirs = pg_control_value(conn, i, 1);
		const char *ours = pg_settings_get(s, name);

		if (!ours || strtol(ours, NULL, 10) < strtol(theirs, NULL, 10))
			pg_settings_set(s, name, theirs);
	}
	return 0;
}
