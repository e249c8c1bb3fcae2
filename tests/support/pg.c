#include "tests/support/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

void test_pg_start(struct test_pg *pg, const struct server_setting *settings, size_t n)
{
	static const struct server_setting base[] = {{(char *)"fsync", (char *)"off"},
		{(char *)"log_lock_waits", (char *)"on"},
		{(char *)"max_connections", (char *)"100"}};
	size_t n_base = sizeof(base) / sizeof(base[0]);
	struct server_setting *all = mem_zalloc((n_base + n) * sizeof(*all));
	char *server_dir;
	struct err err = {0};

	memset(pg, 0, sizeof(*pg));
	memcpy(all, base, sizeof(base));
	if (n)
		memcpy(all + n_base, settings, n * sizeof(*all));
	must(pg_programs_find(NULL, 0, &pg->programs, &err), &err);
	must(fs_temp_dir(&pg->dir, &err), &err);
	/* The server's user must be able to pass through. */
	server_dir = mem_printf("%s/s", pg->dir);
	if (chmod(pg->dir, 0711))
		must(-1, &(struct err){.text = "cannot open the directory to the server's user"});
	must(pg_server_open(&pg->server, &pg->programs, server_dir, NULL, &err), &err);
	must(pg_server_initdb(&pg->server, &err), &err);
	must(pg_server_configure(&pg->server, all, n_base + n, &err), &err);
	must(pg_server_start(&pg->server, START_TIMEOUT_US, &err), &err);
	pg->dsn = pg_server_dsn(&pg->server, "postgres");
	mem_free(server_dir);
	mem_free(all);
}

void test_pg_stop(struct test_pg *pg)
{
	struct err err = {0};

	pg_server_release(&pg->server);
	pg_programs_release(&pg->programs);
	must(fs_remove_tree(pg->dir, &err), &err);
	mem_free(pg->dir);
	mem_free(pg->dsn);
}
