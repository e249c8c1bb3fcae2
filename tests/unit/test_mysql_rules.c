/*
 * The rules of MariaDB and MySQL: for each an unsafe form that is found and a safe one that is not.
 * Algorithms are compared with a server in tests/integration/test_mysql_rules_server.c.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/mysql.h"
#include "adapters/mysql/rules.h"
#include "adapters/suggest.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

enum {
	TX = 1,	   /* a transaction around the script */
	BARE = 2,  /* the runner sets no time-outs */
	STYLE = 4, /* opinions too */
};

/* What an earlier migration has left. */
static const char earlier[] =
	"CREATE TABLE u (id int PRIMARY KEY, code varchar(20));"
	"CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL, v varchar(50), w varchar(100),"
	" e enum('x','y'), KEY (a)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;"
	"CREATE TABLE l (id int PRIMARY KEY, v varchar(200)) DEFAULT CHARSET=latin1;"
	"CREATE TABLE words (id int PRIMARY KEY, x text, FULLTEXT KEY (x));"
	"CREATE TABLE isam (id int PRIMARY KEY, n int) ENGINE=MyISAM;";

#define SAFE SQL_CLASS_INSTANT_SAFE
#define BUILD SQL_CLASS_CONCURRENT_BUILD
#define EXPAND SQL_CLASS_EXPAND_CONTRACT

