/* The conformance suite's values, rows and statements, and many of them at once. */
#include "tests/support/conformance_local.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

/* ---- results ---- */

START_TEST(values_nulls_and_columns_are_read)
{
	struct db_conn *conn = conf_open();
	const struct db_result *r;

	conf_exec(conn, conf->three_values);
	r = conf->db->result(conn);
	ck_assert_uint_eq(r->rows, 1);
	ck_assert_uint_eq(r->columns, 3);
	ck_assert_uint_eq(r->affected, 1);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), "1");
	ck_assert_ptr_null(conf->db->value(conn, 0, 1));
	ck_assert_str_eq(conf->db->value(conn, 0, 2), "word");
	ck_assert_ptr_null(conf->db->value(conn, 0, 3));
	ck_assert_ptr_null(conf->db->value(conn, 1, 0));
	ck_assert_str_eq(conf->db->column(conn, 0), "one");
	ck_assert_str_eq(conf->db->column(conn, 2), "word");
	ck_assert_ptr_null(conf->db->column(conn, 3));
	conf_exec(conn, conf->no_rows);
	ck_assert_uint_eq(r->rows, 0);
	ck_assert_uint_eq(r->columns, 1);
	ck_assert_ptr_null(conf->db->value(conn, 0, 0));
	conf->db->close(conn);
}
END_TEST

START_TEST(values_stay_until_the_next_start)
{
	struct db_conn *conn = conf_open(), *other = conf_open();
	const char *value;

	conf_exec(conn, conf->three_values);
	value = conf->db->value(conn, 0, 2);
	conf_exec(other, conf->many_rows);
	ck_assert_int_eq(conf->db->step(conn), DB_READY); /* nothing was started */
	ck_assert_str_eq(value, "word");
	ck_assert_ptr_eq(conf->db->value(conn, 0, 2), value);
	conf_exec(conn, conf->two_results);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), "2");
	conf->db->close(other);
	conf->db->close(conn);
}
END_TEST

START_TEST(several_statements_in_one_text)
{
	struct db_conn *conn = conf_open();

	conf_exec(conn, conf->two_results);
	ck_assert_uint_eq(conf->db->result(conn)->rows, 1);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), "2");
	ck_assert_int_eq(conf_run_failing(conn, conf->later_error)->class, DB_CLASS_BREAKAGE);
	ck_assert_uint_eq(conf->db->result(conn)->rows, 0);
	ck_assert_ptr_null(conf->db->value(conn, 0, 0));
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

START_TEST(large_results_arrive_whole)
{
	struct db_conn *conn = conf_open();
	char expected[32];

	conf_exec(conn, conf->many_rows);
	ck_assert_uint_eq(conf->db->result(conn)->rows, 100000);
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(expected, sizeof(expected), "row %u", i + 1);
		if (strcmp(conf->db->value(conn, i, 1), expected) != 0)
			ck_abort_msg("row %u is '%s'", i, conf->db->value(conn, i, 1));
	}
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

START_TEST(large_statements_are_sent_whole)
{
	struct db_conn *conn = conf_open();
	size_t n = (size_t)8 << 20;
	char *sql = mem_alloc(n + 64);

	/* Far more than any socket buffer takes at once. */
	memset(sql, ' ', n);
	snprintf(sql + n, 64, "%s", conf->two_results);
	ck_assert_int_eq(conf->db->query_start(conn, sql), 0);
	ck_assert_int_eq(conf_drive(conn), DB_READY);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), "2");
	mem_free(sql);
	conf->db->close(conn);
}
END_TEST

START_TEST(prepared_statements_take_parameters_and_nulls)
{
	struct db_conn *conn = conf_open();
	const struct db_param words[] = {{"it's \"x\" \\ $1 ?", 16}, {NULL, 0}};
	const struct db_param empty[] = {{"", 0}, {"\u00e9", 2}};

	ck_ok(db_prepare(conf->db, conn, 0, conf->echo, 2, &conf_err), conf_err);
	ck_ok(db_execute(conf->db, conn, 0, words, 2, &conf_err), conf_err);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), words[0].text);
	ck_assert_ptr_null(conf->db->value(conn, 0, 1));
	ck_ok(db_execute(conf->db, conn, 0, empty, 2, &conf_err), conf_err);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), "");
	ck_assert_str_eq(conf->db->value(conn, 0, 1), "\u00e9");
	conf->db->close(conn);
}
END_TEST

