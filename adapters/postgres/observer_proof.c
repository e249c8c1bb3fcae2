#include <inttypes.h>
#include <stdio.h>

#include "adapters/postgres/observer_parts.h"
#include "harness/base/clock.h"

#define KEY "7299741536" /* an advisory lock that nobody else takes: any number will do */
#define TOLD_WITHIN_US 2000000
#define ATTEMPTS 3
#define STEP_US 10000
#define HOLD_FLOOR_US 30000

static const struct db_adapter *const db = &postgres_db;

struct proof {
	uint64_t pid;
	bool found;
	uint64_t duration_us;
};

static void look(void *ctx, struct wait_event *event)
{
	struct proof *proof = ctx;

	if (event->session == proof->pid && event->outcome == WAIT_ACQUIRED) {
		proof->found = true;
		proof->duration_us = event->duration_us;
	}
	wait_event_release(event);
}

/* One session holds the lock for hold_us while the other waits for it. */
static int make_wait(struct observer_session *holder, struct observer_session *waiter,
	uint64_t hold_us, struct err *err)
{
	struct db_wait limit = {.timeout_us = TOLD_WITHIN_US};

	if (db_exec(db, holder->conn, "SELECT pg_advisory_lock(" KEY ")", err))
		return -1;
	if (db->query_start(waiter->conn, "SELECT pg_advisory_lock(" KEY ")"))
		return err_set(err, ERR_FAILED, "%s", db->result(waiter->conn)->error.text);
	while (db->step(waiter->conn) == DB_AGAIN && hold_us) {
		uint64_t step = hold_us < STEP_US ? hold_us : STEP_US;

		clock_sleep_us(step);
		hold_us -= step;
	}
	if (db_exec(db, holder->conn, "SELECT pg_advisory_unlock(" KEY ")", err))
		return -1;
	for (uint64_t end = clock_us() + limit.timeout_us; db->step(waiter->conn) == DB_AGAIN;) {
		if (clock_us() >= end)
			return err_set(err, ERR_FAILED, "the proof's own wait did not end");
		clock_sleep_us(1000);
	}
	return db_exec(db, waiter->conn, "SELECT pg_advisory_unlock_all()", err);
}

static int find_wait(struct observer *o, uint64_t pid, uint64_t hold_us, struct err *err)
{
	struct proof proof = {.pid = pid};
	uint64_t end = clock_us() + TOLD_WITHIN_US;

	while (!proof.found && clock_us() < end) {
		if (observer_poll(o, look, &proof, err))
			return -1;
		clock_sleep_us(STEP_US);
	}
	if (!proof.found)
		return err_set(
			err, ERR_FAILED, "a wait made on purpose did not show up in the log");
	if (proof.duration_us < hold_us / 2)
		return err_set(err, ERR_FAILED,
			"a wait of %" PRIu64 " us is told as %" PRIu64 " us", hold_us,
			proof.duration_us);
	return 0;
}

/* On a busy machine the waiter may come so late that it hardly waits: then the lock is held
 * longer, until there is no doubt. */
int observer_prove(struct observer *o, uint64_t min_wait_us, struct err *err)
{
	struct observer_session holder = {0}, waiter = {0};
	uint64_t hold = min_wait_us * 3 > HOLD_FLOOR_US ? min_wait_us * 3 : HOLD_FLOOR_US;
	bool proved = false, broken;

	broken = observer_session_open(&holder, o->replica, err) ||
		observer_session_open(&waiter, o->replica, err);
	for (unsigned i = 0; i < ATTEMPTS && !proved && !broken; i++, hold *= 5) {
		broken = make_wait(&holder, &waiter, hold, err) != 0;
		proved = !broken && find_wait(o, waiter.pid, hold, err) == 0;
	}
	observer_session_release(&holder);
	observer_session_release(&waiter);
	return proved ? 0 : -1;
}
