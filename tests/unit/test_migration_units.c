#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "adapters/postgres/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/migration/migration.h"
#include "tests/support/scripted.h"
#include "tests/support/suite.h"

#define MAX_FILES 3

static char *dir;

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

struct files {
	char *paths[MAX_FILES];
	struct scenario_migration settings;
};

static void write_files(struct files *f, const char *const *texts, enum transaction_mode mode)
{
	struct err err = {0};

	*f = (struct files){.settings = {.files = f->paths, .transaction = mode, .attempts = 1}};
	for (size_t i = 0; i < MAX_FILES && texts[i]; i++) {
		f->paths[i] = mem_printf("%s/%zu.sql", dir, i + 1);
		ck_ok(fs_write(f->paths[i], texts[i], strlen(texts[i]), 0600, &err), err);
		f->settings.n_files++;
	}
}

static void free_files(struct files *f)
{
	for (size_t i = 0; i < MAX_FILES; i++)
		mem_free(f->paths[i]);
}

/* ---- grouping ---- */

/* Units: T wrapped, X the file's own transaction, N none; `u` must not be cut, `w` its work. */
static const struct {
	const char *texts[MAX_FILES];
	const char *statement, *file, *all, *comment;
} groups[] = {
	{{"SELECT 1; SELECT 2", "SELECT 3"}, "T1 T2 T3", "T1,2 T3", "T1,2,3", "the three modes"},
	{{"SELECT 1; BEGIN; SELECT 3; COMMIT; SELECT 5", "SELECT 6"}, "T1 X2,3,4 T5 T6",
		"T1 X2,3,4 T5 T6", "T1 X2,3,4 T5,6", "the file's own transaction"},
	{{"BEGIN; SELECT 2", "SELECT 3"}, "X1,2 T3", "X1,2 T3", "X1,2 T3",
		"a BEGIN without COMMIT ends with its file"},
	{{"BEGIN; SELECT 2; ROLLBACK; SELECT 4"}, "X1,2,3 T4", "X1,2,3 T4", "X1,2,3 T4",
		"ROLLBACK"},
	{{"BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT"}, "X1,2,3,4", "X1,2,3,4", "X1,2,3,4",
		"a savepoint does not end it"},
	{{"BEGIN; COMMIT AND CHAIN; SELECT 3; COMMIT"}, "X1,2,3,4", "X1,2,3,4", "X1,2,3,4",
		"AND CHAIN does not end it"},
	{{"SELECT 1; COMMIT; SELECT 3"}, "T1 N2 T3", "T1,2 T3", "T1,2 T3",
		"a COMMIT without BEGIN ends the mode's transaction"},
	{{"SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); SELECT 3", "SELECT 4"}, "T1 Nu2 T3 T4",
		"T1 Nu2 T3 T4", "T1 Nu2 T3,4", "taken out of the transaction"},
	{{"BEGIN; CREATE INDEX CONCURRENTLY i ON t (a); COMMIT"}, "Xu1,2,3", "Xu1,2,3", "Xu1,2,3",
		"what the file does wrong is for the server to refuse"},
	{{"SET x.y = 1; ALTER TABLE t VALIDATE CONSTRAINT c"}, "T1 Tu2", "Tu1,2", "Tu1,2",
		"a validation, its settings beside it"},
	{{"ALTER TABLE t ADD CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c"},
		"T1 Tu2", "T1,2", "T1,2", "a validation under another statement's lock is cut"},
	{{"CALL p(); DO $$ BEGIN COMMIT; END $$; DO $$ BEGIN END $$"}, "N1 N2 T3", "T1,2,3",
		"T1,2,3", "what may commit itself"},
	{{"VACUUM t; VACUUM FULL t"}, "Nu1 N2", "Nu1 N2", "Nu1 N2", "vacuum"},
};

static char *grouped(
	const char *const *texts, enum transaction_mode mode, const struct dialect *dialect)
{
	struct migration m;
	struct files f;
	struct str out = {0};
	struct err err = {0};

	write_files(&f, texts, mode);
	ck_ok(migration_load(&f.settings, dialect, &m, &err), err);
	for (size_t i = 0; i < m.n_units; i++) {
		const struct migration_unit *u = &m.units[i];

		str_addf(&out, "%s%s%s", i ? " " : "",
			u->explicit_transaction	 ? "X"
				: u->transaction ? "T"
						 : "N",
			u->cut_waits	   ? "w"
				: u->uncut ? "u"
					   : "");
		for (size_t k = 0; k < u->n; k++)
			str_addf(&out, "%s%u", k ? "," : "", m.statements[u->first + k].index);
	}
	migration_release(&m);
	free_files(&f);
	return str_take(&out);
}

START_TEST(groups_statements_as_the_users_runner_would)
{
	const char *expected[] = {groups[_i].statement, groups[_i].file, groups[_i].all};

	for (int mode = TRANSACTION_STATEMENT; mode <= TRANSACTION_ALL; mode++) {
		CLEANUP(cleanup_free)
		char *got =
			grouped(groups[_i].texts, (enum transaction_mode)mode, &postgres_dialect);

		ck_assert_msg(!strcmp(got, expected[mode]), "%s, mode %s: got %s, expected %s",
			groups[_i].comment, transaction_mode_name((enum transaction_mode)mode), got,
			expected[mode]);
	}
}
END_TEST

