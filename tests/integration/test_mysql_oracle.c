/* What the server is predicted to do with ALTERs, what it then does, and that both agree; the
 * copies, their foreign keys, and that nothing stays behind. */
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void start_server(void)
{
	rig_start_mariadb();
}

static void fresh_schema(void)
{
	static const char *const statements[] = {"SET foreign_key_checks = 0",
		"DROP TABLE IF EXISTS t, parent, child, isam, texts, bare",
		"SET foreign_key_checks = 1",
		"CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB",
		"INSERT INTO parent SELECT seq, 'p' FROM seq_1_to_50",
		"CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(50) CHARACTER SET latin1,"
		" w VARCHAR(200) CHARACTER SET latin1, parent_id INT, c VARCHAR(20) CHARACTER SET"
		" utf8mb3, KEY (n), KEY (parent_id)) ENGINE=InnoDB",
		"INSERT INTO t SELECT seq, seq, 'x', 'y', 1 + seq % 50, 'c' FROM seq_1_to_2000",
		"CREATE TABLE child (id INT PRIMARY KEY, parent_id INT, CONSTRAINT child_parent"
		" FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE) ENGINE=InnoDB",
		"INSERT INTO child SELECT seq, 1 + seq % 50 FROM seq_1_to_200",
		"CREATE TABLE isam (id INT PRIMARY KEY, n INT, d DATE NOT NULL DEFAULT "
		"'0001-01-01')"
		" ENGINE=MyISAM",
		"INSERT INTO isam SELECT seq, seq, '0001-01-01' FROM seq_1_to_2000",
		"CREATE TABLE texts (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY (body)) "
		"ENGINE=InnoDB",
		"INSERT INTO texts SELECT seq, 'some words' FROM seq_1_to_200",
		"CREATE TABLE bare (id INT PRIMARY KEY, n INT) ENGINE=InnoDB"};
	struct db_conn *conn = rig_session("setup");

	for (size_t i = 0; i < N(statements); i++)
		rig_run(conn, statements[i]);
	db->close(conn);
}

static struct prediction predict(struct observer *o, const char *sql)
{
	struct prediction p;
	struct err err = {0};

	ck_assert_msg(ops->predict(o, sql, &p, &err) == 0, "%s: %s", sql, err.text);
	return p;
}

static struct statement_facts facts_of(struct observer *o, struct db_conn *conn, const char *sql)
{
	struct statement_facts facts;
	struct err err = {0};

	ck_ok(ops->statement_begin(o, db->session_id(conn), sql, &err), err);
	ck_assert_msg(db_exec(db, conn, sql, &err) == 0, "%s: %s", sql, err.text);
	ck_ok(ops->statement_own(o, conn, &err), err);
	ck_ok(ops->statement_end(o, &facts, &err), err);
	return facts;
}

/* Measured on MariaDB 10.11; 11.2 and later copy with LOCK=NONE. */
static const struct {
	const char *sql, *algorithm, *lock, *comment;
} cases[] = {
	{"ALTER TABLE t ADD COLUMN a INT", "instant", "none", "a new column"},
	{"ALTER TABLE t ADD COLUMN a INT NOT NULL DEFAULT 7 FIRST", "instant", "none", "in front"},
	{"ALTER TABLE t DROP COLUMN n", "instant", "none", "with its index"},
	{"ALTER TABLE t ADD INDEX s_idx (s)", "inplace", "none", "an index"},
	{"CREATE INDEX s_idx ON t (s)", "inplace", "none", "the other way to say it"},
	{"CREATE INDEX s_idx ON test.t (s)", "inplace", "none", "with its schema"},
	{"DROP INDEX n ON t", "instant", "none", "an index less"},
	{"ALTER TABLE t ADD COLUMN a INT, ADD INDEX (a)", "rebuild", "none", "both at once"},
	{"ALTER TABLE t MODIFY n INT NOT NULL", "rebuild", "none", "no NULLs any more"},
	{"ALTER TABLE t FORCE", "rebuild", "none", "everything anew"},
	{"ALTER TABLE t MODIFY n BIGINT", "copy", "shared", "a wider number"},
	{"ALTER TABLE t MODIFY s VARCHAR(80) CHARACTER SET latin1", "instant", "none",
		"a wider text"},
	{"ALTER TABLE t MODIFY w VARCHAR(300) CHARACTER SET latin1", "copy", "shared",
		"from 200 bytes to more than 255"},
	{"ALTER TABLE t MODIFY c VARCHAR(100) CHARACTER SET utf8mb3", "instant", "none",
		"from less than 128 bytes to more than 255"},
	{"ALTER TABLE t MODIFY s VARCHAR(10) CHARACTER SET latin1", "copy", "shared", "narrower"},
	{"ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 3", "copy", NULL,
		"accepted as instant, and copied"},
	{"ALTER TABLE t ADD FOREIGN KEY (parent_id) REFERENCES parent (id)", "copy", "shared",
		"a key that is checked"},
	{"ALTER TABLE texts ADD COLUMN a INT", "rebuild", "shared", "beside a full-text index"},
	{"ALTER TABLE t ADD COLUMN a INT, ALGORITHM=COPY", "copy", "shared", "as it was asked for"},
	{"ALTER TABLE t RENAME TO t2", "instant", "exclusive", "another name"},
	{"ALTER TABLE isam ADD COLUMN a INT", "copy", "shared", "MyISAM copies"},
	{"ALTER TABLE isam MODIFY n BIGINT", "copy", "shared", "MyISAM copies"},
	{"ALTER TABLE isam ADD INDEX (n)", "copy", "shared", "MyISAM copies"},
	{"ALTER TABLE isam COMMENT 'x'", "instant", NULL, "MyISAM, the definition alone"},
	{"ALTER TABLE isam ENGINE=InnoDB", "copy", "shared", "another engine"},
};

