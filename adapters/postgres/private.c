#include "adapters/postgres/private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/isolation.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

void pg_private_init(struct pg_private *p, const char *provider,
	const struct provider_config *config, const struct provider_env *env)
{
	*p = (struct pg_private){.config = config, .env = env};
	p->info.provider = mem_strdup(provider);
	p->info.ours = true;
}

void pg_private_tell(const struct pg_private *p, const char *format, ...)
{
	char text[256];
	va_list args;

	if (!p->env->progress)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->env->progress(p->env->ctx, text);
}

int pg_private_make_dir(struct pg_private *p, struct err *err)
{
	return run_dir_make(p->env->journal, &p->dir, err);
}

int pg_private_promote(struct pg_private *p, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&p->replica, p->database);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	bool promoted = false;

	pg_private_tell(p, "promoting the replica");
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

int pg_private_verify(struct pg_private *p, struct err *err)
{
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

int pg_private_release(struct pg_private *p, struct err *err)
{
	int result = pg_server_quit(&p->replica, err);

	if (!result)
		result = run_dir_remove(p->dir, p->env->journal, err);
	pg_server_release(&p->replica);
	pg_settings_release(&p->settings);
	pg_programs_release(&p->programs);
	replica_info_release(&p->info);
	free(p->dir);
	return result;
}
