/* As much of statements, and of InnoDB's names, as the observer and the oracle read. */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_tables.h"
#include "adapters/mysql/oracle_statement.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

START_TEST(names_of_storage_are_decoded)
{
	static const char *const cases[][2] = {{"test/a", "test.a"},
		{"test/a@0020b@002dc", "test.a b-c"}, {"test/t#P#p0", "test.t"},
		{"test/t#p#p0#sp#s1", "test.t"}, {"d/@00e9t@20ac", "d.ét€"}, {"a@", "a@"}};

	for (size_t i = 0; i < N(cases); i++) {
		char *name = my_storage_name(cases[i][0]);

		ck_assert_str_eq(name, cases[i][1]);
		mem_free(name);
	}
}
END_TEST

/* ---- statements ---- */

static const struct {
	const char *sql, *table, *rewritten;
} targets[] = {
	{"ALTER TABLE a ADD b INT", "a", "ALTER TABLE a ALGORITHM=INSTANT, LOCK=NONE, ADD b INT"},
	{"alter ignore table if exists `d`.`a``x` add b int", "a`x",
		"alter ignore table if exists `s`.`a``x` ALGORITHM=INSTANT, LOCK=NONE, add b int"},
	{"ALTER TABLE d.a WAIT 5 DROP b", "a",
		"ALTER TABLE `s`.a WAIT 5 ALGORITHM=INSTANT, LOCK=NONE, DROP b"},
	{"ALTER /* TABLE x */ TABLE a -- y\n ADD b INT DEFAULT 'LOCK=NONE'", "a",
		"ALTER /* TABLE x */ TABLE a -- y\n ALGORITHM=INSTANT, LOCK=NONE, ADD b INT "
		"DEFAULT "
		"'LOCK=NONE'"},
	{"ALTER TABLE a PARTITION BY HASH (id)", "a",
		"ALTER TABLE a ALGORITHM=INSTANT, LOCK=NONE PARTITION BY HASH (id)"},
	{"ALTER TABLE a ADD FOREIGN KEY (p) REFERENCES d.p (id)", "a",
		"ALTER TABLE a ALGORITHM=INSTANT, LOCK=NONE, ADD FOREIGN KEY (p) REFERENCES `s`.p "
		"(id)"},
	{"CREATE UNIQUE INDEX i ON d.a (b);", "a",
		"CREATE UNIQUE INDEX i ON `s`.a (b) ALGORITHM=INSTANT LOCK=NONE"},
	{"DROP INDEX IF EXISTS `i` ON d.a", "a",
		"ALTER TABLE `s`.`a` ALGORITHM=INSTANT, LOCK=NONE, DROP INDEX IF EXISTS `i`"},
	{"UPDATE LOW_PRIORITY a SET b = 1", "a", NULL},
	{"INSERT IGNORE INTO d.a VALUES (1)", "a", NULL},
	{"DELETE FROM a WHERE b = 1", "a", NULL},
	{"LOCK TABLES a WRITE", "a", NULL},
	{"TRUNCATE TABLE a", "a", NULL},
	{"TRUNCATE a", "a", NULL},
	{"RENAME TABLE a TO b", "a", NULL},
	{"DROP TABLE IF EXISTS a", "a", NULL},
	{"CREATE TABLE IF NOT EXISTS a (id INT)", "a", NULL},
	{"SELECT 1", NULL, NULL},
	{"ALTER TABLE", NULL, NULL},
	{"", NULL, NULL},
};

START_TEST(statements_name_their_table_and_take_clauses)
{
	for (size_t i = 0; i < N(targets); i++) {
		struct my_target t;
		struct str out = {0};

		my_target_parse(targets[i].sql, &t);
		ck_assert_msg(!t.table == !targets[i].table, "%s", targets[i].sql);
		if (t.table)
			ck_assert_str_eq(t.table, targets[i].table);
		if (targets[i].rewritten) {
			my_target_rewrite(targets[i].sql, &t, "s", "INSTANT", "NONE", &out);
			ck_assert_str_eq(str_text(&out), targets[i].rewritten);
		}
		str_release(&out);
		my_target_release(&t);
	}
}
END_TEST

START_TEST(what_a_statement_asks_for_itself_is_known)
{
	struct my_target t;

	my_target_parse("ALTER TABLE a ADD algorithm INT, ADD lock_x INT, ALGORITHM = inplace,"
			" LOCK shared, RENAME COLUMN x TO y, RENAME TO d.b",
		&t);
	ck_assert_str_eq(t.algorithm, "INPLACE");
	ck_assert_str_eq(t.lock, "SHARED");
	ck_assert_str_eq(t.renamed, "b");
	my_target_release(&t);
	my_target_parse("ALTER TABLE a ADD b INT", &t);
	ck_assert_ptr_null(t.algorithm);
	ck_assert_ptr_null(t.lock);
	ck_assert_ptr_null(t.renamed);
	my_target_release(&t);
}
END_TEST

START_TEST(renames_come_in_pairs)
{
	struct my_target t;

	my_target_parse("RENAME TABLE IF EXISTS a WAIT 3 TO d.b, `c` TO a, x", &t);
	ck_assert_uint_eq(t.n_renames, 3);
	ck_assert_str_eq(t.renames[0].from, "a");
	ck_assert_str_eq(t.renames[0].to_schema, "d");
	ck_assert_str_eq(t.renames[0].to, "b");
	ck_assert_str_eq(t.renames[1].from, "c");
	ck_assert_str_eq(t.renames[1].to, "a");
	ck_assert_ptr_null(t.renames[2].to);
	my_target_release(&t);
	my_target_parse("RENAME", &t);
	my_target_release(&t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_targets");
	TCase *tcase = tcase_create("targets");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, names_of_storage_are_decoded);
	tcase_add_test(tcase, statements_name_their_table_and_take_clauses);
	tcase_add_test(tcase, what_a_statement_asks_for_itself_is_known);
	tcase_add_test(tcase, renames_come_in_pairs);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
