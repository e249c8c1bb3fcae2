/* A migration that a command runs: seen, attributed and judged as any other. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/engines.h"
#include "tests/support/files.h"
#include "tests/support/suite.h"

static struct cli cli;

#define SCENARIO(engine, command)                                       \
	{                                                               \
		"scenario.yaml",                                        \
			"name: by-command\n"                            \
			"engine: " engine "\n"                          \
			"replica:\n"                                    \
			"  fixture: ./fixture\n"                        \
			"migration:\n"                                  \
			"  command: test -z \"$SHOP\" && " command "\n" \
			"  working_dir: tool\n"                         \
			"workload:\n"                                   \
			"  rate: 150/s\n"                               \
			"  connections: 4\n"                            \
			"phases:\n"                                     \
			"  warm_up: 0\n"                                \
			"  baseline: 1s\n"                              \
			"  recovery: 200ms\n"                           \
			"  migration_min: 200ms\n"                      \
	}

static const struct test_file postgres_files[TEST_FILES_MAX] = {
	SCENARIO("postgres", "psql -X -v ON_ERROR_STOP=1 -d \"$DATABASE_URL\" -f m.sql"),
	{"fixture/1.sql",
		"CREATE TABLE visit (id bigint PRIMARY KEY, note text, seen date);\n"
		"INSERT INTO visit SELECT i, 'x' FROM generate_series(1, 2000) i;\n"},
	{"tool/m.sql",
		"SELECT count(*) FROM visit;\n"
		"BEGIN;\n"
		"ALTER TABLE visit ADD length int;\n"
		"ALTER TABLE visit ALTER note TYPE varchar(9);\n"
		"SELECT pg_sleep(1.5);\n"
		"COMMIT;\n"
		"BEGIN;\n"
		"LOCK TABLE visit IN SHARE MODE;\n"
		"SELECT pg_sleep(1);\n"
		"COMMIT;\n"
		"LOCK TABLE visit;\n"},
};

/* Its clients find the server by the environment alone. */
static const struct test_file mysql_files[TEST_FILES_MAX] = {
	SCENARIO("mysql", "sh m.sh"),
	{"fixture/1.sql",
		"CREATE TABLE visit (id BIGINT PRIMARY KEY, note TEXT, seen DATE);\n"
		"INSERT INTO visit SELECT seq, 'x', NULL FROM seq_1_to_40000;\n"},
	{"tool/m.sh",
		"mariadb -f < m.sql\n"
		"mariadb -e 'LOCK TABLES visit WRITE; SELECT SLEEP(1.5)' &\n"
		"sleep 0.6\n"
		"mariadb -e \"UPDATE visit SET note = 'waited' WHERE id = 5\"\n"
		"wait\n"
		"mariadb -e 'DROP INDEX seen ON visit'\n"},
	{"tool/m.sql",
		"SELECT COUNT(*) FROM visit;\n"
		"ALTER TABLE visit ADD length INT;\n"
		"ALTER TABLE visit MODIFY note VARCHAR(9);\n"
		"CREATE INDEX seen ON visit (seen);\n"
		"ALTER TABLE nothing ADD x INT;\n"
		"BEGIN;\n"
		"UPDATE visit SET note = 'undone' WHERE id = 7;\n"
		"ROLLBACK;\n"
		"PREPARE one FROM 'UPDATE visit SET note = ? WHERE id = ?';\n"
		"SET @note = 'q', @id = 9;\n"
		"EXECUTE one USING @note, @id;\n"
		"SET autocommit = 0;\n"
		"DELETE FROM visit WHERE id = 8;\n"},
};

static void start(const struct test_file *files)
{
	cli_init(&cli);
	test_files_write(cli.root, files);
	cli.extra_env = "SHOP=postgresql://production/shop";
}

static void start_postgres(void)
{
	start(postgres_files);
}

static void start_mysql(void)
{
	start(mysql_files);
}

static void stop(void)
{
	cli_release(&cli);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool holds(const json_t *statement, const char *object, const char *mode)
{
	const json_t *locks = json_object_get(statement, "locks"), *lock;
	size_t i;

	json_array_foreach((json_t *)locks, i, lock) if (!strcmp(text_of(lock, "object"), object) &&
		!strcmp(text_of(lock, "mode"), mode)) return true;
	return false;
}

START_TEST(its_statements_are_learned_from_the_server)
{
	static const char *const kinds[] = {"ALTER TABLE ADD COLUMN",
		"ALTER TABLE ALTER COLUMN TYPE", "LOCK TABLE", "LOCK TABLE"};
	const json_t *list, *one;
	struct cli_run run;
	json_t *result;

	CLI(&cli, &run, "run", cli.root, "--output", cli.output, "--quiet");
	ck_assert_msg(run.code == 1, "exit %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	list = json_object_get(result, "statements");
	ck_assert_uint_eq(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(text_of(json_array_get(list, i), "kind"), kinds[i]);
	one = json_array_get(list, 0);
	ck_assert_str_eq(text_of(one, "outcome"), "ok");
	ck_assert(holds(one, "public.visit", "AccessExclusiveLock"));
	ck_assert_int_gt(json_integer_value(json_object_get(
				 json_array_get(json_object_get(one, "locks"), 0), "hold_us")),
		1000000);
	one = json_array_get(list, 1);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(one, "rewritten"), 0)),
		"public.visit");
	/* No trigger tells this one: it is sampled, and its lock is not the sleep's that follows.
	 */
	ck_assert(holds(json_array_get(list, 2), "public.visit", "ShareLock"));
	one = json_array_get(list, 3);
	ck_assert_str_eq(text_of(one, "outcome"), "failed");
	ck_assert_str_eq(text_of(one, "code"), "25P01");
	/* The traffic waited, and it is known behind whom. */
	ck_assert_msg(strstr(run.out, "behind statement"), "%s", run.out);
	json_decref(result);
	cli_run_release(&run);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
}
END_TEST

