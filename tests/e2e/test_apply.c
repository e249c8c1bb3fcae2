/* `rehearse apply` on servers that stand for production: refusals, resuming, repairs. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/apply_rig.h"
#include "tests/support/sample_result.h"
#include "tests/support/suite.h"

START_TEST(what_was_done_is_on_record_with_who_and_why)
{
	apply_use(_i);
	apply_file("ALTER TABLE t ADD y int;\nINSERT INTO t VALUES (1, 1, 1);\n", NULL, NULL, 0,
		"applied: 2 statements", "2 of 2: INSERT");
	apply_expect(apply_server->columns, "id.x.y");
	apply_expect(APPLY_ROWS, "1");
	apply_expect("SELECT count(*) FROM schema_migrations_audit WHERE outcome = 'ok' AND"
		     " note = 'without a rehearsal: a test' AND applied_by LIKE '%@%'",
		"2");
	/* Again: nothing is left to do. */
	apply_file("ALTER TABLE t ADD y int;\nINSERT INTO t VALUES (1, 1, 1);\n", NULL, NULL, 0,
		"applied: 0 statements, the rest was applied before", "");
	apply_expect(APPLY_ROWS, "1");
	apply_done();
}
END_TEST

START_TEST(a_dry_run_changes_nothing_at_all)
{
	apply_use(_i);
	apply_file("ALTER TABLE t ADD y int", "--dry-run", NULL, 0,
		"1 of 1 statements are to be run. Nothing was changed.", "");
	apply_expect(apply_server->columns, "id.x");
	apply_expect(apply_server->audit_exists, "0");
	apply_done();
}
END_TEST

START_TEST(after_a_failure_it_goes_on_where_it_was)
{
	static const char broken[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
				     "ALTER TABLE nowhere ADD z int;\nALTER TABLE t ADD z int;\n";
	static const char mended[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
				     "ALTER TABLE t ADD w int;\nALTER TABLE t ADD z int;\n";
	static const char other[] = "INSERT INTO t VALUES (2, 2);\nALTER TABLE t ADD y int;\n";

	apply_use(_i);
	apply_file(broken, NULL, NULL, 1, "NOT APPLIED: 2 of 4 statements are done", "");
	apply_expect(apply_server->columns, "id.x.y");
	apply_file(broken, "--dry-run", NULL, 0, "2 of 4 statements are to be run", "");
	apply_file(broken, NULL, NULL, 1, "applied-before", "");
	apply_file(mended, NULL, NULL, 0, "applied: 2 statements, the rest", "");
	apply_expect(apply_server->columns, "id.x.y.w.z");
	apply_expect(APPLY_ROWS, "1");
	apply_file(other, NULL, NULL, 3, "", "was applied with another text");
	apply_expect(APPLY_ROWS, "1");
	apply_done();
}
END_TEST

START_TEST(a_failed_transaction_is_run_whole_again_but_nothing_twice)
{
	static const char first[] =
		"INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
		"INSERT INTO t VALUES (2, 2, 2);\nINSERT INTO nowhere VALUES (1);\n";
	static const char second[] =
		"INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
		"INSERT INTO t VALUES (2, 2, 2);\nINSERT INTO t VALUES (3, 3, 3);\n";
	bool commits = apply_servers[_i].engine->db->features & DB_FEATURE_DDL_COMMITS;

	apply_use(_i);
	apply_file(first, "--set", "migration.transaction=file", 1, "NOT APPLIED", "");
	/* Behind a DDL that committed, each statement commits by itself. */
	apply_expect(APPLY_ROWS, commits ? "2" : "0");
	apply_file(second, "--set", "migration.transaction=file", 0, "applied", "");
	apply_expect(APPLY_ROWS, "3");
	apply_expect(apply_server->columns, "id.x.y");
	apply_done();
}
END_TEST

START_TEST(settings_of_the_session_are_made_again)
{
	bool is_postgres = !strcmp(apply_servers[_i].engine->name, "postgres");

	apply_use(_i);
	apply_sql(apply_admin,
		is_postgres ? "CREATE SCHEMA other" : "CREATE DATABASE IF NOT EXISTS other");
	apply_file(is_postgres ? "SET search_path = other;\nCREATE TABLE a (id int);\nSELECT 1/0;\n"
			       : "USE other;\nCREATE TABLE a (id int);\nSELECT * FROM nowhere;\n",
		NULL, NULL, 1, "NOT APPLIED", "");
	apply_file(is_postgres ? "SET search_path = other;\nCREATE TABLE a (id int);\n"
				 "CREATE TABLE b (id int);\n"
			       : "USE other;\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\n",
		NULL, NULL, 0, "applied: 2 statements", "");
	apply_expect(
		"SELECT count(*) FROM information_schema.tables WHERE table_schema = 'other'", "2");
	apply_sql(apply_admin, is_postgres ? "DROP SCHEMA other CASCADE" : "DROP DATABASE other");
	apply_done();
}
END_TEST

START_TEST(only_one_applies_at_a_time)
{
	struct db_conn *other;

	apply_use(_i);
	other = apply_session();
	apply_sql(other, apply_server->engine->dialect->apply_lock);
	apply_file("ALTER TABLE t ADD y int", NULL, NULL, 3, "", "another apply is at work");
	apply_expect(apply_server->columns, "id.x");
	apply_expect(apply_server->audit_exists, "0");
	apply_server->engine->db->close(other);
	apply_done();
}
END_TEST

START_TEST(the_record_is_in_the_transaction_of_what_it_records)
{
	apply_use(0);
	apply_file("INSERT INTO t VALUES (1, 1);\n", NULL, NULL, 0, "applied: 1 statement", "");
	apply_expect("SELECT (SELECT xmin::text FROM t) = (SELECT xmin::text FROM"
		     " schema_migrations_audit WHERE outcome = 'ok')",
		"t");
	apply_done();
}
END_TEST

START_TEST(an_invalid_index_is_dropped_and_built_anew)
{
	static const char text[] = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x);\n";

	apply_use(0);
	apply_sql(apply_admin, "INSERT INTO t VALUES (1, 1), (2, 1)");
	apply_file(text, NULL, NULL, 1, "23505", "");
	apply_expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "f");
	apply_sql(apply_admin, "DELETE FROM t WHERE id = 2");
	apply_file(text, NULL, NULL, 0, "first: DROP INDEX CONCURRENTLY public.i", "");
	apply_expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
	apply_done();
}
END_TEST

