/* What the rules predict from the text is what the server itself says it will do. */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "adapters/mysql/oracle.h"
#include "adapters/mysql/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static const char tables[] =
	"CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB;\n"
	"CREATE TABLE t (id INT NOT NULL, n INT, u INT UNSIGNED NOT NULL DEFAULT 1,\n"
	"  s VARCHAR(50), w VARCHAR(200), x VARCHAR(300), c CHAR(10), d DECIMAL(8,2), b TEXT,\n"
	"  e ENUM('a','b') NOT NULL DEFAULT 'a', f SET('a','b'), dt DATETIME,\n"
	"  g INT GENERATED ALWAYS AS (n + 1) VIRTUAL, p INT, PRIMARY KEY (id), KEY k (n),\n"
	"  KEY p_k (p)) ENGINE=InnoDB DEFAULT CHARSET=latin1;\n"
	"CREATE TABLE joint (id INT PRIMARY KEY, a INT, b INT, c INT, KEY a_b (a, b), KEY c (c))\n"
	"  ENGINE=InnoDB;\n"
	"CREATE TABLE texts (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY (body)) ENGINE=InnoDB;\n"
	"CREATE TABLE isam (id INT PRIMARY KEY, n INT, s VARCHAR(20)) ENGINE=MyISAM;\n";

static const char rows[] = "INSERT INTO parent VALUES (1, 'a'), (2, 'b');\n"
			   "INSERT INTO t (id, n, s, w, x, c, d, b, dt, p) VALUES\n"
			   "  (1, 1, 'a', 'b', 'c', 'd', 1.5, 'e', '2020-01-01', 1),\n"
			   "  (2, 2, 'f', 'g', 'h', 'i', 2.5, 'j', '2020-01-02', 2);\n"
			   "INSERT INTO joint VALUES (1, 1, 1, 1), (2, 2, 2, 2);\n"
			   "INSERT INTO texts VALUES (1, 'words'), (2, 'more');\n"
			   "INSERT INTO isam VALUES (1, 1, 'a'), (2, 2, 'b')";

static const char *const statements[] = {
	/* columns */
	"ALTER TABLE t ADD COLUMN a INT",
	"ALTER TABLE t ADD a INT NOT NULL DEFAULT 7 FIRST",
	"ALTER TABLE t ADD COLUMN a INT AFTER n",
	"ALTER TABLE t ADD COLUMN (a INT, a2 VARCHAR(20))",
	"ALTER TABLE t ADD COLUMN a INT GENERATED ALWAYS AS (n * 2) STORED",
	"ALTER TABLE t ADD COLUMN a INT AS (n * 2) VIRTUAL",
	"ALTER TABLE t ADD COLUMN a INT CHECK (a > 0)",
	"ALTER TABLE t ADD COLUMN a CHAR(36) DEFAULT (uuid())",
	"ALTER TABLE t ADD COLUMN a DATETIME DEFAULT CURRENT_TIMESTAMP",
	"ALTER TABLE texts ADD COLUMN a INT",
	"ALTER TABLE t DROP COLUMN d",
	"ALTER TABLE joint DROP COLUMN a",
	"ALTER TABLE joint DROP COLUMN b",
	"ALTER TABLE joint DROP COLUMN c",
	"ALTER TABLE t DROP COLUMN n, DROP COLUMN g",
	"ALTER TABLE t DROP g",
	"ALTER TABLE t RENAME COLUMN d TO d2",
	"ALTER TABLE t CHANGE d d2 DECIMAL(8,2)",
	"ALTER TABLE t CHANGE d d2 DECIMAL(10,2)",
	"ALTER TABLE t ALTER COLUMN u SET DEFAULT 5",
	"ALTER TABLE t ALTER u DROP DEFAULT",
	/* types */
	"ALTER TABLE t MODIFY n BIGINT",
	"ALTER TABLE t MODIFY n INT(5)",
	"ALTER TABLE t MODIFY n INT UNSIGNED",
	"ALTER TABLE t MODIFY n INT NOT NULL",
	"ALTER TABLE t MODIFY u INT UNSIGNED",
	"ALTER TABLE t MODIFY s VARCHAR(80)",
	"ALTER TABLE t MODIFY s VARCHAR(255)",
	"ALTER TABLE t MODIFY s VARCHAR(256)",
	"ALTER TABLE t MODIFY s VARCHAR(40)",
	"ALTER TABLE t MODIFY w VARCHAR(250)",
	"ALTER TABLE t MODIFY w VARCHAR(256)",
	"ALTER TABLE t MODIFY x VARCHAR(400)",
	"ALTER TABLE t MODIFY c CHAR(20)",
	"ALTER TABLE t MODIFY c VARCHAR(10)",
	"ALTER TABLE t MODIFY s TEXT",
	"ALTER TABLE t MODIFY b MEDIUMTEXT",
	"ALTER TABLE t MODIFY d DECIMAL(10,2)",
	"ALTER TABLE t MODIFY dt DATE",
	"ALTER TABLE t MODIFY s VARCHAR(50) CHARACTER SET utf8mb4",
	"ALTER TABLE t MODIFY s VARCHAR(50) AFTER id",
	"ALTER TABLE t MODIFY s VARCHAR(50) COMMENT 'x'",
	"ALTER TABLE t MODIFY e ENUM('a','b','c') NOT NULL DEFAULT 'a'",
	"ALTER TABLE t MODIFY e ENUM('b','a') NOT NULL DEFAULT 'a'",
	"ALTER TABLE t MODIFY f SET('a','b','c')",
	/* indexes, keys, checks */
	"ALTER TABLE t ADD INDEX (s)",
	"CREATE INDEX i ON t (s, n)",
	"CREATE UNIQUE INDEX i ON t (s)",
	"ALTER TABLE t ADD UNIQUE KEY (s)",
	"ALTER TABLE t ADD FULLTEXT (b)",
	"ALTER TABLE texts ADD FULLTEXT (body)",
	"ALTER TABLE t DROP INDEX k",
	"DROP INDEX k ON t",
	"ALTER TABLE t DROP PRIMARY KEY",
	"ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (u, id)",
	"ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES parent (id)",
	"ALTER TABLE t ADD CONSTRAINT ck CHECK (n > 0)",
	"ALTER TABLE t RENAME INDEX k TO k2",
	/* tables */
	"ALTER TABLE t FORCE",
	"ALTER TABLE t ENGINE=InnoDB",
	"ALTER TABLE t ENGINE=MyISAM",
	"ALTER TABLE t ROW_FORMAT=COMPRESSED",
	"ALTER TABLE t COMMENT 'x'",
	"ALTER TABLE t AUTO_INCREMENT=100",
	"ALTER TABLE t DEFAULT CHARACTER SET utf8mb4",
	"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
	"ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 3",
	"ALTER TABLE t ORDER BY s",
	/* together */
	"ALTER TABLE t ADD COLUMN a INT, ADD INDEX (a)",
	"ALTER TABLE t ADD COLUMN a INT, RENAME COLUMN d TO d2",
	"ALTER TABLE t ADD INDEX (s), DROP INDEX k",
	"ALTER TABLE t MODIFY s VARCHAR(80), MODIFY n BIGINT",
	/* MyISAM */
	"ALTER TABLE isam ADD COLUMN a INT",
	"ALTER TABLE isam MODIFY n BIGINT",
	"ALTER TABLE isam ADD INDEX (n)",
	"ALTER TABLE isam COMMENT 'x'",
	"ALTER TABLE isam ALTER n SET DEFAULT 3",
	"ALTER TABLE isam ENGINE=InnoDB",
	"DROP INDEX `PRIMARY` ON isam",
};

