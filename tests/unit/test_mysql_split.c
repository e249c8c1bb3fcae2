#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/rng.h"
#include "tests/support/suite.h"

#define ANY (SQL_DDL | SQL_MAY_COMMIT)
#define WAITS (SQL_SETS_LOCK_TIMEOUT | SQL_SETS_LOCAL)

static struct sql_script split(const char *text)
{
	struct sql_script script;
	struct err err = {0};

	ck_ok(mysql_dialect.split(text, strlen(text), &script, &err), err);
	return script;
}

/* ---- one statement: kind, flags, object, relations ---- */

static const struct {
	const char *sql, *kind;
	unsigned flags;
	const char *object, *relations;
} kinds[] = {
	/* tables */
	{"CREATE TABLE IF NOT EXISTS d.a (id int, up int REFERENCES a (id), FOREIGN KEY (x) "
	 "REFERENCES `b c`.d (y))",
		"CREATE TABLE", SQL_DDL, "d.a", "a `b c`.d"},
	{"create table a (id int primary key, up int references a (id))", "CREATE TABLE", SQL_DDL,
		"a", ""},
	{"CREATE TEMPORARY TABLE a LIKE b", "CREATE TEMPORARY TABLE LIKE", SQL_DDL, "a", "b"},
	{"CREATE OR REPLACE TABLE a (id int) ENGINE=InnoDB AS SELECT * FROM b JOIN c USING (id)",
		"CREATE TABLE AS", SQL_DDL, "a", "b c"},
	{"CREATE TABLE t (c int) ENGINE=MERGE UNION=(a, b)", "CREATE TABLE", SQL_DDL, "t", "a b"},
	{"CREATE UNIQUE INDEX i USING BTREE ON s.t (a)", "CREATE UNIQUE INDEX", SQL_DDL, "i",
		"s.t"},
	{"CREATE INDEX i ON t (a) WAIT 5", "CREATE INDEX", SQL_DDL | WAITS, "i", "t"},
	{"CREATE FULLTEXT INDEX i ON `User` (a)", "CREATE FULLTEXT INDEX", SQL_DDL, "i", "`User`"},
	{"DROP INDEX `PRIMARY` ON t", "DROP INDEX", SQL_DDL, "`PRIMARY`", "t"},
	{"DROP TABLE IF EXISTS a.b, c NOWAIT", "DROP TABLE", SQL_DDL | WAITS, "a.b", "a.b c"},
	{"DROP VIEW v", "DROP VIEW", SQL_DDL, "v", "v"},
	{"RENAME TABLE a TO tmp, b TO a, tmp TO b", "RENAME TABLE", SQL_DDL, "a", "a b"},
	{"TRUNCATE t", "TRUNCATE TABLE", SQL_DDL, "t", "t"},
	{"OPTIMIZE NO_WRITE_TO_BINLOG TABLE a, b", "OPTIMIZE TABLE", SQL_DDL | SQL_UNCUT_WORK, "a",
		"a b"},
	{"ALTER TABLE t ENABLE KEYS", "ALTER TABLE ENABLE KEYS", SQL_DDL | SQL_UNCUT_WORK, "t",
		"t"},
	{"ANALYZE TABLE t", "ANALYZE TABLE", SQL_MAY_COMMIT, "t", "t"},
	{"ANALYZE FORMAT=JSON UPDATE t SET a = 1", "ANALYZE", SQL_MAY_COMMIT | SQL_DATA, "t", "t"},
	{"CHECKSUM TABLE t", "CHECKSUM TABLE", 0, "t", "t"},
	{"LOCK TABLES a AS x WRITE, b READ", "LOCK TABLES", SQL_MAY_COMMIT, "a", "a b"},
	{"UNLOCK TABLES", "UNLOCK TABLES", SQL_MAY_COMMIT, "", ""},
	{"FLUSH TABLES t WITH READ LOCK", "FLUSH TABLES", SQL_MAY_COMMIT, "t", "t"},
	/* ALTER TABLE */
	{"ALTER TABLE t ADD COLUMN a int, DROP COLUMN b", "ALTER TABLE ADD COLUMN", SQL_DDL, "t",
		"t"},
	{"ALTER ONLINE TABLE `t` ADD (a int)", "ALTER TABLE ADD COLUMN", SQL_DDL, "t", "t"},
	{"ALTER TABLE t NOWAIT ADD a int", "ALTER TABLE ADD COLUMN", SQL_DDL | WAITS, "t", "t"},
	{"ALTER TABLE t ADD COLUMN nowait int", "ALTER TABLE ADD COLUMN", SQL_DDL, "t", "t"},
	{"ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD KEY i (a)", "ALTER TABLE ADD INDEX",
		SQL_DDL, "t", "t"},
	{"ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (b)",
		"ALTER TABLE ADD FOREIGN KEY", SQL_DDL, "t", "t u"},
	{"ALTER TABLE t ADD CONSTRAINT UNIQUE (a)", "ALTER TABLE ADD UNIQUE INDEX", SQL_DDL, "t",
		"t"},
	{"ALTER TABLE t ADD PRIMARY KEY (a)", "ALTER TABLE ADD PRIMARY KEY", SQL_DDL, "t", "t"},
	{"ALTER TABLE t ALTER COLUMN c DROP DEFAULT", "ALTER TABLE ALTER COLUMN DROP DEFAULT",
		SQL_DDL, "t", "t"},
	{"ALTER TABLE t ALTER INDEX i INVISIBLE", "ALTER TABLE ALTER INDEX", SQL_DDL, "t", "t"},
	{"ALTER TABLE t MODIFY c bigint", "ALTER TABLE MODIFY COLUMN", SQL_DDL, "t", "t"},
	{"ALTER TABLE t CHANGE a b int", "ALTER TABLE CHANGE COLUMN", SQL_DDL, "t", "t"},
	{"ALTER TABLE t RENAME TO u", "ALTER TABLE RENAME", SQL_DDL, "t", "t"},
	{"ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE RENAME COLUMN", SQL_DDL, "t", "t"},
	{"ALTER TABLE t DROP KEY i", "ALTER TABLE DROP INDEX", SQL_DDL, "t", "t"},
	{"ALTER TABLE t DROP a", "ALTER TABLE DROP COLUMN", SQL_DDL, "t", "t"},
	{"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "ALTER TABLE CONVERT TO CHARACTER SET",
		SQL_DDL, "t", "t"},
	{"ALTER TABLE t ENGINE=InnoDB", "ALTER TABLE ENGINE", SQL_DDL, "t", "t"},
	{"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "ALTER TABLE EXCHANGE PARTITION",
		SQL_DDL, "t", "t u"},
	/* other objects */
	{"CREATE ALGORITHM=MERGE DEFINER=`r`@`%` SQL SECURITY INVOKER VIEW v AS SELECT * FROM a, b",
		"CREATE VIEW", SQL_DDL, "v", "a b"},
	{"CREATE DEFINER = CURRENT_USER() TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
		"CREATE TRIGGER", SQL_DDL, "tr", "t"},
	{"CREATE PROCEDURE p() SELECT * FROM t", "CREATE PROCEDURE", SQL_DDL, "p", ""},
	{"CREATE SCHEMA IF NOT EXISTS s", "CREATE DATABASE", SQL_DDL, "s", ""},
	{"CREATE USER 'u'@'h' IDENTIFIED BY 'x'", "CREATE USER", SQL_DDL, "", ""},
	{"GRANT SELECT ON d.t TO u", "GRANT", SQL_DDL, "d.t", "d.t"},
	{"GRANT ALL ON d.* TO u", "GRANT", SQL_DDL, "", ""},
	{"DROP PROCEDURE IF EXISTS p", "DROP PROCEDURE", SQL_DDL, "p", ""},
	/* data */
	{"INSERT IGNORE INTO t (a) SELECT REPLACE(b, 'x', 'y') FROM u ON DUPLICATE KEY UPDATE a = "
	 "1",
		"INSERT", SQL_DATA, "t", "t u"},
	{"REPLACE t VALUES (1)", "REPLACE", SQL_DATA, "t", "t"},
	{"UPDATE a, b JOIN c ON a.x = c.x AND c.y IN (1, 2), d SET a.x = (SELECT 1 FROM e)",
		"UPDATE", SQL_DATA, "a", "a b c d e"},
	{"DELETE x FROM t AS x JOIN u USING (id)", "DELETE", SQL_DATA, "t", "t u"},
	{"LOAD DATA INFILE '/x' INTO TABLE t FIELDS TERMINATED BY ','", "LOAD DATA", SQL_DATA, "t",
		"t"},
	{"WITH x AS (SELECT * FROM u) UPDATE t JOIN x SET t.a = 1", "UPDATE", SQL_DATA, "t", "u t"},
	{"SELECT TRIM(LEADING 'x' FROM a), EXTRACT(YEAR FROM b) FROM (t, (u JOIN v)) WHERE a IN "
	 "(SELECT b FROM w) FOR UPDATE",
		"SELECT", 0, "", "t u v w"},
	{"SELECT * FROM a FORCE INDEX FOR JOIN (i) JOIN JSON_TABLE(a.j, '$' COLUMNS (b int PATH "
	 "'$')) AS x, information_schema.tables",
		"SELECT", 0, "", "a"},
	{"(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", "SELECT", 0, "", "a b"},
	{"SELECT 1 FROM t FOR UPDATE NOWAIT", "SELECT", WAITS, "", "t"},
	{"EXPLAIN UPDATE t SET a = 1", "EXPLAIN", 0, "t", "t"},
	{"DESC t", "EXPLAIN", 0, "t", "t"},
	/* programs */
	{"CALL p(1)", "CALL", ANY, "p", ""},
	{"BEGIN NOT ATOMIC SELECT a INTO v FROM t; INSERT INTO u VALUES (1); END",
		"BEGIN NOT ATOMIC", ANY, "u", "t u"},
	{"EXECUTE IMMEDIATE 'DROP TABLE t'", "EXECUTE IMMEDIATE", ANY, "", ""},
	{"PREPARE s FROM 'SELECT 1'", "PREPARE", 0, "s", ""},
	/* transactions */
	{"BEGIN WORK", "BEGIN", SQL_TX_BEGIN, "", ""},
	{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "START TRANSACTION", SQL_TX_BEGIN, "", ""},
	{"START SLAVE", "START", SQL_MAY_COMMIT, "", ""},
	{"COMMIT AND CHAIN", "COMMIT AND CHAIN", SQL_TX_COMMIT | SQL_TX_BEGIN, "", ""},
	{"COMMIT AND NO CHAIN RELEASE", "COMMIT", SQL_TX_COMMIT | SQL_ENDS_SESSION, "", ""},
	{"ROLLBACK WORK TO SAVEPOINT a", "ROLLBACK TO SAVEPOINT", 0, "a", ""},
	{"SET autocommit = 0", "SET", SQL_TX_BEGIN, "autocommit", ""},
	{"SET autocommit = 1", "SET", SQL_MAY_COMMIT, "autocommit", ""},
	{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET TRANSACTION", SQL_NO_TRANSACTION, "",
		""},
	{"SET SESSION TRANSACTION READ ONLY", "SET TRANSACTION", 0, "", ""},
	/* time-outs */
	{"SET lock_wait_timeout = 5", "SET", SQL_SETS_LOCK_TIMEOUT, "lock_wait_timeout", ""},
	{"SET @a = 1, @@session.innodb_lock_wait_timeout := 5", "SET", SQL_SETS_LOCK_TIMEOUT,
		"innodb_lock_wait_timeout", ""},
	{"SET SESSION sql_mode = '', Max_Statement_Time = 5", "SET", SQL_SETS_STATEMENT_TIMEOUT,
		"sql_mode", ""},
	{"SET GLOBAL lock_wait_timeout = 5, max_statement_time = 1", "SET", 0, "lock_wait_timeout",
		""},
	{"SET @@global.lock_wait_timeout = 5, max_statement_time = 1", "SET",
		SQL_SETS_STATEMENT_TIMEOUT, "lock_wait_timeout", ""},
	{"SET @lock_wait_timeout = 5", "SET", 0, "", ""},
	{"SET STATEMENT lock_wait_timeout = 1, max_statement_time = 2 FOR ALTER TABLE t FORCE",
		"ALTER TABLE FORCE", SQL_DDL | WAITS | SQL_SETS_STATEMENT_TIMEOUT, "t", "t"},
	{"SET @a = (SELECT max(id) FROM t)", "SET", 0, "", "t"},
	{"SET NAMES utf8mb4", "SET NAMES", 0, "", ""},
	/* conditional comments are code */
	{"/*!40101 SET NAMES utf8 */", "SET NAMES", 0, "", ""},
	{"CREATE DATABASE /*!32312 IF NOT EXISTS*/ d", "CREATE DATABASE", SQL_DDL, "d", ""},
	{"/*M!100100 ALTER TABLE t FORCE */", "ALTER TABLE FORCE", SQL_DDL, "t", "t"},
	{"USE d", "USE", SQL_ENDS_SESSION, "d", ""},
	{"SHOW TABLES FROM d", "SHOW", 0, "", ""},
	{"FROBNICATE t", "", SQL_UNKNOWN, "", ""},
};

