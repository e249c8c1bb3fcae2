/* What is suggested for which version of MariaDB and MySQL, and what --fix makes of it. */
#include <string.h>

#include "adapters/engine.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/fix.h"
#include "harness/suggest/suggest.h"
#include "tests/support/lint_files.h"
#include "tests/support/suggest_tables.h"
#include "tests/support/suite.h"

static void plan_of(const char *server_name, const char *statement, struct suggest_plan *plan)
{
	const struct engine *engine;
	struct lint_target target;
	struct err err = {0};

	ck_ok(lint_target_parse(server_name, &engine, &target, &err), err);
	ck_ok(suggest_begin(plan, engine, &target, &err), err);
	ck_ok(suggest_learn(plan, suggest_tables, strlen(suggest_tables), &err), err);
	ck_ok(suggest_add(plan, "m.sql", statement, strlen(statement), &err), err);
}

/* ---- what there is no suggestion for ---- */

static const struct {
	const char *sql;
	const char *comment;
} plain[] = {
	{"ALTER TABLE visit ADD INDEX i (fee), ALGORITHM=INPLACE, LOCK=NONE", "it is said already"},
	{"ALTER TABLE visit ALTER COLUMN fee SET DEFAULT 3", "instant on every server"},
	{"CREATE TABLE n (id int PRIMARY KEY); ALTER TABLE n MODIFY id bigint; CREATE INDEX i ON n"
	 " (id)",
		"nobody uses it yet"},
	{"ALTER TABLE elsewhere MODIFY n bigint", "nothing is known of the table"},
	{"ALTER TABLE keyless MODIFY n bigint", "nothing tells its rows apart"},
	{"ALTER TABLE child MODIFY n bigint", "its copy would lack the foreign key"},
	{"ALTER TABLE parent ADD CHECK (n > 0)", "another table refers to it"},
	{"ALTER TABLE pair MODIFY b varchar(10)", "text that the rows are found by"},
	{"ALTER TABLE visit DROP PRIMARY KEY, ADD UNIQUE (note)", "the key itself"},
	{"ALTER TABLE isam ADD UNIQUE (n)", "a copy could lose rows that are alike"},
	{"ALTER TABLE isam ADD COLUMN x int NOT NULL", "a copied row has no value for it"},
	{"ALTER TABLE isam RENAME COLUMN n TO m", "the end would be a copy under a lock"},
	{"ALTER TABLE visit RENAME COLUMN note TO x; UPDATE visit SET x = 'a'",
		"the next statement is of the new form"},
	{"RENAME TABLE visit TO a, clinic TO visit", "an exchange"},
	{"DROP TABLE visit", "no form of it is safe"},
	{"UPDATE visit SET fee = 0", "no DDL"},
	{"nonsense here", "not understood"},
};

START_TEST(what_is_safe_or_unknown_is_taken_over)
{
	struct suggest_plan plan;

	plan_of("mariadb:10.11", plain[_i].sql, &plan);
	ck_assert_msg(!plan.n_rewritten, "%s: %s", plain[_i].comment, plan.files[0].text);
	ck_assert_uint_eq(plan.n_files, plan.n_statements);
	suggest_release(&plan);
}
END_TEST

static const struct {
	const char *server, *sql;
	const char *says; /* in the first file; NULL: no suggestion */
	const char *comment;
} versions[] = {
	{"mysql:8.0.28", "ALTER TABLE visit ADD x int AFTER id", "ALGORITHM=INPLACE, LOCK=NONE",
		"instant only from 8.0.29 on"},
	{"mysql:8.0.29", "ALTER TABLE visit ADD x int AFTER id", ", ALGORITHM=INSTANT;", ""},
	{"mysql:8.0.28", "ALTER TABLE visit RENAME COLUMN note TO x", NULL,
		"the second column would go in a rebuild, under a lock"},
	{"mysql:8.0.29", "ALTER TABLE visit RENAME COLUMN note TO x", "ADD COLUMN x", ""},
	{"mysql:8.4", "ALTER TABLE visit MODIFY fee bigint", "CREATE PROCEDURE",
		"MySQL has no blocks outside of procedures"},
	{"mariadb:10.11", "ALTER TABLE visit MODIFY fee bigint", "BEGIN NOT ATOMIC", ""},
	{"mariadb:11.8", "ALTER TABLE visit MODIFY fee bigint", "ALGORITHM=COPY, LOCK=NONE",
		"a copy beside the traffic, from 11.2 on"},
	{"mariadb:11.8", "ALTER TABLE isam MODIFY n bigint", "BEGIN NOT ATOMIC", "not of MyISAM"},
};