static const struct {
	const char *script; /* the last statement is looked at */
	const char *server;
	unsigned flags;
	enum sql_class class;
	const char *rules, *comment;
} cases[] = {
	{"ALTER TABLE t ADD COLUMN x int", "mariadb:10.11", 0, SAFE, "", "instant"},
	{"ALTER TABLE t ADD COLUMN x int AFTER id", "mysql:8.0.28", 0, EXPAND,
		"insert-without-columns alter-rebuilds-table", "instant only from 8.0.29 on"},
	{"ALTER TABLE t ADD COLUMN x int AFTER id", "mysql:8.0.29", 0, EXPAND,
		"insert-without-columns", ""},
	{"ALTER TABLE t ADD COLUMN x int NOT NULL", "mariadb:10.11", 0, EXPAND,
		"add-required-column", ""},
	{"ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT 0", "mariadb:10.11", 0, SAFE, "", ""},
	{"ALTER TABLE words ADD COLUMN y int", "mariadb:10.11", 0, EXPAND, "alter-blocks-writes",
		"beside a FULLTEXT index"},
	{"ALTER TABLE words ADD COLUMN y int", "mysql:8.4", 0, EXPAND, "alter-copies-table", ""},
	{"CREATE TABLE n (id int); ALTER TABLE n ADD COLUMN y int NOT NULL, ADD UNIQUE (y)",
		"mariadb:10.11", 0, SAFE, "", "a new table"},
	{"CREATE TEMPORARY TABLE n (id int); ALTER TABLE n MODIFY id bigint", "mariadb:10.11", 0,
		SAFE, "", "a temporary table"},
	{"ALTER TABLE isam ADD COLUMN y int", "mariadb:10.11", 0, EXPAND, "alter-copies-table",
		"MyISAM copies"},
	{"ALTER TABLE isam ADD COLUMN y int", "mariadb:11.8", 0, EXPAND, "alter-copies-table",
		"MyISAM blocks writers on every version"},
	{"ALTER TABLE isam COMMENT 'x'", "mariadb:10.11", 0, SAFE, "", "but not for the catalog"},
	{"ALTER TABLE t MODIFY a bigint", "mariadb:10.11", 0, EXPAND,
		"type-change alter-copies-table", ""},
	{"ALTER TABLE t MODIFY a bigint", "mariadb:11.8", 0, EXPAND,
		"type-change alter-copies-table-online", "writers go on"},
	{"ALTER TABLE t MODIFY a int(5)", "mysql:8.4", 0, SAFE, "", "only how it is shown"},
	{"ALTER TABLE t MODIFY a int NOT NULL", "mariadb:10.11", 0, BUILD,
		"set-not-null-rebuilds alter-rebuilds-table", ""},
	{"ALTER TABLE t MODIFY b int NOT NULL", "mariadb:10.11", 0, SAFE, "", "it is"},
	{"ALTER TABLE t MODIFY v varchar(63)", "mysql:8.4", 0, SAFE, "", "252 bytes"},
	{"ALTER TABLE t MODIFY v varchar(64)", "mysql:8.4", 0, EXPAND,
		"varchar-crosses-255-bytes alter-copies-table", "256 bytes"},
	{"ALTER TABLE t MODIFY w varchar(500)", "mysql:8.4", 0, SAFE, "", "two bytes before, too"},
	{"ALTER TABLE l MODIFY v varchar(255)", "mariadb:10.11", 0, SAFE, "",
		"one byte a character"},
	{"ALTER TABLE t MODIFY v varchar(10)", "mariadb:10.11", 0, EXPAND,
		"column-shrinks alter-copies-table", ""},
	{"ALTER TABLE t MODIFY e enum('x','y','z')", "mariadb:10.11", 0, SAFE, "", "appended"},
	{"ALTER TABLE t MODIFY e enum('z','x','y')", "mariadb:10.11", 0, EXPAND,
		"enum-reordered alter-copies-table", ""},
	{"ALTER TABLE missing MODIFY a bigint", "mariadb:10.11", 0, EXPAND, "alter-unproven",
		"its type is not known"},
	{"ALTER TABLE t RENAME COLUMN a TO c", "mariadb:10.11", 0, EXPAND, "rename-column", ""},
	{"ALTER TABLE t CHANGE a c int", "mariadb:10.11", 0, EXPAND, "rename-column", ""},
	{"ALTER TABLE t CHANGE a a int COMMENT 'x'", "mariadb:10.11", 0, SAFE, "", "the same name"},
	{"ALTER TABLE t RENAME COLUMN a TO c; ALTER TABLE t MODIFY c int", "mariadb:10.11", 0, SAFE,
		"", "known by its new name"},
	{"ALTER TABLE t DROP COLUMN v", "mariadb:10.11", 0, EXPAND, "drop-column", ""},
	{"ALTER TABLE t ALTER COLUMN b DROP DEFAULT", "mariadb:10.11", 0, EXPAND, "default-dropped",
		""},
	{"ALTER TABLE t ADD INDEX (v)", "mariadb:10.11", 0, BUILD, "index-build", ""},
	{"CREATE INDEX i ON t (v)", "mysql:8.4", 0, BUILD, "index-build", ""},
	{"CREATE UNIQUE INDEX i ON t (v)", "mysql:8.4", 0, BUILD, "unique-may-fail", ""},
	{"CREATE FULLTEXT INDEX i ON t (v)", "mysql:8.4", 0, EXPAND, "alter-blocks-writes", ""},
	{"DROP INDEX a ON t", "mariadb:10.11", 0, SAFE, "index-dropped", ""},
	{"ALTER TABLE t ADD COLUMN x int, ADD INDEX (x)", "mariadb:10.11", 0, BUILD,
		"index-build alter-rebuilds-table instant-lost", ""},
	{"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)", "mariadb:10.11", 0, EXPAND,
		"foreign-key-copies alter-copies-table", ""},
	{"SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)",
		"mariadb:10.11", 0, SAFE, "foreign-key-unchecked", ""},
	{"ALTER TABLE t ADD CHECK (a > 0)", "mysql:8.4", 0, EXPAND,
		"check-copies alter-copies-table", ""},
	{"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "mysql:8.4", 0, EXPAND,
		"charset-conversion alter-copies-table", ""},
	{"ALTER TABLE isam ENGINE=InnoDB", "mysql:8.4", 0, EXPAND,
		"engine-change alter-copies-table", ""},
	{"ALTER TABLE t ENGINE=InnoDB", "mysql:8.4", 0, BUILD, "alter-rebuilds-table", ""},
	{"ALTER TABLE t PARTITION BY HASH (id)", "mariadb:10.11", 0, EXPAND,
		"partitioning alter-copies-table", ""},
	{"ALTER TABLE t ADD COLUMN x int, ALGORITHM=COPY", "mariadb:10.11", 0, EXPAND,
		"algorithm-copy-asked", ""},
	{"ALTER TABLE t ADD INDEX (v), LOCK=SHARED", "mariadb:10.11", 0, EXPAND,
		"index-build lock-asked", ""},
	{"ALTER TABLE t FORCE; ALTER TABLE t ENGINE=InnoDB", "mariadb:10.11", 0, EXPAND,
		"alter-rebuilds-table alters-one-by-one", ""},
	{"ALTER TABLE t ADD COLUMN x int", "mariadb:10.11", STYLE, SAFE, "algorithm-not-asked", ""},
	{"ALTER TABLE t ADD COLUMN x int, ALGORITHM=INSTANT", "mariadb:10.11", STYLE, SAFE, "", ""},
	{"RENAME TABLE t TO t2", "mariadb:10.11", 0, EXPAND, "rename-table", ""},
	{"RENAME TABLE t TO t2; ALTER TABLE t2 MODIFY b int NOT NULL", "mariadb:10.11", 0, SAFE, "",
		"known by its new name"},
	{"DROP TABLE t", "mariadb:10.11", 0, EXPAND, "drop-table", ""},
	{"CREATE TABLE n (id int); DROP TABLE n", "mariadb:10.11", 0, SAFE, "", ""},
	{"TRUNCATE TABLE t", "mariadb:10.11", 0, EXPAND, "truncate", ""},
	{"OPTIMIZE TABLE t", "mariadb:10.11", 0, BUILD, "table-maintenance", ""},
	{"DROP DATABASE d", "mariadb:10.11", 0, EXPAND, "drop-database", ""},
	{"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "mariadb:10.11", 0, SAFE,
		"trigger-on-existing-table", ""},
	{"LOCK TABLES t WRITE", "mariadb:10.11", 0, EXPAND, "lock-table", ""},
	{"UPDATE t SET a = 1", "mariadb:10.11", 0, EXPAND, "update-without-where", ""},
	{"UPDATE t SET a = 1 WHERE id = 1", "mariadb:10.11", 0, SAFE, "", ""},
	{"DELETE FROM t", "mariadb:10.11", 0, EXPAND, "delete-without-where", ""},
	{"INSERT INTO u SELECT id, v FROM t", "mariadb:10.11", 0, EXPAND, "table-copied", ""},
	{"INSERT INTO u VALUES (1, 'a')", "mariadb:10.11", 0, SAFE, "", ""},
	{"INSERT INTO u VALUES (1, 'a'); ALTER TABLE t ADD COLUMN x int", "mariadb:10.11", TX, SAFE,
		"ddl-commits", ""},
	{"ALTER TABLE t ADD COLUMN x int", "mariadb:10.11", BARE, SAFE, "lock-timeout-missing", ""},
	{"SET lock_wait_timeout = 2; ALTER TABLE t ADD COLUMN x int", "mariadb:10.11", BARE, SAFE,
		"", ""},
	{"SET GLOBAL max_connections = 5", "mariadb:10.11", 0, EXPAND, "server-settings", ""},
	{"SET sql_log_bin = 0", "mariadb:10.11", 0, EXPAND, "logical-replication", ""},
	{"CALL p()", "mariadb:10.11", 0, EXPAND, "code-not-known", ""},
	{"nonsense here", "mariadb:10.11", 0, EXPAND, "not-understood", ""},
};