START_TEST(a_lock_that_is_not_granted_is_asked_for_again_and_the_wait_told)
{
	static const char text[] = "ALTER TABLE t ADD y int;\n";
	struct db_conn *reader;

	apply_use(_i);
	reader = apply_session();
	apply_sql(reader, _i ? "START TRANSACTION; SELECT * FROM t" : "BEGIN; SELECT * FROM t");
	apply_file(text, "--set", "migration.attempts=2", 1, "for locks, 2 attempts", "again");
	apply_expect("SELECT count(*) FROM schema_migrations_audit WHERE outcome = 'timed-out' AND"
		     " attempt IN (1, 2)",
		"2");
	apply_server->engine->db->close(reader);
	apply_wait_until(APPLY_ROWS, "0");
	apply_file(text, NULL, NULL, 0, "applied: 1 statement", "");
	apply_done();
}
END_TEST

/* ---- the approval ---- */

static char *approval(const char *file_text, const char *version, const char *verdict)
{
	char *path = fs_join(apply_cli.root, "result.json");
	char *sha256 = mem_zalloc(FS_SHA256_TEXT);
	struct result r;
	struct err err = {0};

	sample_healthy(&r);
	fs_sha256(file_text, strlen(file_text), sha256);
	ck_assert_uint_eq(r.n_files, 1);
	sample_set(&r.files[0].sha256, sha256);
	sample_set(&r.verdict, verdict);
	sample_set(&r.rehearsal.engine, apply_server->engine->name);
	sample_set(&r.rehearsal.server_version, version);
	sample_set(&r.rehearsal.transaction_mode, "statement");
	ck_ok(result_save(&r, path, &err), err);
	result_release(&r);
	free(sha256);
	return path;
}

static void apply_approved(const char *rehearsed, const char *version, const char *verdict,
	const char *mode, int code, const char *complains)
{
	static const char text[] = "ALTER TABLE t ADD y int";
	char *file = cli_file(&apply_cli, "m.sql", text);
	char *result = approval(rehearsed, version, verdict);
	struct cli_run run;

	CLI(&apply_cli, &run, "apply", "--target", *apply_server->dsn, file, "--set",
		apply_server->set_engine, "--set", mode, "--result", result);
	ck_assert_msg(run.code == code, "exit %d: %s%s", run.code, run.out, run.err);
	ck_assert_msg(strstr(run.err, complains), "'%s' is not in: %s", complains, run.err);
	cli_run_release(&run);
	free(file);
	free(result);
}

