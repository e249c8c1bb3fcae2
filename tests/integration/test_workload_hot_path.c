/*
 * What the workload does per transaction, once it runs: it takes no memory and no lock of its own.
 * Allocation and locking are counted by whoever called for them: this program, or a library.
 */
#include "tests/support/suite.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/engine.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/workload/workload.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"

#define WARM_UP_US 700000
#define WINDOW_US 800000

#ifdef __SANITIZE_ADDRESS__

int main(void)
{
	printf("skipped: the sanitizer has the allocator to itself\n100%%: Checks: 0, Failures: 0, "
	       "Errors: 0\n");
	return EXIT_SUCCESS;
}

#else

/* ---- counting ---- */

enum what { ALLOCATED, LOCKED };

#define CALLERS 512

static struct caller {
	_Atomic(void *) address;
	_Atomic unsigned long count[2];
} callers[CALLERS];

static atomic_bool counting;

static void count(enum what what, void *address)
{
	size_t at = ((uintptr_t)address >> 2) % CALLERS;

	if (!atomic_load_explicit(&counting, memory_order_relaxed))
		return;
	for (size_t i = 0; i < CALLERS; i++, at = (at + 1) % CALLERS) {
		void *none = NULL;

		if (callers[at].address == address ||
			atomic_compare_exchange_strong(&callers[at].address, &none, address) ||
			none == address) {
			callers[at].count[what]++;
			return;
		}
	}
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	count(ALLOCATED, __builtin_return_address(0));
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count(ALLOCATED, __builtin_return_address(0));
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	count(ALLOCATED, __builtin_return_address(0));
	return __libc_realloc(old, size);
}

/* Of the C library's own allocations the one that libpq asks for. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = __libc_malloc(size);

	count(ALLOCATED, __builtin_return_address(0));
	return copy ? memcpy(copy, text, size) : NULL;
}

static int (*real_lock)(pthread_mutex_t *mutex);

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	if (!real_lock) /* in the first call nobody counts yet */
		*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	count(LOCKED, __builtin_return_address(0));
	return real_lock(mutex);
}

/* By the libraries, and (the result) by this program and what the C library does for it. */
static unsigned long told(enum what what, unsigned long *ret_libraries)
{
	unsigned long own = 0;
	Dl_info here, info;

	*ret_libraries = 0;
	dladdr((void *)(uintptr_t)told, &here);
	for (size_t i = 0; i < CALLERS; i++) {
		struct caller *c = &callers[i];
		const char *file;

		if (!c->address || !c->count[what])
			continue;
		file = dladdr(c->address, &info) ? info.dli_fname : here.dli_fname;
		if (strcmp(file, here.dli_fname) && !strstr(file, "libc.so")) {
			*ret_libraries += c->count[what];
			continue;
		}
		own += c->count[what];
		fprintf(stderr, "%s %lu times from %s+%#lx (%s)\n",
			what == LOCKED ? "locked" : "allocated", (unsigned long)c->count[what],
			file, (unsigned long)((char *)c->address - (char *)info.dli_fbase),
			info.dli_sname ? info.dli_sname : "?");
	}
	return own;
}

/* ---- servers ---- */

static struct test_pg pg;
static struct test_mariadb mariadb;
static const char table_sql[] = "CREATE TABLE kv (k int PRIMARY KEY, v int, t varchar(40));";
static const char *const fill_sql[] = {
	"INSERT INTO kv SELECT g, g, 'text of some length' FROM generate_series(1, 100) g",
	"INSERT INTO kv SELECT seq, seq, 'text of some length' FROM seq_1_to_100"};

static void fill(const char *engine, const char *dsn, const char *sql)
{
	const struct db_adapter *db = engine_find(engine)->db;
	struct db_conn *conn = NULL;
	struct err err = {0};

	ck_ok(db_connect(db, &(struct db_target){.dsn = dsn}, &conn, &err), err);
	ck_ok(db_exec(db, conn, table_sql, &err), err);
	ck_ok(db_exec(db, conn, sql, &err), err);
	db->close(conn);
}

static void start_servers(void)
{
	test_pg_start(&pg, NULL, 0);
	test_mariadb_start(&mariadb, NULL, 0);
	fill("postgres", pg.dsn, fill_sql[0]);
	fill("mysql", mariadb.dsn, fill_sql[1]);
}

