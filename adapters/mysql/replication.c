#include "adapters/mysql/replication.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/errors.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define STEP_US 10000

void my_replication_release(struct my_replication *r)
{
	if (!r)
		return;
	free(r->name);
	free(r->host);
	free(r->uuid);
	free(r->file);
	free(r->relay_file);
	free(r->io_running);
	free(r->sql_running);
	free(r->io_error);
	free(r->sql_error);
	free(r->filters);
	*r = (struct my_replication){0};
}

/* ---- reading ---- */

const char *my_replication_field(
	struct db_conn *conn, const struct my_flavour *flavour, const char *name)
{
	static const struct {
		const char *old, *new;
	} words[] = {{"Master", "Source"}, {"Slave", "Replica"}};
	CLEANUP(cleanup_str) struct str other = {0};

	if (flavour->mariadb)
		return my_control_named(conn, 0, name);
	while (*name) {
		size_t i, n = sizeof(words) / sizeof(words[0]);

		for (i = 0; i < n; i++)
			if (strncmp(name, words[i].old, strlen(words[i].old)) == 0)
				break;
		if (i == n) {
			str_add_char(&other, *name++);
			continue;
		}
		str_add(&other, words[i].new);
		name += strlen(words[i].old);
	}
	return my_control_named(conn, 0, str_text(&other));
}

static char *masked(int code, const char *message)
{
	char text[256];

	my_error_mask((unsigned)code, NULL, message, text, sizeof(text));
	return mem_strdup(text);
}

static char *read_filters(struct db_conn *conn)
{
	static const char *const names[] = {"Replicate_Do_DB", "Replicate_Ignore_DB",
		"Replicate_Do_Table", "Replicate_Ignore_Table", "Replicate_Wild_Do_Table",
		"Replicate_Wild_Ignore_Table"};
	CLEANUP(cleanup_str) struct str out = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = my_control_named(conn, 0, names[i]);

		if (*value)
			str_addf(&out, "%s%s = %s", out.len ? ", " : "", names[i], value);
	}
	return str_take(&out);
}

int my_replication_read(struct db_conn *conn, const struct my_flavour *flavour,
	struct my_replication *ret, struct err *err)
{
	struct my_replication r = {0};

	/* MariaDB's plain form tells the default connection alone. */
	if (my_control_rows(conn,
		    flavour->mariadb ? "SHOW ALL REPLICAS STATUS"
				     : flavour->words->show_replica_status,
		    &r.sources, err))
		return -1;
	r.name = mem_strdup(
		my_control_named(conn, 0, flavour->mariadb ? "Connection_name" : "Channel_Name"));
	r.host = mem_strdup(my_replication_field(conn, flavour, "Master_Host"));
	r.port = strtoll(my_replication_field(conn, flavour, "Master_Port"), NULL, 10);
	r.server_id = strtoll(my_replication_field(conn, flavour, "Master_Server_Id"), NULL, 10);
	r.uuid = mem_strdup(my_replication_field(conn, flavour, "Master_UUID"));
	r.file = mem_strdup(my_replication_field(conn, flavour, "Master_Log_File"));
	r.relay_file = mem_strdup(my_replication_field(conn, flavour, "Relay_Master_Log_File"));
	r.read_pos = strtoll(my_replication_field(conn, flavour, "Read_Master_Log_Pos"), NULL, 10);
	r.exec_pos = strtoll(my_replication_field(conn, flavour, "Exec_Master_Log_Pos"), NULL, 10);
	r.delay_s = strtoll(my_control_named(conn, 0, "SQL_Delay"), NULL, 10);
	r.io_running = mem_strdup(my_replication_field(conn, flavour, "Slave_IO_Running"));
	r.sql_running = mem_strdup(my_replication_field(conn, flavour, "Slave_SQL_Running"));
	r.io_errno = (int)strtol(my_control_named(conn, 0, "Last_IO_Errno"), NULL, 10);
	r.sql_errno = (int)strtol(my_control_named(conn, 0, "Last_SQL_Errno"), NULL, 10);
	r.io_error = masked(r.io_errno, my_control_named(conn, 0, "Last_IO_Error"));
	r.sql_error = masked(r.sql_errno, my_control_named(conn, 0, "Last_SQL_Error"));
	r.filters = read_filters(conn);
	*ret = r;
	if (flavour->mariadb && r.sources == 1 && *r.name) {
		CLEANUP(cleanup_free) char *name = my_quote_literal(r.name);

		return db_execf(
			&mysql_db, conn, err, "SET SESSION default_master_connection = %s", name);
	}
	return 0;
}

