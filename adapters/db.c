#include "adapters/db.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define STEP_MS 50
#define CONNECT_TIMEOUT_US 10000000 /* what an adapter takes for 0 */
#define CONNECT_GRACE_US 5000000    /* on top of the adapter's own time-out */
#define CANCEL_AGAIN_US 1000000	    /* a cancel that came before its statement is lost */
#define CANCELLED_ANSWER_US 10000000

const char *db_class_name(enum db_class class)
{
	static const char *const names[] = {
		[DB_CLASS_NONE] = "none",
		[DB_CLASS_BREAKAGE] = "breakage",
		[DB_CLASS_CONTENTION] = "contention",
		[DB_CLASS_CONNECTION] = "connection",
		[DB_CLASS_SETUP] = "setup",
		[DB_CLASS_RESOURCE] = "resource",
		[DB_CLASS_WRONG_RESULT] = "wrong-result",
		[DB_CLASS_OTHER] = "other",
	};

	return (size_t) class < sizeof(names) / sizeof(names[0]) ? names[class] : "other";
}

/* ---- waiting ---- */

/* Until the connection has what it wants, at most STEP_MS. */
static void pause_for(const struct db_adapter *db, const struct db_conn *conn)
{
	struct pollfd fd = {.fd = db->fd(conn)};
	unsigned wants = db->wants(conn);

	if (wants & DB_WANT_READ)
		fd.events |= POLLIN;
	if (wants & DB_WANT_WRITE)
		fd.events |= POLLOUT;
	/* Without a descriptor poll() just sleeps. */
	poll(&fd, 1, STEP_MS);
}

static int timed_out(uint64_t timeout_us, struct err *err)
{
	char text[UNITS_TEXT];

	return err_set(
		err, ERR_FAILED, "no answer within %s", units_duration_text(timeout_us, text));
}

/* Steps until the end (0) or until the wait is to be given up (-1). */
static int drive(const struct db_adapter *db, struct db_conn *conn, const struct db_wait *wait,
	enum db_step *ret, struct err *err)
{
	uint64_t start = clock_us(), last_tick = start;

	while ((*ret = db->step(conn)) == DB_AGAIN) {
		uint64_t now;

		if (interrupt_check(err))
			return -1;
		pause_for(db, conn);
		now = clock_us();
		if (wait && wait->timeout_us && now - start >= wait->timeout_us) {
			/* An answer that came meanwhile counts. */
			if ((*ret = db->step(conn)) != DB_AGAIN)
				return 0;
			return timed_out(wait->timeout_us, err);
		}
		if (wait && wait->tick && now - last_tick >= STEP_MS * 1000) {
			last_tick = now;
			if (wait->tick(wait->ctx, err))
				return -1;
		}
	}
	return 0;
}

/* Cancels what runs and reads its answer, so that the connection can be used again. Whoever gives
 * up a wait has a reason already, so what goes wrong here is not told; a server that says nothing
 * any more leaves a connection that refuses the next start. */
static void abandon(const struct db_adapter *db, struct db_conn *conn)
{
	uint64_t start = clock_us(), next = start;

	while (db->step(conn) == DB_AGAIN) {
		uint64_t now = clock_us();

		if (now - start >= CANCELLED_ANSWER_US)
			return;
		if (now >= next) {
			db->cancel(conn, NULL);
			next = clock_us() + CANCEL_AGAIN_US;
		}
		pause_for(db, conn);
	}
}

/* ---- connecting ---- */

static int connect_failed(const struct db_adapter *db, const struct db_target *target,
	const char *words, struct err *err)
{
	CLEANUP(cleanup_free) char *shown = NULL;

	if (db->redact(target->dsn, &shown, NULL))
		return err_set(err, ERR_FAILED, "cannot connect: %s", words);
	if (target->database)
		return err_set(err, ERR_FAILED, "cannot connect to '%s', database '%s': %s", shown,
			target->database, words);
	return err_set(err, ERR_FAILED, "cannot connect to '%s': %s", shown, words);
}

