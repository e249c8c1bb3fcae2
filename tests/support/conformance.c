#include "tests/support/conformance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/conformance_local.h"
#include "tests/support/suite.h"

const struct conformance *conf;
struct err conf_err;

/* ---- helpers ---- */

struct db_conn *conf_open_target(const struct db_target *target)
{
	struct db_conn *conn = NULL;

	ck_ok(db_connect(conf->db, target, &conn, &conf_err), conf_err);
	ck_assert_ptr_nonnull(conn);
	return conn;
}

struct db_conn *conf_open(void)
{
	return conf_open_target(&(struct db_target){.dsn = conf->dsn});
}

void conf_exec(struct db_conn *conn, const char *sql)
{
	ck_assert_msg(!db_exec(conf->db, conn, sql, &conf_err), "%s: %s", sql, conf_err.text);
}

void conf_expect_text(struct db_conn *conn, const char *sql, const char *expected)
{
	char *text = NULL;

	ck_assert_msg(
		!db_text(conf->db, conn, sql, &text, &conf_err), "%s: %s", sql, conf_err.text);
	ck_assert_str_eq(text, expected);
	free(text);
}

const struct db_error *conf_run_failing(struct db_conn *conn, const char *sql)
{
	ck_ok(db_run(conf->db, conn, sql, NULL, &conf_err), conf_err);
	return &conf->db->result(conn)->error;
}

void conf_expect_usable(struct db_conn *conn)
{
	ck_assert_int_ge(conf->db->fd(conn), 0);
	conf_exec(conn, conf->three_values);
	ck_assert_str_eq(conf->db->value(conn, 0, 0), "1");
}

enum db_step conf_drive(struct db_conn *conn)
{
	enum db_step step;

	while ((step = conf->db->step(conn)) == DB_AGAIN) {
		unsigned wants = conf->db->wants(conn);
		struct pollfd fd = {.fd = conf->db->fd(conn)};

		fd.events = (short)((wants & DB_WANT_READ ? POLLIN : 0) |
			(wants & DB_WANT_WRITE ? POLLOUT : 0));
		ck_assert_msg(poll(&fd, 1, 30000) > 0, "what it wants never came");
	}
	return step;
}

void conf_fill(struct db_conn *conn)
{
	const struct db_param rows[2][2] = {{{"1", 1}, {"Miller", 6}}, {{"2", 1}, {NULL, 0}}};

	conf_exec(conn, conf->drop_table);
	conf_exec(conn, conf->create_table);
	ck_ok(db_prepare(conf->db, conn, 12, conf->insert, 2, &conf_err), conf_err);
	for (int i = 0; i < 2; i++) {
		ck_ok(db_execute(conf->db, conn, 12, rows[i], 2, &conf_err), conf_err);
		ck_assert_uint_eq(conf->db->result(conn)->affected, 1);
	}
}

/* ---- connecting ---- */

/* A TCP port on 127.0.0.1 that is listened to but never answered; the kernel accepts. */
static int silent_port(unsigned *ret_port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert(!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 5));
	ck_assert(!getsockname(fd, (struct sockaddr *)&address, &len));
	*ret_port = ntohs(address.sin_port);
	return fd;
}

START_TEST(connects_and_says_who_it_is)
{
	struct db_conn *conn = conf_open();
	int64_t session = 0;

	ck_assert_int_eq(conf->db->result(conn)->error.class, DB_CLASS_NONE);
	ck_assert_int_ge(conf->db->fd(conn), 0);
	ck_assert(!conf->db->in_transaction(conn));
	ck_ok(db_number(conf->db, conn, conf->show_session, &session, &conf_err), conf_err);
	ck_assert_uint_eq(conf->db->session_id(conn), (uint64_t)session);
	conf_expect_text(conn, conf->show_application, "rehearse");
	conf->db->close(conn);
}
END_TEST

START_TEST(target_sets_application_database_and_init_sql)
{
	struct db_conn *conn = conf_open_target(&(struct db_target){.dsn = conf->dsn,
		.database = conf->other_database,
		.application = "rehearse:worker 3",
		.init_sql = conf->init});

	conf_expect_text(conn, conf->show_application, "rehearse:worker 3");
	conf_expect_text(conn, conf->show_database, conf->other_database);
	conf_expect_text(conn, conf->show_init, conf->init_value);
	conf->db->close(conn);
}
END_TEST

START_TEST(target_is_copied)
{
	char *dsn = mem_strdup(conf->dsn), *init = mem_strdup(conf->init);
	struct db_target *target = mem_zalloc(sizeof(*target));
	struct db_conn *conn = NULL;

	*target = (struct db_target){.dsn = dsn, .init_sql = init};
	ck_ok(conf->db->open(target, &conn, &conf_err), conf_err);
	memset(dsn, 'x', strlen(dsn));
	memset(init, 'x', strlen(init));
	mem_free(dsn);
	mem_free(init);
	mem_free(target);
	ck_assert_msg(conf_drive(conn) == DB_READY, "%s", conf->db->result(conn)->error.text);
	conf_expect_text(conn, conf->show_init, conf->init_value);
	conf->db->close(conn);
}
END_TEST

