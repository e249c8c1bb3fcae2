#include "tests/bench/waiters.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/bench/bench.h"

/* They come within this share of the hold, so that even the last waits for some of it. */
#define COME_SHARE 0.8
#define SETTLE_US 5000 /* for the holder to hold */

#define MY_US(time) "CAST(UNIX_TIMESTAMP(" time ") * 1000000 AS UNSIGNED)"
#define MY_CAME MY_US("NOW(6)")
#define MY_WENT_ON MY_US("SYSDATE(6)")
#define MY_UPDATE(table)                                                               \
	"/*tx:pay*/ UPDATE " table " SET v = IF((@went_on := " MY_WENT_ON ") > 0 AND " \
	"(@came := " MY_CAME ") > 0, 1, 2) WHERE id = 1"
#define MY_STATES                                       \
	"SELECT ID FROM information_schema.PROCESSLIST" \
	" WHERE STATE LIKE 'Waiting for %lock'"

const struct lock_kind lock_kinds[] = {
	{"PostgreSQL", "postgres", "BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE", "COMMIT",
		"/*tx:look up*/ SELECT came, went_on FROM held()", NULL, false,
		"SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"},
	{"InnoDB metadata", "mysql", "LOCK TABLES a WRITE", "UNLOCK TABLES",
		"/*tx:look up*/ SELECT " MY_CAME ", " MY_WENT_ON " FROM a WHERE id = 1", NULL,
		false, MY_STATES},
	{"InnoDB rows", "mysql", "BEGIN; UPDATE a SET v = 0 WHERE id = 1", "COMMIT", MY_UPDATE("a"),
		"SELECT @came, @went_on", true,
		"SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX"
		" WHERE trx_state = 'LOCK WAIT'"},
	/* A statement that takes its time: LOCK TABLES would be a metadata lock. */
	{"MyISAM tables", "mysql", NULL, NULL, MY_UPDATE("m"), "SELECT @came, @went_on", true,
		MY_STATES},
};
const size_t n_lock_kinds = sizeof(lock_kinds) / sizeof(lock_kinds[0]);

/* ---- servers ---- */

static const char *const pg_setup[] = {"CREATE TABLE a (id int PRIMARY KEY, v int)",
	"INSERT INTO a SELECT g, g FROM generate_series(1, 1000) g",
	/* Two looks at the clock with nothing but the lock between them. */
	"CREATE FUNCTION held(OUT came bigint, OUT went_on bigint) LANGUAGE plpgsql AS $$"
	" BEGIN came := extract(epoch FROM clock_timestamp()) * 1000000;"
	" LOCK TABLE a IN ACCESS SHARE MODE;"
	" went_on := extract(epoch FROM clock_timestamp()) * 1000000; END $$"};
static const char *const mariadb_setup[] = {
	"CREATE TABLE a (id INT PRIMARY KEY, v INT) ENGINE=InnoDB",
	"INSERT INTO a SELECT seq, seq FROM seq_1_to_1000",
	"CREATE TABLE m (id INT PRIMARY KEY, v INT) ENGINE=MyISAM",
	"INSERT INTO m SELECT seq, seq FROM seq_1_to_100"};

static struct db_conn *open_session(const char *engine, const char *dsn, const char *application)
{
	struct db_target target = {.dsn = dsn, .application = application};
	struct db_conn *conn;
	struct err err = {0};

	bench_must(db_connect(engine_find(engine)->db, &target, &conn, &err), &err);
	return conn;
}

static void set_up(const char *engine, const char *dsn, const char *const *statements, size_t n)
{
	const struct db_adapter *db = engine_find(engine)->db;
	struct db_conn *conn = open_session(engine, dsn, "setup");
	struct err err = {0};

	for (size_t i = 0; i < n; i++)
		bench_must(db_exec(db, conn, statements[i], &err), &err);
	db->close(conn);
}

void servers_prepare(const struct test_mariadb *m)
{
	set_up("mysql", m->dsn, mariadb_setup, sizeof(mariadb_setup) / sizeof(mariadb_setup[0]));
}