/* Whatever it keeps of the values before must not show. */
START_TEST(the_same_statement_takes_values_of_any_length)
{
	static const unsigned lengths[] = {3, 5000, 0, 64, 65, 1, 20000, 2};
	struct db_conn *conn = conf_open();
	char *text = mem_alloc(20001);

	ck_ok(db_prepare(conf->db, conn, 0, conf->echo, 2, &conf_err), conf_err);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct db_param words[] = {{text, lengths[i]}, {i % 2 ? NULL : "x", i % 2 ? 0 : 1}};

		memset(text, 'a' + (int)i, lengths[i]);
		text[lengths[i]] = '\0';
		ck_ok(db_execute(conf->db, conn, 0, words, 2, &conf_err), conf_err);
		ck_assert_str_eq(conf->db->value(conn, 0, 0), text);
		ck_assert_pstr_eq(conf->db->value(conn, 0, 1), words[1].text);
	}
	mem_free(text);
	conf->db->close(conn);
}
END_TEST

START_TEST(changed_rows_are_counted)
{
	struct db_conn *conn = conf_open();

	conf_fill(conn);
	conf_exec(conn, conf->update_all);
	ck_assert_uint_eq(conf->db->result(conn)->affected, 2);
	conf_expect_text(conn, conf->count, "2");
	conf_exec(conn, conf->drop_table);
	conf->db->close(conn);
}
END_TEST

/* ---- many at once ---- */

enum { CROWD = 50, CROWD_QUERIES = 20 };

struct member {
	struct db_conn *conn;
	int fd; /* in the epoll set; -1 none */
	unsigned done;
};

/* Puts what the connection waits for into the epoll set; its descriptor may have changed. */
static void watch(int epoll, struct member *m)
{
	unsigned wants = conf->db->wants(m->conn);
	struct epoll_event event = {.data.ptr = m};
	int fd = conf->db->fd(m->conn);

	event.events =
		(wants & DB_WANT_READ ? EPOLLIN : 0u) | (wants & DB_WANT_WRITE ? EPOLLOUT : 0u);
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event))
		ck_assert(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	m->fd = fd;
}

/* Moves a member on until it has to wait. True when it has finished. */
static bool advance(struct member *m)
{
	enum db_step step;

	while ((step = conf->db->step(m->conn)) == DB_READY) {
		if (m->done)
			ck_assert_str_eq(conf->db->value(m->conn, 0, 2), "word");
		if (m->done++ == CROWD_QUERIES)
			return true;
		ck_assert_int_eq(conf->db->query_start(m->conn, conf->three_values), 0);
	}
	ck_assert_msg(step == DB_AGAIN, "%s", conf->db->result(m->conn)->error.text);
	return false;
}

START_TEST(one_thread_drives_many_connections)
{
	struct member members[CROWD] = {0};
	uint64_t deadline = clock_us() + 60000000;
	int epoll = epoll_create1(EPOLL_CLOEXEC), finished = 0;

	for (int i = 0; i < CROWD; i++) {
		ck_ok(conf->db->open(&(struct db_target){.dsn = conf->dsn, .init_sql = conf->init},
			      &members[i].conn, &conf_err),
			conf_err);
		/* Where answers come at once, all of them may have come by now. */
		if (advance(&members[i]))
			finished++;
		else
			watch(epoll, &members[i]);
	}
	while (finished < CROWD) {
		struct epoll_event events[16];
		int n = epoll_wait(epoll, events, 16, 1000);

		ck_assert_msg(clock_us() < deadline, "%d of %d finished", finished, CROWD);
		for (int i = 0; i < n; i++) {
			struct member *m = events[i].data.ptr;

			if (!advance(m)) {
				watch(epoll, m);
				continue;
			}
			epoll_ctl(epoll, EPOLL_CTL_DEL, m->fd, NULL);
			finished++;
		}
	}
	for (int i = 0; i < CROWD; i++)
		conf->db->close(members[i].conn);
	close(epoll);
}
END_TEST

void conformance_add_data(TCase *tc)
{
	tcase_add_test(tc, values_nulls_and_columns_are_read);
	tcase_add_test(tc, values_stay_until_the_next_start);
	tcase_add_test(tc, several_statements_in_one_text);
	tcase_add_test(tc, large_results_arrive_whole);
	tcase_add_test(tc, large_statements_are_sent_whole);
	tcase_add_test(tc, prepared_statements_take_parameters_and_nulls);
	tcase_add_test(tc, the_same_statement_takes_values_of_any_length);
	tcase_add_test(tc, changed_rows_are_counted);
	tcase_add_test(tc, one_thread_drives_many_connections);
}
