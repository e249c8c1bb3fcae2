#include "tests/support/opendental.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

struct test_mariadb od_server;
static struct err err;

void od_start(void)
{
	test_mariadb_start(&od_server, NULL, 0);
}

void od_stop(void)
{
	test_mariadb_stop(&od_server);
}

char *od_query(const char *database, const char *sql)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&od_server.server, database);
	struct db_conn *conn = NULL;
	const struct db_result *result;
	struct str out = {0};

	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = dsn}, &conn, &err), err);
	ck_ok(db_exec(&mysql_db, conn, sql, &err), err);
	result = mysql_db.result(conn);
	for (unsigned row = 0; row < result->rows; row++) {
		for (unsigned column = 0; column < result->columns; column++) {
			const char *value = mysql_db.value(conn, row, column);

			if (column)
				str_add_char(&out, '\t');
			str_add(&out, value ? value : "-");
		}
		if (row + 1 < result->rows)
			str_add_char(&out, '\n');
	}
	mysql_db.close(conn);
	return str_take(&out);
}

void od_expect(const char *database, const char *sql, const char *expected, const char *comment)
{
	CLEANUP(cleanup_free) char *got = od_query(database, sql);

	ck_assert_msg(
		!strcmp(got, expected), "%s: expected %s, got %s\n%s", comment, expected, got, sql);
}

void od_file(const char *database, const char *path, const char *init)
{
	CLEANUP(cleanup_free) char *socket = mem_printf("--socket=%s", od_server.server.socket);
	CLEANUP(cleanup_free) char *first = mem_printf("--init-command=%s", init);
	CLEANUP(cleanup_str) struct str said = {0};
	const char *const argv[] = {"mariadb", "--no-defaults", "--user=root", "--batch", socket,
		first, database, NULL};

	if (my_server_run(&od_server.server, od_server.programs.client, argv, path, &said, &err))
		ck_abort_msg("%s: %s", path, err.text);
	/* ANALYZE says what it did. */
	ck_assert_msg(!said.len || strstr(path, "finish"), "%s said: %s", path, str_text(&said));
}

static bool exists(const char *database)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("SELECT COUNT(*) FROM information_schema.schemata "
			       "WHERE schema_name = '%s'",
		database);
	CLEANUP(cleanup_free) char *n = od_query(NULL, sql);

	return !strcmp(n, "1");
}

void od_build(const char *fixture, const char *database, const char *scale)
{
	CLEANUP(cleanup_free) char *pattern = mem_printf("fixtures/%s/mysql/*.sql", fixture);
	CLEANUP(cleanup_free) char *create = mem_printf("CREATE DATABASE `%s`", database);
	CLEANUP(cleanup_free) char *init = mem_printf("SET @scale = %s", scale);
	glob_t files;

	if (exists(database))
		return;
	free(od_query(NULL, create));
	ck_assert_int_eq(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		od_file(database, files.gl_pathv[i], init);
	globfree(&files);
}

char *od_vendor(const char *file)
{
	const char *shared = getenv("REHEARSE_SHARED");
	char *path = mem_printf("%s/opendental/%s", shared ? shared : "../shared", file);

	if (fs_is_file(path))
		return path;
	printf("skipped: no Open Dental material beside the checkout "
	       "(../shared/opendental/%s)\n",
		file);
	fflush(stdout);
	mem_free(path);
	return NULL;
}

size_t od_fields(char *line, char **fields, size_t n)
{
	size_t found = 0;

	while (line && found < n) {
		char *tab = strchr(line, '\t');

		fields[found++] = line;
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
	return found;
}

char *od_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	*at = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}