bool my_replication_drained(const struct my_replication *r)
{
	return strcmp(r->file, r->relay_file) == 0 && r->exec_pos >= r->read_pos;
}

/* A replica that was told nothing of itself shows no host: what it connects from stands for it. */
int my_replication_followers(
	struct db_conn *conn, const struct my_flavour *flavour, char **ret, struct err *err)
{
	CLEANUP(cleanup_str) struct str out = {0};
	unsigned rows = 0;

	if (my_control_rows(conn, flavour->words->show_replicas, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++) {
		const char *host = my_control_named(conn, i, "Host");

		str_addf(&out, "%sserver %s%s%s%s", i ? ", " : "",
			my_control_named(conn, i, "Server_id"), *host ? " (" : "", host,
			*host ? ")" : "");
	}
	/* The registered ones read the log, too. */
	if (!rows) {
		CLEANUP(cleanup_free) char *readers = NULL;

		if (my_control_list(conn, sql_mysql_binlog_readers, &readers, err))
			return -1;
		str_add(&out, readers);
	}
	*ret = str_take(&out);
	return 0;
}

/* ---- waiting ---- */

static int stopped(const struct my_replication *r, struct err *err)
{
	if (r->sql_errno)
		return err_set(err, ERR_FAILED,
			"the replica has stopped applying with error %d: %s", r->sql_errno,
			r->sql_error);
	return err_set(err, ERR_FAILED, "the replica applies nothing: its SQL thread is stopped");
}

/* The server waits a second at a time, so that a stopped applier or an interrupt is seen. */
int my_replication_wait(struct db_conn *conn, const struct my_flavour *flavour, const char *gtid,
	uint64_t timeout_us, bool *ret_reached, struct err *err)
{
	CLEANUP(cleanup_free) char *quoted = my_quote_literal(gtid);
	CLEANUP(cleanup_str) struct str sql = {0};
	uint64_t deadline = clock_us() + timeout_us;

	for (;;) {
		CLEANUP(cleanup_free) char *answer = NULL;
		struct my_replication r = {0};
		int result = 0;
		bool late = clock_us() >= deadline;

		str_clear(&sql);
		/* The words are the flavour table's own, not anybody's input. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		str_addf(&sql, flavour->words->wait_for_gtid, quoted,
			late || deadline - clock_us() < 1000000 ? 0u : 1u);
#pragma GCC diagnostic pop
		if (interrupt_check(err) || my_control_text(conn, str_text(&sql), &answer, err))
			return -1;
		*ret_reached =
			*answer && strtol(answer, NULL, 10) == flavour->words->wait_for_gtid_ok;
		if (*ret_reached || late)
			return 0;
		if (my_replication_read(conn, flavour, &r, err))
			result = -1;
		else if (strcmp(r.sql_running, "Yes") != 0)
			result = stopped(&r, err);
		my_replication_release(&r);
		if (result)
			return -1;
		clock_sleep_us(STEP_US);
	}
}

static int wait_drained(struct db_conn *conn, const struct my_flavour *flavour, uint64_t timeout_us,
	struct err *err)
{
	uint64_t deadline = clock_us() + timeout_us;
	char limit[UNITS_TEXT];

	for (;;) {
		struct my_replication r = {0};
		bool done, running;
		int result;

		if (interrupt_check(err) || my_replication_read(conn, flavour, &r, err))
			return -1;
		done = my_replication_drained(&r);
		running = strcmp(r.sql_running, "Yes") == 0;
		result = done || running ? 0 : stopped(&r, err);
		my_replication_release(&r);
		if (done || result)
			return result;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED,
				"the replica did not apply what it had received within %s",
				units_duration_text(timeout_us, limit));
		clock_sleep_us(STEP_US);
	}
}

int my_replication_drain(struct db_conn *conn, const struct my_flavour *flavour,
	uint64_t timeout_us, struct err *err)
{
	if (my_control_exec(conn, flavour->words->stop_io, err) ||
		wait_drained(conn, flavour, timeout_us, err))
		return -1;
	return my_control_exec(conn, flavour->words->stop_replica, err);
}
