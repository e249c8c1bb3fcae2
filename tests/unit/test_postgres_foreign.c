/* Lines of PostgreSQL's log about the sessions of a command. */
#include <string.h>

#include "adapters/postgres/observer_foreign.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define ROLE "rehearse_command"

static const struct {
	struct log_record record;
	const char *want; /* "kind duration text|error"; NULL: of no interest */
	const char *comment;
} cases[] = {
	{{.user = ROLE, .message = "duration: 12.345 ms  statement: ALTER TABLE a ADD b int"},
		"0 12345 ALTER TABLE a ADD b int|", "the simple protocol"},
	{{.user = ROLE, .message = "duration: 0.500 ms  execute <unnamed>: SELECT ': '"},
		"0 500 SELECT ': '|", "the extended protocol"},
	{{.user = ROLE, .message = "duration: 1.000 ms  execute a12/c3: DELETE FROM a"},
		"0 1000 DELETE FROM a|", "a prepared statement and a portal"},
	{{.user = ROLE, .message = "duration: 1.000 ms  parse <unnamed>: SELECT 1"}, NULL,
		"a step before the execution"},
	{{.user = ROLE, .message = "duration: 1.000 ms"}, NULL, "a duration alone"},
	{{.user = "app", .message = "duration: 1.000 ms  statement: SELECT 1"}, NULL,
		"another's statement"},
	{{.user = ROLE,
		 .error = true,
		 .code = "55P03",
		 .message = "canceling statement due to lock timeout",
		 .statement = "LOCK TABLE a"},
		"1 0 LOCK TABLE a|canceling statement due to lock timeout", "an error"},
	{{.user = ROLE, .error = true, .message = "no such role"}, NULL,
		"an error of no statement"},
	{{.user = ROLE, .message = "rehearse-lock 16384 ShareLock 17 public.a"},
		"2 0 16384 ShareLock 17 public.a|", "a lock"},
	{{.user = ROLE, .message = "rehearse-rewrite 16384"}, "3 0 16384|", "a rewrite"},
	{{.user = "app", .message = "rehearse-rewrite 16384"}, NULL, "another's rewrite"},
	{{.user = "postgres", .message = "rehearse-end"}, "4 0 |", "the end"},
};

START_TEST(reads_lines)
{
	struct log_record record = cases[_i].record;
	struct observer_foreign f;
	char *got = NULL;

	foreign_init(&f);
	foreign_record(&f, &record, 0);
	ck_assert_uint_eq(f.queue.n, 0); /* nothing is asked for yet */
	atomic_store(&f.open, true);
	record.at_us = 100;
	record.code = record.code ? record.code : "";
	record.statement = record.statement ? record.statement : "";
	foreign_record(&f, &record, 5);
	if (f.queue.n) {
		const struct foreign_line *l = &f.queue.list[0];

		ck_assert_uint_eq(l->at_us, 105);
		ck_assert_str_eq(l->code, record.code);
		got = mem_printf("%d %u %s|%s", l->kind, (unsigned)l->duration_us,
			l->text ? l->text : "", l->error ? l->error : "");
	}
	ck_assert_msg(got ? cases[_i].want && !strcmp(got, cases[_i].want) : !cases[_i].want,
		"%s: got '%s'", cases[_i].comment, got ? got : "nothing");
	mem_free(got);
	foreign_release(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres foreign");
	TCase *tc = tcase_create("postgres foreign");

	tcase_add_loop_test(tc, reads_lines, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
