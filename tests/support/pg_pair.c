#include "tests/support/pg_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define START_TIMEOUT_US 60000000
#define UNTIL_TIMEOUT_US 30000000

static void must(int result, const struct err *err)
{
	if (result) {
		fprintf(stderr, "test server: %s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

static void configure(struct pg_server *s, const struct server_setting *settings, size_t n)
{
	const struct server_setting base[] = {{(char *)"fsync", (char *)"off"},
		{(char *)"max_connections", (char *)"40"},
		{(char *)"shared_buffers", (char *)"16MB"},
		{(char *)"wal_receiver_status_interval", (char *)"1s"}};
	size_t n_base = sizeof(base) / sizeof(base[0]);
	struct server_setting *all = mem_zalloc((n_base + n) * sizeof(*all));
	struct err err = {0};

	memcpy(all, base, sizeof(base));
	if (n)
		memcpy(all + n_base, settings, n * sizeof(*all));
	must(pg_server_configure(s, all, n_base + n, &err), &err);
	free(all);
}

void test_primary_start(struct test_pair *pair, const struct server_setting *settings, size_t n)
{
	CLEANUP(cleanup_free) char *dir = NULL;
	struct err err = {0};

	*pair = (struct test_pair){.slot = "standby_slot"};
	must(pg_programs_find(NULL, 0, &pair->programs, &err), &err);
	must(fs_temp_dir(&pair->dir, &err), &err);
	must(chmod(pair->dir, 0711), &(struct err){.text = "cannot open the directory"});
	dir = fs_join(pair->dir, "p");
	must(pg_server_open(&pair->primary, &pair->programs, dir, NULL, &err), &err);
	must(pg_server_initdb(&pair->primary, &err), &err);
	configure(&pair->primary, settings, n);
	must(pg_server_start(&pair->primary, START_TIMEOUT_US, &err), &err);
	pair->primary_dsn = pg_server_dsn(&pair->primary, "postgres");
}

void test_standby_start(struct test_pair *pair, const struct server_setting *settings, size_t n)
{
	CLEANUP(cleanup_free) char *dir = fs_join(pair->dir, "s");
	CLEANUP(cleanup_free) char *source = mem_printf("host=%s user=postgres", pair->primary.dir);
	struct err err = {0};

	must(pg_server_open(&pair->standby, &pair->programs, dir, NULL, &err), &err);
	const char *const argv[] = {"pg_basebackup", "-d", source, "-D", pair->standby.data_dir,
		"-R", "-C", "-S", pair->slot, "-X", "stream", "--checkpoint=fast", "--no-sync",
		NULL};
	must(pg_server_run(&pair->standby, argv, NULL, NULL, NULL, &err), &err);
	configure(&pair->standby, settings, n);
	must(pg_server_start(&pair->standby, START_TIMEOUT_US, &err), &err);
	pair->standby_dsn = pg_server_dsn(&pair->standby, "postgres");
	test_sql_until(pair->standby_dsn,
		"SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'", "1");
}

void test_pair_stop(struct test_pair *pair)
{
	struct err err = {0};

	pg_server_quit(&pair->standby, NULL);
	pg_server_quit(&pair->primary, NULL);
	pg_server_release(&pair->standby);
	pg_server_release(&pair->primary);
	pg_programs_release(&pair->programs);
	for (int i = 0; i < 50 && fs_remove_tree(pair->dir, NULL); i++)
		clock_sleep_us(100000);
	must(fs_remove_tree(pair->dir, &err), &err);
	free(pair->dir);
	free(pair->primary_dsn);
	free(pair->standby_dsn);
	*pair = (struct test_pair){0};
}

char *test_stand_in(const char *dir, const char *name, const struct pg_programs *programs)
{
	CLEANUP(cleanup_free) char *path = mem_printf("%s/%s.so", dir, name);
	CLEANUP(cleanup_free) char *real = mem_printf("%s/../lib/auto_explain.so", programs->dir);

	ck_assert_int_eq(symlink(real, path), 0);
	return mem_printf("%s/%s", dir, name);
}

char *test_sql(const char *dsn, const char *sql)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	struct err err = {0};
	char *text = NULL;

	if (pg_control_open(dsn, NULL, &conn, &err) || pg_control_text(conn, sql, &text, &err)) {
		fprintf(stderr, "%s: %s\n", sql, err.text);
		ck_abort_msg("%s: %s", sql, err.text);
	}
	return text;
}

void test_run_sql(const char *dsn, const char *sql)
{
	free(test_sql(dsn, sql));
}

void test_sql_until(const char *dsn, const char *sql, const char *expected)
{
	uint64_t deadline = clock_us() + UNTIL_TIMEOUT_US;
	bool same;

	do {
		CLEANUP(cleanup_free) char *text = test_sql(dsn, sql);

		same = strcmp(text, expected) == 0;
		if (!same && clock_us() > deadline)
			ck_abort_msg("%s: '%s', not '%s'", sql, text, expected);
		if (!same)
			clock_sleep_us(20000);
	} while (!same);
}

void test_alter_system(const char *dsn, const char *name, const char *value)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	CLEANUP(cleanup_free) char *quoted = pg_quote_literal(value ? value : "");
	CLEANUP(cleanup_free) char *set = mem_printf("SET %s = %s", name, quoted);
	CLEANUP(cleanup_free)
	char *alter = value ? mem_printf("ALTER SYSTEM %s", set)
			    : mem_printf("ALTER SYSTEM RESET %s", name);
	CLEANUP(cleanup_free) char *show = mem_printf("SELECT current_setting('%s', true)", name);
	struct err err = {0};

	ck_ok(pg_control_open(dsn, NULL, &conn, &err), err);
	/* A name with a dot has to be known to the session before ALTER SYSTEM takes it. */
	if (value && strchr(name, '.'))
		ck_ok(pg_control_exec(conn, set, &err), err);
	ck_ok(pg_control_exec(conn, alter, &err), err);
	ck_ok(pg_control_exec(conn, "SELECT pg_reload_conf()", &err), err);
	if (value)
		test_sql_until(dsn, show, value);
	else
		clock_sleep_us(300000);
}
