#include "adapters/mysql/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "adapters/mysql/errors.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define CONNECT_TIMEOUT_US 10000000

enum { SERVER_GONE = 2006, SERVER_LOST = 2013 };

/* ---- what the files need ---- */

void my_conn_error(struct db_conn *conn, enum db_class class, const char *code, const char *text)
{
	struct db_error *e = &conn->result.error;

	*e = (struct db_error){.class = class};
	snprintf(e->code, sizeof(e->code), "%s", code);
	snprintf(e->text, sizeof(e->text), "%.*s", (int)strcspn(text, "\n"), text);
}

void my_conn_told(struct db_conn *conn, unsigned code, const char *sqlstate, const char *message)
{
	struct db_error *e = &conn->result.error;

	*e = (struct db_error){.class = my_error_class(code, sqlstate, conn->mariadb),
		.lock_timeout = my_error_is_lock_timeout(code),
		.retryable = my_error_is_retryable(code)};
	if (e->class == DB_CLASS_CONNECTION && my_error_is_client(code))
		snprintf(e->code, sizeof(e->code), "lost");
	else
		snprintf(e->code, sizeof(e->code), "%u", code);
	e->position = my_error_position(code, message, str_text(&conn->text));
	my_error_mask(code, sqlstate, message, e->text, sizeof(e->text));
}

enum db_step my_conn_lost(struct db_conn *conn, unsigned code, const char *words)
{
	struct db_error *e = &conn->result.error;
	bool told = e->class != DB_CLASS_NONE && strcmp(e->code, "lost") != 0;

	if (!told) {
		my_conn_error(conn, DB_CLASS_CONNECTION, "lost", words);
		/* A statement that could not be sent whole was not run; of one whose answer did
		 * not come, the server's last word would have said so. */
		e->in_doubt = conn->state == MY_CONN_RUNNING && code != SERVER_GONE;
	}
	e->class = DB_CLASS_CONNECTION;
	my_rows_clear(conn->rows);
	conn->result.rows = conn->result.columns = 0;
	conn->state = MY_CONN_LOST;
	conn->waits_for = 0;
	return DB_FAILED;
}

void my_conn_call(struct db_conn *conn, enum my_call call)
{
	conn->call = call;
	conn->lib.text = str_text(&conn->text);
	conn->lib.len = conn->text.len;
	conn->waits_for = my_library_start(&conn->lib, call);
}

void my_conn_begin(struct db_conn *conn, enum my_conn_state state, enum my_call call)
{
	conn->state = state;
	conn->fresh = conn->first = true;
	conn->after = MY_AFTER_NONE;
	conn->started_us = clock_us();
	my_conn_call(conn, call);
}

int my_conn_ready_to_start(struct db_conn *conn)
{
	if (conn->state == MY_CONN_CONNECTING || conn->state == MY_CONN_INIT ||
		conn->state == MY_CONN_RUNNING) {
		my_conn_error(conn, DB_CLASS_OTHER, "misuse", "the connection is busy");
		return -1;
	}
	my_rows_clear(conn->rows);
	conn->result = (struct db_result){0};
	conn->running = NULL;
	if (conn->state == MY_CONN_LOST) {
		my_conn_error(conn, DB_CLASS_CONNECTION, "lost", "the connection is lost");
		return -1;
	}
	return 0;
}

/* ---- coming up ---- */

int my_conn_open(const struct db_target *target, struct db_conn **ret, struct err *err)
{
	const char *application = target->application ? target->application : "rehearse";
	struct my_conninfo info;
	struct db_conn *conn;

	if (my_conninfo_parse(target->dsn, &info, err))
		return -1;
	if (target->database) {
		mem_free(info.database);
		info.database = mem_strdup(target->database);
	}
	conn = mem_zalloc(sizeof(*conn));
	conn->info = info;
	conn->init_sql = mem_strdup(target->init_sql);
	conn->rows = my_rows_new();
	conn->by_text = !MY_LIBRARY_STATEMENTS;
	str_init(&conn->text, SIZE_MAX / 2);
	conn->timeout_us =
		target->connect_timeout_us ? target->connect_timeout_us : CONNECT_TIMEOUT_US;
	conn->deadline_us = clock_us() + conn->timeout_us;
	my_library_init(&conn->lib, &conn->info, application);
	conn->lib.database = conn->info.database;
	my_conn_call(conn, MY_CALL_CONNECT);
	*ret = conn;
	return 0;
}

enum db_step my_conn_timed_out(struct db_conn *conn)
{
	char text[128], duration[UNITS_TEXT], code[16];

	snprintf(code, sizeof(code), "%d", ETIMEDOUT);
	snprintf(text, sizeof(text), "no answer from the server within %s",
		units_duration_text(conn->timeout_us, duration));
	my_conn_error(conn, DB_CLASS_CONNECTION, code, text);
	conn->state = MY_CONN_LOST;
	conn->waits_for = 0;
	return DB_FAILED;
}

