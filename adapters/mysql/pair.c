#include "adapters/mysql/pair.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/isolation.h"
#include "adapters/mysql/replication.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 120000000
#define CATCH_UP_US 120000000
#define PORT_ATTEMPTS 5
#define ACCOUNT "'rehearse_replica'@'127.0.0.1'"
#define HEARTBEAT "rehearse_heartbeat"

/* ---- the primary ---- */

/* One that was free a moment ago. */
static int free_port(unsigned *ret, struct err *err)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	CLEANUP(cleanup_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) ||
		getsockname(fd, (struct sockaddr *)&address, &len))
		return err_set(err, ERR_FAILED, "cannot find a free port on 127.0.0.1");
	*ret = ntohs(address.sin_port);
	return 0;
}

static int configure_primary(struct my_server *primary, const struct my_settings *settings,
	unsigned port, struct err *err)
{
	struct my_settings own = {0};
	char text[16];
	int result;

	snprintf(text, sizeof(text), "%u", port);
	my_settings_add_all(&own, settings->items, settings->n);
	my_settings_set(&own, "skip-networking", "OFF");
	my_settings_set(&own, "bind-address", "127.0.0.1");
	my_settings_set(&own, "port", text);
	my_settings_set(&own, "server-id", "1");
	my_settings_set(&own, "log_bin", "binlog");
	my_settings_set(&own, "binlog_format", "ROW");
	/* It is gone before anything is measured. */
	my_settings_set(&own, "sync_binlog", "0");
	my_settings_set(&own, "innodb_flush_log_at_trx_commit", "0");
	my_settings_set(&own, "performance_schema", "OFF");
	result = my_server_configure(primary, own.items, own.n, err);
	my_settings_release(&own);
	return result;
}

int my_pair_start_primary(struct my_server *primary, const struct my_settings *settings,
	unsigned *ret_port, struct err *err)
{
	/* Somebody else may have taken the port in between. */
	for (int i = 1;; i++) {
		struct err reason = {0};

		if (free_port(ret_port, err) ||
			configure_primary(primary, settings, *ret_port, err))
			return -1;
		if (!my_server_start(primary, START_TIMEOUT_US, &reason))
			return 0;
		if (i >= PORT_ATTEMPTS || !strcasestr(reason.text, "bind on tcp/ip port"))
			return err_set(err, reason.kind, "%s", reason.text);
	}
}

/* ---- the replication ---- */

static int random_password(char ret[static 33], struct err *err)
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(err, ERR_FAILED, "cannot make a random password");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int connect_replica(struct db_conn *primary, struct db_conn *replica,
	const struct my_words *words, bool mariadb, unsigned port, struct err *err)
{
	const char *prefix = words->option_prefix;
	char password[33];

	if (random_password(password, err))
		return -1;
	/* Both servers began with the same files, so all that the replica lacks is in the log. */
	if (my_control_exec(primary, "SET SESSION sql_log_bin = 0", err) ||
		db_execf(&mysql_db, primary, err, "CREATE USER " ACCOUNT " IDENTIFIED BY '%s'",
			password) ||
		my_control_exec(primary, "GRANT REPLICATION SLAVE ON *.* TO " ACCOUNT, err) ||
		my_control_exec(primary, "SET SESSION sql_log_bin = 1", err))
		return -1;
	if (my_control_exec(replica, "SET GLOBAL read_only = ON", err) ||
		db_execf(&mysql_db, replica, err,
			"%s %sHOST = '127.0.0.1', %sPORT = %u, %sUSER = 'rehearse_replica', "
			"%sPASSWORD = '%s', %sCONNECT_RETRY = 1, %sSSL = 0, %s",
			words->change_source, prefix, prefix, port, prefix, prefix, password,
			prefix, prefix,
			mariadb ? "MASTER_USE_GTID = slave_pos"
				: "SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1"))
		return -1;
	return my_control_exec(replica, words->start_replica, err);
}

