/* The workload engine on a real server: rates, phases, the pool, errors, restarts. */
#include "harness/workload/schedule.h"
#include "tests/integration/workload_run.h"

/* ---- rates and phases ---- */

START_TEST(open_loop_keeps_its_rate_and_counts_by_phase_of_arrival)
{
	struct run r;
	uint64_t arrived = 0;

	run_init(&r);
	r.settings.workers = _i ? 2 : 1;
	add(&r, "read", "\\set k random(1, 100)\nSELECT v FROM kv WHERE k = :k;\n");
	add(&r, "write", "\\set k random(1, 100)\nUPDATE kv SET v = v + 1 WHERE k = :k;\n");
	r.scripts[0].weight = 3;
	start(&r);
	clock_sleep_us(1200000);
	workload_phase(r.w, PHASE_BASELINE);
	clock_sleep_us(2100000);
	stop(&r, 10000000);
	ck_assert_uint_eq(r.result.n_phases, 2);
	for (int p = 0; p < 2; p++) {
		const struct result_phase *ph = phase(&r, (enum phase_id)p);

		check_identity(&ph->transactions);
		no_errors(ph);
		ck_assert_uint_eq(ph->transactions.pool_timeouts, 0);
		ck_assert_uint_eq(ph->transactions.in_flight, 0);
		ck_assert_uint_eq(ph->latency_us.count, ph->transactions.completed);
		ck_assert_uint_le(ph->service_us.p50, ph->latency_us.p50);
		arrived += ph->transactions.arrived;
	}
	/* 3.3 s at 300/s: 990, standard deviation 31 */
	ck_assert_uint_ge(arrived, 990 - 160);
	ck_assert_uint_le(arrived, 990 + 160);
	/* weights 3 : 1 */
	ck_assert_uint_gt(phase(&r, PHASE_BASELINE)->types[0].transactions.arrived,
		2 * phase(&r, PHASE_BASELINE)->types[1].transactions.arrived);
	ck_assert_uint_eq(phase(&r, PHASE_WARM_UP)->n_seconds, 1);
	ck_assert_uint_eq(phase(&r, PHASE_BASELINE)->n_seconds, 2);
	ck_assert_uint_gt(phase(&r, PHASE_BASELINE)->seconds[1].arrived, 200);
	ck_assert_uint_ge(phase(&r, PHASE_BASELINE)->seconds[1].start_us, 2200000);
	ck_assert_uint_eq(r.sessions, 8);
	run_release(&r);
}
END_TEST

START_TEST(closed_loop_runs_each_connection_back_to_back)
{
	struct run r;

	run_init(&r);
	r.settings.mode = WORKLOAD_CLOSED;
	r.settings.connections = 3;
	add(&r, "nap", "\\sleep 20 ms\nSELECT 1;\n");
	run_for(&r, 1000000);
	check_identity(&phase(&r, PHASE_WARM_UP)->transactions);
	no_errors(phase(&r, PHASE_WARM_UP));
	/* three at a time, never faster than their sleep */
	ck_assert_uint_le(phase(&r, PHASE_WARM_UP)->transactions.completed, 156);
	ck_assert_uint_ge(phase(&r, PHASE_WARM_UP)->transactions.completed, 45);
	ck_assert_uint_ge(phase(&r, PHASE_WARM_UP)->latency_us.p50, 20000);
	ck_assert_uint_lt(phase(&r, PHASE_WARM_UP)->service_us.p50, 20000);
	run_release(&r);
}
END_TEST

/* How many transactions arrive in a second is chance; what the nth of them sends is not: the
 * smaller run's rows are all among the larger's. */
