#include "adapters/postgres/private.h"

#include "adapters/postgres/control.h"
#include "adapters/postgres/isolation.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

int pg_private_promote(struct pg_private *p, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&p->replica, p->database);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	bool promoted = false;

	if (pg_control_open(dsn, NULL, &conn, err) ||
		pg_control_true(conn, "SELECT pg_promote(true, 60)", &promoted, err))
		return -1;
	if (!promoted)
		return err_set(err, ERR_FAILED, "the replica was not promoted within 60 s");
	/* What pg_basebackup -R wrote; a restart would read it again. */
	if (pg_control_exec(conn, "ALTER SYSTEM SET primary_conninfo = ''", err) ||
		pg_control_exec(conn, "ALTER SYSTEM SET primary_slot_name = ''", err) ||
		pg_control_exec(conn, "SELECT pg_reload_conf()", err))
		return -1;
	return pg_control_wait(conn, "SELECT current_setting('primary_conninfo') = ''", 10000000,
		"the replica did not read its settings again", err);
}

static int fill_info(struct pg_private *p, struct db_conn *conn, struct err *err)
{
	struct replica_info *info = &p->info;
	unsigned timeline = 0;
	int64_t bytes = 0;

	if (pg_identity(conn, &info->identity, &timeline, err) ||
		pg_control_number(
			conn, "SELECT pg_database_size(current_database())", &bytes, err) ||
		pg_control_text(conn,
			"SELECT split_part(current_setting('server_version'), ' ', 1)",
			&info->server_version, err))
		return -1;
	info->bytes = (uint64_t)bytes;
	info->version_number = p->programs.version;
	info->dsn = pg_server_dsn(&p->replica, p->database);
	info->database = mem_strdup(p->database);
	info->data_dir = mem_strdup(p->replica.data_dir);
	info->log_dir = mem_strdup(p->replica.log_dir);
	if (p->source_timeline && timeline <= p->source_timeline)
		return err_set(err, ERR_REFUSED,
			"the replica is on timeline %u and the source on %u: it was not promoted",
			timeline, p->source_timeline);
	return 0;
}

static struct pg_private *mine(struct private_replica *base)
{
	return (struct pg_private *)base;
}

static int verify(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&p->replica, p->database);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (pg_control_open(dsn, NULL, &conn, err) ||
		pg_isolation_prove(conn, p->info.source_identity, err) || fill_info(p, conn, err))
		return -1;
	replica_note(&p->info, "identity", false,
		"the replica is %s (system identifier and timeline), the source %s",
		p->info.identity, p->info.source_identity ? p->info.source_identity : "unknown");
	return 0;
}

static bool alive(const struct private_replica *base)
{
	return pg_server_alive(&((const struct pg_private *)base)->replica);
}

static int quit(struct private_replica *base, struct err *err)
{
	int result = pg_server_quit(&mine(base)->primary, err);

	return pg_server_quit(&mine(base)->replica, result ? NULL : err) || result ? -1 : 0;
}

static void release(struct private_replica *base)
{
	struct pg_private *p = mine(base);

	pg_server_release(&p->primary);
	pg_server_release(&p->replica);
	pg_settings_release(&p->settings);
	pg_programs_release(&p->programs);
}

const struct private_engine pg_private_engine = {
	.account = "postgres",
	.check_settings = pg_settings_check,
	.verify = verify,
	.alive = alive,
	.quit = quit,
	.release = release,
};
