#include "adapters/mysql/library.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adapters/db.h"

#define CLIENT_FLAGS (CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS)
#define CALLS 8		  /* without an answer, until libmysqlclient waits for one */
#define CALL_SENDS 1024	  /* bytes, at least */
#define ABORT_ROUNDS 1000 /* of a call that is told that its time is up */

/* Of an answer to a ping the libraries do not read the status. */
static const char status_query[] = "DO 0";

static bool is_local(const struct my_conninfo *info)
{
	return !info->host || !*info->host || !strcmp(info->host, "localhost");
}

/* ---- where the libraries differ ---- */

#ifdef MARIADB_BASE_VERSION

#define STACK_SIZE ((size_t)256 << 10) /* of a call under way: a name look-up may need much */

_Static_assert((int)MYSQL_WAIT_READ == (int)DB_WANT_READ, "the library's bits are the contract's");
_Static_assert(
	(int)MYSQL_WAIT_WRITE == (int)DB_WANT_WRITE, "the library's bits are the contract's");

static void set_own_options(MYSQL *mysql, const struct my_conninfo *info)
{
	size_t stack = STACK_SIZE;
	my_bool enforce = info->tls == MY_TLS_REQUIRED || info->tls == MY_TLS_VERIFY;
	my_bool verify = info->tls == MY_TLS_VERIFY;

	mysql_options(mysql, MYSQL_OPT_NONBLOCK, &stack);
	if (info->tls != MY_TLS_DEFAULT)
		mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static int start_connect(struct my_library *l, const char *host, const char *password)
{
	return mysql_real_connect_start(&l->connected, l->mysql, host, l->info->user, password,
		l->database, l->info->port, l->info->socket, CLIENT_FLAGS);
}

static int start_call(struct my_library *l)
{
	switch (l->call) {
	case MY_CALL_QUERY:
		return mysql_real_query_start(&l->failed, l->mysql, l->text, l->len);
	case MY_CALL_STORE:
		return mysql_store_result_start(&l->rows, l->mysql);
	case MY_CALL_NEXT:
		return mysql_next_result_start(&l->failed, l->mysql);
	case MY_CALL_STATUS:
		return mysql_real_query_start(
			&l->failed, l->mysql, status_query, sizeof(status_query) - 1);
	case MY_CALL_PREPARE:
		return mysql_stmt_prepare_start(&l->failed, l->stmt, l->text, l->len);
	case MY_CALL_EXECUTE:
		return mysql_stmt_execute_start(&l->failed, l->stmt);
	case MY_CALL_STMT_STORE:
		return mysql_stmt_store_result_start(&l->failed, l->stmt);
	case MY_CALL_STMT_NEXT:
		return mysql_stmt_next_result_start(&l->failed, l->stmt);
	case MY_CALL_STMT_RESET:
		return mysql_stmt_reset_start(&l->flag, l->stmt);
	default:
		return 0;
	}
}

static int continue_call(struct my_library *l, int ready)
{
	switch (l->call) {
	case MY_CALL_CONNECT:
		return mysql_real_connect_cont(&l->connected, l->mysql, ready);
	case MY_CALL_QUERY:
	case MY_CALL_STATUS:
		return mysql_real_query_cont(&l->failed, l->mysql, ready);
	case MY_CALL_STORE:
		return mysql_store_result_cont(&l->rows, l->mysql, ready);
	case MY_CALL_NEXT:
		return mysql_next_result_cont(&l->failed, l->mysql, ready);
	case MY_CALL_PREPARE:
		return mysql_stmt_prepare_cont(&l->failed, l->stmt, ready);
	case MY_CALL_EXECUTE:
		return mysql_stmt_execute_cont(&l->failed, l->stmt, ready);
	case MY_CALL_STMT_STORE:
		return mysql_stmt_store_result_cont(&l->failed, l->stmt, ready);
	case MY_CALL_STMT_NEXT:
		return mysql_stmt_next_result_cont(&l->failed, l->stmt, ready);
	case MY_CALL_STMT_RESET:
		return mysql_stmt_reset_cont(&l->flag, l->stmt, ready);
	default:
		return 0;
	}
}

/* A call that is left alone would leave its memory behind. */
static void abort_call(struct my_library *l)
{
	int waits = 1;

	for (int i = 0; waits && i < ABORT_ROUNDS; i++)
		waits = continue_call(l, MYSQL_WAIT_TIMEOUT);
}

int my_library_fd(const struct my_library *l)
{
	return (int)mysql_get_socket(l->mysql);
}

bool my_library_more(const struct my_library *l)
{
	return mysql_stmt_more_results(l->stmt);
}

#else /* libmysqlclient: no wait mask, no socket accessor, no statements */

static void set_own_options(MYSQL *mysql, const struct my_conninfo *info)
{
	static const unsigned modes[] = {
		[MY_TLS_DEFAULT] = SSL_MODE_PREFERRED,
		[MY_TLS_DISABLED] = SSL_MODE_DISABLED,
		[MY_TLS_REQUIRED] = SSL_MODE_REQUIRED,
		[MY_TLS_VERIFY] = SSL_MODE_VERIFY_IDENTITY,
	};
	bool local = info->socket || (is_local(info) && !info->port);
	unsigned mode = modes[info->tls];
	bool on = true;

	/* It would not use TLS there, yet asks for it, and then loses logins. */
	if (local && info->tls == MY_TLS_DEFAULT)
		mode = SSL_MODE_DISABLED;
	mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
	mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &on);
}