static void stop_servers(void)
{
	test_pg_stop(&pg);
	test_mariadb_stop(&mariadb);
}

/* ---- scripts ---- */

static const struct {
	const char *name, *text, *comment;
	bool fails;
} scripts[] = {
	{"read", "\\set k random(1, 100)\nSELECT v FROM kv WHERE k = :k;\n",
		"one statement by its key", false},
	{"write",
		"\\set k random_zipfian(1, 100, 1.1)\n\\set d random(-5, 5) * 2\nBEGIN;\n"
		"SELECT v, t FROM kv WHERE k = :k \\gset\n"
		"UPDATE kv SET v = :v + :d WHERE k = :k;\nCOMMIT;\n",
		"a transaction that keeps what it reads", false},
	{"branch",
		"\\set k random(1, 100)\n\\if :k > 50\nSELECT :k;\n\\else\n\\sleep 1 ms\n"
		"SELECT v FROM kv WHERE k = :k;\n\\endif\n",
		"branches and sleeps", false},
	{"sample", "\\sample k kv.k\nSELECT t FROM kv WHERE k = :k;\n", "real values", false},
	{"failing", "INSERT INTO kv VALUES (1, 1, '');\n", "an error in each transaction", true},
};

struct hot {
	const char *engine;
	enum workload_mode mode;
};

static const struct hot hot[] = {
	{"postgres", WORKLOAD_OPEN},
	{"postgres", WORKLOAD_CLOSED},
	{"mysql", WORKLOAD_OPEN},
	{"mysql", WORKLOAD_CLOSED},
};

static void run_window(struct workload *w, bool fails)
{
	struct workload_live before, after;
	unsigned long libraries, ended;
	struct err err = {0};

	ck_ok(workload_start(w, clock_us(), &err), err);
	clock_sleep_us(WARM_UP_US);
	workload_live(w, &before);
	atomic_store(&counting, true);
	clock_sleep_us(WINDOW_US);
	atomic_store(&counting, false);
	workload_live(w, &after);
	workload_stop(w, 5000000);
	ended = fails ? after.failed - before.failed : after.completed - before.completed;
	ck_assert_uint_gt(ended, 50);
	ck_assert_uint_eq(fails ? after.completed : after.failed, 0);
	ck_assert_uint_eq(told(ALLOCATED, &libraries), 0);
	ck_assert_uint_gt(libraries, 0); /* the counter counts */
	ck_assert_uint_eq(told(LOCKED, &libraries), 0);
}

static void run_script(const struct hot *h, size_t which)
{
	bool is_pg = strcmp(h->engine, "postgres") == 0;
	char *file = mem_printf("%s/%s.sql", is_pg ? pg.dir : mariadb.dir, scripts[which].name);
	struct scenario_script script = {
		.name = (char *)scripts[which].name, .file = file, .weight = 1};
	struct scenario_workload settings = {.scripts = &script,
		.n_scripts = 1,
		.mode = h->mode,
		.rate = 300,
		/* Of several an open loop prefers the one used last: others would be new later. */
		.connections = h->mode == WORKLOAD_OPEN ? 1 : 4,
		.acquire_timeout_us = 5000000,
		.workers = 1,
		.seed = 7,
		.sample_size = 50};
	struct workload_config config = {.engine = engine_find(h->engine),
		.dsn = is_pg ? pg.dsn : mariadb.dsn,
		.settings = &settings};
	struct workload *w;
	struct err err = {0};

	ck_ok(fs_write(file, scripts[which].text, strlen(scripts[which].text), 0644, &err), err);
	ck_ok(workload_load(&config, &w, &err), err);
	ck_ok(workload_connect(w, &err), err);
	run_window(w, scripts[which].fails);
	workload_free(w);
	mem_free(file);
}

#define N_SCRIPTS (int)(sizeof(scripts) / sizeof(scripts[0]))

START_TEST(a_running_workload_takes_no_memory_and_no_lock)
{
	run_script(&hot[_i / N_SCRIPTS], (size_t)(_i % N_SCRIPTS));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workload_hot_path");
	TCase *tc = tcase_create("hot path");

	tcase_add_unchecked_fixture(tc, start_servers, stop_servers);
	tcase_add_loop_test(tc, a_running_workload_takes_no_memory_and_no_lock, 0,
		(int)(sizeof(hot) / sizeof(hot[0])) * N_SCRIPTS);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}

#endif
