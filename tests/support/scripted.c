#include "tests/support/scripted.h"

#include <check.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness/base/mem.h"

struct db_conn {
	unsigned number;
	int event; /* readable unless a statement hangs */
	bool lost, in_transaction;
	uint64_t session;
	const struct scripted_call *running; /* NULL: idle */
	const struct scripted_call *answer;  /* whose rows are the result */
	int again;
	struct db_result result;
};

static struct {
	pthread_mutex_t lock;
	const struct scripted_call *calls;
	size_t n, at;
	unsigned opened, open;
	char *complaint; /* NULL: fail the test */
	size_t complaint_size;
} tape = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const kind_names[] = {
	[SCRIPTED_OPEN] = "open",
	[SCRIPTED_QUERY] = "query",
	[SCRIPTED_PREPARE] = "prepare",
	[SCRIPTED_EXECUTE] = "execute",
	[SCRIPTED_CANCEL] = "cancel",
	[SCRIPTED_CLOSE] = "close",
};

/* ---- the tape ---- */

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!tape.complaint) {
		pthread_mutex_unlock(&tape.lock);
		ck_abort_msg("%s", text);
	}
	if (!*tape.complaint)
		snprintf(tape.complaint, tape.complaint_size, "%s", text);
}

static void describe(const struct scripted_call *call, char *buf, size_t size)
{
	const char *sql = call->sql ? call->sql : call->prefix;

	if (call->call == SCRIPTED_OPEN || call->call == SCRIPTED_CLOSE ||
		call->call == SCRIPTED_CANCEL)
		snprintf(buf, size, "%s of connection %u", kind_names[call->call], call->conn);
	else if (call->call == SCRIPTED_EXECUTE)
		snprintf(buf, size, "execute of statement %u on connection %u", call->id,
			call->conn);
	else
		snprintf(buf, size, "%s '%s%s' on connection %u", kind_names[call->call],
			sql ? sql : "", call->sql ? "" : "…", call->conn);
}

static bool sql_fits(const struct scripted_call *expected, const char *sql)
{
	if (expected->sql)
		return sql && !strcmp(expected->sql, sql);
	if (expected->prefix)
		return sql && !strncmp(expected->prefix, sql, strlen(expected->prefix));
	return true;
}

static bool fits(const struct scripted_call *expected, const struct scripted_call *got)
{
	if (expected->call != got->call || expected->conn != got->conn)
		return false;
	if (got->call == SCRIPTED_PREPARE || got->call == SCRIPTED_EXECUTE)
		if (expected->id != got->id)
			return false;
	return sql_fits(expected, got->sql);
}

/* The tape's next entry when the call is the one that stands there, else NULL after a complaint. */
static const struct scripted_call *next(const struct scripted_call *got)
{
	const struct scripted_call *expected = NULL;
	char want[400], have[400];

	pthread_mutex_lock(&tape.lock);
	describe(got, have, sizeof(have));
	if (tape.at >= tape.n) {
		complain("tape: nothing more was expected after call %zu, got %s", tape.n, have);
	} else if (!fits(&tape.calls[tape.at], got)) {
		describe(&tape.calls[tape.at], want, sizeof(want));
		complain("tape: call %zu: expected %s, got %s", tape.at + 1, want, have);
	} else {
		expected = &tape.calls[tape.at++];
	}
	pthread_mutex_unlock(&tape.lock);
	return expected;
}

void scripted_play(const struct scripted_call *calls, size_t n)
{
	pthread_mutex_lock(&tape.lock);
	tape.calls = calls;
	tape.n = n;
	tape.at = 0;
	tape.opened = tape.open = 0;
	pthread_mutex_unlock(&tape.lock);
}

void scripted_end(void)
{
	char want[400];

	pthread_mutex_lock(&tape.lock);
	if (tape.at < tape.n) {
		describe(&tape.calls[tape.at], want, sizeof(want));
		complain("tape: %zu of %zu calls never came, first: %s", tape.n - tape.at, tape.n,
			want);
	} else if (tape.open) {
		complain("tape: %u connections were not closed", tape.open);
	}
	tape.n = tape.at = 0;
	pthread_mutex_unlock(&tape.lock);
}

