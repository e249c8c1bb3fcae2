/* What every test suite shares: one binary per suite, run by Check, totals on its last line. */
#ifndef REHEARSE_TESTS_SUITE_H
#define REHEARSE_TESTS_SUITE_H

#include <check.h>

/* Runs the suite; the exit code for main(). Tests may take SUITE_TIMEOUT_S each. */
#define SUITE_TIMEOUT_S 120
int suite_run(Suite *suite);

/* Fails the test with the error's text when a call that takes a struct err failed. */
#define ck_ok(call, err) ck_assert_msg((call) == 0, "%s: %s", #call, (err).text)

#endif