/* Killed at work they leave a crashed table; killed while they wait, nothing. */
static const struct {
	const char *text, *expected, *comment;
} works[] = {
	{"OPTIMIZE TABLE t; REPAIR TABLE t", "Tw1 Tw2", "each by itself"},
	{"ALTER TABLE t ENABLE KEYS; ALTER TABLE t FORCE", "Tw1 T2", "a copy may be cut"},
	{"ALTER TABLE t OPTIMIZE PARTITION p", "Tw1", "a partition"},
};

START_TEST(work_that_must_not_be_cut_may_be_while_it_waits)
{
	const char *const texts[MAX_FILES] = {works[_i].text};
	CLEANUP(cleanup_free)
	char *got = grouped(texts, TRANSACTION_STATEMENT, &mysql_dialect);

	ck_assert_msg(!strcmp(got, works[_i].expected), "%s: got %s, expected %s",
		works[_i].comment, got, works[_i].expected);
}
END_TEST

/* ---- loading ---- */

START_TEST(files_are_read_in_order_and_their_tables_listed_once)
{
	struct migration m;
	struct files f;
	struct err err = {0};

	write_files(&f, (const char *[MAX_FILES]){"\nALTER TABLE b ADD x int;", "DROP TABLE a, b"},
		TRANSACTION_FILE);
	ck_ok(migration_load(&f.settings, &postgres_dialect, &m, &err), err);
	ck_assert_uint_eq(m.n_files, 2);
	ck_assert_str_eq(m.files[1].sha256,
		"59f0b25a5f5704aaaa4f332ab98de8470173b44f602d3c897d085d7063bf6476");
	ck_assert_uint_eq(m.n_statements, 2);
	ck_assert_uint_eq(m.statements[0].sql->line, 2);
	ck_assert_ptr_eq(m.statements[1].file, &m.files[1]);
	ck_assert_uint_eq(m.n_tables, 2);
	ck_assert_str_eq(m.tables[0], "b");
	ck_assert_str_eq(m.tables[1], "a");
	migration_release(&m);
	free_files(&f);
}
END_TEST

static const struct {
	const char *text, *says;
} refused[] = {
	{"", "is empty"},
	{"-- nothing\n;\n", "holds no statement"},
	{NULL, "no such file"},
};

START_TEST(refuses_a_file_without_statements_by_its_name)
{
	struct migration m;
	struct files f;
	struct err err = {0};

	write_files(&f, (const char *[MAX_FILES]){"SELECT 1", refused[_i].text}, TRANSACTION_FILE);
	if (!refused[_i].text) {
		f.paths[1] = mem_printf("%s/absent.sql", dir);
		f.settings.n_files = 2;
	}
	ck_assert_int_eq(migration_load(&f.settings, &postgres_dialect, &m, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, f.paths[1]));
	ck_assert_msg(strcasestr(err.text, refused[_i].says), "%s", err.text);
	free_files(&f);
}
END_TEST

START_TEST(refuses_a_file_that_is_not_text)
{
	struct migration m;
	struct files f;
	struct err err = {0};

	write_files(&f, (const char *[MAX_FILES]){"x"}, TRANSACTION_FILE);
	ck_ok(fs_write(f.paths[0], "S\0E\0L\0", 6, 0600, &err), err);
	ck_assert_int_eq(migration_load(&f.settings, &postgres_dialect, &m, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "is not text"));
	free_files(&f);
}
END_TEST

START_TEST(describes_units_with_lines_and_timeouts)
{
	struct migration m;
	struct files f;
	struct err err = {0};
	CLEANUP(cleanup_str) struct str out = {0};

	write_files(&f,
		(const char *[MAX_FILES]){
			"ALTER TABLE t ADD x int;\nCREATE INDEX CONCURRENTLY i ON t (x);\nSELEC;"},
		TRANSACTION_FILE);
	f.settings.lock_timeout_us = 2000000;
	ck_ok(migration_load(&f.settings, &postgres_dialect, &m, &err), err);
	migration_describe(&m, &f.settings, &out);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "lock 2s, statement off"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "line 3 does not parse"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "1  line 1    ALTER TABLE ADD COLUMN  t"));
	ck_assert_ptr_nonnull(strstr(str_text(&out),
		"no transaction, must not be cut: run outside a transaction: CONCURRENTLY"));
	migration_release(&m);
	free_files(&f);
}
END_TEST

/* ---- what is sent, on the scripted adapter ---- */

static const struct engine scripted_engine = {
	.name = "scripted", .db = &scripted_db, .dialect = &postgres_dialect};