static void expect_refused(const struct db_target *target, enum db_class class, const char *word)
{
	struct db_conn *conn = NULL;
	struct db_error error;

	ck_assert_int_eq(db_connect_error(conf->db, target, &conn, &error, &conf_err), -1);
	ck_assert_ptr_null(conn);
	ck_assert_int_eq(conf_err.kind, ERR_FAILED);
	ck_assert_msg(error.class == class, "%s: %s", db_class_name(error.class), error.text);
	ck_assert(error.code[0] && error.text[0]);
	ck_assert(!error.in_doubt);
	ck_assert_ptr_nonnull(strstr(conf_err.text, word));
	ck_assert_ptr_null(strstr(conf_err.text, "not-the-password"));
}

START_TEST(refused_connections_have_their_class)
{
	unsigned port;
	char *dsn;

	close(silent_port(&port)); /* nobody listens there any more */
	dsn = conf->dsn_at_port(port);
	expect_refused(&(struct db_target){.dsn = conf->dsn_wrong_password}, DB_CLASS_SETUP,
		"cannot connect to");
	expect_refused(&(struct db_target){.dsn = conf->dsn_unknown_database}, DB_CLASS_SETUP,
		"no_such_database");
	expect_refused(&(struct db_target){.dsn = conf->dsn, .database = "no_such_database"},
		DB_CLASS_SETUP, "no_such_database");
	expect_refused(&(struct db_target){.dsn = dsn}, DB_CLASS_CONNECTION, "127.0.0.1");
	mem_free(dsn);
}
END_TEST

START_TEST(failing_init_sql_fails_the_open)
{
	struct db_conn *conn = NULL;
	struct db_error error;

	ck_assert_int_eq(
		db_connect_error(conf->db,
			&(struct db_target){.dsn = conf->dsn, .init_sql = conf->missing_table},
			&conn, &error, &conf_err),
		-1);
	ck_assert_int_eq(error.class, DB_CLASS_BREAKAGE);
	ck_assert_str_eq(error.code, conf->missing_table_code);
}
END_TEST

START_TEST(server_that_never_answers_is_given_up_by_step)
{
	unsigned port;
	int listener = silent_port(&port);
	char *dsn = conf->dsn_at_port(port);
	struct db_conn *conn = NULL;

	ck_ok(conf->db->open(&(struct db_target){.dsn = dsn, .connect_timeout_us = 300000}, &conn,
		      &conf_err),
		conf_err);
	while (conf->db->step(conn) == DB_AGAIN)
		clock_sleep_us(20000);
	ck_assert_int_eq(conf->db->result(conn)->error.class, DB_CLASS_CONNECTION);
	ck_assert_str_eq(
		conf->db->result(conn)->error.text, "no answer from the server within 300 ms");
	ck_assert_int_eq(strtol(conf->db->result(conn)->error.code, NULL, 10), ETIMEDOUT);
	ck_assert_int_eq(conf->db->fd(conn), -1);
	ck_assert_int_eq(conf->db->query_start(conn, conf->three_values), -1);
	conf->db->close(conn);
	close(listener);
	mem_free(dsn);
}
END_TEST

START_TEST(close_is_safe_at_any_time)
{
	struct db_conn *conn = NULL;

	conf->db->close(NULL);
	ck_ok(conf->db->open(&(struct db_target){.dsn = conf->dsn}, &conn, &conf_err), conf_err);
	conf->db->close(conn);
	conn = conf_open();
	ck_assert_int_eq(conf->db->query_start(conn, conf->many_rows), 0);
	conf->db->close(conn);
}
END_TEST

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

/* ---- connection strings ---- */

START_TEST(redacted_dsn_holds_no_password)
{
	char *text = NULL;

	ck_assert(!conf->db->has_password(conf->dsn));
	ck_assert(conf->db->has_password(conf->dsn_wrong_password));
	ck_ok(conf->db->redact(conf->dsn_wrong_password, &text, &conf_err), conf_err);
	ck_assert_ptr_null(strstr(text, "not-the-password"));
	ck_assert(!conf->db->has_password(text));
	free(text);
}
END_TEST

TCase *conformance_tcase(const struct conformance *table)
{
	TCase *tc = tcase_create("conformance");

	conf = table;
	tcase_add_test(tc, connects_and_says_who_it_is);
	tcase_add_test(tc, target_sets_application_database_and_init_sql);
	tcase_add_test(tc, target_is_copied);
	tcase_add_test(tc, refused_connections_have_their_class);
	tcase_add_test(tc, failing_init_sql_fails_the_open);
	tcase_add_test(tc, server_that_never_answers_is_given_up_by_step);
	tcase_add_test(tc, close_is_safe_at_any_time);
	tcase_add_test(tc, values_nulls_and_columns_are_read);
	tcase_add_test(tc, values_stay_until_the_next_start);
	tcase_add_test(tc, several_statements_in_one_text);
	tcase_add_test(tc, large_results_arrive_whole);
	tcase_add_test(tc, large_statements_are_sent_whole);
	tcase_add_test(tc, prepared_statements_take_parameters_and_nulls);
	tcase_add_test(tc, changed_rows_are_counted);
	tcase_add_test(tc, one_thread_drives_many_connections);
	tcase_add_test(tc, redacted_dsn_holds_no_password);
	conformance_add_faults(tc);
	return tc;
}