START_TEST(the_same_seed_sends_the_same_parameters_whatever_the_workers)
{
	struct run r;

	for (int i = 0; i < 2; i++) {
		run_init(&r);
		r.settings.workers = i ? 2 : 1;
		r.settings.sample_size = 1000; /* all of kv */
		sql("DROP TABLE IF EXISTS log; CREATE TABLE log (n bigint, k int, s int)");
		add(&r, "log",
			"\\set n random(1, 1000000000)\n\\set k random_zipfian(1, 1000, 1.5)\n"
			"\\sample s kv.v\nINSERT INTO log VALUES (:n, :k, :s);\n");
		run_for(&r, 1000000);
		no_errors(phase(&r, PHASE_WARM_UP));
		sql(i ? "ALTER TABLE log RENAME TO log_b" : "ALTER TABLE log RENAME TO log_a");
		run_release(&r);
	}
	ck_assert_int_gt(number("SELECT least((SELECT count(*) FROM log_a),"
				" (SELECT count(*) FROM log_b))"),
		100);
	ck_assert_int_eq(number("SELECT least("
				"(SELECT count(*) FROM (TABLE log_a EXCEPT TABLE log_b) x),"
				"(SELECT count(*) FROM (TABLE log_b EXCEPT TABLE log_a) x))"),
		0);
	ck_assert_int_gt(number("SELECT count(DISTINCT n) FROM log_a"), 100);
	sql("DROP TABLE log_a, log_b");
}
END_TEST

/* ---- errors ---- */

START_TEST(errors_are_survived_and_counted_by_code_and_transaction)
{
	struct run r;
	const struct result_phase *p;

	run_init(&r);
	add(&r, "good", "SELECT 1;\n");
	add(&r, "missing", "SELECT * FROM not_there;\n");
	add(&r, "unique", "BEGIN;\nINSERT INTO kv VALUES (1, 1);\nCOMMIT;\n");
	add(&r, "arithmetic", "\\set z 0\n\\set x 1 / :z\nSELECT :x;\n");
	add(&r, "open", "BEGIN;\nSELECT 1;\n");
	run_for(&r, 1500000);
	p = phase(&r, PHASE_WARM_UP);
	check_identity(&p->transactions);
	for (size_t i = 0; i < p->n_types; i++) {
		const struct result_transaction *t = &p->types[i];

		check_identity(&t->transactions);
		ck_assert_uint_gt(t->transactions.arrived, 20);
		ck_assert_uint_eq(i ? t->transactions.failed : t->transactions.completed,
			t->transactions.arrived);
	}
	ck_assert_uint_eq(p->n_errors, 4);
	ck_assert_uint_eq(errors(p, "42P01"), p->types[1].transactions.failed);
	ck_assert_uint_eq(errors(p, "23505"), p->types[2].transactions.failed);
	ck_assert_uint_eq(errors(p, "script"), p->types[3].transactions.failed);
	ck_assert_uint_eq(errors(p, "open"), p->types[4].transactions.failed);
	for (size_t i = 0; i < p->n_errors; i++) {
		ck_assert_int_gt((int)strlen(p->errors[i].text), 0);
		if (strcmp(p->errors[i].code, "42P01") == 0) {
			ck_assert_str_eq(p->errors[i].class, "breakage");
			ck_assert_str_eq(p->errors[i].transaction, "missing");
		}
		if (strcmp(p->errors[i].code, "script") == 0)
			ck_assert_ptr_nonnull(
				strstr(p->errors[i].text, "arithmetic.sql:2: division by zero"));
	}
	/* nobody is left in a transaction, and the pool was not reopened for it */
	ck_assert_uint_eq(r.sessions, 8);
	run_release(&r);
}
END_TEST

/* The lock is held for longer than the acquire time-out: 2 connections are stuck, all that arrives
 * until a time-out before its end gives up. */
