/*
 * The application's statements, scenarios/opendental/, sent by the real workload engine to the
 * fixture: on both engines, on both versions, and on a server that does not have the vendor's
 * sql_mode. None may fail, or scenarios would judge the workload instead of the migration.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/dialect.h"
#include "adapters/mysql/mysql.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/workload/workload.h"
#include "tests/support/opendental.h"
#include "tests/support/provider_run.h"
#include "tests/support/suite.h"

#define RUN_US 5000000
#define DRAIN_US 20000000

static struct err err;

static const struct engine engine = {.name = "mysql", .db = &mysql_db, .dialect = &mysql_dialect};

static const struct variant {
	const char *fixture, *sql_mode;
} variants[] = {
	{"opendental", ""},
	{"opendental", "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO"},
	{"opendental-innodb", ""},
	{"opendental-24.2", ""},
	{"opendental-24.2-innodb", "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO"},
};

static void find_scripts(struct scenario_workload *settings)
{
	glob_t files;

	ck_assert_int_eq(glob("scenarios/opendental/*.sql", 0, NULL, &files), 0);
	settings->n_scripts = files.gl_pathc;
	settings->scripts = mem_zalloc(files.gl_pathc * sizeof(*settings->scripts));
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *path = files.gl_pathv[i], *name = strrchr(path, '/') + 1;

		settings->scripts[i].file = mem_strdup(path);
		settings->scripts[i].name = mem_strndup(name, strlen(name) - strlen(".sql"));
		settings->scripts[i].weight = 1;
	}
	globfree(&files);
}

static void release_scripts(struct scenario_workload *settings)
{
	for (size_t i = 0; i < settings->n_scripts; i++) {
		mem_free(settings->scripts[i].file);
		mem_free(settings->scripts[i].name);
	}
	mem_free(settings->scripts);
}

static void check_phase(const struct result_phase *p, size_t n_scripts)
{
	for (size_t i = 0; i < p->n_errors; i++)
		ck_abort_msg("%s: %s %s", p->errors[i].transaction, p->errors[i].code,
			p->errors[i].text);
	ck_assert_uint_eq(p->transactions.failed, 0);
	ck_assert_uint_eq(p->n_types, n_scripts);
	for (size_t i = 0; i < p->n_types; i++)
		ck_assert_msg(
			p->types[i].transactions.completed > 0, "%s never ran", p->types[i].name);
}

START_TEST(no_statement_of_the_application_fails)
{
	const struct variant *v = &variants[_i];
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&od_server.server, v->fixture);
	CLEANUP(cleanup_free) char *mode = mem_printf("SET GLOBAL sql_mode = '%s'", v->sql_mode);
	struct scenario_workload settings = {.rate = 120,
		.connections = 8,
		.acquire_timeout_us = DRAIN_US,
		.workers = 1,
		.seed = 7,
		.sample_size = 200};
	struct workload_config config = {.engine = &engine, .dsn = dsn, .settings = &settings};
	struct workload *w = NULL;
	struct result result;

	od_build(v->fixture, v->fixture, "0.005");
	free(od_query(NULL, mode));
	find_scripts(&settings);
	ck_assert_uint_gt(settings.n_scripts, 15);
	result_init(&result);
	ck_ok(workload_load(&config, &w, &err), err);
	ck_ok(workload_connect(w, &err), err);
	ck_ok(workload_start(w, clock_us(), &err), err);
	clock_sleep_us(RUN_US);
	workload_stop(w, DRAIN_US);
	workload_report(w, &result);
	check_phase(&result.phases[PHASE_WARM_UP], settings.n_scripts);
	workload_free(w);
	result_release(&result);
	release_scripts(&settings);
}
END_TEST

/* What the rows are for: the statements find something. */
START_TEST(statements_find_rows)
{
	static const struct {
		const char *sql, *comment;
	} facts[] = {
		{"SELECT COUNT(*) > 0 FROM appointment WHERE AptDateTime >= '2026-01-05' "
		 "AND AptDateTime < '2026-01-12' AND AptStatus IN (1, 2, 5, 7, 8)",
			"appointments in the week of today"},
		{"SELECT COUNT(*) > 5 FROM schedule WHERE SchedDate = '2026-01-05'",
			"who works today"},
		{"SELECT COUNT(*) > 0 FROM claim WHERE ClaimStatus = 'W'", "claims to send"},
		{"SELECT COUNT(*) > 5 FROM recall WHERE DateDue BETWEEN '2025-12-05' AND "
		 "'2026-02-05' AND IsDisabled = 0 AND DateScheduled = '0001-01-01' "
		 "AND RecallTypeNum IN (1, 2, 3)",
			"recalls that are due"},
		{"SELECT COUNT(*) > 0 FROM preference WHERE PrefName = 'Setting0013'",
			"preferences by name"},
		{"SELECT COUNT(*) > 100 FROM claimproc USE INDEX (indexAcctCov) WHERE ProcNum > 0",
			"the index that the account names"},
	};

	od_build("opendental", "opendental", "0.005");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		od_expect("opendental", facts[i].sql, "1", facts[i].comment);
}
END_TEST

/* The variants are folders of links, which must not be copied as links. */
START_TEST(provider_builds_a_variant_and_replicates_it)
{
	CLEANUP(cleanup_free) char *cache = fs_join(od_server.dir, "cache");
	struct test_run run;
	struct db_conn *conn = NULL;
	int64_t n;

	test_run_init(&run, "mysql", &mysql_embedded);
	run.env.cache_dir = cache;
	run.config.fixture = "fixtures/opendental-24.2/mysql";
	run.config.database = "opendental";
	run.config.scale = 0.001;
	test_run_up(&run);
	ck_ok(db_connect(&mysql_db,
		      &(struct db_target){.dsn = run.provider->info(run.replica)->dsn}, &conn,
		      &err),
		err);
	ck_ok(db_number(&mysql_db, conn, "SELECT COUNT(*) FROM opendental.securitylog", &n, &err),
		err);
	ck_assert_int_eq(n, 5000);
	mysql_db.close(conn);
	test_run_down(&run);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opendental_workload");
	TCase *t = tcase_create("workload");

	tcase_add_unchecked_fixture(t, od_start, od_stop);
	tcase_set_timeout(t, SUITE_TIMEOUT_S);
	tcase_add_loop_test(t, no_statement_of_the_application_fails, 0,
		sizeof(variants) / sizeof(variants[0]));
	tcase_add_test(t, statements_find_rows);
	tcase_add_test(t, provider_builds_a_variant_and_replicates_it);
	suite_add_tcase(s, t);
	return suite_run(s);
}