START_TEST(only_what_was_rehearsed_and_approved_is_applied)
{
	static const char text[] = "ALTER TABLE t ADD y int";
	static const char by_statement[] = "migration.transaction=statement";
	CLEANUP(cleanup_free) char *version = NULL;
	struct err err = {0};

	apply_use(_i);
	ck_ok(db_text(apply_server->engine->db, apply_admin,
		      apply_server->engine->dialect->server_version, &version, &err),
		err);
	apply_approved(text, version, "reject", by_statement, 3, "the verdict is 'reject'");
	apply_approved("ALTER TABLE t ADD z int", version, "approve", by_statement, 3,
		"is not the file that was rehearsed");
	apply_approved(text, "9.9", "approve", by_statement, 3, "it was rehearsed on version 9.9");
	apply_approved(text, version, "approve", "migration.transaction=file", 3,
		"it was rehearsed with migration.transaction 'statement'");
	apply_expect(apply_server->columns, "id.x");
	apply_expect(apply_server->audit_exists, "0");
	apply_approved(text, version, "approve", by_statement, 0, "1 of 1");
	apply_expect(apply_server->columns, "id.x.y");
	apply_done();
}
END_TEST

/* ---- the files of a tool, which keeps a table of its own ---- */

#define RECORDED "INSERT INTO schema_migrations VALUES "

static const struct {
	const char *rehearsed; /* files by their letters, in this order */
	char changed;	       /* since then */
	const char *recorded;  /* by the tool, in production */
	const char *says;
	const char *comment;
} folders[] = {
	{"abc", 0, NULL, NULL, "nothing has changed"},
	{"bc", 0, RECORDED "('20240101')", NULL, "the first was applied before"},
	{"abc", 0, RECORDED "('20240101'), ('20240102')",
		"'schema_migrations' says that files which were rehearsed are applied meanwhile: "
		"20240101, 20240102; rehearse the rest",
		"the tool ran, or was told that it had"},
	{"abc", 'b', NULL, "20240102_b.sql' has changed since it was rehearsed", "other text"},
	{"ac", 'c', NULL, "20240102_b.sql' was not rehearsed: these are 3 files, rehearsed were 2",
		"one came between, another has changed"},
	{"bc", 0, NULL, "20240101_a.sql' was not rehearsed: these are 3 files, rehearsed were 2",
		"applied where it was rehearsed, but not here"},
	{"abcd", 0, NULL, "20240104_d.sql' was rehearsed and is not among these files", "fewer"},
	{"bac", 0, NULL, "these files were rehearsed in another order", "another order"},
};

static char *file_name(char letter)
{
	return mem_printf("2024010%d_%c.sql", letter - 'a' + 1, letter);
}

static char *file_text(char letter, bool changed)
{
	return mem_printf(
		"-- migrate:up\nALTER TABLE t ADD %s%c int;\n", changed ? "new_" : "", letter);
}

static void write_folder(const char *dir, char changed)
{
	struct err err = {0};

	ck_ok(fs_mkdirs(dir, 0755, &err), err);
	for (char letter = 'a'; letter <= 'c'; letter++) {
		CLEANUP(cleanup_free) char *name = file_name(letter);
		CLEANUP(cleanup_free) char *path = fs_join(dir, name);
		CLEANUP(cleanup_free) char *text = file_text(letter, letter == changed);

		ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
	}
}

static void approve_folder(const char *letters, const char *path)
{
	const struct dialect *dialect = apply_server->engine->dialect;
	const struct db_adapter *db = apply_server->engine->db;
	CLEANUP(cleanup_free) char *version = NULL;
	char sha256[FS_SHA256_TEXT];
	struct result r;
	struct err err = {0};

	ck_ok(db_text(db, apply_admin, dialect->server_version, &version, &err), err);
	sample_healthy(&r);
	for (size_t i = 0; letters[i]; i++) {
		CLEANUP(cleanup_free) char *name = file_name(letters[i]);
		CLEANUP(cleanup_free) char *text = file_text(letters[i], false);

		fs_sha256(text, strlen(text), sha256);
		sample_file(&r, (unsigned)i, name, sha256);
	}
	sample_set(&r.verdict, "approve");
	sample_set(&r.rehearsal.engine, apply_server->engine->name);
	sample_set(&r.rehearsal.server_version, version);
	sample_set(&r.rehearsal.transaction_mode, "dbmate");
	ck_ok(result_save(&r, path, &err), err);
	result_release(&r);
}

