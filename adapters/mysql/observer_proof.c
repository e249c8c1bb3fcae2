/*
 * Holds of 50 ms made on purpose, one of each kind, all at the same time: what this very server
 * tells of them is what can be relied on. Version numbers do not say it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/observer_parts.h"
#include "harness/base/clock.h"

#define APPLICATION "rehearse-proof"
#define SCRATCH "rehearse_observer"
#define LOCK_NAME "'rehearse observer'"
#define HOLD_US 50000
#define TOLD_WITHIN_US 2000000
#define ANSWER_WITHIN_US 5000000
#define STEP_US 5000

static const struct db_adapter *const db = &mysql_db;

enum { METADATA, TABLE, ROW, KINDS };

static const struct {
	const char *hold, *wait, *release;
} holds[KINDS] = {
	[METADATA] = {"SELECT GET_LOCK(" LOCK_NAME ", 5)", "SELECT GET_LOCK(" LOCK_NAME ", 5)",
		"SELECT RELEASE_LOCK(" LOCK_NAME ")"},
	/* A statement that takes its time: two rows, since a table of one is let go at once. */
	[TABLE] = {NULL, "UPDATE " SCRATCH ".m SET id = 2", NULL},
	[ROW] = {"UPDATE " SCRATCH ".r SET v = 1 WHERE id = 1",
		"UPDATE " SCRATCH ".r SET v = 2 WHERE id = 1", "COMMIT"},
};

static const char slow_read[] = "SELECT id, SLEEP(0.025) FROM " SCRATCH ".m";

struct proof {
	struct observer_session holders[KINDS], waiters[KINDS];
	uint64_t felt_us[KINDS], told_us[KINDS];
	bool skip[KINDS]; /* what the server has none of */
	uint64_t row_us;  /* the row wait as the log tells it */
};

static int start(struct observer_session *s, const char *sql, struct err *err)
{
	if (!db->query_start(s->conn, sql))
		return 0;
	return err_set(err, ERR_FAILED, "%s", db->result(s->conn)->error.text);
}

static int set_up(struct observer *o, struct proof *p, struct err *err)
{
	static const char *const statements[] = {
		"DROP DATABASE IF EXISTS " SCRATCH, "CREATE DATABASE " SCRATCH};

	/* Not in the binary log, where it can be kept out. */
	mo_can(&o->session, "SET SESSION sql_log_bin = 0");
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (mo_ask(&o->session, statements[i], err))
			return -1;
	p->skip[TABLE] = !o->table_locks ||
		!mo_can(&o->session, "CREATE TABLE " SCRATCH ".m (id INT) ENGINE=MyISAM") ||
		!mo_can(&o->session, "INSERT INTO " SCRATCH ".m VALUES (1), (1)");
	p->skip[ROW] = o->rows.source == MY_ROWS_NONE ||
		!mo_can(&o->session,
			"CREATE TABLE " SCRATCH ".r (id INT PRIMARY KEY, v INT) ENGINE=InnoDB") ||
		!mo_can(&o->session, "INSERT INTO " SCRATCH ".r VALUES (1, 0)");
	for (int i = 0; i < KINDS; i++) {
		if (my_session_open_as(&p->holders[i], o->replica, APPLICATION, err) ||
			my_session_open_as(&p->waiters[i], o->replica, APPLICATION, err))
			return -1;
		mo_can(&p->holders[i], "SET SESSION sql_log_bin = 0");
		mo_can(&p->waiters[i], "SET SESSION sql_log_bin = 0");
	}
	return my_threads_load(&o->threads, &o->session, err);
}

static int begin_holds(struct proof *p, struct err *err)
{
	if (mo_ask(&p->holders[METADATA], holds[METADATA].hold, err) ||
		(!p->skip[ROW] &&
			(mo_ask(&p->holders[ROW], "BEGIN", err) ||
				mo_ask(&p->holders[ROW], holds[ROW].hold, err))) ||
		(!p->skip[TABLE] && start(&p->holders[TABLE], slow_read, err)))
		return -1;
	clock_sleep_us(1000); /* for the slow read to have its lock */
	return 0;
}

static int end_holds(struct proof *p, struct err *err)
{
	uint64_t until = clock_us() + ANSWER_WITHIN_US;

	if (mo_ask(&p->holders[METADATA], holds[METADATA].release, err) ||
		(!p->skip[ROW] && mo_ask(&p->holders[ROW], holds[ROW].release, err)))
		return -1;
	while (!p->skip[TABLE] && db->step(p->holders[TABLE].conn) == DB_AGAIN) {
		if (clock_us() > until)
			return err_set(err, ERR_FAILED, "the proof's own read did not end");
		clock_sleep_us(200);
	}
	return 0;
}

static int await_ends(struct proof *p, const uint64_t *from, struct err *err)
{
	uint64_t until = clock_us() + ANSWER_WITHIN_US;
	bool ended[KINDS];
	int left = 0;

	for (int i = 0; i < KINDS; i++) {
		ended[i] = p->skip[i];
		left += !ended[i];
	}
	while (left) {
		if (clock_us() > until)
			return err_set(err, ERR_FAILED, "the proof's own waits did not end");
		for (int i = 0; i < KINDS; i++) {
			if (ended[i] || db->step(p->waiters[i].conn) == DB_AGAIN)
				continue;
			p->felt_us[i] = clock_us() - from[i];
			ended[i] = true;
			left--;
		}
		clock_sleep_us(200);
	}
	return 0;
}