/* What MySQL does otherwise, measured on 9.7. */
static const struct {
	const char *comment, *algorithm, *lock;
} otherwise[] = {
	{"with its index", "rebuild", "none"},
	{"from less than 128 bytes to more than 255", "copy", "shared"},
	{"beside a full-text index", "copy", "shared"},
	{"another name", "instant", "none"},
};

START_TEST(alters_are_done_as_predicted)
{
	struct db_conn *conn;
	struct observer *o;
	struct prediction p;
	struct statement_facts f;
	const char *algorithm = cases[_i].algorithm, *lock = cases[_i].lock;

	for (size_t i = 0; i < N(otherwise) && !server.programs.flavour.mariadb; i++)
		if (!strcmp(otherwise[i].comment, cases[_i].comment)) {
			algorithm = otherwise[i].algorithm;
			lock = otherwise[i].lock;
		}
	fresh_schema();
	rig_once("DROP TABLE IF EXISTS t2");
	conn = rig_session("migration");
	o = rig_observe("processlist", 10000);
	p = predict(o, cases[_i].sql);
	f = facts_of(o, conn, cases[_i].sql);
	printf("%-70s %s/%s, then %s; %s\n", cases[_i].sql, p.algorithm, p.lock, f.algorithm,
		p.note);
	ck_assert_msg(
		!strcmp(f.algorithm, algorithm), "%s: did %s", cases[_i].comment, f.algorithm);
	ck_assert_msg(!strcmp(p.algorithm, f.algorithm), "%s: predicted %s, did %s",
		cases[_i].comment, p.algorithm, f.algorithm);
	if (lock)
		ck_assert_msg(!strcmp(p.lock, lock), "%s: lock %s", cases[_i].comment, p.lock);
	statement_facts_release(&f);
	ops->close(o);
	db->close(conn);
	rig_once("DROP TABLE IF EXISTS t2");
}
END_TEST

START_TEST(a_copy_behind_an_accepted_instant_is_found)
{
	struct observer *o;
	struct prediction p;

	fresh_schema();
	o = rig_observe("processlist", 10000);
	p = predict(o, "ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2");
	ck_assert_str_eq(p.algorithm, "copy");
	/* MySQL does not accept it, and is asked on. */
	if (server.programs.flavour.mariadb)
		ck_assert_msg(strstr(p.note, "accepted, yet"), "%s", p.note);
	p = predict(o, "ALTER TABLE isam MODIFY n BIGINT");
	ck_assert_str_eq(p.algorithm, "copy");
	p = predict(o, "ALTER TABLE t MODIFY n BIGINT");
	ck_assert_msg(strstr(p.note, "cannot change column type"), "%s", p.note);
	ops->close(o);
}
END_TEST

/* The second and the third statement need what the first one makes. */
START_TEST(statements_are_predicted_on_what_earlier_ones_made)
{
	struct observer *o;
	struct prediction p;

	fresh_schema();
	o = rig_observe("processlist", 10000);
	p = predict(o, "ALTER TABLE t ADD COLUMN added INT");
	ck_assert_str_eq(p.algorithm, "instant");
	p = predict(o, "ALTER TABLE t ADD INDEX (added)");
	ck_assert_str_eq(p.algorithm, "inplace");
	p = predict(o, "ALTER TABLE t MODIFY added BIGINT");
	ck_assert_str_eq(p.algorithm, "copy");
	p = predict(o, "ALTER TABLE t RENAME TO t_new");
	ck_assert_str_eq(p.algorithm, "instant");
	p = predict(o, "ALTER TABLE t ADD COLUMN never INT");
	p = predict(o, "ALTER TABLE t_new DROP COLUMN added");
	ck_assert_str_ne(p.algorithm, "");
	ops->close(o);
}
END_TEST