START_TEST(how_the_files_differ_from_what_was_rehearsed_is_told)
{
	const char *says = folders[_i].says;
	CLEANUP(cleanup_free) char *name = mem_printf("folder%d", _i);
	CLEANUP(cleanup_free) char *dir = fs_join(apply_cli.root, name);
	CLEANUP(cleanup_free) char *result = fs_join(apply_cli.root, "folder.json");
	struct cli_run run;

	apply_use(_i % APPLY_SERVERS);
	apply_sql(apply_admin, "CREATE TABLE schema_migrations (version varchar(128))");
	if (folders[_i].recorded)
		apply_sql(apply_admin, folders[_i].recorded);
	write_folder(dir, folders[_i].changed);
	approve_folder(folders[_i].rehearsed, result);
	CLI(&apply_cli, &run, "apply", "--target", *apply_server->dsn, dir, "--set",
		apply_server->set_engine, "--result", result, "--dry-run");
	ck_assert_msg(run.code == (says ? 3 : 0), "%s: exit %d: %s%s", folders[_i].comment,
		run.code, run.out, run.err);
	ck_assert_msg(!says || strstr(run.err, says), "%s: %s", folders[_i].comment, run.err);
	cli_run_release(&run);
	apply_done();
}
END_TEST

START_TEST(wrong_words_touch_nothing)
{
	static const struct {
		const char *words[6];
		const char *says;
	} cases[] = {
		{{"m.sql", "--without-rehearsal", "x"}, "--target: which server"},
		{{"m.sql", "--target", "dbname=x"}, "give --result FILE"},
		{{"m.sql", "--target", "dbname=x", "--without-rehearsal", ""},
			"a reason is required"},
		{{"--target", "dbname=x", "--without-rehearsal", "x"}, "name the migration"},
		{{"m.sql", "--target", "env:NO_SUCH_NAME", "--without-rehearsal", "x"},
			"'NO_SUCH_NAME' is not set"},
		{{"--target", "dbname=x", "--result", "nowhere.json"}, "nowhere.json"},
	};
	const char *words[8] = {"apply"};
	struct cli_run run;

	memcpy(words + 1, cases[_i].words, sizeof(cases[_i].words));
	cli_run(&apply_cli, &run, words);
	ck_assert_msg(run.code == 2, "exit %d: %s", run.code, run.err);
	ck_assert_msg(strstr(run.err, cases[_i].says), "%s", run.err);
	cli_run_release(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply");
	TCase *tc = tcase_create("apply");

	tcase_add_unchecked_fixture(tc, apply_start, apply_stop);
	tcase_add_loop_test(tc, what_was_done_is_on_record_with_who_and_why, 0, APPLY_SERVERS);
	tcase_add_loop_test(tc, a_dry_run_changes_nothing_at_all, 0, APPLY_SERVERS);
	tcase_add_loop_test(tc, after_a_failure_it_goes_on_where_it_was, 0, APPLY_SERVERS);
	tcase_add_loop_test(
		tc, a_failed_transaction_is_run_whole_again_but_nothing_twice, 0, APPLY_SERVERS);
	tcase_add_loop_test(tc, settings_of_the_session_are_made_again, 0, APPLY_SERVERS);
	tcase_add_loop_test(tc, only_one_applies_at_a_time, 0, APPLY_SERVERS);
	tcase_add_loop_test(tc, a_lock_that_is_not_granted_is_asked_for_again_and_the_wait_told, 0,
		APPLY_SERVERS);
	tcase_add_loop_test(tc, only_what_was_rehearsed_and_approved_is_applied, 0, APPLY_SERVERS);
	tcase_add_loop_test(tc, how_the_files_differ_from_what_was_rehearsed_is_told, 0,
		sizeof(folders) / sizeof(folders[0]));
	tcase_add_test(tc, the_record_is_in_the_transaction_of_what_it_records);
	tcase_add_test(tc, an_invalid_index_is_dropped_and_built_anew);
	tcase_add_loop_test(tc, wrong_words_touch_nothing, 0, 6);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