START_TEST(an_exclusive_lock_exhausts_the_pool_and_the_waits_are_counted)
{
	struct run r;
	const struct result_phase *p;
	uint64_t locked, held, expected;

	run_init(&r);
	r.settings.rate = 200;
	r.settings.arrivals = ARRIVALS_UNIFORM;
	r.settings.connections = 2;
	r.settings.acquire_timeout_us = 200000;
	add(&r, "read", "SELECT v FROM kv WHERE k = 5;\n");
	start(&r);
	clock_sleep_us(400000);
	sql("BEGIN; LOCK TABLE kv IN ACCESS EXCLUSIVE MODE");
	locked = clock_us();
	clock_sleep_us(500000);
	sql("ROLLBACK");
	held = clock_us() - locked;
	clock_sleep_us(300000);
	stop(&r, 10000000);
	p = phase(&r, PHASE_WARM_UP);
	check_identity(&p->transactions);
	no_errors(p);
	expected = (held - 200000) * 200 / 1000000 - 2;
	ck_assert_uint_ge(p->transactions.pool_timeouts, expected - expected / 10 - 2);
	ck_assert_uint_le(p->transactions.pool_timeouts, expected + expected / 4 + 4);
	/* the two that were stuck waited for all of it */
	ck_assert_uint_ge(p->latency_us.max, held - 30000);
	ck_assert_uint_le(p->latency_us.max, held + 250000);
	/* a fifth of the completed ones stood in the queue for up to 200 ms: felt, but no service
	 * time */
	ck_assert_uint_ge(p->latency_us.p95, 50000);
	ck_assert_uint_lt(p->service_us.p95, p->latency_us.p95 / 2);
	run_release(&r);
}
END_TEST

/* The same stall twice. A closed loop stops asking while it lasts, so that only as many
 * transactions as there are connections ever feel it; those that arrive by themselves feel all of
 * it. */
START_TEST(a_stall_is_felt_by_all_that_arrive_and_by_few_of_a_closed_loop)
{
	static const enum workload_mode modes[] = {WORKLOAD_OPEN, WORKLOAD_CLOSED};
	struct run r;
	const struct result_phase *p;

	run_init(&r);
	r.settings.mode = modes[_i];
	r.settings.rate = 200;
	r.settings.connections = 3;
	r.settings.acquire_timeout_us = 0;
	add(&r, "read", "SELECT v FROM kv WHERE k = 5;\n");
	start(&r);
	clock_sleep_us(300000);
	sql("BEGIN; LOCK TABLE kv IN ACCESS EXCLUSIVE MODE");
	clock_sleep_us(1200000);
	sql("ROLLBACK");
	clock_sleep_us(300000);
	stop(&r, 10000000);
	p = phase(&r, PHASE_WARM_UP);
	no_errors(p);
	ck_assert_uint_eq(p->transactions.completed, p->transactions.arrived);
	ck_assert_uint_ge(p->latency_us.max, 1100000);
	if (modes[_i] == WORKLOAD_OPEN) {
		/* two thirds arrived in it, and waited for 600 ms on average */
		ck_assert_uint_ge(p->latency_us.p50, 150000);
		ck_assert_uint_ge(p->latency_us.mean, 250000);
	} else {
		ck_assert_uint_lt(p->latency_us.p50, 100000);
		ck_assert_uint_lt(p->latency_us.mean * p->latency_us.count,
			(uint64_t)3 * 1500000 + p->latency_us.count * 50000);
	}
	run_release(&r);
}
END_TEST

/* When each transaction arrives follows from the seed, so what it has to feel of a lock that is
 * held until a known moment is known, one by one. */
