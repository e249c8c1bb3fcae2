/*
 * Real migration histories for MySQL: sent statement by statement they make the schema that the
 * `mariadb` client makes of the files.
 */
#include "adapters/mysql/client.h"
#include "adapters/mysql/dialect.h"
#include "tests/integration/mysql_corpora.h"
#include "tests/support/mariadb.h"

/* What MariaDB refuses, both ways: beginnings of names, error codes, reasons. Of another server it
 * is enough that it refuses the same both ways. */
static struct refusal {
	const char *name, *codes, *reason;
	unsigned seen;
} refusals[] = {
	{"openfga-mysql/007", "1064", "MySQL's LOCK = NONE behind a column list", 0},
	{"temporal-mysql/visibility/", "1064 1091 1146",
		"MySQL's -> operator and functional indexes, and what needs them", 0},
	{"uaa-mysql/V4_103__", "1833", "a column of a foreign key, though checks are off", 0},
	{"umami-mysql/05_add_visit_id/", "1305", "MySQL's BIN_TO_UUID()", 0},
};

static struct test_mariadb server;

static void start_server(void)
{
	if (shared)
		test_mariadb_start(&server, NULL, 0);
}

static void stop_server(void)
{
	if (shared)
		test_mariadb_stop(&server);
}

static bool expected_refusal(const char *name, const char *code)
{
	bool found = !server.programs.flavour.mariadb;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!strncmp(name, refusals[i].name, strlen(refusals[i].name)) &&
			strstr(refusals[i].codes, code)) {
			refusals[i].seen++;
			found = true;
		}
	return found;
}

static struct db_conn *connect_to(const char *dsn)
{
	struct db_target target = {.dsn = dsn};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(&mysql_db, &target, &conn, &err), err);
	return conn;
}

/* An empty database `test`, and no other; *ret_names: those there were. */
static void clear_server(void)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&server.server, NULL);
	CLEANUP(cleanup_free) char *names = NULL;
	struct db_conn *conn = connect_to(dsn);
	struct err err = {0};

	ck_ok(db_text(&mysql_db, conn,
		      "SELECT GROUP_CONCAT(CONCAT('DROP DATABASE `', schema_name, '`') "
		      "SEPARATOR ';') FROM information_schema.schemata WHERE schema_name NOT IN "
		      "('mysql', 'sys', 'information_schema', 'performance_schema')",
		      &names, &err),
		err);
	if (*names)
		ck_ok(db_exec(&mysql_db, conn, names, &err), err);
	ck_ok(db_exec(&mysql_db, conn, "CREATE DATABASE test", &err), err);
	mysql_db.close(conn);
}

/* All databases but the server's own. */
static char *dump_schema(void)
{
	CLEANUP(cleanup_free) char *socket = mem_printf("--socket=%s", server.server.socket);
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&server.server, NULL);
	CLEANUP(cleanup_free) char *names = NULL;
	const char *argv[64] = {"mariadb-dump", "--no-defaults", socket, "--user=root", "--no-data",
		"--skip-comments", "--routines", "--events", "--triggers", "--skip-lock-tables",
		"--databases"};
	struct db_conn *conn = connect_to(dsn);
	struct str out = {0};
	struct err err = {0};
	char *save = NULL;
	size_t n = 11;

	ck_ok(db_text(&mysql_db, conn,
		      "SELECT GROUP_CONCAT(schema_name ORDER BY 1 SEPARATOR '\n') FROM "
		      "information_schema.schemata WHERE schema_name NOT IN ('mysql', 'sys', "
		      "'information_schema', 'performance_schema')",
		      &names, &err),
		err);
	mysql_db.close(conn);
	for (char *name = strtok_r(names, "\n", &save); name && n < 63;
		name = strtok_r(NULL, "\n", &save))
		argv[n++] = name;
	ck_ok(my_server_run(&server.server, server.programs.dump, argv, NULL, &out, &err), err);
	return str_take(&out);
}

/* The code of the first error of a file that the client is given; "" when there is none. */
static char *run_client(const struct file *f)
{
	/* Its error may be of several lines, the code in the first one. */
	static const char shell[] =
		"exec 2>&1; \"$1\" --no-defaults --socket=\"$2\" --user=root --comments "
		"--default-character-set=utf8mb4 $3 test || :";
	CLEANUP(cleanup_free) char *input = mem_printf("%s/input.sql", server.dir);
	CLEANUP(cleanup_str) struct str out = {0};
	/* What the client would cut goes to the server whole, as its own runner sends it. */
	const char *argv[] = {"sh", "-c", shell, "sh", server.programs.client, server.server.socket,
		excused(f->name) ? "--delimiter=#nowhere#" : "", NULL};
	struct err err = {0};
	const char *error;

	ck_ok(fs_write(input, f->text, strlen(f->text), 0644, &err), err);
	ck_ok(my_server_run(&server.server, "/bin/sh", argv, input, &out, &err), err);
	error = strstr(str_text(&out), "ERROR ");
	return error ? mem_strndup(error + 6, strspn(error + 6, "0123456789")) : mem_strdup("");
}