static void analyse(
	struct analysis_state *state, const char *text, unsigned flags, struct analysis *last)
{
	struct statement_context context = {.in_transaction = flags & TX,
		.lock_timeout_set = !(flags & BARE),
		.statement_timeout_set = !(flags & BARE),
		.style = flags & STYLE};
	struct sql_script script;
	struct err err = {0};

	ck_ok(mysql_engine.dialect->split(text, strlen(text), &script, &err), err);
	my_analyser.begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		analysis_release(last);
		my_analyser.statement(state, text, &script, i, &context, last);
	}
	sql_script_release(&script);
}

static char *rules_of(const struct analysis *a)
{
	struct str out = {0};

	for (size_t i = 0; i < a->n_hits; i++)
		str_addf(&out, "%s%s", i ? " " : "", a->hits[i].rule->id);
	return str_take(&out);
}

START_TEST(finds_what_is_unsafe_and_nothing_else)
{
	const struct engine *engine;
	struct lint_target target;
	struct analysis_state *state;
	struct analysis a = {0};
	CLEANUP(cleanup_free) char *rules = NULL;
	struct err err = {0};

	ck_ok(lint_target_parse(cases[_i].server, &engine, &target, &err), err);
	state = my_analyser.open(&target);
	analyse(state, earlier, 0, &a);
	analyse(state, cases[_i].script, cases[_i].flags, &a);
	rules = rules_of(&a);
	ck_assert_msg(!strcmp(rules, cases[_i].rules), "%s (%s, %s): %s", cases[_i].script,
		cases[_i].server, cases[_i].comment, rules);
	ck_assert_msg(
		a.class == cases[_i].class, "%s: %s", cases[_i].script, sql_class_name(a.class));
	for (size_t i = 0; i < a.n_hits; i++)
		ck_assert_uint_lt(a.hits[i].offset, strlen(cases[_i].script));
	analysis_release(&a);
	my_analyser.close(state);
}
END_TEST