START_TEST(latencies_of_a_stall_are_those_that_the_schedule_foretells)
{
	static const unsigned weight = 1;
	struct schedule_config config = {.rate = 100,
		.arrivals = ARRIVALS_POISSON,
		.seed = 7,
		.weights = &weight,
		.n_types = 1,
		.workers = 1};
	struct schedule schedule;
	struct scheduled next = {0};
	struct run r;
	uint64_t origin, from, to, total = 0, longest = 0, n = 0;
	const struct result_phase *p;
	struct err err = {0};

	run_init(&r);
	r.settings.rate = config.rate;
	r.settings.arrivals = config.arrivals;
	r.settings.connections =
		_i ? 40 : 5; /* all wait for the lock; most wait for a connection */
	r.settings.acquire_timeout_us = 0;
	add(&r, "read", "SELECT v FROM kv WHERE k = 5;\n");
	ck_ok(load(&r, &err), err);
	origin = clock_us();
	ck_ok(workload_start(r.w, origin, &err), err);
	clock_sleep_us(200000);
	sql("BEGIN; LOCK TABLE kv IN ACCESS EXCLUSIVE MODE");
	from = clock_us() - origin;
	clock_sleep_us(2000000);
	to = clock_us() - origin;
	sql("ROLLBACK");
	clock_sleep_us(200000);
	stop(&r, 10000000);
	p = phase(&r, PHASE_WARM_UP);
	schedule_init(&schedule, &config);
	for (schedule_next(&schedule, &next); next.at_us < to; schedule_next(&schedule, &next)) {
		if (next.at_us < from)
			continue;
		n++;
		total += to - next.at_us;
		if (to - next.at_us > longest)
			longest = to - next.at_us;
	}
	ck_assert_uint_gt(n, 100);
	/* Never less than foretold; what is more is the machine's. */
	ck_assert_uint_ge(p->latency_us.max + longest / 500, longest);
	ck_assert_uint_le(p->latency_us.max, longest + 500000);
	ck_assert_uint_ge(
		p->latency_us.mean * p->latency_us.count + p->latency_us.count + total / 500,
		total);
	ck_assert_uint_le(
		p->latency_us.mean * p->latency_us.count, total + p->latency_us.count * 300000);
	run_release(&r);
}
END_TEST

START_TEST(a_restart_of_the_server_is_survived_with_new_connections)
{
	struct test_pg shared = pg;
	struct run r;
	struct workload_live live, later;
	struct err err = {0};
	const struct result_phase *p;

	/* A server of its own: one that a test starts ends with that test's process. */
	teardown();
	start_server();
	setup();
	run_init(&r);
	r.settings.rate = 200;
	r.settings.acquire_timeout_us = 300000;
	add(&r, "read", "SELECT v FROM kv WHERE k = 5;\n");
	add(&r, "nap", "SELECT pg_sleep(0.05);\n");
	start(&r);
	clock_sleep_us(500000);
	postgres_db.close(control);
	control = NULL;
	ck_ok(pg_server_stop(&pg.server, &err), err);
	clock_sleep_us(500000);
	ck_ok(pg_server_start(&pg.server, 60000000, &err), err);
	ck_ok(db_connect(&postgres_db, &(struct db_target){.dsn = pg.dsn}, &control, &err), err);
	clock_sleep_us(2000000);
	workload_live(r.w, &live);
	clock_sleep_us(500000);
	workload_live(r.w, &later);
	ck_assert_uint_gt(later.completed, live.completed + 20);
	ck_assert_uint_eq(later.failed, live.failed);
	stop(&r, 10000000);
	p = phase(&r, PHASE_WARM_UP);
	check_identity(&p->transactions);
	ck_assert_uint_gt(p->transactions.failed, 0);
	ck_assert_uint_gt(p->transactions.pool_timeouts, 0);
	for (size_t i = 0; i < p->n_errors; i++)
		ck_assert_str_eq(p->errors[i].class, "connection");
	ck_assert_uint_ge(r.sessions, 16);
	run_release(&r);
	stop_server();
	pg = shared;
}
END_TEST

START_TEST(a_changed_result_type_fails_once_per_connection_and_then_works_again)
{
	struct run r;
	const struct result_phase *p;

	run_init(&r);
	r.settings.connections = 4;
	sql("DROP TABLE IF EXISTS shape; CREATE TABLE shape (a int); INSERT INTO shape VALUES (1)");
	add(&r, "star", "SELECT * FROM shape WHERE a = 1;\n");
	start(&r);
	clock_sleep_us(500000);
	workload_phase(r.w, PHASE_MIGRATION);
	sql("ALTER TABLE shape ADD COLUMN b int");
	clock_sleep_us(500000);
	workload_phase(r.w, PHASE_RECOVERY);
	clock_sleep_us(500000);
	stop(&r, 10000000);
	p = phase(&r, PHASE_MIGRATION);
	ck_assert_uint_ge(errors(p, "0A000"), 1);
	ck_assert_uint_le(p->transactions.failed, 4);
	ck_assert_uint_eq(errors(p, "0A000"), p->transactions.failed);
	ck_assert_uint_le(
		p->transactions.failed + phase(&r, PHASE_RECOVERY)->transactions.failed, 4);
	ck_assert_uint_gt(phase(&r, PHASE_RECOVERY)->transactions.completed, 80);
	run_release(&r);
}
END_TEST