START_TEST(tells_kind_flags_object_and_relations)
{
	struct sql_script script = split(kinds[_i].sql);
	const struct sql_statement *s = script.statements;
	CLEANUP(cleanup_str) struct str relations = {0};

	ck_assert_msg(script.n == 1, "%s: %zu statements", kinds[_i].sql, script.n);
	ck_assert_str_eq(s->kind, kinds[_i].kind);
	ck_assert_msg((s->flags & ~(unsigned)SQL_SESSION) == kinds[_i].flags, "%s: flags %x",
		kinds[_i].sql, s->flags);
	ck_assert_msg(!strcmp(s->object ? s->object : "", kinds[_i].object), "%s: object %s",
		kinds[_i].sql, s->object);
	for (size_t i = 0; i < s->n_relations; i++)
		str_addf(&relations, "%s%s", i ? " " : "", s->relations[i]);
	ck_assert_msg(!strcmp(str_text(&relations), kinds[_i].relations), "%s: relations %s",
		kinds[_i].sql, str_text(&relations));
	sql_script_release(&script);
}
END_TEST

/* ---- splitting ---- */

/* Pieces as `line:text` joined by ` | `; unknown ones with `?`, those for the client with `!`. */
static const struct {
	const char *text, *pieces, *comment;
} splits[] = {
	{"", "", "empty"},
	{" -- a\n# b;\n/* c; */;;\n--\n", "", "comments and terminators only"},
	{"SELECT 1", "1:SELECT 1", "no terminator"},
	{"\n-- x\n/* y */ SELECT 1 ; -- z\nSELECT 2 # end", "3:SELECT 1 | 4:SELECT 2",
		"line and text are of the first token to the last"},
	{"\xEF\xBB\xBFSELECT 1;", "1:SELECT 1", "byte order mark"},
	{"SELECT ';', \";\", `;`, 'it\\'s;', 'it''s;', 5--1; SELECT 2",
		"1:SELECT ';', \";\", `;`, 'it\\'s;', 'it''s;', 5--1 | 1:SELECT 2",
		"terminators inside of tokens; dashes of an expression"},
	{"SELECT `a\\`; SELECT 2", "1:SELECT `a\\` | 1:SELECT 2", "no escapes in names"},
	{"--no blank; \nSELECT 1;", "2:SELECT 1", "a line of dashes, as the client reads it"},
	{"DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\ndelimiter ;\nSELECT 2;",
		"2:CREATE PROCEDURE p() BEGIN SELECT 1; END | 4:SELECT 2", "DELIMITER"},
	{"SELECT 1; DELIMITER $$\nSELECT 2; END$$\n  DELIMITER ';'\nSELECT 3;",
		"1:SELECT 1 | 2:SELECT 2; END | 4:SELECT 3",
		"DELIMITER behind a statement, indented, quoted; a delimiter inside of a word"},
	{"DELIMITER //\nSELECT 4/2//SELECT 2", "2:SELECT 4/2 | 2:SELECT 2", "half a delimiter"},
	{"\\d |\nSELECT 1|SELECT 2|", "2:SELECT 1 | 2:SELECT 2", "its short form"},
	{"CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; END;\nDELIMITER //\nSELECT 2//",
		"1:CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1 | 1:END IF? | 1:END? | "
		"3:SELECT 2",
		"a script with DELIMITER is read as the client reads it"},
	{"/*!40101 SET a = 1; */", "1:/*!40101 SET a = 1? | 1:*/?",
		"the client cuts conditional comments, too"},
	{"/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%`*/ /*!50003 VIEW v AS SELECT ';'*/;",
		"1:/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%`*/ /*!50003 VIEW v AS SELECT ';'*/",
		"a dump's way"},
	{"/*M!999999\\- enable the sandbox mode */ \nSELECT 1;", "2:SELECT 1",
		"a comment for no version"},
	{"/* a /*!40101 SET a = 1 */ ; */ SELECT 1;", "1:SELECT 1",
		"a conditional comment inside of a plain one"},
	{"SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT '\\'; SET sql_mode = ''; SELECT '\\';';",
		"1:SET sql_mode = 'NO_BACKSLASH_ESCAPES' | 1:SELECT '\\' | 1:SET sql_mode = '' | "
		"1:SELECT '\\';'",
		"backslashes as sql_mode has them"},
	{"SET @o = @@sql_mode, sql_mode = 'ANSI'; SELECT \"\\\"; SET SQL_MODE = @o; SELECT "
	 "\"\\\";\"",
		"1:SET @o = @@sql_mode, sql_mode = 'ANSI' | 1:SELECT \"\\\" | "
		"1:SET SQL_MODE = @o | 1:SELECT \"\\\";\"",
		"a mode that is put back"},
	{"SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT '\\';';",
		"1:SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES' | 1:SELECT '\\';'",
		"not this session's mode"},
	{"SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES'); SELECT '\\';",
		"1:SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES') | 1:SELECT '\\'",
		"a mode that is added"},
	{"SELECT 1\\G SELECT 2\\g\nSELECT 3", "1:SELECT 1 | 1:SELECT 2 | 2:SELECT 3",
		"\\G and \\g"},
	{"SELECT 1 \\c SELECT 2;", "1:SELECT 2", "\\c forgets"},
	{"use d\nSELECT 1;USE e;\nnotee\nstatus;\nprompt > \nSELECT 2;",
		"1:use d | 2:SELECT 1 | 2:USE e | 6:SELECT 2",
		"what changes only the client's output is left out"},
	{"source x.sql\nSELECT 1;\n\\. y.sql\n\\! ls\nsystem ls\nconnect d\n\\u d\n",
		"1:source x.sql?! | 2:SELECT 1 | 3:\\. y.sql?! | 4:\\! ls?! | 5:system ls?! | "
		"6:connect d?! | 7:\\u d?!",
		"what only the client can"},
	{"SELECT 1;\nquit\nSELECT 2;", "1:SELECT 1", "the client ends"},
	{"SELECT 1 \\p ;", "1:SELECT 1 \\p?!", "a command in the middle of a statement"},
	{"SELECT \\N, 1;", "1:SELECT \\N, 1", "an old way to say NULL"},
	{"SELECT 'a;\nSELECT 2;", "1:SELECT 'a;\nSELECT 2;?", "a quote that is never closed"},
	{"SELECT 1; /* a; SELECT 2", "1:SELECT 1", "a comment that is never closed"},
	{"\r\nSELECT 1;\r\nSELECT 2\r\nDELIMITER ;\r\n", "2:SELECT 1 | 3:SELECT 2\r\nDELIMITER",
		"carriage returns; no command inside of a statement"},
};

