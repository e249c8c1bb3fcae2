#include "adapters/postgres/isolation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/control.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

int pg_identity(struct db_conn *conn, char **ret, unsigned *ret_timeline, struct err *err)
{
	/* The control file tells the new timeline only after the next checkpoint; WAL at once. */
	static const char sql[] = "SELECT s.system_identifier, ('x' || "
				  "substr(pg_walfile_name(pg_current_wal_lsn()), 1, "
				  "8))::bit(32)::int FROM pg_control_system() s";
	unsigned rows = 0;

	if (pg_control_rows(conn, sql, &rows, err))
		return -1;
	*ret_timeline = (unsigned)strtoul(pg_control_value(conn, 0, 1), NULL, 10);
	*ret = mem_printf("%s/%u", pg_control_value(conn, 0, 0), *ret_timeline);
	return 0;
}

static int prove_writable(struct db_conn *conn, struct err *err)
{
	static const char *const steps[] = {"BEGIN",
		"CREATE TABLE pg_temp.rehearse_can_write (a int)", "SELECT txid_current()",
		"ROLLBACK"};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (pg_control_exec(conn, steps[i], err))
			return err_prefix(err, "the replica cannot be written to");
	return 0;
}

int pg_isolation_prove(struct db_conn *conn, const char *source_identity, struct err *err)
{
	CLEANUP(cleanup_free) char *identity = NULL;
	CLEANUP(cleanup_str) struct str ties = {0};
	unsigned rows = 0, timeline = 0;

	if (pg_control_rows(conn, sql_postgres_isolation, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		str_addf(&ties, "%s%s", i ? "; " : "", pg_control_value(conn, i, 0));
	if (rows)
		return err_set(
			err, ERR_REFUSED, "the replica is not isolated: %s", str_text(&ties));
	if (pg_identity(conn, &identity, &timeline, err))
		return -1;
	if (source_identity && strcmp(identity, source_identity) == 0)
		return err_set(err, ERR_REFUSED,
			"the replica has the source's own identity (%s): it may be the source",
			identity);
	return prove_writable(conn, err);
}
