/* Cancelling a statement: KILL QUERY over a second connection, from any thread, within 2 s. */
#include "adapters/mysql/conn.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define CANCEL_TIMEOUT_US 2000000

/* The way back to the very server that the connection is on, without asking for its name again. */
static char *dsn_of(const struct db_conn *conn)
{
	const struct my_conninfo *info = &conn->info;
	bool peer = conn->peer[0] && info->tls != MY_TLS_VERIFY;
	const struct {
		const char *name, *value;
	} words[] = {{"host", peer ? conn->peer : info->host}, {"port", info->port_text},
		{"socket", info->socket}, {"user", info->user}, {"password", info->password},
		{"ssl-mode", info->tls_text}, {"ssl-ca", info->tls_ca},
		{"ssl-cert", info->tls_cert}, {"ssl-key", info->tls_key}};
	struct str text = {0};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value)
			my_conninfo_add(&text, words[i].name, words[i].value);
	return str_take(&text);
}

/* To the end of what was started, at most until the deadline. */
static enum db_step drive(struct db_conn *conn, uint64_t deadline)
{
	enum db_step step;

	while ((step = mysql_db.step(conn)) == DB_AGAIN) {
		uint64_t now = clock_us();
		unsigned wants = mysql_db.wants(conn);
		struct pollfd fd = {.fd = mysql_db.fd(conn)};

		if (now >= deadline)
			return DB_AGAIN;
		fd.events = (short)((wants & DB_WANT_READ ? POLLIN : 0) |
			(wants & DB_WANT_WRITE ? POLLOUT : 0));
		poll(&fd, 1, (int)((deadline - now) / 1000) + 1);
	}
	return step;
}

static int kill_query(struct db_conn *killer, uint64_t session, struct err *err)
{
	uint64_t deadline = clock_us() + CANCEL_TIMEOUT_US;
	const struct db_error *e = &mysql_db.result(killer)->error;
	char sql[64];
	enum db_step step = drive(killer, deadline);

	snprintf(sql, sizeof(sql), "KILL QUERY %llu", (unsigned long long)session);
	if (step == DB_READY && !mysql_db.query_start(killer, sql))
		step = drive(killer, deadline);
	if (step == DB_AGAIN ||
		(step == DB_FAILED && mysql_db.fd(killer) < 0 && clock_us() >= deadline))
		return err_set(err, ERR_FAILED, "cannot cancel: the server did not answer in time");
	/* 1094: the session has ended, and what it ran with it. */
	if (e->class != DB_CLASS_NONE && strcmp(e->code, "1094") != 0)
		return err_set(err, ERR_FAILED, "cannot cancel: %s", e->text);
	return 0;
}

int my_conn_cancel(struct db_conn *conn, struct err *err)
{
	struct db_target target = {.connect_timeout_us = CANCEL_TIMEOUT_US};
	struct db_conn *killer = NULL;
	char *dsn;
	int result;

	if (!conn->session)
		return err_set(err, ERR_FAILED, "cannot cancel: not connected");
	dsn = dsn_of(conn);
	target.dsn = dsn;
	result = mysql_db.open(&target, &killer, err);
	if (!result)
		result = kill_query(killer, conn->session, err);
	mysql_db.close(killer);
	mem_free(dsn);
	return result;
}