static char *run_statements(const struct file *f)
{
	struct db_conn *conn = connect_to(server.dsn);
	struct sql_script script;
	struct err err = {0};
	char *code = mem_strdup("");

	ck_ok(mysql_dialect.split(f->text, strlen(f->text), &script, &err), err);
	for (size_t i = 0; i < script.n && !*code; i++) {
		const struct sql_statement *s = &script.statements[i];
		CLEANUP(cleanup_free) char *sql = mem_strndup(f->text + s->offset, s->len);

		ck_ok(db_run(&mysql_db, conn, sql, NULL, &err), err);
		if (mysql_db.result(conn)->error.class != DB_CLASS_NONE) {
			mem_free(code);
			code = mem_strdup(mysql_db.result(conn)->error.code);
		}
	}
	sql_script_release(&script);
	mysql_db.close(conn);
	return code;
}

static void first_difference(const char *ours, const char *theirs)
{
	while (*ours && *ours == *theirs) {
		ours++;
		theirs++;
	}
	printf("ours: %.300s\nthe client's: %.300s\n", ours, theirs);
}

static unsigned replay(const char *name, const struct files *files)
{
	CLEANUP(cleanup_free) char *theirs = NULL, *ours = NULL;
	char **codes = mem_zalloc((files->n + 1) * sizeof(*codes));
	unsigned failed = 0;

	clear_server();
	for (size_t i = 0; i < files->n; i++)
		codes[i] = run_client(&files->items[i]);
	theirs = dump_schema();
	clear_server();
	for (size_t i = 0; i < files->n; i++) {
		CLEANUP(cleanup_free) char *code = run_statements(&files->items[i]);
		const char *file = files->items[i].name;

		if (strcmp(code, codes[i]) != 0 || (*code && !expected_refusal(file, code))) {
			printf("%s: error '%s', the client's '%s'\n", file, code, codes[i]);
			failed++;
		}
	}
	ours = dump_schema();
	if (strcmp(ours, theirs) != 0) {
		printf("%s: the schemas differ\n", name);
		first_difference(ours, theirs);
		failed++;
	}
	/* Something was made. */
	failed += !strstr(ours, "CREATE TABLE");
	mem_free_strings(codes, files->n);
	return failed;
}

START_TEST(statement_by_statement_makes_the_clients_schema)
{
	char *names[CORPORA_NAMES];
	unsigned n, failed = 0;

	if (absent())
		return;
	n = list("corpora", "-mysql", names);
	for (unsigned i = 0; i < n; i++) {
		struct files files = {0};

		read_corpus(names[i], &files);
		/* The other two scripts undo this one. */
		if (!strcmp(names[i], "torture-mysql")) {
			release_files(&files);
			add_file(&files, "corpora/torture-mysql/migrations/sakila",
				"mysql-sakila-schema.sql");
		}
		failed += replay(names[i], &files);
		release_files(&files);
		mem_free(names[i]);
	}
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!refusals[i].seen && server.programs.flavour.mariadb) {
			printf("%s: no longer refused: %s\n", refusals[i].name, refusals[i].reason);
			failed++;
		}
	fflush(stdout);
	ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(vendor_dumps_and_steps_make_the_clients_schema)
{
	struct files files = {0};
	char *names[CORPORA_NAMES];
	unsigned n;

	if (absent())
		return;
	add_file(&files, "opendental/schema", "schema-22.4.44.sql");
	n = list("opendental/migrations", ".sql", names);
	ck_assert_uint_gt(n, 4);
	for (unsigned i = 0; i < n; i++) {
		add_file(&files, "opendental/migrations", names[i]);
		mem_free(names[i]);
	}
	ck_assert_uint_eq(replay("opendental", &files), 0);
	release_files(&files);
	add_file(&files, "opendental/schema", "schema-24.3.63.sql");
	ck_assert_uint_eq(replay("opendental 24.3.63", &files), 0);
	release_files(&files);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql replay");
	TCase *tc = tcase_create("replay");

	find_corpora();
	tcase_set_timeout(tc, 900);
	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_test(tc, statement_by_statement_makes_the_clients_schema);
	tcase_add_test(tc, vendor_dumps_and_steps_make_the_clients_schema);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