int db_connect_error(const struct db_adapter *db, const struct db_target *target,
	struct db_conn **ret, struct db_error *ret_error, struct err *err)
{
	uint64_t timeout =
		target->connect_timeout_us ? target->connect_timeout_us : CONNECT_TIMEOUT_US;
	struct db_wait wait = {.timeout_us = timeout + CONNECT_GRACE_US};
	struct err reason = {0};
	struct db_conn *conn;
	enum db_step step;

	if (ret_error)
		*ret_error = (struct db_error){0};
	if (db->open(target, &conn, err))
		return -1;
	if (drive(db, conn, &wait, &step, &reason)) {
		if (reason.kind == ERR_INTERRUPTED)
			err_set(err, reason.kind, "%s", reason.text);
		else
			connect_failed(db, target, reason.text, err);
		if (ret_error)
			*ret_error =
				(struct db_error){.class = DB_CLASS_CONNECTION, .code = "lost"};
		db->close(conn);
		return -1;
	}
	if (step == DB_FAILED) {
		const struct db_error *e = &db->result(conn)->error;

		if (ret_error)
			*ret_error = *e;
		connect_failed(db, target, e->text, err);
		db->close(conn);
		return -1;
	}
	*ret = conn;
	return 0;
}

int db_connect(const struct db_adapter *db, const struct db_target *target, struct db_conn **ret,
	struct err *err)
{
	return db_connect_error(db, target, ret, NULL, err);
}

/* ---- running ---- */

/* After a start; `failed` is what it returned. 0: there is an answer, good or bad. */
static int finish(const struct db_adapter *db, struct db_conn *conn, int failed,
	const struct db_wait *wait, struct err *err)
{
	enum db_step step;

	if (failed) /* nothing runs; the result says why */
		return 0;
	if (!drive(db, conn, wait, &step, err))
		return 0;
	abandon(db, conn);
	return -1;
}

static int judge(const struct db_adapter *db, struct db_conn *conn, struct err *err)
{
	const struct db_error *e = &db->result(conn)->error;

	if (e->class == DB_CLASS_NONE)
		return 0;
	return err_set(err, ERR_FAILED, "%s (%s)", e->text, e->code);
}

int db_run(const struct db_adapter *db, struct db_conn *conn, const char *sql,
	const struct db_wait *wait, struct err *err)
{
	return finish(db, conn, db->query_start(conn, sql), wait, err);
}

int db_exec(const struct db_adapter *db, struct db_conn *conn, const char *sql, struct err *err)
{
	return db_run(db, conn, sql, NULL, err) ? -1 : judge(db, conn, err);
}

int db_execf(
	const struct db_adapter *db, struct db_conn *conn, struct err *err, const char *format, ...)
{
	CLEANUP(cleanup_free) char *sql = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&sql, format, args);
	va_end(args);
	if (n < 0) {
		sql = NULL;
		return err_set(err, ERR_FAILED, "cannot format a statement");
	}
	return db_exec(db, conn, sql, err);
}

int db_prepare(const struct db_adapter *db, struct db_conn *conn, unsigned id, const char *sql,
	unsigned n_params, struct err *err)
{
	if (finish(db, conn, db->prepare_start(conn, id, sql, n_params), NULL, err))
		return -1;
	return judge(db, conn, err);
}

int db_execute(const struct db_adapter *db, struct db_conn *conn, unsigned id,
	const struct db_param *params, unsigned n_params, struct err *err)
{
	if (finish(db, conn, db->execute_start(conn, id, params, n_params), NULL, err))
		return -1;
	return judge(db, conn, err);
}

int db_text(const struct db_adapter *db, struct db_conn *conn, const char *sql, char **ret,
	struct err *err)
{
	const char *value;

	if (db_exec(db, conn, sql, err))
		return -1;
	value = db->value(conn, 0, 0);
	*ret = mem_strdup(value ? value : "");
	return 0;
}

int db_number(const struct db_adapter *db, struct db_conn *conn, const char *sql, int64_t *ret,
	struct err *err)
{
	const char *value;
	char *end;
	long long number;

	if (db_exec(db, conn, sql, err))
		return -1;
	value = db->value(conn, 0, 0);
	if (!value || !*value) {
		*ret = 0;
		return 0;
	}
	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno || *end)
		return err_set(err, ERR_FAILED, "the server answered no whole number");
	*ret = number;
	return 0;
}