/*
 * It does not say what it waits for, and sometimes waits for nothing but the next call. While it
 * may still have something to send, or to do, it is called again as soon as there is room in the
 * socket; each call sends all that this takes, so as many as follow from the text's length are
 * enough. Then it waits for an answer.
 */
static int waits(struct my_library *l, enum net_async_status status)
{
	struct pollfd fd = {.fd = my_library_fd(l), .events = POLLIN};
	size_t length = l->call == MY_CALL_QUERY ? l->len : 0;

	if (status != NET_ASYNC_NOT_READY)
		return 0;
	if (fd.fd >= 0 && poll(&fd, 1, 0) > 0)
		l->calls = 0;
	return l->calls++ > CALLS + length / CALL_SENDS ? DB_WANT_READ
							: DB_WANT_READ | DB_WANT_WRITE;
}

static int move_on(struct my_library *l, enum net_async_status status)
{
	if (status == NET_ASYNC_ERROR)
		l->failed = 1;
	else if (status != NET_ASYNC_NOT_READY)
		l->failed = status == NET_ASYNC_COMPLETE_NO_MORE_RESULTS ? -1 : 0;
	return waits(l, status);
}

static int move_connect(struct my_library *l, const char *host, const char *password)
{
	enum net_async_status status = mysql_real_connect_nonblocking(l->mysql, host, l->info->user,
		password, l->database, l->info->port, l->info->socket, CLIENT_FLAGS);

	if (status == NET_ASYNC_COMPLETE)
		l->connected = l->mysql;
	return move_on(l, status);
}

static int start_call(struct my_library *l)
{
	switch (l->call) {
	case MY_CALL_QUERY:
		return move_on(l, mysql_real_query_nonblocking(l->mysql, l->text, l->len));
	case MY_CALL_STORE:
		return move_on(l, mysql_store_result_nonblocking(l->mysql, &l->rows));
	case MY_CALL_NEXT:
		return move_on(l, mysql_next_result_nonblocking(l->mysql));
	case MY_CALL_STATUS:
		return move_on(l,
			mysql_real_query_nonblocking(
				l->mysql, status_query, sizeof(status_query) - 1));
	default:
		return 0;
	}
}

static int start_connect(struct my_library *l, const char *host, const char *password)
{
	return move_connect(l, host, password);
}

static int continue_connect(struct my_library *l);