/* All wait at once, and are looked at as they will be in the run. */
static int make_waits(struct observer *o, struct proof *p, struct err *err)
{
	uint64_t from[KINDS] = {0}, until;

	if (my_observer_look(o, false, err) || begin_holds(p, err))
		return -1;
	for (int i = 0; i < KINDS; i++) {
		from[i] = clock_us();
		if (p->skip[i])
			continue;
		if (start(&p->waiters[i], holds[i].wait, err))
			return -1;
		db->step(p->waiters[i].conn);
	}
	until = clock_us() + HOLD_US;
	while (clock_us() < until) {
		if (my_observer_look(o, false, err))
			return -1;
		clock_sleep_us(STEP_US);
	}
	return end_holds(p, err) || await_ends(p, from, err) ? -1 : 0;
}

static void note(void *ctx, struct wait_event *event)
{
	struct proof *p = ctx;

	for (int i = 0; i < KINDS; i++)
		if (event->session == p->waiters[i].id)
			p->told_us[i] = event->duration_us;
	if (event->session == p->waiters[ROW].id && event->exact)
		p->row_us = event->duration_us;
	wait_event_release(event);
}

static int find_waits(struct observer *o, struct proof *p, struct err *err)
{
	uint64_t until = clock_us() + TOLD_WITHIN_US;

	do {
		if (my_observer_look(o, false, err) || my_observer_take(o, note, p, err))
			return -1;
		p->told_us[ROW] = o->rows.time_us - o->rows.base_time_us;
		if (p->told_us[METADATA] && (p->skip[TABLE] || p->told_us[TABLE]) &&
			(p->skip[ROW] || (p->told_us[ROW] && (p->row_us || !o->rows.log.on))))
			break;
		clock_sleep_us(STEP_US);
	} while (clock_us() < until);
	/* Before MariaDB 10.6 nothing tells who lets go of a row. */
	if (o->rows.log.on && !p->skip[ROW] &&
		(p->row_us < HOLD_US / 2 || p->row_us > p->felt_us[ROW] * 2))
		my_row_log_close(&o->rows.log, &o->session);
	if (!p->told_us[METADATA])
		return err_set(
			err, ERR_FAILED, "a metadata-lock wait made on purpose was not told");
	if (p->told_us[METADATA] < HOLD_US / 2 || p->told_us[METADATA] > p->felt_us[METADATA] * 2)
		return err_set(err, ERR_FAILED,
			"a metadata-lock wait of %" PRIu64 " us is told as %" PRIu64 " us",
			p->felt_us[METADATA], p->told_us[METADATA]);
	return 0;
}

/* "clock to 90 us; of holds told: metadata 50.3 of 50.6 ms, table 48.0 of 48.2 ms, ..." */
static void describe(struct observer *o, struct proof *p)
{
	static const char *const names[] = {"metadata", "table", "rows in sum"};
	struct observe_source *s = &o->source;
	size_t len;

	snprintf(s->detail, sizeof(s->detail),
		"clock to %" PRIu64 " us; of holds told:", o->clock.bound_us);
	for (int i = 0; i < KINDS; i++) {
		len = strlen(s->detail);
		if (!p->skip[i])
			snprintf(s->detail + len, sizeof(s->detail) - len, "%s %s %.1f of %.1f ms",
				i ? "," : "", names[i], (double)p->told_us[i] / 1e3,
				(double)p->felt_us[i] / 1e3);
	}
	if (!p->skip[TABLE] && p->told_us[TABLE] < HOLD_US / 4)
		snprintf(s->blind_to, sizeof(s->blind_to),
			"table-lock waits: one made on purpose was not told");
}

static void drop(void *ctx, struct wait_event *event)
{
	(void)ctx;
	wait_event_release(event);
}

/* What is still on its way of the proof is nobody's. */
static int clean_up(struct observer *o, struct err *err)
{
	mo_can(&o->session, "DROP DATABASE IF EXISTS " SCRATCH);
	if (my_observer_look(o, false, err) || my_observer_take(o, drop, NULL, err))
		return -1;
	my_row_waits_restart(&o->rows);
	my_waits_restart(&o->waits);
	return 0;
}

int my_observer_prove(struct observer *o, struct err *err)
{
	struct proof p = {0};
	uint64_t min_wait = atomic_load(&o->min_wait_us);
	int result = -1;

	atomic_store(&o->min_wait_us, 1000);
	if (!set_up(o, &p, err) && !make_waits(o, &p, err) && !find_waits(o, &p, err)) {
		describe(o, &p);
		result = 0;
	}
	atomic_store(&o->min_wait_us, min_wait);
	for (int i = 0; i < KINDS; i++) {
		my_session_release(&p.holders[i]);
		my_session_release(&p.waiters[i]);
	}
	return clean_up(o, result ? NULL : err) ? -1 : result;
}
