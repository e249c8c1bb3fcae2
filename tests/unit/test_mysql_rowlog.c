/* Row-lock waits put together from InnoDB's events and a statement of the slow log. */
#include <string.h>

#include "adapters/mysql/observer_rowlog.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define MS(ms) ((uint64_t)((ms)*1000))

/* Threads; a session has its thread's number and 100. */
enum { H = 1, A, B, C, THREADS };

static struct my_thread list[THREADS];
static const struct my_threads threads = {.list = list, .n = THREADS};

struct wait {
	double start_ms, end_ms;
	unsigned holder; /* thread; 0 none */
	bool granted, surely;
};

static const struct {
	const char *comment;
	struct {
		unsigned thread;
		double at_ms;
	} events[8];
	unsigned thread; /* of the statement */
	double from_ms, to_ms;
	struct wait waits[3];
} cases[] = {
	{"one waits for the holder", {{A, 10}, {H, 60}}, A, 9.9, 60.4, {{10, 60, H, true, true}}},
	{"nobody waited", {{0, 0}}, A, 0, 50, {{0, 0, 0, false, false}}},
	{"others wait while it runs", {{B, 10}, {H, 20}}, A, 0, 50, {{0, 0, 0, false, false}}},
	{"a queue: the second is let in by the first",
		{{A, 10}, {B, 11}, {H, 50}, {A, 52}, {B, 53}}, B, 10.5, 53.1,
		{{11, 52, A, true, true}, {53, 53.1, 0, false, false}}},
	{"a queue: the first's own release is no second wait of much length",
		{{A, 10}, {B, 11}, {H, 50}, {A, 52}}, A, 9.5, 52.2,
		{{10, 50, H, true, true}, {52, 52.2, 0, false, false}}},
	{"two rows in one statement", {{A, 10}, {H, 30}, {A, 31}, {B, 70}}, A, 9, 70.5,
		{{10, 30, H, true, true}, {31, 70, B, true, true}}},
	{"given up", {{A, 10}}, A, 9, 1010, {{10, 1010, 0, false, false}}},
	{"it did much afterwards", {{A, 10}, {H, 30}}, A, 9, 500, {{10, 30, H, true, false}}},
	{"events after its end are not its", {{A, 10}, {H, 30}, {C, 90}}, A, 9, 31,
		{{10, 30, H, true, true}}},
	{"events of its session before it are not its", {{A, 2}, {H, 5}, {A, 10}, {H, 30}}, A, 9,
		31, {{10, 30, H, true, true}}},
};

struct told {
	struct my_row_told list[8];
	size_t n;
};

static void keep(void *ctx, const struct my_row_told *told)
{
	struct told *t = ctx;

	t->list[t->n++] = *told;
}

static size_t expected(const struct wait *waits)
{
	size_t n = 0;

	while (n < 3 && waits[n].start_ms > 0)
		n++;
	return n;
}

START_TEST(waits_are_put_together)
{
	struct my_row_event events[8];
	struct my_row_log log = {.events = events};
	struct my_row_statement statement = {.thread = cases[_i].thread,
		.session = 100 + cases[_i].thread,
		.start_us = MS(cases[_i].from_ms),
		.end_us = MS(cases[_i].to_ms),
		.schema = (char *)"shop",
		.sql = (char *)"UPDATE t SET v = 1"};
	struct told told = {.n = 0};

	for (; log.n < 8 && cases[_i].events[log.n].thread; log.n++)
		events[log.n] = (struct my_row_event){.thread = cases[_i].events[log.n].thread,
			.at_us = MS(cases[_i].events[log.n].at_ms)};
	for (unsigned i = 0; i < THREADS; i++)
		list[i] = (struct my_thread){.thread = i, .session = 100 + i};
	my_row_log_judge(&log, &statement, &threads, keep, &told);
	ck_assert_msg(
		told.n == expected(cases[_i].waits), "%s: %zu waits", cases[_i].comment, told.n);
	for (size_t i = 0; i < told.n; i++) {
		const struct wait *w = &cases[_i].waits[i];
		const struct my_row_told *t = &told.list[i];

		ck_assert_uint_eq(t->start_us, MS(w->start_ms));
		ck_assert_uint_eq(t->end_us, MS(w->end_ms));
		ck_assert_uint_eq(t->holder, w->holder ? 100 + w->holder : 0);
		ck_assert(t->granted == w->granted);
		ck_assert(t->surely_ended == w->surely);
		ck_assert_uint_eq(t->session, statement.session);
		ck_assert_str_eq(t->schema, "shop");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_rowlog");
	TCase *tc = tcase_create("rowlog");

	tcase_add_loop_test(tc, waits_are_put_together, 0, N(cases));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
