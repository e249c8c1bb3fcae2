#include "harness/rehearsal/disturb.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define STEP_US 10000
#define FIRST_HOLD_TIMEOUT_US 10000000

enum disturb_state { DISTURB_PENDING, DISTURB_HOLDING, DISTURB_OVER, DISTURB_FAILED };

struct disturbance {
	struct disturbances *all;
	const struct scenario_disturbance *settings;
	struct db_conn *conn;
	char *sql;
	pthread_t thread;
	bool started;
	atomic_int state;
	struct err err; /* written before state becomes DISTURB_FAILED */
};

struct disturbances {
	struct disturb_config config;
	struct disturbance *list;
	uint64_t origin_us;
	atomic_bool stop;
};

static int stop_asked(void *ctx, struct err *err)
{
	const struct disturbances *all = ctx;

	if (atomic_load(&all->stop))
		return err_set(err, ERR_INTERRUPTED, "the disturbance was ended");
	return 0;
}

/* Sleeps until `until_us` or the stop. */
static void hold(const struct disturbances *all, uint64_t until_us)
{
	while (!atomic_load(&all->stop) && clock_us() < until_us)
		clock_sleep_us(STEP_US);
}

static void fail(struct disturbance *d)
{
	err_prefix(&d->err, "disturbance '%s'", d->settings->name);
	atomic_store(&d->state, DISTURB_FAILED);
}

static void *disturb(void *arg)
{
	struct disturbance *d = arg;
	struct disturbances *all = d->all;
	const struct db_adapter *db = all->config.engine->db;
	uint64_t begin_us = all->origin_us + d->settings->start_us;
	struct db_wait wait = {.tick = stop_asked, .ctx = all};

	hold(all, begin_us);
	if (atomic_load(&all->stop))
		return NULL;
	if (db_run(db, d->conn, d->sql, &wait, &d->err)) {
		fail(d);
		return NULL;
	}
	if (db->result(d->conn)->error.class != DB_CLASS_NONE) {
		const struct db_error *e = &db->result(d->conn)->error;

		err_set(&d->err, ERR_FAILED, "%s (%s)", e->text, e->code);
		fail(d);
		return NULL;
	}
	atomic_store(&d->state, DISTURB_HOLDING);
	hold(all, begin_us + d->settings->duration_us);
	/* Closing the session rolls back whatever it holds; a ROLLBACK first makes it prompt. */
	db_run(db, d->conn, all->config.engine->dialect->rollback,
		&(struct db_wait){.timeout_us = 2000000}, NULL);
	atomic_store(&d->state, DISTURB_OVER);
	return NULL;
}

static int prepare(struct disturbance *d, struct err *err)
{
	const struct disturb_config *config = &d->all->config;
	const struct dialect *dialect = config->engine->dialect;
	struct db_target target = {.dsn = config->dsn,
		.database = config->database,
		.application = "rehearse-disturbance"};
	const char *kind = disturbance_kind_name(d->settings->kind);

	if (d->settings->kind == DISTURB_SECOND_MIGRATOR)
		d->sql = mem_printf("%s; %s", dialect->begin, d->settings->sql);
	else if (dialect->disturbance)
		d->sql = dialect->disturbance(kind, d->settings->table);
	if (!d->sql)
		return err_set(err, ERR_UNSUPPORTED, "disturbance '%s' is not supported on %s",
			kind, config->engine->name);
	if (db_connect(config->engine->db, &target, &d->conn, err))
		return err_prefix(err, "disturbance '%s'", d->settings->name);
	if (config->observe)
		observe_disturbance_session(config->observe,
			config->engine->db->session_id(d->conn), d->settings->name);
	return 0;
}

/* Waits until those that start at once hold what they take. */
static int wait_for_first(struct disturbances *all, struct err *err)
{
	uint64_t deadline = clock_us() + FIRST_HOLD_TIMEOUT_US;

	for (size_t i = 0; i < all->config.n; i++) {
		struct disturbance *d = &all->list[i];

		while (d->settings->start_us == 0 && atomic_load(&d->state) == DISTURB_PENDING) {
			if (clock_us() >= deadline)
				return err_set(err, ERR_FAILED,
					"disturbance '%s' did not get what it takes in time",
					d->settings->name);
			clock_sleep_us(STEP_US);
		}
		if (atomic_load(&d->state) == DISTURB_FAILED) {
			*err = d->err;
			return -1;
		}
	}
	return 0;
}

int disturb_start(const struct disturb_config *config, struct disturbances **ret, struct err *err)
{
	struct disturbances *all = mem_zalloc(sizeof(*all));

	all->config = *config;
	all->list = mem_zalloc(config->n * sizeof(*all->list));
	for (size_t i = 0; i < config->n; i++) {
		all->list[i] = (struct disturbance){.all = all, .settings = &config->list[i]};
		if (prepare(&all->list[i], err))
			goto failed;
	}
	all->origin_us = clock_us();
	for (size_t i = 0; i < config->n; i++) {
		struct disturbance *d = &all->list[i];

		if (pthread_create(&d->thread, NULL, disturb, d)) {
			err_set(err, ERR_FAILED, "cannot start a thread");
			goto failed;
		}
		d->started = true;
	}
	if (wait_for_first(all, err))
		goto failed;
	*ret = all;
	return 0;
failed:
	disturb_stop(all);
	return -1;
}

void disturb_stop(struct disturbances *all)
{
	if (!all)
		return;
	atomic_store(&all->stop, true);
	for (size_t i = 0; i < all->config.n; i++) {
		struct disturbance *d = &all->list[i];

		if (d->started)
			pthread_join(d->thread, NULL);
		all->config.engine->db->close(d->conn);
		free(d->sql);
	}
	free(all->list);
	free(all);
}
