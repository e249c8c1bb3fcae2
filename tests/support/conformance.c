#include "tests/support/conformance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
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
	tcase_add_test(tc, redacted_dsn_holds_no_password);
	conformance_add_data(tc);
	conformance_add_faults(tc);
	return tc;
}