START_TEST(splits_scripts)
{
	struct sql_script script = split(splits[_i].text);
	CLEANUP(cleanup_str) struct str got = {0};

	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *s = &script.statements[i];

		str_addf(&got, "%s%u:%.*s%s%s", i ? " | " : "", s->line, (int)s->len,
			splits[_i].text + s->offset, s->flags & SQL_UNKNOWN ? "?" : "",
			s->flags & SQL_CLIENT ? "!" : "");
	}
	ck_assert_msg(!strcmp(str_text(&got), splits[_i].pieces), "%s: got %s", splits[_i].comment,
		str_text(&got));
	sql_script_release(&script);
}
END_TEST

/* ---- bodies without DELIMITER: each is one statement, whatever is inside ---- */

static const char *const bodies[] = {
	"CREATE PROCEDURE p() BEGIN SELECT 1; END",
	"CREATE OR REPLACE DEFINER=`a`@'b' PROCEDURE IF NOT EXISTS d.p(IN a INT) COMMENT 'x;' "
	"BEGIN "
	"DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; SELECT 1; END",
	"CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC BEGIN RETURN CASE WHEN a THEN IF(a, 1, "
	"2) ELSE IF(a, 3, 4) END; END",
	"CREATE PROCEDURE p() BEGIN IF IF(a, b, c) THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE IF "
	"(c) THEN SELECT 3; END IF; END IF; END",
	"CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN IF (b) THEN SELECT 1; END IF; ELSE BEGIN "
	"END; END CASE; SELECT 2; END",
	"CREATE PROCEDURE p() l: BEGIN `m`: LOOP LEAVE m; END LOOP m; REPEAT SET a = "
	"REPEAT('x;', 3); UNTIL a END REPEAT; WHILE a DO DO SLEEP(1); END WHILE; END l",
	"CREATE PROCEDURE p() BEGIN FOR i IN 1..10 DO SELECT i; END FOR; SELECT t.end FROM t; END",
	"CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; SET NEW.b = 2; END",
	"CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW IF NEW.a THEN SET NEW.b = 1; END IF",
	"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; DELETE FROM u; END",
	"ALTER DEFINER = u@h EVENT e DO BEGIN SELECT 1; END",
	"BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
	"/*!50003 CREATE*/ /*!50020 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t AFTER DELETE ON t FOR "
	"EACH "
	"ROW BEGIN DELETE FROM u; END */",
	"IF a THEN SELECT 1; END IF",
	"CREATE PROCEDURE p() SELECT 1",
	"CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
	"CREATE TABLE `event` (`begin` int, `end` int)",
	"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE a = CASE b WHEN 1 THEN 2 "
	"END",
};

