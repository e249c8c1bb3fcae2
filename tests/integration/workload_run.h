/* A workload that a test runs on a real server. */
#ifndef REHEARSE_TESTS_WORKLOAD_RUN_H
#define REHEARSE_TESTS_WORKLOAD_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/workload/workload.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static struct test_pg pg;
static struct db_conn *control;

static struct engine engine;

/* ---- a run ---- */

struct run {
	struct scenario_script scripts[8];
	struct scenario_workload settings;
	struct workload_config config;
	struct workload *w;
	struct result result;
	unsigned sessions; /* opened or reopened */
};

static inline void count_session(void *ctx, uint64_t session)
{
	struct run *r = ctx;

	ck_assert_uint_ne(session, 0);
	__atomic_add_fetch(&r->sessions, 1, __ATOMIC_RELAXED);
}

static inline void run_init(struct run *r)
{
	*r = (struct run){.settings = {.scripts = r->scripts,
				  .rate = 300,
				  .connections = 8,
				  .acquire_timeout_us = 2000000,
				  .workers = 1,
				  .seed = 7,
				  .sample_size = 100}};
	r->config = (struct workload_config){.engine = &engine,
		.dsn = pg.dsn,
		.settings = &r->settings,
		.on_session = count_session,
		.ctx = r};
}

static inline void add(struct run *r, const char *name, const char *text)
{
	struct scenario_script *s = &r->scripts[r->settings.n_scripts++];
	struct err err = {0};

	s->name = mem_strdup(name);
	s->file = mem_printf("%s/%s.sql", pg.dir, name);
	s->weight = 1;
	ck_ok(fs_write(s->file, text, strlen(text), 0644, &err), err);
}

static inline int load(struct run *r, struct err *err)
{
	if (workload_load(&r->config, &r->w, err))
		return -1;
	return workload_connect(r->w, err);
}

static inline void start(struct run *r)
{
	struct err err = {0};

	ck_ok(load(r, &err), err);
	ck_ok(workload_start(r->w, clock_us(), &err), err);
}

static inline void stop(struct run *r, uint64_t drain_us)
{
	workload_stop(r->w, drain_us);
	workload_report(r->w, &r->result);
}

static inline void run_for(struct run *r, uint64_t us)
{
	start(r);
	clock_sleep_us(us);
	stop(r, 10000000);
}

static inline void release_phase(struct result_phase *p)
{
	for (size_t i = 0; i < p->n_errors; i++) {
		free(p->errors[i].code);
		free(p->errors[i].class);
		free(p->errors[i].transaction);
		free(p->errors[i].text);
	}
	for (size_t i = 0; i < p->n_types; i++)
		free(p->types[i].name);
	free(p->errors);
	free(p->types);
	free(p->seconds);
}

static inline void run_release(struct run *r)
{
	workload_free(r->w);
	for (size_t i = 0; i < PHASE_COUNT; i++)
		release_phase(&r->result.phases[i]);
	free(r->result.rehearsal.workload);
	free(r->result.rehearsal.workload_mode);
	free(r->result.rehearsal.schedule_note);
	for (size_t i = 0; i < r->settings.n_scripts; i++) {
		free(r->scripts[i].name);
		free(r->scripts[i].file);
	}
}

static inline void sql(const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(&postgres_db, control, text, &err), err);
}

static inline int64_t number(const char *text)
{
	struct err err = {0};
	int64_t n;

	ck_ok(db_number(&postgres_db, control, text, &n, &err), err);
	return n;
}

static inline const struct result_phase *phase(const struct run *r, enum phase_id id)
{
	return &r->result.phases[id];
}

static inline uint64_t errors(const struct result_phase *p, const char *code)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n_errors; i++)
		if (strcmp(p->errors[i].code, code) == 0)
			n += p->errors[i].count;
	return n;
}

static inline void no_errors(const struct result_phase *p)
{
	for (size_t i = 0; i < p->n_errors; i++)
		ck_abort_msg("%s: %s %s", p->errors[i].transaction, p->errors[i].code,
			p->errors[i].text);
	ck_assert_uint_eq(p->transactions.failed, 0);
}

static inline void check_identity(const struct result_transactions *t)
{
	ck_assert_uint_eq(t->arrived, t->completed + t->failed + t->pool_timeouts + t->in_flight);
}

/* ---- fixtures ---- */

static inline void setup(void)
{
	struct err err = {0};

	ck_ok(db_connect(&postgres_db, &(struct db_target){.dsn = pg.dsn}, &control, &err), err);
}

static inline void teardown(void)
{
	postgres_db.close(control);
}

static inline void start_server(void)
{
	engine = (struct engine){
		.name = "postgres", .db = &postgres_db, .dialect = &postgres_dialect};
	test_pg_start(&pg, NULL, 0);
	setup();
	sql("CREATE TABLE kv (k int PRIMARY KEY, v int);"
	    "INSERT INTO kv SELECT g, g FROM generate_series(1, 1000) g");
	teardown();
}

static inline void stop_server(void)
{
	test_pg_stop(&pg);
}

#endif