static int continue_call(struct my_library *l, int ready)
{
	(void)ready;
	return l->call == MY_CALL_CONNECT ? continue_connect(l) : start_call(l);
}

static void abort_call(struct my_library *l)
{
	(void)l; /* it keeps no stack of its own: mysql_close() frees what there is */
}

int my_library_fd(const struct my_library *l)
{
	return l->mysql->net.vio ? (int)l->mysql->net.fd : -1;
}

bool my_library_more(const struct my_library *l)
{
	return mysql_more_results(l->mysql);
}

#endif

/* ---- what they share ---- */

static void init_once(void)
{
	if (mysql_library_init(0, NULL, NULL))
		abort(); /* as mem_alloc() */
}

static void set_tls_files(MYSQL *mysql, const struct my_conninfo *info)
{
	if (info->tls_ca)
		mysql_options(mysql, MYSQL_OPT_SSL_CA, info->tls_ca);
	if (info->tls_cert)
		mysql_options(mysql, MYSQL_OPT_SSL_CERT, info->tls_cert);
	if (info->tls_key)
		mysql_options(mysql, MYSQL_OPT_SSL_KEY, info->tls_key);
}

void my_library_init(struct my_library *l, const struct my_conninfo *info, const char *application)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned no_files = 0, protocol = MYSQL_PROTOCOL_TCP;

	pthread_once(&once, init_once);
	*l = (struct my_library){.info = info, .mysql = mysql_init(NULL)};
	if (!l->mysql)
		abort(); /* as mem_alloc() */
	mysql_options(l->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(l->mysql, MYSQL_OPT_LOCAL_INFILE, &no_files);
	mysql_options4(l->mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", application);
	if (is_local(info) && info->port && !info->socket)
		mysql_options(l->mysql, MYSQL_OPT_PROTOCOL, &protocol);
	set_own_options(l->mysql, info);
	set_tls_files(l->mysql, info);
}

static int connect_with(struct my_library *l,
	int (*with)(struct my_library *l, const char *host, const char *password))
{
	const struct my_conninfo *info = l->info;
	const char *password = info->password ? info->password : getenv("MYSQL_PWD");
	const char *host = info->host && *info->host ? info->host : "localhost";

	return with(l, info->socket ? "localhost" : host, password ? password : "");
}

#ifndef MARIADB_BASE_VERSION
static int continue_connect(struct my_library *l)
{
	return connect_with(l, move_connect);
}
#endif

/* Some calls tell only by what they leave. */
static unsigned done_or(struct my_library *l, int waits_for)
{
	unsigned wants = (unsigned)waits_for & (DB_WANT_READ | DB_WANT_WRITE);

	if (waits_for) /* never for nothing: that would be a wait without end */
		return wants ? wants : DB_WANT_READ;
	if (l->call == MY_CALL_CONNECT)
		l->failed = !l->connected;
	else if (l->call == MY_CALL_STORE)
		l->failed = !l->rows;
	else if (l->call == MY_CALL_STMT_RESET)
		l->failed = l->flag != 0;
	l->call = MY_CALL_NONE;
	return 0;
}

unsigned my_library_start(struct my_library *l, enum my_call call)
{
	l->call = call;
	l->failed = 0;
	l->calls = 0;
	if (call == MY_CALL_CONNECT)
		return done_or(l, connect_with(l, start_connect));
	return done_or(l, start_call(l));
}

unsigned my_library_continue(struct my_library *l, unsigned ready)
{
	return done_or(l, continue_call(l, (int)ready));
}

void my_library_release(struct my_library *l)
{
	int fd;

	if (!l->mysql)
		return;
	if (l->call != MY_CALL_NONE) {
		/* Nobody reads the answer: the farewell that mysql_close() sends must not wait. */
		fd = my_library_fd(l);
		if (fd >= 0)
			shutdown(fd, SHUT_RDWR);
		abort_call(l);
		l->call = MY_CALL_NONE;
	}
	mysql_free_result(l->rows);
	mysql_close(l->mysql);
	*l = (struct my_library){0};
}