START_TEST(keeps_bodies_whole_where_no_delimiter_is_set)
{
	CLEANUP(cleanup_free)
	char *text = mem_printf("SELECT 0;\n%s;\nSELECT 9;\n%s", bodies[_i], bodies[_i]);
	struct sql_script script = split(text);

	ck_assert_msg(script.n == 4, "%s: %zu statements", bodies[_i], script.n);
	for (size_t i = 1; i < 4; i += 2) {
		ck_assert_uint_eq(script.statements[i].len, strlen(bodies[_i]));
		ck_assert_uint_eq(script.statements[i].flags & SQL_UNKNOWN, 0);
	}
	sql_script_release(&script);
}
END_TEST

START_TEST(a_body_that_is_never_closed_does_not_swallow_the_script)
{
	struct sql_script script =
		split("SELECT 1;\nCREATE PROCEDURE p() BEGIN SELECT 1;\nSELECT 2;\nDROP TABLE t;");

	ck_assert_uint_eq(script.n, 4);
	ck_assert_str_eq(script.statements[3].kind, "DROP TABLE");
	ck_assert_uint_eq(script.error_line, 2);
	ck_assert_str_eq(script.error, "the body of a stored program is never closed");
	sql_script_release(&script);
}
END_TEST

START_TEST(autocommit_off_and_on_is_a_transaction)
{
	struct sql_script script =
		split("SET autocommit=1; SET autocommit=0; UPDATE t SET a=1; SET autocommit=1");

	ck_assert_uint_eq(script.statements[0].flags & ~(unsigned)SQL_SESSION, SQL_MAY_COMMIT);
	ck_assert_uint_eq(script.statements[1].flags & ~(unsigned)SQL_SESSION, SQL_TX_BEGIN);
	ck_assert_uint_eq(script.statements[3].flags & ~(unsigned)SQL_SESSION, SQL_TX_COMMIT);
	sql_script_release(&script);
}
END_TEST