static enum db_step connect_failed(struct db_conn *conn)
{
	my_conn_told(conn, mysql_errno(conn->lib.mysql), mysql_sqlstate(conn->lib.mysql),
		mysql_error(conn->lib.mysql));
	if (conn->result.error.class == DB_CLASS_NONE)
		conn->result.error.class = DB_CLASS_CONNECTION;
	conn->state = MY_CONN_LOST;
	conn->waits_for = 0;
	return DB_FAILED;
}

/* Over TCP: where it went, so that a cancel needs no name look-up, and a peer that is gone is
 * noticed within half a minute. */
static void look_at_peer(struct db_conn *conn)
{
	static const struct {
		int option, value;
	} options[] = {{TCP_KEEPIDLE, 20}, {TCP_KEEPINTVL, 5}, {TCP_KEEPCNT, 3},
		{TCP_USER_TIMEOUT, 35000}};
	int fd = my_library_fd(&conn->lib), on = 1;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len))
		return;
	if (address.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, conn->peer,
			sizeof(conn->peer));
	else if (address.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, conn->peer,
			sizeof(conn->peer));
	else
		return;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, IPPROTO_TCP, options[i].option, &options[i].value,
			sizeof(options[i].value));
}

/* Where a server has no TLS, the library goes on without, whatever it was asked for. */
static bool is_as_private_as_asked(struct db_conn *conn)
{
	return conn->info.tls < MY_TLS_REQUIRED || mysql_get_ssl_cipher(conn->lib.mysql);
}

static enum db_step connected(struct db_conn *conn)
{
	const char *version = mysql_get_server_info(conn->lib.mysql);

	if (!is_as_private_as_asked(conn)) {
		my_conn_error(conn, DB_CLASS_SETUP, "2026",
			"the connection string asks for TLS, which the server does not offer");
		conn->state = MY_CONN_LOST;
		return DB_FAILED;
	}
	conn->mariadb = version && strcasestr(version, "mariadb");
	conn->session = mysql_thread_id(conn->lib.mysql);
	conn->state = MY_CONN_IDLE;
	look_at_peer(conn);
	/* MariaDB's library asks for a collation of its own, which a MySQL server would then mix
	 * with its default. */
	if (!conn->mariadb)
		str_add(&conn->text, "SET NAMES utf8mb4;");
	if (conn->init_sql)
		str_add(&conn->text, conn->init_sql);
	if (!conn->text.len)
		return DB_READY;
	my_conn_begin(conn, MY_CONN_INIT, MY_CALL_QUERY);
	return DB_AGAIN;
}

/* The library takes a socket that is not ready yet for one that is connected. */
static bool is_ready(const struct db_conn *conn)
{
	struct pollfd fd = {.fd = my_library_fd(&conn->lib)};

	fd.events = (short)((conn->waits_for & DB_WANT_READ ? POLLIN : 0) |
		(conn->waits_for & DB_WANT_WRITE ? POLLOUT : 0));
	return fd.fd < 0 || poll(&fd, 1, 0) > 0;
}

enum db_step my_conn_step_connect(struct db_conn *conn)
{
	while (conn->waits_for && is_ready(conn))
		conn->waits_for = my_library_continue(&conn->lib, conn->waits_for);
	if (!conn->waits_for)
		return conn->lib.failed ? connect_failed(conn) : connected(conn);
	return clock_us() >= conn->deadline_us ? my_conn_timed_out(conn) : DB_AGAIN;
}

/* ---- idle ---- */

/* The server's last word, when it has sent one before it closed: an error nobody asked for. */
static void read_last_word(struct db_conn *conn, int fd)
{
	unsigned char packet[512];
	ssize_t n = recv(fd, packet, sizeof(packet) - 1, MSG_PEEK | MSG_DONTWAIT);
	const char *text = (const char *)packet + 7;
	char state[6] = "";

	if (n < 8 || packet[3] != 0 || packet[4] != 0xff)
		return;
	packet[n] = '\0';
	if (*text == '#' && n > 13) {
		snprintf(state, sizeof(state), "%.5s", text + 1);
		text += 6;
	}
	my_conn_told(conn, packet[5] | (unsigned)packet[6] << 8, state, text);
}

enum db_step my_conn_step_idle(struct db_conn *conn)
{
	struct pollfd fd = {.fd = my_library_fd(&conn->lib), .events = POLLRDHUP};

	/* Data alone proves nothing: under TLS it may be a new ticket. */
	if (fd.fd >= 0 && poll(&fd, 1, 0) == 0)
		return DB_READY;
	conn->result.error = (struct db_error){0};
	if (fd.fd >= 0)
		read_last_word(conn, fd.fd);
	return my_conn_lost(conn, SERVER_LOST, "the server closed the connection");
}

/* ---- going away ---- */

void my_conn_close(struct db_conn *conn)
{
	if (!conn)
		return;
	my_rows_free(conn->rows);
	my_library_release(&conn->lib);
	my_statements_release(conn);
	my_conninfo_release(&conn->info);
	str_release(&conn->text);
	mem_free(conn->init_sql);
	mem_free(conn);
}