void scripted_collect(char *buf, size_t size)
{
	tape.complaint = buf;
	tape.complaint_size = size;
	if (buf)
		*buf = '\0';
}

/* ---- the adapter ---- */

static void set_error(struct db_conn *conn, enum db_class class, const char *code, const char *text)
{
	struct db_error *e = &conn->result.error;

	conn->result = (struct db_result){0};
	e->class = class;
	snprintf(e->code, sizeof(e->code), "%s", code ? code : "lost");
	snprintf(e->text, sizeof(e->text), "%s", text ? text : "as the tape says");
}

static void set_ready(struct db_conn *conn, bool ready)
{
	uint64_t n = 1;
	ssize_t done;

	done = ready ? write(conn->event, &n, sizeof(n)) : read(conn->event, &n, sizeof(n));
	(void)done;
}

static void begin(struct db_conn *conn, const struct scripted_call *call)
{
	conn->running = call;
	conn->again = call->again;
	if (call->again < 0)
		set_ready(conn, false);
}

static int scripted_open(const struct db_target *target, struct db_conn **ret, struct err *err)
{
	struct scripted_call got = {.call = SCRIPTED_OPEN, .sql = target->init_sql};
	const struct scripted_call *call;
	struct db_conn *conn;

	pthread_mutex_lock(&tape.lock);
	got.conn = tape.opened;
	pthread_mutex_unlock(&tape.lock);
	call = next(&got);
	if (!call || call->refuse)
		return err_set(err, ERR_USAGE, "the tape refuses the connection string");
	conn = mem_zalloc(sizeof(*conn));
	conn->number = got.conn;
	conn->event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	conn->session = call->session ? call->session : 1000 + got.conn;
	pthread_mutex_lock(&tape.lock);
	tape.opened++;
	tape.open++;
	pthread_mutex_unlock(&tape.lock);
	begin(conn, call);
	*ret = conn;
	return 0;
}

static void scripted_close(struct db_conn *conn)
{
	if (!conn)
		return;
	next(&(struct scripted_call){.call = SCRIPTED_CLOSE, .conn = conn->number});
	pthread_mutex_lock(&tape.lock);
	tape.open--;
	pthread_mutex_unlock(&tape.lock);
	close(conn->event);
	mem_free(conn);
}

static int start(struct db_conn *conn, const struct scripted_call *got)
{
	const struct scripted_call *call;

	if (conn->lost) {
		set_error(conn, DB_CLASS_CONNECTION, "lost", "the connection is lost");
		return -1;
	}
	if (conn->running) {
		set_error(conn, DB_CLASS_OTHER, "misuse", "the connection is busy");
		return -1;
	}
	conn->result = (struct db_result){0};
	conn->answer = NULL;
	call = next(got);
	if (!call) {
		set_error(conn, DB_CLASS_OTHER, "tape", "not what the tape expects");
		return -1;
	}
	begin(conn, call);
	if (got->sql && !strncmp(got->sql, "BEGIN", 5))
		conn->in_transaction = true;
	if (got->sql && (!strncmp(got->sql, "COMMIT", 6) || !strncmp(got->sql, "ROLLBACK", 8)))
		conn->in_transaction = false;
	return 0;
}

static int scripted_query(struct db_conn *conn, const char *sql)
{
	return start(conn,
		&(struct scripted_call){.call = SCRIPTED_QUERY, .conn = conn->number, .sql = sql});
}

static int scripted_prepare(struct db_conn *conn, unsigned id, const char *sql, unsigned n_params)
{
	(void)n_params;
	return start(conn,
		&(struct scripted_call){
			.call = SCRIPTED_PREPARE, .conn = conn->number, .id = id, .sql = sql});
}

static void check_params(
	const struct scripted_call *call, const struct db_param *params, unsigned n)
{
	pthread_mutex_lock(&tape.lock);
	if (call->n_params != n)
		complain("tape: call %zu: expected %u parameters, got %u", tape.at, call->n_params,
			n);
	for (unsigned i = 0; i < n && i < call->n_params; i++) {
		const char *want = call->params[i], *have = params[i].text;

		if (want && have ? strcmp(want, have) != 0 : want != have)
			complain("tape: call %zu: expected parameter %u '%s', got '%s'", tape.at,
				i + 1, want ? want : "NULL", have ? have : "NULL");
	}
	pthread_mutex_unlock(&tape.lock);
}