START_TEST(what_cannot_be_told_is_empty)
{
	static const char *const statements[] = {"SELECT 1", "UPDATE t SET n = 1",
		"CREATE TABLE made (id INT)", "ALTER TABLE made ADD COLUMN a INT",
		"ALTER TABLE no_such ADD COLUMN a INT", "ALTER TABLE", "", "DROP TABLE t"};
	struct observer *o;

	fresh_schema();
	o = rig_observe("processlist", 10000);
	for (size_t i = 0; i < N(statements); i++) {
		struct prediction p = predict(o, statements[i]);

		ck_assert_msg(!*p.algorithm && !*p.lock && !*p.note, "%s: %s", statements[i],
			p.algorithm);
	}
	ops->close(o);
}
END_TEST

START_TEST(what_the_server_refuses_is_said_and_not_predicted)
{
	struct observer *o;
	struct prediction p;

	fresh_schema();
	o = rig_observe("processlist", 10000);
	p = predict(o, "ALTER TABLE t ADD COLUMN n INT");
	ck_assert_str_eq(p.algorithm, "");
	ck_assert_msg(strstr(p.note, "1060"), "%s", p.note);
	ops->close(o);
}
END_TEST

START_TEST(foreign_keys_are_on_the_copy)
{
	struct observer *o;
	struct prediction p;

	fresh_schema();
	o = rig_observe("processlist", 10000);
	/* Neither can be done without their knowing. */
	p = predict(o, "ALTER TABLE child DROP FOREIGN KEY child_parent");
	ck_assert_msg(!strcmp(p.algorithm, "instant"), "%s %s", p.algorithm, p.note);
	p = predict(o, "ALTER TABLE parent DROP COLUMN name");
	ck_assert_msg(*p.algorithm, "%s", p.note);
	ops->close(o);
	o = rig_observe("processlist", 10000);
	p = predict(o, "ALTER TABLE child MODIFY parent_id BIGINT");
	ck_assert_msg(strstr(p.note, "1832") || strstr(p.note, "1846") || strstr(p.note, "3780"),
		"%s", p.note);
	ops->close(o);
}
END_TEST

static uint64_t count(const char *sql)
{
	struct db_conn *conn = rig_session("check");
	struct err err = {0};
	int64_t n;

	ck_ok(db_number(db, conn, sql, &n, &err), err);
	db->close(conn);
	return (uint64_t)n;
}

static const char schemas[] = "SELECT COUNT(*) FROM information_schema.SCHEMATA"
			      " WHERE SCHEMA_NAME LIKE 'rehearse%'";

START_TEST(nothing_stays_behind_and_nothing_is_changed)
{
	struct db_conn *conn;
	struct observer *o;
	struct statement_facts f;

	fresh_schema();
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	predict(o, "ALTER TABLE t ADD COLUMN a INT");
	predict(o, "ALTER TABLE child MODIFY id BIGINT");
	ck_assert_uint_eq(count(schemas), 1);
	f = facts_of(o, conn, "ALTER TABLE t ADD COLUMN b INT");
	ck_assert_uint_eq(count(schemas), 0);
	statement_facts_release(&f);
	ops->close(o);
	o = rig_observe("auto", 10000);
	predict(o, "ALTER TABLE t ADD COLUMN a INT");
	ops->close(o);
	ck_assert_uint_eq(count(schemas), 0);
	ck_assert_uint_eq(count("SELECT COUNT(*) FROM t"), 2000);
	ck_assert_uint_eq(count("SELECT COUNT(*) FROM information_schema.COLUMNS"
				" WHERE TABLE_SCHEMA = 'test' AND TABLE_NAME = 't'"),
		7);
	db->close(conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_oracle");
	TCase *tc = tcase_create("oracle");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, rig_stop);
	tcase_add_loop_test(tc, alters_are_done_as_predicted, 0, N(cases));
	tcase_add_test(tc, a_copy_behind_an_accepted_instant_is_found);
	tcase_add_test(tc, statements_are_predicted_on_what_earlier_ones_made);
	tcase_add_test(tc, what_cannot_be_told_is_empty);
	tcase_add_test(tc, what_the_server_refuses_is_said_and_not_predicted);
	tcase_add_test(tc, foreign_keys_are_on_the_copy);
	tcase_add_test(tc, nothing_stays_behind_and_nothing_is_changed);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
