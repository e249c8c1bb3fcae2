/* The conformance suite on MariaDB, or on what REHEARSE_MYSQL_BIN names. */
#include <stdlib.h>

#include "adapters/mysql/client.h"
#include "harness/base/mem.h"
#include "tests/support/conformance.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

static struct test_mariadb server;
static struct err err;

static char *dsn_at_port(unsigned port)
{
	return mem_printf("host=127.0.0.1 port=%u user=root dbname=test", port);
}

static struct conformance mariadb = {
	.db = &mysql_db,
	.dsn_at_port = dsn_at_port,
	.three_values = "SELECT 1 AS one, NULL AS nothing, 'word' AS word",
	.no_rows = "SELECT 1 AS one FROM dual WHERE false",
	.two_results = "SELECT 1; SELECT 2",
	.later_error = "SELECT 1; SELECT * FROM no_such_table; SELECT 3",
	.many_rows = "SELECT seq, concat('row ', seq) FROM seq_1_to_100000",
	.create_table = "CREATE TABLE conformance (id integer PRIMARY KEY, name varchar(40)) "
			"ENGINE=InnoDB",
	.drop_table = "DROP TABLE IF EXISTS conformance",
	.insert = "INSERT INTO conformance VALUES (?, ?)",
	.update_all = "UPDATE conformance SET name = 'x'",
	.count = "SELECT count(*) FROM conformance",
	.echo = "SELECT ?, ?",
	.syntax_error = "SELECT 1 FORM x",
	.missing_table = "SELECT * FROM no_such_table",
	.duplicate_key = "INSERT INTO conformance VALUES (1, 'Miller')",
	.syntax_error_code = "1064",
	.missing_table_code = "1146",
	.duplicate_key_code = "1062",
	.syntax_error_position = 15,
	.begin = "BEGIN",
	.commit = "COMMIT",
	.rollback = "ROLLBACK",
	.lock_row = "SELECT id FROM conformance WHERE id = 1 FOR UPDATE",
	.short_lock_timeout = "SET innodb_lock_wait_timeout = 1",
	.lock_timeout_code = "1205",
	.sleep = "SELECT 1 FROM (SELECT sleep(60)) AS t",
	.sleep_code = "1317",
	.terminate = "KILL %llu",
	.init = "SET lock_wait_timeout = 47",
	.show_init = "SELECT @@lock_wait_timeout",
	.init_value = "47",
	.show_application = "SELECT attr_value FROM performance_schema.session_connect_attrs "
			    "WHERE processlist_id = connection_id() AND attr_name = 'program_name'",
	.show_session = "SELECT connection_id()",
	.show_database = "SELECT database()",
	.other_database = "other",
};

/* ---- the server ---- */

static void start(void)
{
	struct db_conn *conn = NULL;

	test_mariadb_start(&server, NULL, 0);
	mariadb.dsn = server.dsn;
	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = server.dsn}, &conn, &err), err);
	ck_ok(db_exec(&mysql_db, conn, "CREATE DATABASE other", &err), err);
	ck_ok(db_exec(&mysql_db, conn,
		      "CREATE USER locked@localhost IDENTIFIED BY 'ri ght'; "
		      "GRANT ALL ON other.* TO locked@localhost",
		      &err),
		err);
	mysql_db.close(conn);
	mariadb.dsn_wrong_password =
		mem_printf("%s user=locked password=not-the-password", server.dsn);
	mariadb.dsn_unknown_database = mem_printf("%s dbname=no_such_database", server.dsn);
}

static void stop(void)
{
	free((char *)mariadb.dsn_wrong_password);
	free((char *)mariadb.dsn_unknown_database);
	test_mariadb_stop(&server);
}

int main(void)
{
	Suite *suite = suite_create("conformance_mysql");
	TCase *tc = conformance_tcase(&mariadb);

	tcase_add_unchecked_fixture(tc, start, stop);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