/* A row that only replication can have brought. */
static int prove(struct db_conn *primary, struct db_conn *replica, struct err *err)
{
	static const char *const sql[] = {"CREATE DATABASE " HEARTBEAT,
		"CREATE TABLE " HEARTBEAT ".beat (id CHAR(36) PRIMARY KEY) ENGINE = InnoDB",
		"INSERT INTO " HEARTBEAT ".beat VALUES (UUID())"};
	CLEANUP(cleanup_free) char *sent = NULL;
	uint64_t deadline = clock_us() + CATCH_UP_US;

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if (my_control_exec(primary, sql[i], err))
			return -1;
	if (my_control_text(primary, "SELECT id FROM " HEARTBEAT ".beat", &sent, err))
		return -1;
	for (;;) {
		CLEANUP(cleanup_free) char *seen = NULL;
		bool there = false;

		if (interrupt_check(err) ||
			my_control_true(replica,
				"SELECT EXISTS (SELECT * FROM information_schema.TABLES WHERE "
				"TABLE_SCHEMA = '" HEARTBEAT "' AND TABLE_NAME = 'beat')",
				&there, err) ||
			(there &&
				my_control_text(
					replica, "SELECT id FROM " HEARTBEAT ".beat", &seen, err)))
			return -1;
		if (seen && strcmp(seen, sent) == 0)
			break;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED,
				"what was written on the primary did not come to the replica");
		clock_sleep_us(10000);
	}
	return my_control_exec(primary, "DROP DATABASE " HEARTBEAT, err);
}

static int catch_up(struct db_conn *primary, struct db_conn *replica,
	const struct my_flavour *flavour, struct err *err)
{
	CLEANUP(cleanup_free) char *gtid = NULL;
	bool reached = false;

	if (my_control_text(primary, flavour->words->executed_gtid, &gtid, err) ||
		my_replication_wait(replica, flavour, gtid, CATCH_UP_US, &reached, err))
		return -1;
	if (!reached)
		return err_set(err, ERR_FAILED, "the replica did not catch up with its primary");
	return 0;
}

/* Why nothing came, when the replication itself says so. */
static int with_reason(struct db_conn *replica, const struct my_flavour *flavour, struct err *err)
{
	struct my_replication r = {0};

	if (err && err->kind == ERR_FAILED && !my_replication_read(replica, flavour, &r, NULL)) {
		if (r.io_errno)
			err_prefix(
				err, "receiving failed with error %d (%s)", r.io_errno, r.io_error);
		if (r.sql_errno)
			err_prefix(err, "applying failed with error %d (%s)", r.sql_errno,
				r.sql_error);
	}
	my_replication_release(&r);
	return -1;
}

int my_pair_replicate(const struct my_server *primary, unsigned port,
	const struct my_server *replica, struct err *err)
{
	const struct my_flavour *flavour = &primary->programs->flavour;
	CLEANUP(cleanup_free) char *primary_dsn = my_server_dsn(primary, NULL);
	CLEANUP(cleanup_free) char *replica_dsn = my_server_dsn(replica, NULL);
	CLEANUP(my_control_close) struct db_conn *p = NULL;
	CLEANUP(my_control_close) struct db_conn *r = NULL;

	if (my_control_open(primary_dsn, NULL, &p, err) ||
		my_control_open(replica_dsn, NULL, &r, err) ||
		connect_replica(p, r, flavour->words, flavour->mariadb, port, err))
		return -1;
	if (prove(p, r, err) || catch_up(p, r, flavour, err))
		return with_reason(r, flavour, err);
	return 0;
}

int my_pair_identity(const struct my_server *s, char **ret, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(s, NULL);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err))
		return -1;
	return my_identity(conn, &s->programs->flavour, ret, err);
}

/* ---- the promotion ---- */

int my_pair_promote(const struct my_server *replica, struct err *err)
{
	const struct my_flavour *flavour = &replica->programs->flavour;
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(replica, NULL);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err) ||
		my_replication_drain(conn, flavour, CATCH_UP_US, err) ||
		my_control_exec(conn, flavour->words->reset_replica_all, err) ||
		(flavour->words->super_read_only &&
			my_control_exec(conn, "SET GLOBAL super_read_only = OFF", err)))
		return -1;
	return my_control_exec(conn, "SET GLOBAL read_only = OFF", err);
}