static const struct {
	const char *kind, *outcome, *code, *rewritten, *algorithm, *comment;
} learned[] = {
	{"ALTER TABLE ADD COLUMN", "ok", "", NULL, "instant", ""},
	{"ALTER TABLE MODIFY COLUMN", "ok", "", "by_command.visit", "copy", ""},
	{"CREATE INDEX", "ok", "", NULL, "inplace", ""},
	{"ALTER TABLE ADD COLUMN", "failed", "1146", NULL, "", "no such table"},
	{"UPDATE", "rolled-back", "", NULL, "", "in a transaction"},
	{"UPDATE", "ok", "", NULL, "", "prepared"},
	{"DELETE", "rolled-back", "", NULL, "", "never committed, without autocommit"},
	{"LOCK TABLES", "ok", "", NULL, "", "in the background"},
	{"UPDATE", "ok", "", NULL, "", "waits for that"},
	{"DROP INDEX", "ok", "", NULL, "instant", "by a session of a moment"},
};

static void check_learned(const json_t *one, size_t i)
{
	const json_t *rewritten = json_object_get(one, "rewritten");

	ck_assert_str_eq(text_of(one, "kind"), learned[i].kind);
	ck_assert_msg(!strcmp(text_of(one, "outcome"), learned[i].outcome), "%s: %s",
		learned[i].kind, text_of(one, "outcome"));
	ck_assert_str_eq(text_of(one, "code"), learned[i].code);
	ck_assert_str_eq(text_of(one, "algorithm_measured"), learned[i].algorithm);
	ck_assert_uint_eq(json_array_size(rewritten), learned[i].rewritten ? 1 : 0);
}

