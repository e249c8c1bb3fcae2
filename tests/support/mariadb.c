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

void test_mariadb_start(struct test_mariadb *m, const struct server_setting *settings, size_t n)
{
	static const struct server_setting base[] = {
		{(char *)"innodb_flush_log_at_trx_commit", (char *)"0"},
		{(char *)"innodb_buffer_pool_size", (char *)"64M"},
		{(char *)"innodb_flush_method", (char *)"nosync"},
		{(char *)"max_connections", (char *)"120"}};
	size_t n_base = sizeof(base) / sizeof(base[0]);
	struct server_setting *all = mem_zalloc((n_base + n) * sizeof(*all));
	char *server_dir;
	struct err err = {0};

	memset(m, 0, sizeof(*m));
	memcpy(all, base, sizeof(base));
	if (n)
		memcpy(all + n_base, settings, n * sizeof(*all));
	must(my_programs_find(NULL, &m->programs, &err), &err);
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
