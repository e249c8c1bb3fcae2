#include "tests/support/mariadb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/mysql/client.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 60000000

static void must(int result, const struct err *err)
{
	if (result) {
		fprintf(stderr, "test server: %s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

void test_mysql_sequences(const struct my_server *server, const char *database)
{
	static const unsigned last[] = {50, 100, 200, 1000, 2000, 3000, 5000, 20000, 30000, 40000,
		50000, 100000, 200000, 400000};
	char *dsn = my_server_dsn(server, database);
	struct db_conn *conn = NULL;
	struct err err = {0};

	if (!server->programs->flavour.mariadb)
		must(db_connect(&mysql_db, &(struct db_target){.dsn = dsn}, &conn, &err), &err);
	for (size_t i = 0; conn && i < sizeof(last) / sizeof(last[0]); i++)
		must(db_execf(&mysql_db, conn, &err,
			     "SET SESSION sql_log_bin = 0; CREATE VIEW seq_1_to_%u AS WITH "
			     "RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE "
			     "seq < %u) SELECT seq FROM s",
			     last[i], last[i]),
			&err);
	mysql_db.close(conn);
	mem_free(dsn);
}

static void create_database(struct test_mariadb *m)
{
	char *dsn = my_server_dsn(&m->server, NULL);
	struct db_conn *conn = NULL;
	struct err err = {0};

	must(db_connect(&mysql_db, &(struct db_target){.dsn = dsn}, &conn, &err), &err);
	must(db_exec(&mysql_db, conn, "CREATE DATABASE test", &err), &err);
	mysql_db.close(conn);
	mem_free(dsn);
}

const char *test_mysql_bin(void)
{
	const char *dir = getenv("REHEARSE_MYSQL_BIN");

	return dir && *dir ? dir : NULL;
}

void test_mysql_programs(struct my_programs *ret)
{
	struct err err = {0};

	must(my_programs_find(test_mysql_bin(), ret, &err), &err);
}

void test_mariadb_start(struct test_mariadb *m, const struct server_setting *settings, size_t n)
{
	static const struct server_setting base[] = {
		{(char *)"innodb_flush_log_at_trx_commit", (char *)"0"},
		{(char *)"innodb_buffer_pool_size", (char *)"64M"},
		{(char *)"innodb_flush_method", (char *)"nosync"},
		{(char *)"max_connections", (char *)"120"},
		{(char *)"loose-cte_max_recursion_depth", (char *)"1000000"}};
	size_t n_base = sizeof(base) / sizeof(base[0]);
	struct server_setting *all = mem_zalloc((n_base + n) * sizeof(*all));
	char *server_dir;
	struct err err = {0};

	memset(m, 0, sizeof(*m));
	memcpy(all, base, sizeof(base));
	if (n)
		memcpy(all + n_base, settings, n * sizeof(*all));
	test_mysql_programs(&m->programs);
	must(fs_temp_dir(&m->dir, &err), &err);
	/* The server's user must be able to pass through. */
	server_dir = mem_printf("%s/s", m->dir);
	if (chmod(m->dir, 0711))
		must(-1, &(struct err){.text = "cannot open the directory to the server's user"});
	must(my_server_open(&m->server, &m->programs, server_dir, NULL, &err), &err);
	must(my_server_configure(&m->server, all, n_base + n, &err), &err);
	must(my_server_install(&m->server, &err), &err);
	must(my_server_start(&m->server, START_TIMEOUT_US, &err), &err);
	create_database(m);
	m->dsn = my_server_dsn(&m->server, "test");
	test_mysql_sequences(&m->server, "test");
	mem_free(server_dir);
	mem_free(all);
}

void test_mariadb_stop(struct test_mariadb *m)
{
	struct err err = {0};

	my_server_quit(&m->server, NULL);
	my_server_release(&m->server);
	my_programs_release(&m->programs);
	must(fs_remove_tree(m->dir, &err), &err);
	mem_free(m->dir);
	mem_free(m->dsn);
}