START_TEST(a_shell_script_of_clients_is_learned_whole)
{
	const size_t n = sizeof(learned) / sizeof(learned[0]);
	const json_t *list, *locking, *waiting;
	struct cli_run run;
	json_t *result;

	CLI(&cli, &run, "run", cli.root, "--output", cli.output, "--quiet");
	ck_assert_msg(run.code == 1, "exit %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	list = json_object_get(result, "statements");
	ck_assert_msg(json_array_size(list) == n, "%zu statements", json_array_size(list));
	for (size_t i = 0; i < n; i++)
		check_learned(json_array_get(list, i), i);
	/* Held until the session let go of it, not until the statement ended. */
	locking = json_array_get(list, 7);
	ck_assert_str_eq(text_of(json_array_get(json_object_get(locking, "locks"), 0), "mode"),
		"SHARED_NO_READ_WRITE");
	ck_assert_int_gt(json_integer_value(json_object_get(
				 json_array_get(json_object_get(locking, "locks"), 0), "hold_us")),
		1000000);
	waiting = json_array_get(list, 8);
	ck_assert_int_gt(json_integer_value(json_object_get(waiting, "duration_us")), 300000);
	/* The traffic, too. */
	ck_assert_int_gt(
		json_integer_value(json_object_get(json_object_get(locking, "caused"), "count")),
		0);
	json_decref(result);
	cli_run_release(&run);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
}
END_TEST

static const struct {
	const char *command, *limit, *code, *error;
} failures[] = {
	{"migration.command=echo hello", "migration.limit=1m", "exit 0",
		"the command did nothing on the replica that changes or blocks anything (0 other "
		"statements): does it take its server from DATABASE_URL or the variables beside "
		"it? it said last: hello"},
	{"migration.command=psql -c 'SELECT 1'; mariadb -e 'SELECT 1'; echo no way; exit 7",
		"migration.limit=1m", "exit 7", "the command ended with exit code 7: no way"},
	{"migration.command=sleep 100", "migration.limit=1s", "limit",
		"cut by the migration's limit of 1s"},
};

START_TEST(a_command_that_fails_is_a_statement_that_failed)
{
	struct cli_run run;
	const json_t *one;
	json_t *result;

	CLI(&cli, &run, "run", cli.root, "--output", cli.output, "--quiet", "--set",
		failures[_i].command, "--set", failures[_i].limit, "--set", "workload.rate=60/s");
	ck_assert_msg(run.code == 1, "exit %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	one = json_array_get(json_object_get(result, "statements"), 0);
	ck_assert_str_eq(text_of(one, "code"), failures[_i].code);
	ck_assert_str_eq(text_of(one, "error"), failures[_i].error);
	json_decref(result);
	cli_run_release(&run);
	ck_assert_uint_eq(cli_processes(cli.tmp), 0);
}
END_TEST

static const struct {
	const char *set, *error;
} refused[] = {
	{"migration.files.0=tool/m.sql",
		"migration.command: a command takes no files, versions or placeholders beside it"},
	{"migration.working_dir=nowhere", "migration.working_dir: no such directory: 'nowhere'"},
	{"migration.command=", "migration.command: is empty"},
};

START_TEST(what_is_not_supported_ends_at_once)
{
	struct cli_run run;

	CLI(&cli, &run, "plan", cli.root, "--set", refused[_i].set);
	ck_assert_msg(run.code == 2 && strstr(run.err, refused[_i].error), "exit %d: %s", run.code,
		run.err);
	cli_run_release(&run);
}
END_TEST

START_TEST(the_plan_says_what_will_run)
{
	struct cli_run run;

	CLI(&cli, &run, "plan", cli.root);
	ck_assert_int_eq(run.code, 0);
	ck_assert_msg(strstr(run.out, "migration: the command 'test -z"), "%s", run.out);
	cli_run_release(&run);
}
END_TEST

/* ---- on a replica that its owner gives up ---- */

static struct engine_pair pair;

static void start_pair(const struct test_engine *engine)
{
	cli_init(&cli);
	engine->start_primary(&pair);
	engine_run(engine, pair.primary_dsn, engine->tables);
	engine->start_replica(&pair);
	engine->mark(&pair);
}

static void start_mysql_pair(void)
{
	start_pair(&test_engine_mysql);
}

static void stop_pair(void)
{
	cli_release(&cli);
	test_engine_mysql.stop(&pair);
}

static void run_promote(struct cli_run *run, const char *standby)
{
	CLI(&cli, run, "run", "--provider", "promote", "--source", pair.primary_dsn, "--standby",
		standby, "--set", "engine=mysql", "--set", "replica.disposable=true", "--set",
		"migration.command=mariadb -e 'ALTER TABLE visit ADD kind int'", "--output",
		cli.output, "--set", "phases.warm_up=0", "--set", "phases.baseline=1s", "--set",
		"phases.recovery=500ms", "--set", "workload.rate=50/s", "--set",
		"verdict.p99_floor=1s");
}

START_TEST(a_promoted_replica_tells_a_commands_statements)
{
	char *plain = mem_printf("%s user=boss password=secretword", pair.replica_dsn);
	const json_t *one;
	struct cli_run run;
	json_t *result;

	/* An account that can make no other: refused while the replica is still one. */
	run_promote(&run, plain);
	ck_assert_msg(
		run.code == 2 && strstr(run.err, "GRANT OPTION"), "exit %d: %s", run.code, run.err);
	cli_run_release(&run);
	engine_until(&test_engine_mysql, pair.replica_dsn, test_engine_mysql.is_replica);
	run_promote(&run, pair.replica_dsn);
	ck_assert_msg(run.code == 0 || run.code == 4, "exit %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	ck_assert_uint_eq(json_array_size(json_object_get(result, "statements")), 1);
	one = json_array_get(json_object_get(result, "statements"), 0);
	ck_assert_str_eq(text_of(one, "kind"), "ALTER TABLE ADD COLUMN");
	ck_assert_str_eq(text_of(one, "algorithm_measured"), "instant");
	ck_assert_msg(holds(one, "shop.visit", "EXCLUSIVE"), "%s", run.out);
	json_decref(result);
	cli_run_release(&run);
	mem_free(plain);
}
END_TEST

static void add_pair(Suite *s)
{
	TCase *tc = tcase_create("promote");

	tcase_add_unchecked_fixture(tc, start_mysql_pair, stop_pair);
	tcase_add_test(tc, a_promoted_replica_tells_a_commands_statements);
	suite_add_tcase(s, tc);
}

static TCase *add_case(Suite *s, const char *name, SFun start_it)
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, start_it, stop);
	tcase_add_loop_test(tc, a_command_that_fails_is_a_statement_that_failed, 0,
		sizeof(failures) / sizeof(failures[0]));
	tcase_add_loop_test(
		tc, what_is_not_supported_ends_at_once, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, the_plan_says_what_will_run);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("command");

	tcase_add_test(add_case(suite, "postgres", start_postgres),
		its_statements_are_learned_from_the_server);
	tcase_add_test(
		add_case(suite, "mysql", start_mysql), a_shell_script_of_clients_is_learned_whole);
	add_pair(suite);
	return suite_run(suite);
}