START_TEST(every_rule_is_found_somewhere)
{
	/* Told by the runner's own words, or for clients only. */
	static const char *const elsewhere[] = {"client-command"};

	for (size_t r = 0; r < MY_N_RULES; r++) {
		bool found = false;

		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !found; i++)
			found = strstr(cases[i].rules, my_rules[r].id);
		for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
			found = found || !strcmp(elsewhere[i], my_rules[r].id);
		ck_assert_msg(found, "no case for '%s'", my_rules[r].id);
		ck_assert_msg(*my_rules[r].title && *my_rules[r].why && *my_rules[r].detects,
			"'%s' explains nothing", my_rules[r].id);
	}
}
END_TEST

static struct {
	struct analysis_state *state;
	size_t n, unknown, suggested;
} corpora;

/* Whole statements, in which no placeholder is left. */
static void check_steps(const struct suggestion *s)
{
	for (size_t i = 0; i < s->n_steps; i++) {
		const char *sql = s->steps[i].sql;
		struct sql_script script;
		struct err err = {0};

		ck_ok(mysql_engine.dialect->split(sql, strlen(sql), &script, &err), err);
		for (size_t k = 0; k < script.n; k++)
			ck_assert_msg(!(script.statements[k].flags & SQL_UNKNOWN), "%s", sql);
		ck_assert_msg(sql[strlen(sql) - 1] == ';' && !strstr(sql, "{table}") &&
				!strstr(sql, "{range}"),
			"%s", sql);
		sql_script_release(&script);
	}
}

static int read_migration(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	static const struct statement_context context = {.lock_timeout_set = true};
	CLEANUP(cleanup_free) char *text = NULL;
	const char *dot = strrchr(path, '.');
	struct sql_script script;
	struct err err = {0};
	size_t len;

	(void)st;
	(void)at;
	if (kind != FTW_F || !strstr(path, "-mysql/") || !dot || strcmp(dot, ".sql") != 0)
		return 0;
	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	ck_ok(mysql_engine.dialect->split(text, len, &script, &err), err);
	my_analyser.begin_migration(corpora.state);
	for (size_t i = 0; i < script.n; i++) {
		struct suggestion suggestion;
		struct analysis a = {0};

		if (my_analyser.suggest(corpora.state, text, &script, i, &suggestion)) {
			corpora.suggested++;
			check_steps(&suggestion);
			suggestion_release(&suggestion);
		}
		my_analyser.statement(corpora.state, text, &script, i, &context, &a);
		corpora.unknown += a.unknown;
		analysis_release(&a);
	}
	corpora.n += script.n;
	sql_script_release(&script);
	return 0;
}

START_TEST(real_migrations_are_read_without_a_crash)
{
	const char *shared = getenv("REHEARSE_SHARED");
	CLEANUP(cleanup_free)
	char *dir = mem_printf("%s/corpora", shared ? shared : "../shared");
	struct lint_target target = {my_analyser.products + 1, 80400};

	if (!fs_is_dir(dir)) {
		printf("skipped: no migration corpora in '%s'\n", dir);
		return;
	}
	corpora.state = my_analyser.open(&target);
	ck_assert_int_eq(nftw(dir, read_migration, 16, FTW_PHYS), 0);
	my_analyser.close(corpora.state);
	printf("corpora: %zu statements, %zu not told by their text, %zu with a suggestion\n",
		corpora.n, corpora.unknown, corpora.suggested);
	fflush(stdout);
	ck_assert_uint_gt(corpora.n, 0);
	/* Procedures, and what only a client takes. */
	ck_assert_uint_le(corpora.unknown * 10, corpora.n);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_rules");
	TCase *tc = tcase_create("mysql_rules");

	tcase_add_loop_test(
		tc, finds_what_is_unsafe_and_nothing_else, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, every_rule_is_found_somewhere);
	tcase_add_test(tc, real_migrations_are_read_without_a_crash);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