START_TEST(tells_the_line_of_what_is_odd)
{
	struct sql_script script = split("SELECT 1;\n\nFROB 'secret';\nSELECT 'x");

	ck_assert_uint_eq(script.error_line, 3);
	ck_assert_ptr_null(strstr(script.error, "secret"));
	sql_script_release(&script);
	script = split("SELECT 1;\nexit\nSELECT 2;");
	ck_assert_uint_eq(script.error_line, 2);
	sql_script_release(&script);
}
END_TEST

/* ---- nothing is lost, nothing crashes ---- */

static const char *const scraps[] = {"SELECT 1", ";", "\n", "'", "\"", "`", "\\", "--", "-- ", "#",
	"/*", "*/", "/*!", "/*M!100100", "/*!99999", "DELIMITER", " ", "//", "$$", "BEGIN", "END",
	"CREATE PROCEDURE p()", "IF", "CASE", "SET sql_mode=", "ANSI_QUOTES",
	"NO_BACKSLASH_ESCAPES", "@", ",", "(", ")", "FROM", "WITH x AS (", "\\g", "\\d", "use ",
	"quit", "source", "\xC3\xA9", "0x1", "1e", ".5", "x'", "ALTER TABLE t", "ADD", "=", "t.",
	"INSERT INTO", "UPDATE", "DEFINER=", "REFERENCES", "RENAME TABLE a TO", "\xEF\xBB\xBF"};