static void start_server(void)
{
	rig_start_mariadb();
}

static void fresh(void)
{
	struct db_conn *conn = rig_session("setup");
	CLEANUP(cleanup_free) char *all = mem_printf("%s%s", tables, rows);

	rig_run(conn, "DROP TABLE IF EXISTS t, joint, isam, texts, parent");
	rig_run(conn, all);
	db->close(conn);
}

static struct lint_target target(void)
{
	const struct lint_product *product = my_analyser.products;

	/* MariaDB is the first of them. */
	return (struct lint_target){server.programs.flavour.mariadb ? product : product + 1,
		server.programs.flavour.version};
}

static void analyse_all(struct analysis_state *state, const char *text, struct analysis *last)
{
	static const struct statement_context context = {.lock_timeout_set = true};
	struct sql_script script;
	struct err err = {0};

	ck_ok(mysql_dialect.split(text, strlen(text), &script, &err), err);
	my_analyser.begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		analysis_release(last);
		my_analyser.statement(state, text, &script, i, &context, last);
	}
	sql_script_release(&script);
}

static const char *lock_of(const struct analysis *a)
{
	for (size_t i = 0; i < a->n_locks; i++)
		if (!strcmp(a->locks[i].mode, "SHARED_NO_WRITE"))
			return "shared";
	return "none";
}

/* Index builds and changes of the catalog alone block nobody: the server may call either instant.
 */
static bool same_algorithm(const char *text, const char *server_says)
{
	bool text_cheap = !strcmp(text, "instant") || !strcmp(text, "inplace");
	bool server_cheap = !strcmp(server_says, "instant") || !strcmp(server_says, "inplace");

	return !strcmp(text, server_says) || (text_cheap && server_cheap);
}

START_TEST(the_text_and_the_server_agree)
{
	struct observer_config config = {
		.replica = &replica, .min_wait_us = 10000, .source = "auto"};
	struct observer *o;
	struct err err = {0};
	size_t differ = 0;

	fresh();
	ck_ok(ops->open(&config, &o, &err), err);
	for (size_t i = 0; i < N(statements); i++) {
		struct lint_target server_target = target();
		struct analysis_state *state = my_analyser.open(&server_target);
		struct analysis a = {0};
		struct oracle oracle;
		struct prediction p;

		my_oracle_init(&oracle, &replica);
		analyse_all(state, tables, &a);
		analyse_all(state, statements[i], &a);
		ck_assert_msg(!my_oracle_predict(&oracle, statements[i], &p, &err), "%s", err.text);
		if (!*p.algorithm) {
			fprintf(stderr, "not told by the server: %s %s\n", statements[i], p.note);
		} else if ((!same_algorithm(a.algorithm, p.algorithm) ||
				   (strcmp(lock_of(&a), p.lock) != 0 && *p.lock &&
					   strcmp(p.lock, "exclusive") != 0))) {
			fprintf(stderr, "%s: the text says %s %s, the server %s %s\n",
				statements[i], a.algorithm, lock_of(&a), p.algorithm, p.lock);
			differ++;
		}
		analysis_release(&a);
		my_analyser.close(state);
		my_oracle_release(&oracle);
	}
	ck_assert_uint_eq(differ, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql rules server");
	TCase *tc = tcase_create("mysql rules server");

	tcase_add_unchecked_fixture(tc, start_server, rig_stop);
	tcase_add_test(tc, the_text_and_the_server_agree);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