START_TEST(an_old_server_gets_only_what_it_knows)
{
	struct suggest_plan plan;

	plan_of(versions[_i].server, versions[_i].sql, &plan);
	ck_assert_uint_eq(plan.n_rewritten, versions[_i].says != NULL);
	if (versions[_i].says)
		ck_assert_msg(strstr(plan.files[0].text, versions[_i].says) != NULL, "%s: %s",
			versions[_i].comment, plan.files[0].text);
	suggest_release(&plan);
}
END_TEST

/* ---- in their place ---- */

#define TABLES \
	"CREATE TABLE t (a int PRIMARY KEY, b int, c varchar(20), KEY k (b)) ENGINE=InnoDB;\n"
#define ISAM "CREATE TABLE t (a int PRIMARY KEY, b int) ENGINE=MyISAM;\n"
#define NOW "SET lock_wait_timeout = 2;\n"

static const struct {
	const char *tables, *server, *before, *after, *comment;
} fixes[] = {
	{TABLES, "mariadb:10.11", "ALTER TABLE t ADD COLUMN x int",
		"ALTER TABLE t ADD COLUMN x int, ALGORITHM=INSTANT",
		"no rule is broken: still said"},
	{TABLES, "mysql:8.0.28", "ALTER TABLE t ADD x int FIRST",
		"ALTER TABLE t ADD x int FIRST, ALGORITHM=INPLACE, LOCK=NONE",
		"as far as the version goes"},
	{TABLES, "mysql:8.4", "CREATE INDEX i ON t (c)",
		"CREATE INDEX i ON t (c) ALGORITHM=INPLACE LOCK=NONE", "in its own grammar"},
	{TABLES, "mariadb:10.11", "DROP INDEX k ON t",
		"ALTER TABLE t DROP INDEX k, ALGORITHM=INPLACE, LOCK=NONE",
		"which DROP INDEX has not"},
	{TABLES, "mariadb:10.11", "ALTER TABLE t ADD x int, ADD INDEX (x)",
		"ALTER TABLE t ADD x int, ALGORITHM=INSTANT;\n"
		"ALTER TABLE t ADD INDEX (x), ALGORITHM=INPLACE, LOCK=NONE",
		"two that are quick, for one that rebuilds"},
	{TABLES, "mariadb:10.11", "ALTER TABLE t ADD x int, ALGORITHM=NOCOPY",
		"ALTER TABLE t ADD x int, ALGORITHM=NOCOPY", "what is said stays"},
	{TABLES, "mariadb:10.11", "ALTER TABLE t MODIFY b bigint", "ALTER TABLE t MODIFY b bigint",
		"a second table is for people to look at"},
	{TABLES, "mariadb:10.11", "ALTER TABLE t RENAME COLUMN b TO x",
		"ALTER TABLE t RENAME COLUMN b TO x", "a rename too"},
	{ISAM, "mariadb:10.11", "ALTER TABLE t ADD x int", "ALTER TABLE t ADD x int",
		"MyISAM would refuse"},
	{"", "mariadb:10.11", "ALTER TABLE t ADD x int", "ALTER TABLE t ADD x int",
		"the engine is not known"},
};

START_TEST(what_is_known_to_hold_is_said)
{
	CLEANUP(cleanup_free) char *first = NULL;
	CLEANUP(cleanup_free) char *second = NULL;
	CLEANUP(cleanup_free) char *got = NULL;
	CLEANUP(cleanup_free) char *wanted = mem_printf(NOW "%s;\n", fixes[_i].after);
	CLEANUP(cleanup_free) char *before = mem_printf(NOW "%s;\n", fixes[_i].before);
	struct lint_files files;
	struct lint_fixes made = {0};
	struct err err = {0};

	lint_files_init(&files);
	ck_ok(lint_target_parse(fixes[_i].server, &files.config.engine, &files.config.target, &err),
		err);
	files.config.suggest = files.config.no_header = true;
	first = lint_files_put(&files, "1.sql", *fixes[_i].tables ? fixes[_i].tables : "SELECT 1;");
	second = lint_files_put(&files, "2.sql", before);
	for (int again = 0; again < 2; again++) {
		lint_files_run(&files);
		ck_ok(lint_fix(&files.lint, &made, &err), err);
		lint_fixes_release(&made);
		mem_free(got);
		got = lint_files_read(&files, "2.sql");
		ck_assert_msg(!strcmp(got, wanted), "%s: %s", fixes[_i].comment, got);
	}
	lint_files_release(&files);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_suggest");
	TCase *tc = tcase_create("mysql_suggest");

	tcase_add_loop_test(
		tc, what_is_safe_or_unknown_is_taken_over, 0, sizeof(plain) / sizeof(plain[0]));
	tcase_add_loop_test(tc, an_old_server_gets_only_what_it_knows, 0,
		sizeof(versions) / sizeof(versions[0]));
	tcase_add_loop_test(tc, what_is_known_to_hold_is_said, 0, sizeof(fixes) / sizeof(fixes[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