static void check_bounds(const char *text, size_t len)
{
	struct sql_script script;
	struct err err = {0};
	size_t end = 0;
	unsigned line = 1;

	ck_ok(mysql_dialect.split(text, len, &script, &err), err);
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *s = &script.statements[i];
		char *masked;

		ck_assert_uint_ge(s->offset, end);
		ck_assert_uint_gt(s->len, 0);
		ck_assert_uint_le(s->len, len - s->offset);
		ck_assert_uint_ge(s->line, line);
		end = s->offset + s->len;
		line = s->line;
		masked = mysql_dialect.mask(text + s->offset, s->len);
		ck_assert_ptr_null(strchr(masked, '\n'));
		mem_free(masked);
	}
	sql_script_release(&script);
}

START_TEST(any_bytes_split_into_pieces_inside_of_the_text)
{
	struct rng rng;

	rng_seed(&rng, 7);
	for (unsigned round = 0; round < 3000; round++) {
		CLEANUP(cleanup_str) struct str text = {0};
		/* Without the NUL behind it, so that a reader past the end is seen. */
		char *exact;

		for (int64_t n = rng_between(&rng, 0, 40); n; n--) {
			if (rng_between(&rng, 0, 9))
				str_add(&text,
					scraps[rng_between(
						&rng, 0, sizeof(scraps) / sizeof(scraps[0]) - 1)]);
			else
				str_add_char(&text, (char)rng_between(&rng, 0, 255));
		}
		exact = mem_alloc(text.len);
		if (text.len)
			memcpy(exact, text.data, text.len);
		check_bounds(exact, text.len);
		mem_free(exact);
	}
}
END_TEST

