#include "adapters/mysql/private.h"

#include <string.h>

#include "adapters/mysql/control.h"
#include "adapters/mysql/isolation.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

int my_note_durability(struct db_conn *conn, struct replica_info *info, struct err *err)
{
	unsigned rows = 0;

	if (my_control_rows(conn, sql_mysql_durability, &rows, err))
		return -1;
	replica_note(info, "durability", false,
		"on the replica sync_binlog is %s and innodb_flush_log_at_trx_commit is %s "
		"(log_bin "
		"%s): they set what a commit costs",
		my_control_value(conn, 0, 0), my_control_value(conn, 0, 1),
		strcmp(my_control_value(conn, 0, 2), "1") == 0 ? "on" : "off");
	return 0;
}

int my_fill_info(struct db_conn *conn, const struct my_flavour *flavour, const char *database,
	struct replica_info *info, struct err *err)
{
	CLEANUP(cleanup_free) char *name = my_quote_literal(database);
	CLEANUP(cleanup_free)
	char *size = mem_printf("SELECT CAST(COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) AS "
				"SIGNED) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s",
		name);
	int64_t bytes = 0;

	if (my_identity(conn, flavour, &info->identity, err) ||
		my_control_number(conn, size, &bytes, err))
		return -1;
	info->bytes = (uint64_t)bytes;
	info->server_version = mem_strdup(flavour->text);
	info->version_number = flavour->version;
	replica_note(info, "identity", false, "the replica is %s, the source %s%s", info->identity,
		info->source_identity ? info->source_identity : "unknown",
		flavour->mariadb ? " (host, port, server id)" : " (server uuid)");
	return 0;
}

static struct my_private *mine(struct private_replica *base)
{
	return (struct my_private *)base;
}

static int verify(struct private_replica *base, struct err *err)
{
	struct my_private *p = mine(base);
	const struct my_flavour *flavour = &p->programs.flavour;
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&p->replica, p->database);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err) ||
		my_isolation_prove(conn, flavour, p->info.source_identity, err) ||
		my_fill_info(conn, flavour, p->database, &p->info, err) ||
		my_note_durability(conn, &p->info, err))
		return -1;
	p->info.dsn = mem_strdup(dsn);
	p->info.database = mem_strdup(p->database);
	p->info.data_dir = mem_strdup(p->replica.data_dir);
	p->info.log_dir = mem_strdup(p->replica.log_dir);
	return 0;
}

static bool alive(const struct private_replica *base)
{
	return my_server_alive(&((const struct my_private *)base)->replica);
}

static int quit(struct private_replica *base, struct err *err)
{
	int result = my_server_quit(&mine(base)->primary, err);

	return my_server_quit(&mine(base)->replica, result ? NULL : err) || result ? -1 : 0;
}

static void release(struct private_replica *base)
{
	struct my_private *p = mine(base);

	my_server_release(&p->primary);
	my_server_release(&p->replica);
	my_settings_release(&p->settings);
	my_programs_release(&p->programs);
}

const struct private_engine my_private_engine = {
	.account = "mysql",
	.check_settings = my_settings_check,
	.verify = verify,
	.alive = alive,
	.quit = quit,
	.release = release,
};