void servers_start(struct servers *s)
{
	static const struct server_setting many[] = {{(char *)"max_connections", (char *)"300"}};

	*s = (struct servers){0};
	test_pg_start(&s->pg, many, 1);
	test_mariadb_start(&s->mariadb, many, 1);
	s->pg_replica = (struct replica_info){.dsn = s->pg.dsn,
		.database = (char *)"postgres",
		.log_dir = s->pg.server.log_dir,
		.version_number = s->pg.programs.version};
	s->mariadb_replica = (struct replica_info){.dsn = s->mariadb.dsn,
		.database = (char *)"test",
		.version_number = s->mariadb.programs.flavour.version};
	set_up("postgres", s->pg.dsn, pg_setup, sizeof(pg_setup) / sizeof(pg_setup[0]));
	servers_prepare(&s->mariadb);
}

void servers_stop(struct servers *s)
{
	test_mariadb_stop(&s->mariadb);
	test_pg_stop(&s->pg);
}

const char *servers_dsn(const struct servers *s, const char *engine)
{
	return strcmp(engine, "postgres") == 0 ? s->pg.dsn : s->mariadb.dsn;
}

const struct replica_info *servers_replica(const struct servers *s, const char *engine)
{
	return strcmp(engine, "postgres") == 0 ? &s->pg_replica : &s->mariadb_replica;
}

pid_t servers_pid(const struct servers *s, const char *engine)
{
	return strcmp(engine, "postgres") == 0 ? s->pg.server.pid : s->mariadb.server.pid;
}

/* ---- waiters ---- */

void waiters_open(
	struct waiters *w, const struct servers *s, const struct lock_kind *kind, unsigned n)
{
	const char *dsn = servers_dsn(s, kind->engine);
	struct err err = {0};

	*w = (struct waiters){.kind = kind, .db = engine_find(kind->engine)->db, .n = n};
	w->holder = open_session(kind->engine, dsn, "holder");
	for (unsigned i = 0; i < n; i++) {
		w->list[i].conn = open_session(kind->engine, dsn, "app");
		w->list[i].session = w->db->session_id(w->list[i].conn);
		/* Once without a lock in the way fills its caches. */
		bench_must(db_exec(w->db, w->list[i].conn, kind->wait, &err), &err);
	}
}

void waiters_close(struct waiters *w)
{
	for (unsigned i = 0; i < w->n; i++)
		w->db->close(w->list[i].conn);
	w->db->close(w->holder);
}

static void start(const struct waiters *w, struct db_conn *conn, const char *sql)
{
	if (w->db->query_start(conn, sql))
		bench_must(-1, &(struct err){.text = "a connection of the benchmark was lost"});
}

/* True when what was started has come to its end. */
static bool ended(const struct waiters *w, struct db_conn *conn)
{
	struct err err = {0};

	switch (w->db->step(conn)) {
	case DB_READY:
		return true;
	case DB_FAILED:
		err_set(&err, ERR_FAILED, "%s", w->db->result(conn)->error.text);
		bench_must(-1, &err);
		return true;
	default:
		return false;
	}
}

static uint64_t number(const struct waiters *w, struct db_conn *conn, unsigned column)
{
	const char *text = w->db->value(conn, 0, column);

	return text ? strtoull(text, NULL, 10) : 0;
}

static void read_times(const struct waiters *w, struct waiter *one)
{
	one->came_us = number(w, one->conn, 0);
	one->went_on_us = number(w, one->conn, 1);
}

static void finish(const struct waiters *w, struct waiter *one)
{
	one->felt_us = clock_us() - one->sent_us;
	one->waits = false;
	if (!w->kind->told)
		read_times(w, one);
}

