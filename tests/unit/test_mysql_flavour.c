/* Which server is which, and the words that each wants to hear. */
#include <string.h>

#include "adapters/mysql/flavour.h"
#include "tests/support/suite.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *version, *comment, *text;
	bool mariadb;
	unsigned number;
} cases[] = {
	{"10.5.29-MariaDB-log", "MariaDB Server", "10.5.29", true, 100529},
	{"10.11.19-MariaDB-0+deb12u1", "Debian 12", "10.11.19", true, 101119},
	{"5.5.5-10.6.4-MariaDB", "mariadb.org binary distribution", "10.6.4", true, 100604},
	{"11.8.6-MariaDB-ubu2404", "", "11.8.6", true, 110806},
	{"11.4.2", "managed MariaDB", "11.4.2", true, 110402},
	{"10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)", NULL, "10.11.19",
		true, 101119},
	{"8.0.46", "MySQL Community Server - GPL", "8.0.46", false, 80046},
	{"8.4.6-log", "Source distribution", "8.4.6", false, 80406},
	{"9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)", NULL, "9.7.4", false, 90704},
};

static struct my_flavour flavour(const char *version, const char *comment)
{
	struct my_flavour f = {0};
	struct err err = {0};

	ck_ok(my_flavour_parse(version, comment, &f, &err), err);
	return f;
}

START_TEST(servers_are_told_apart)
{
	struct my_flavour f = {0};
	struct err err = {0};

	ck_ok(my_flavour_parse(cases[_i].version, cases[_i].comment, &f, &err), err);
	ck_assert_int_eq(f.mariadb, cases[_i].mariadb);
	ck_assert_uint_eq(f.version, cases[_i].number);
	ck_assert_str_eq(f.text, cases[_i].text);
	ck_assert_str_eq(my_flavour_name(&f), f.mariadb ? "MariaDB" : "MySQL");
}
END_TEST

START_TEST(old_and_unreadable_versions_are_refused)
{
	struct my_flavour f = {.version = 7};
	struct err err = {0};

	ck_assert_int_eq(my_flavour_parse("10.4.34-MariaDB", NULL, &f, &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	ck_assert_str_eq(err.text, "MariaDB 10.4.34 is too old: 10.5 or newer is needed");
	ck_assert_int_eq(my_flavour_parse("5.7.44-log", "MySQL", &f, &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	ck_assert_int_eq(my_flavour_parse("unknown", "MariaDB", &f, &err), -1);
	ck_assert_int_eq(err.kind, ERR_FAILED);
	ck_assert_uint_eq(f.version, 7);
}
END_TEST

/* The words that changed; from the versions on that changed them. */
static const struct {
	const char *version, *reset_binlog, *show_binlog, *change_source, *row_waits;
	bool atomic_ddl, has_row_versions, nowait, super_read_only;
} words[] = {
	{"10.5.29-MariaDB", "RESET MASTER", "SHOW MASTER STATUS", "CHANGE MASTER TO",
		"information_schema.INNODB_LOCK_WAITS", false, false, true, false},
	{"10.6.0-MariaDB", "RESET MASTER", "SHOW MASTER STATUS", "CHANGE MASTER TO",
		"information_schema.INNODB_LOCK_WAITS", true, false, true, false},
	{"11.8.6-MariaDB", "RESET MASTER", "SHOW MASTER STATUS", "CHANGE MASTER TO",
		"information_schema.INNODB_LOCK_WAITS", true, false, true, false},
	{"8.0.28", "RESET MASTER", "SHOW MASTER STATUS", "CHANGE REPLICATION SOURCE TO",
		"performance_schema.data_lock_waits", true, false, false, true},
	{"8.0.46", "RESET MASTER", "SHOW MASTER STATUS", "CHANGE REPLICATION SOURCE TO",
		"performance_schema.data_lock_waits", true, true, false, true},
	{"8.4.6", "RESET BINARY LOGS AND GTIDS", "SHOW BINARY LOG STATUS",
		"CHANGE REPLICATION SOURCE TO", "performance_schema.data_lock_waits", true, true,
		false, true},
	{"9.7.4", "RESET BINARY LOGS AND GTIDS", "SHOW BINARY LOG STATUS",
		"CHANGE REPLICATION SOURCE TO", "performance_schema.data_lock_waits", true, true,
		false, true},
};

START_TEST(each_version_has_its_words)
{
	struct my_flavour f = flavour(words[_i].version, NULL);
	const struct my_words *w = f.words;

	ck_assert_str_eq(w->reset_binlog, words[_i].reset_binlog);
	ck_assert_str_eq(w->show_binlog, words[_i].show_binlog);
	ck_assert_str_eq(w->change_source, words[_i].change_source);
	ck_assert_str_eq(w->row_waits, words[_i].row_waits);
	ck_assert_int_eq(w->atomic_ddl, words[_i].atomic_ddl);
	ck_assert_int_eq(w->row_versions != NULL, words[_i].has_row_versions);
	ck_assert_int_eq(w->ddl_nowait, words[_i].nowait);
	ck_assert_int_eq(w->super_read_only, words[_i].super_read_only);
}
END_TEST

START_TEST(no_word_is_missing)
{
	for (size_t i = 0; i < N(cases); i++) {
		struct my_flavour f = flavour(cases[i].version, cases[i].comment);
		const struct my_words *w = f.words;
		const char *const all[] = {w->show_replica_status, w->col_source_host,
			w->col_source_port, w->col_io_running, w->col_sql_running,
			w->col_last_io_error, w->col_last_sql_error, w->col_received,
			w->start_replica, w->stop_replica, w->stop_io, w->reset_replica_all,
			w->change_source, w->option_prefix, w->show_replicas, w->show_binlog,
			w->reset_binlog, w->wait_for_gtid, w->executed_gtid, w->skip_start,
			w->semi_sync_status, w->statement_limit, w->row_waits, w->innodb_tables,
			w->explain};

		for (size_t k = 0; k < N(all); k++)
			ck_assert_msg(all[k] && *all[k], "%s: word %zu", f.text, k);
		ck_assert_ptr_nonnull(w->algorithms);
		ck_assert_str_eq(w->algorithms[0], "INSTANT");
		ck_assert_uint_gt(w->row_waits_hz, 0);
		/* The unit: seconds in MariaDB, milliseconds in MySQL. */
		ck_assert_uint_eq(w->statement_limit_us, f.mariadb ? 1000000 : 1000);
		ck_assert_int_eq(w->statement_limit_ddl, f.mariadb);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_flavour");
	TCase *tc = tcase_create("flavour");

	tcase_add_loop_test(tc, servers_are_told_apart, 0, N(cases));
	tcase_add_test(tc, old_and_unreadable_versions_are_refused);
	tcase_add_loop_test(tc, each_version_has_its_words, 0, N(words));
	tcase_add_test(tc, no_word_is_missing);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
