/* The runner on MariaDB: which statements its time-outs cut, and where. */
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "adapters/mysql/mysql.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/migration/migration.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static struct result result;
static struct scenario_migration settings;
static char *dir, *path;

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
	path = mem_printf("%s/001.sql", dir);
	settings = (struct scenario_migration){.files = &path,
		.n_files = 1,
		.transaction = TRANSACTION_STATEMENT,
		.lock_timeout_us = 1000000,
		.statement_timeout_us = 20000000,
		.attempts = 1};
	result_init(&result);
	rig_once("DROP TABLE IF EXISTS isam");
	rig_once("CREATE TABLE isam (id INT PRIMARY KEY, n INT, KEY (n)) ENGINE = MyISAM");
	rig_once("INSERT INTO isam SELECT seq, seq FROM seq_1_to_1000");
}

static void teardown(void)
{
	struct err err = {0};

	result_release(&result);
	ck_ok(fs_remove_tree(dir, &err), err);
	mem_free(dir);
	mem_free(path);
}

static void migrate(const char *text)
{
	struct migration_run run = {.engine = &mysql_engine,
		.dsn = server.dsn,
		.settings = &settings,
		.run_id = "0123456789abcdef",
		.seed = 1,
		.origin_us = clock_wall_us()};
	struct migration m = {0};
	struct err err = {0};

	result_release(&result);
	result_init(&result);
	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
	ck_ok(migration_load(&settings, &mysql_dialect, &m, &err), err);
	ck_ok(migration_execute(&m, &run, &result, &err), err);
	migration_release(&m);
}

/* Behind a reader that stays; what must not be cut at work may be cut while it waits. */
static const struct {
	const char *sql, *comment;
} waiting[] = {
	{"OPTIMIZE TABLE isam", "its errors are rows"},
	{"REPAIR TABLE isam", "the same"},
	{"ALTER TABLE isam ENABLE KEYS", "a part of ALTER TABLE"},
	{"ALTER TABLE isam FORCE", "may be cut at any time"},
};

START_TEST(nobody_waits_for_its_locks_for_ever)
{
	struct db_conn *reader = rig_session("reader");
	const struct result_statement *s;

	rig_run(reader, "LOCK TABLES isam READ");
	migrate(waiting[_i].sql);
	s = &result.statements[0];
	ck_assert_msg(!strcmp(s->outcome, "timed-out") && !strcmp(s->code, "1205"),
		"%s (%s): %s %s: %s", waiting[_i].sql, waiting[_i].comment, s->outcome, s->code,
		s->error ? s->error : "");
	db->close(reader);
	migrate("CHECK TABLE isam");
	ck_assert_str_eq(result.statements[result.n_statements - 1].outcome, "ok");
}
END_TEST

START_TEST(another_limit_for_builds_does_not_lengthen_the_wait)
{
	struct db_conn *reader = rig_session("reader");

	settings.uncut_lock_timeout_us = 600000000;
	rig_run(reader, "LOCK TABLES isam READ");
	migrate("OPTIMIZE TABLE isam");
	ck_assert_str_eq(result.statements[0].outcome, "timed-out");
	db->close(reader);
}
END_TEST

/* A limit that cuts whatever takes any time. */
START_TEST(the_work_is_not_cut_by_the_statements_limit)
{
	settings.statement_timeout_us = 1;
	migrate("OPTIMIZE TABLE isam;\nREPAIR TABLE isam;\nALTER TABLE isam FORCE;\n");
	ck_assert_str_eq(result.statements[0].outcome, "ok");
	ck_assert_str_eq(result.statements[1].outcome, "ok");
	/* MySQL's limit holds for SELECT alone; a copy of a few rows is over before anybody else
	 * could cut it. */
	if (server.programs.flavour.mariadb)
		ck_assert_str_eq(result.statements[2].code, "1969");
}
END_TEST

/* By the server, or by the harness where the server's limit does not reach DDL. */
START_TEST(a_change_that_works_too_long_is_cut)
{
	const struct result_statement *s;

	rig_once("DROP TABLE IF EXISTS large");
	rig_once("CREATE TABLE large (id INT PRIMARY KEY, n INT) ENGINE = InnoDB");
	rig_once("INSERT INTO large SELECT seq, seq FROM seq_1_to_400000");
	settings.statement_timeout_us = 100000;
	migrate("ALTER TABLE large MODIFY n BIGINT, FORCE, ALGORITHM = COPY");
	s = &result.statements[0];
	ck_assert_str_eq(s->outcome, "timed-out");
	if (server.programs.flavour.mariadb) {
		ck_assert_str_eq(s->code, "1969");
		ck_assert_str_eq(s->note, "");
	} else {
		ck_assert_str_eq(s->code, "1317");
		ck_assert_msg(
			strstr(s->note, "cancelled by the harness after 100ms"), "%s", s->note);
	}
	settings.statement_timeout_us = 20000000;
	migrate("ALTER TABLE large ADD COLUMN m INT");
	ck_assert_str_eq(result.statements[0].outcome, "ok");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_migration");
	TCase *tc = tcase_create("time-outs");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, rig_start_mariadb, rig_stop);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, nobody_waits_for_its_locks_for_ever, 0, (int)N(waiting));
	tcase_add_test(tc, another_limit_for_builds_does_not_lengthen_the_wait);
	tcase_add_test(tc, the_work_is_not_cut_by_the_statements_limit);
	tcase_add_test(tc, a_change_that_works_too_long_is_cut);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