/* Until something answers, or the time has come. */
static void wait_until(struct waiters *w, uint64_t until_us)
{
	struct pollfd fds[WAITERS_MAX];
	struct waiter *whose[WAITERS_MAX];
	nfds_t n = 0;
	uint64_t now = clock_us();
	struct timespec left = {0};

	for (unsigned i = 0; i < w->n; i++) {
		struct db_conn *conn = w->list[i].conn;

		if (!w->list[i].waits)
			continue;
		whose[n] = &w->list[i];
		fds[n++] = (struct pollfd){.fd = w->db->fd(conn),
			.events = (short)((w->db->wants(conn) & DB_WANT_WRITE ? POLLOUT : 0) |
				POLLIN)};
	}
	if (until_us > now)
		left = (struct timespec){.tv_sec = (time_t)((until_us - now) / 1000000),
			.tv_nsec = (long)((until_us - now) % 1000000) * 1000};
	if (ppoll(fds, n, &left, NULL) <= 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents && ended(w, whose[i]->conn))
			finish(w, whose[i]);
}

static bool all_ended(const struct waiters *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->list[i].waits)
			return false;
	return true;
}

/* Sends those whose time has come; returns when the next is due. */
static uint64_t send_due(struct waiters *w, unsigned *next, uint64_t release_us)
{
	while (*next < w->n && w->list[*next].due_us <= clock_us()) {
		struct waiter *one = &w->list[(*next)++];

		one->sent_us = clock_us();
		one->waits = true;
		start(w, one->conn, w->kind->wait);
		if (ended(w, one->conn))
			finish(w, one);
	}
	return *next < w->n && w->list[*next].due_us < release_us ? w->list[*next].due_us
								  : release_us;
}

static void hold(struct waiters *w, uint64_t hold_us)
{
	CLEANUP(cleanup_free) char *sql = NULL;
	struct err err = {0};

	if (w->kind->release) {
		bench_must(db_exec(w->db, w->holder, w->kind->hold, &err), &err);
		return;
	}
	sql = mem_printf("SELECT SLEEP(%f), " MY_WENT_ON " FROM m WHERE id < 2",
		(double)(hold_us + SETTLE_US) / 1e6);
	start(w, w->holder, sql);
	clock_sleep_us(SETTLE_US);
}

static void ask_times(struct waiters *w)
{
	struct err err = {0};

	for (unsigned i = 0; w->kind->told && i < w->n; i++) {
		bench_must(db_exec(w->db, w->list[i].conn, w->kind->told, &err), &err);
		read_times(w, &w->list[i]);
	}
}

static uint64_t between(uint64_t from_us, uint64_t to_us)
{
	return to_us > from_us ? to_us - from_us : 0;
}

/* When the lock was free for that one: when the holder let it go, or the one before. */
static uint64_t free_at(const struct waiters *w, const struct waiter *one)
{
	uint64_t latest = w->release_us;

	for (unsigned i = 0; w->kind->one_by_one && i < w->n; i++)
		if (w->list[i].went_on_us < one->went_on_us && w->list[i].went_on_us > latest)
			latest = w->list[i].went_on_us;
	return latest;
}

void waiters_round(struct waiters *w, uint64_t hold_us)
{
	uint64_t begin, release;
	unsigned next = 0;

	hold(w, hold_us);
	begin = clock_us();
	release = begin + hold_us;
	for (unsigned i = 0; i < w->n; i++)
		w->list[i].due_us = begin + (uint64_t)((double)hold_us * COME_SHARE * i / w->n);
	while (clock_us() < release)
		wait_until(w, send_due(w, &next, release));
	w->release_us = clock_wall_us();
	if (w->kind->release)
		start(w, w->holder, w->kind->release);
	while (next < w->n || !all_ended(w))
		wait_until(w, send_due(w, &next, clock_us() + 10000));
	while (!ended(w, w->holder))
		clock_sleep_us(500);
	if (!w->kind->release)
		w->release_us = number(w, w->holder, 1);
	ask_times(w);
	for (unsigned i = 0; i < w->n; i++) {
		struct waiter *one = &w->list[i];

		one->least_us = between(one->came_us, free_at(w, one));
		one->most_us = between(one->came_us, one->went_on_us);
		if (one->least_us > one->most_us)
			one->least_us = one->most_us;
	}
}