START_TEST(no_code_is_lost_between_statements)
{
	static const char *const codes[] = {"SELECT 'a;b' -- ;\n, 2", "UPDATE t SET a = \"x\\\"y\"",
		"/*!50003 DROP TABLE `a;b` */",
		"INSERT INTO t VALUES (1, X'41', 0x42, .5, 'it''s')",
		"CREATE PROCEDURE p() BEGIN SELECT 1; /* ; */ SELECT 2; END"};
	CLEANUP(cleanup_str) struct str text = {0}, expected = {0}, got = {0};
	struct sql_script script;
	struct rng rng;

	rng_seed(&rng, 3);
	for (unsigned i = 0; i < 500; i++) {
		const char *code = codes[rng_between(&rng, 0, 4)];

		str_addf(
			&text, "%s%s;%s", i % 3 ? "\n" : "# it's\n", code, i % 7 ? "" : " -- ';\n");
		str_addf(&expected, "%s|", code);
	}
	script = split(str_text(&text));
	for (size_t i = 0; i < script.n; i++)
		str_addf(&got, "%.*s|", (int)script.statements[i].len,
			str_text(&text) + script.statements[i].offset);
	ck_assert_str_eq(str_text(&got), str_text(&expected));
	sql_script_release(&script);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql split");
	TCase *tc = tcase_create("dialect");

	tcase_add_loop_test(
		tc, tells_kind_flags_object_and_relations, 0, sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_loop_test(tc, splits_scripts, 0, sizeof(splits) / sizeof(splits[0]));
	tcase_add_loop_test(tc, keeps_bodies_whole_where_no_delimiter_is_set, 0,
		sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_test(tc, a_body_that_is_never_closed_does_not_swallow_the_script);
	tcase_add_test(tc, autocommit_off_and_on_is_a_transaction);
	tcase_add_test(tc, tells_the_line_of_what_is_odd);
	tcase_add_test(tc, any_bytes_split_into_pieces_inside_of_the_text);
	tcase_add_test(tc, no_code_is_lost_between_statements);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
