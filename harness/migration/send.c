#include "harness/migration/runner.h"

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"

#define CONTROL_TIMEOUT_US 60000000
#define LIVES_TIMEOUT_US 3000000
#define STEP_US 50000

static int tick(void *ctx, struct err *err)
{
	struct runner *r = ctx;
	const struct migration_watch *w = r->run->watch;

	if (!w || !w->tick || !w->tick(w->ctx, err))
		return 0;
	r->ticked = true;
	return -1;
}

int runner_connect(struct runner *r, struct err *err)
{
	const struct migration_watch *w = r->run->watch;
	struct db_target target = {.dsn = r->run->dsn,
		.database = r->run->database,
		.application = "rehearse-migration"};

	if (db_connect(r->db, &target, &r->conn, err))
		return -1;
	if (w && w->session)
		w->session(w->ctx, r->db->session_id(r->conn));
	return 0;
}

bool runner_over(const struct runner *r)
{
	return r->deadline_us && clock_us() >= r->deadline_us;
}

static enum sent send(struct runner *r, const char *sql, uint64_t timeout_us, struct err *err)
{
	struct db_wait wait = {.timeout_us = timeout_us, .tick = tick, .ctx = r};
	struct err reason = {0};

	if (!db_run(r->db, r->conn, sql, &wait, &reason))
		return r->db->result(r->conn)->error.class == DB_CLASS_NONE ? SENT_OK : SENT_ERROR;
	if (reason.kind != ERR_INTERRUPTED && !r->ticked)
		return SENT_CUT;
	*err = reason;
	return SENT_BROKEN;
}

/* What the server answered to being cancelled; it may have been done just then. */
static enum sent cut(struct runner *r, struct err *err)
{
	if (r->db->step(r->conn) == DB_AGAIN) {
		err_set(err, ERR_FAILED, "the server did not end a statement that was cancelled");
		return SENT_BROKEN;
	}
	r->cut = r->db->result(r->conn)->error.class != DB_CLASS_NONE;
	return r->cut ? SENT_ERROR : SENT_OK;
}

enum sent runner_send(struct runner *r, const char *sql, struct err *err)
{
	uint64_t now = clock_us(), left = 0;
	enum sent sent;

	r->cut = false;
	if (r->deadline_us && now >= r->deadline_us)
		return SENT_CUT;
	if (r->deadline_us)
		left = r->deadline_us - now;
	if (!r->cut_us || (left && left <= r->cut_us))
		return send(r, sql, left, err);
	sent = send(r, sql, r->cut_us, err);
	return sent == SENT_CUT ? cut(r, err) : sent;
}

enum sent runner_control(struct runner *r, const char *sql, struct err *err)
{
	return send(r, sql, CONTROL_TIMEOUT_US, err);
}

int runner_server_lives(struct runner *r, struct err *err)
{
	uint64_t deadline = clock_us() + LIVES_TIMEOUT_US;
	struct db_target target = {.dsn = r->run->dsn,
		.database = r->run->database,
		.application = "rehearse-migration",
		.connect_timeout_us = LIVES_TIMEOUT_US};
	struct err reason = {0};
	struct db_conn *conn;

	/* A server that has to recover after a crash refuses for a moment. */
	while (db_connect(r->db, &target, &conn, &reason)) {
		if (reason.kind == ERR_INTERRUPTED) {
			*err = reason;
			return -1;
		}
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED, "the replica is gone: %s", reason.text);
		clock_sleep_us(STEP_US);
	}
	r->db->close(conn);
	return 0;
}

int runner_sleep(struct runner *r, uint64_t us, struct err *err)
{
	uint64_t end = clock_us() + us;

	for (uint64_t now = clock_us(); now < end && !runner_over(r); now = clock_us()) {
		if (interrupt_check(err) || tick(r, err))
			return -1;
		clock_sleep_us(end - now < STEP_US ? end - now : STEP_US);
	}
	return 0;
}