static int scripted_execute(
	struct db_conn *conn, unsigned id, const struct db_param *params, unsigned n_params)
{
	if (start(conn,
		    &(struct scripted_call){
			    .call = SCRIPTED_EXECUTE, .conn = conn->number, .id = id}))
		return -1;
	if (conn->running->params)
		check_params(conn->running, params, n_params);
	return 0;
}

static enum db_step scripted_step(struct db_conn *conn)
{
	const struct scripted_call *call = conn->running;

	if (!call)
		return conn->lost ? DB_FAILED : DB_READY;
	if (conn->again) {
		conn->again -= conn->again > 0;
		return DB_AGAIN;
	}
	conn->running = NULL;
	conn->answer = call;
	if (call->class != DB_CLASS_NONE) {
		set_error(conn, call->class, call->code, call->text);
		conn->result.error.lock_timeout = call->lock_timeout;
		conn->result.error.in_doubt = call->in_doubt;
		if (call->call == SCRIPTED_OPEN || call->class == DB_CLASS_CONNECTION) {
			conn->lost = true;
			conn->in_transaction = false;
		}
		return DB_FAILED;
	}
	conn->result = (struct db_result){.rows = call->rows,
		.columns = call->columns,
		.affected = call->affected ? call->affected : call->rows};
	return DB_READY;
}

static int scripted_fd(const struct db_conn *conn)
{
	return conn->lost ? -1 : conn->event;
}

static unsigned scripted_wants(const struct db_conn *conn)
{
	return conn->lost ? 0 : DB_WANT_READ;
}

static const struct db_result *scripted_result(const struct db_conn *conn)
{
	return &conn->result;
}

static const char *scripted_value(const struct db_conn *conn, unsigned row, unsigned column)
{
	if (row >= conn->result.rows || column >= conn->result.columns)
		return NULL;
	return conn->answer->values[row * conn->result.columns + column];
}

static const char *scripted_column(const struct db_conn *conn, unsigned column)
{
	if (column >= conn->result.columns || !conn->answer->names)
		return NULL;
	return conn->answer->names[column];
}

static bool scripted_in_transaction(const struct db_conn *conn)
{
	return conn->in_transaction;
}

static uint64_t scripted_session_id(const struct db_conn *conn)
{
	return conn->session;
}

static int scripted_cancel(struct db_conn *conn, struct err *err)
{
	const struct scripted_call *call =
		next(&(struct scripted_call){.call = SCRIPTED_CANCEL, .conn = conn->number});

	if (!call || call->refuse)
		return err_set(err, ERR_FAILED, "the tape refuses to cancel");
	if (conn->running && conn->again == SCRIPTED_UNTIL_CANCEL) {
		conn->again = 0;
		set_ready(conn, true);
	}
	return 0;
}

static int scripted_redact(const char *dsn, char **ret, struct err *err)
{
	const char *secret = strstr(dsn, "password=");

	(void)err;
	*ret = secret
		? mem_printf("%.*s%s", (int)(secret - dsn), dsn, secret + strcspn(secret, " "))
		: mem_strdup(dsn);
	return 0;
}

static bool scripted_has_password(const char *dsn)
{
	return strstr(dsn, "password=") != NULL;
}

const struct db_adapter scripted_db = {
	.name = "scripted",
	.open = scripted_open,
	.close = scripted_close,
	.query_start = scripted_query,
	.prepare_start = scripted_prepare,
	.execute_start = scripted_execute,
	.step = scripted_step,
	.fd = scripted_fd,
	.wants = scripted_wants,
	.result = scripted_result,
	.value = scripted_value,
	.column = scripted_column,
	.in_transaction = scripted_in_transaction,
	.session_id = scripted_session_id,
	.cancel = scripted_cancel,
	.redact = scripted_redact,
	.has_password = scripted_has_password,
};