START_TEST(a_statement_that_the_server_forgot_is_prepared_again_unseen)
{
	struct run r;

	run_init(&r);
	r.settings.connections = 2;
	add(&r, "forget", "SELECT v FROM kv WHERE k = 5;\nDEALLOCATE ALL;\n");
	run_for(&r, 700000);
	no_errors(phase(&r, PHASE_WARM_UP));
	ck_assert_uint_gt(phase(&r, PHASE_WARM_UP)->transactions.completed, 100);
	run_release(&r);
}
END_TEST

START_TEST(each_transaction_has_its_own_statement_timeout)
{
	struct run r;
	const struct result_phase *p;

	run_init(&r);
	r.settings.rate = 60;
	add(&r, "short", "SELECT pg_sleep(0.15);\n");
	add(&r, "long", "SELECT pg_sleep(0.15);\n");
	r.scripts[0].statement_timeout_us = 20000;
	run_for(&r, 1500000);
	p = phase(&r, PHASE_WARM_UP);
	ck_assert_uint_gt(p->types[0].transactions.failed, 15);
	ck_assert_uint_eq(p->types[0].transactions.failed, errors(p, "57014"));
	ck_assert_uint_eq(p->types[0].transactions.completed, 0);
	ck_assert_uint_eq(p->types[1].transactions.failed, 0);
	ck_assert_uint_gt(p->types[1].transactions.completed, 15);
	run_release(&r);
}
END_TEST

START_TEST(what_is_still_open_at_the_end_is_in_flight_and_cancelled)
{
	struct run r;
	const struct result_phase *p;
	uint64_t begin;

	run_init(&r);
	r.settings.connections = 2;
	r.settings.rate = 50;
	r.settings.acquire_timeout_us = 60000000;
	add(&r, "long", "SELECT pg_sleep(600);\n");
	start(&r);
	clock_sleep_us(500000);
	begin = clock_us();
	stop(&r, 100000);
	ck_assert_uint_lt(clock_us() - begin, 8000000);
	p = phase(&r, PHASE_WARM_UP);
	check_identity(&p->transactions);
	ck_assert_uint_eq(p->transactions.completed + p->transactions.failed, 0);
	ck_assert_uint_gt(p->transactions.in_flight, 10);
	clock_sleep_us(300000);
	ck_assert_int_eq(number("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
				" AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"),
		0);
	run_release(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workload");
	TCase *tc = tcase_create("workload");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, open_loop_keeps_its_rate_and_counts_by_phase_of_arrival, 0, 2);
	tcase_add_test(tc, closed_loop_runs_each_connection_back_to_back);
	tcase_add_test(tc, the_same_seed_sends_the_same_parameters_whatever_the_workers);
	tcase_add_test(tc, errors_are_survived_and_counted_by_code_and_transaction);
	tcase_add_test(tc, an_exclusive_lock_exhausts_the_pool_and_the_waits_are_counted);
	tcase_add_loop_test(
		tc, a_stall_is_felt_by_all_that_arrive_and_by_few_of_a_closed_loop, 0, 2);
	tcase_add_loop_test(tc, latencies_of_a_stall_are_those_that_the_schedule_foretells, 0, 2);
	tcase_add_test(tc, a_restart_of_the_server_is_survived_with_new_connections);
	tcase_add_test(tc, a_changed_result_type_fails_once_per_connection_and_then_works_again);
	tcase_add_test(tc, a_statement_that_the_server_forgot_is_prepared_again_unseen);
	tcase_add_test(tc, each_transaction_has_its_own_statement_timeout);
	tcase_add_test(tc, what_is_still_open_at_the_end_is_in_flight_and_cancelled);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