#define AUDIT                                                                                \
	{.call = SCRIPTED_OPEN},                                                             \
		{.call = SCRIPTED_QUERY, .prefix = "CREATE TABLE IF NOT EXISTS schema_mig"}, \
		{.call = SCRIPTED_QUERY, .prefix = "SELECT format('%I.%I'"},                 \
		{.call = SCRIPTED_PREPARE, .n_params = 17},                                  \
	{                                                                                    \
		.call = SCRIPTED_OPEN, .conn = 1                                             \
	}
#define SQL(text)                                                \
	{                                                        \
		.call = SCRIPTED_QUERY, .conn = 1, .sql = (text) \
	}
#define LOGGED                                          \
	{                                               \
		.call = SCRIPTED_EXECUTE, .n_params = 0 \
	}
#define END                                  \
	{.call = SCRIPTED_CLOSE, .conn = 1}, \
	{                                    \
		.call = SCRIPTED_CLOSE       \
	}

static void execute(
	const char *text, enum transaction_mode mode, unsigned attempts, struct result *r)
{
	struct migration m;
	struct files f;
	struct err err = {0};
	struct migration_run run = {.engine = &scripted_engine, .dsn = "scripted", .run_id = "run"};

	write_files(&f, (const char *[MAX_FILES]){text}, mode);
	f.settings.attempts = attempts;
	f.settings.lock_timeout_us = 1000;
	f.settings.uncut_lock_timeout_us = 5000;
	f.settings.backoff_us = 2;
	run.settings = &f.settings;
	ck_ok(migration_load(&f.settings, &postgres_dialect, &m, &err), err);
	result_init(r);
	ck_ok(migration_execute(&m, &run, r, &err), err);
	scripted_end();
	migration_release(&m);
	free_files(&f);
}

START_TEST(the_whole_unit_is_run_again_after_a_lock_timeout)
{
	static const struct scripted_call tape[] = {
		AUDIT,
		SQL("SET lock_timeout = 1; SET statement_timeout = 0"),
		SQL("BEGIN"),
		SQL("ALTER TABLE a ADD x int"),
		{.call = SCRIPTED_QUERY,
			.conn = 1,
			.sql = "ALTER TABLE b ADD x int",
			.class = DB_CLASS_CONTENTION,
			.lock_timeout = true,
			.code = "55P03",
			.text = "no lock"},
		SQL("ROLLBACK"),
		LOGGED,
		LOGGED,
		SQL("SET lock_timeout = 1; SET statement_timeout = 0"),
		SQL("BEGIN"),
		SQL("ALTER TABLE a ADD x int"),
		SQL("ALTER TABLE b ADD x int"),
		SQL("COMMIT"),
		LOGGED,
		LOGGED,
		END,
	};
	struct result r;

	scripted_play(tape, sizeof(tape) / sizeof(tape[0]));
	execute("ALTER TABLE a ADD x int; ALTER TABLE b ADD x int", TRANSACTION_FILE, 2, &r);
	ck_assert_str_eq(r.statements[0].outcome, "ok");
	ck_assert_uint_eq(r.statements[0].attempts, 2);
	ck_assert_str_eq(r.statements[1].outcome, "ok");
	ck_assert_str_eq(r.statements[1].code, "");
	result_release(&r);
}
END_TEST

START_TEST(the_files_own_timeout_is_left_alone_from_then_on)
{
	static const struct scripted_call tape[] = {
		AUDIT,
		SQL("SET lock_timeout = 1; SET statement_timeout = 0"),
		SQL("BEGIN"),
		SQL("SET LOCAL statement_timeout = 9"),
		SQL("COMMIT"),
		SQL("SET lock_timeout = 1; SET statement_timeout = 0"),
		SQL("BEGIN"),
		SQL("SET lock_timeout = 7"),
		SQL("COMMIT"),
		SQL("SET statement_timeout = 0"),
		SQL("CREATE INDEX CONCURRENTLY i ON t (a)"),
		LOGGED,
		END,
	};
	struct result r;

	scripted_play(tape, sizeof(tape) / sizeof(tape[0]));
	execute("SET LOCAL statement_timeout = 9; SET lock_timeout = 7; CREATE INDEX CONCURRENTLY "
		"i ON t (a)",
		TRANSACTION_STATEMENT, 1, &r);
	ck_assert_str_eq(r.statements[2].outcome, "ok");
	result_release(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migration units");
	TCase *tc = tcase_create("units");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, groups_statements_as_the_users_runner_would, 0,
		sizeof(groups) / sizeof(groups[0]));
	tcase_add_loop_test(tc, work_that_must_not_be_cut_may_be_while_it_waits, 0,
		sizeof(works) / sizeof(works[0]));
	tcase_add_test(tc, files_are_read_in_order_and_their_tables_listed_once);
	tcase_add_loop_test(tc, refuses_a_file_without_statements_by_its_name, 0,
		sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, refuses_a_file_that_is_not_text);
	tcase_add_test(tc, describes_units_with_lines_and_timeouts);
	tcase_add_test(tc, the_whole_unit_is_run_again_after_a_lock_timeout);
	tcase_add_test(tc, the_files_own_timeout_is_left_alone_from_then_on);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
