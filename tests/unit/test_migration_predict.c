/* What the server says beforehand: asked for every statement, in order, before the first one runs.
 */
#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/migration/runner.h"
#include "tests/support/suite.h"

static struct str asked;

static int predict(struct observer *o, const char *sql, struct prediction *ret, struct err *err)
{
	(void)o;
	*ret = (struct prediction){0};
	str_addf(&asked, "[%s]", sql);
	if (strstr(sql, "broken"))
		return err_set(err, ERR_FAILED, "no scratch schema");
	if (strstr(sql, "interrupted"))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (!strstr(sql, "ALTER"))
		return 0;
	*ret = (struct prediction){"copy", "shared", "accepts INSTANT, yet copies"};
	return 0;
}

static char *const text = (char *)"ALTER TABLE a; SELECT 1; broken; interrupted";
static struct migration_file file;
static struct sql_statement parts[] = {{.offset = 0, .len = 13}, {.offset = 15, .len = 8},
	{.offset = 25, .len = 6}, {.offset = 33, .len = 11}};
static struct result_statement results[4];

static int run(size_t n, struct observer *observer, struct err *err)
{
	static const struct observer_ops ops = {.predict = predict};
	static const struct engine engine = {.observer = &ops};
	struct migration_statement statements[4];
	struct migration m = {.statements = statements, .n_statements = n};
	struct migration_run run = {.engine = &engine, .observer = observer};
	struct result result = {.statements = results, .n_statements = n};
	struct runner r = {.m = &m, .run = &run, .result = &result};

	file.text = text;
	for (unsigned i = 0; i < 4; i++) {
		statements[i] = (struct migration_statement){&file, &parts[i], i + 1};
		results[i] = (struct result_statement){.note = mem_strdup("")};
	}
	str_clear(&asked);
	return runner_predict(&r, err);
}

static void release(void)
{
	for (unsigned i = 0; i < 4; i++) {
		mem_free(results[i].note);
		mem_free(results[i].algorithm_predicted);
		mem_free(results[i].lock_predicted);
	}
	str_release(&asked);
}

static struct observer *const some = (struct observer *)&asked; /* never looked into */

START_TEST(every_statement_is_asked_about_in_order)
{
	struct err err = {0};

	ck_ok(run(3, some, &err), err);
	ck_assert_str_eq(str_text(&asked), "[ALTER TABLE a][SELECT 1][broken]");
	ck_assert_str_eq(results[0].algorithm_predicted, "copy");
	ck_assert_str_eq(results[0].lock_predicted, "shared");
	ck_assert_str_eq(results[0].note, "accepts INSTANT, yet copies");
	ck_assert_str_eq(results[1].algorithm_predicted, "");
	ck_assert_str_eq(results[1].note, "");
	ck_assert_str_eq(results[2].note, "not predicted: no scratch schema");
	release();
}
END_TEST

START_TEST(an_interrupt_ends_the_asking)
{
	struct err err = {0};

	ck_assert_int_eq(run(4, some, &err), -1);
	ck_assert_int_eq(err.kind, ERR_INTERRUPTED);
	release();
}
END_TEST

START_TEST(without_an_observer_nobody_is_asked)
{
	struct err err = {0};

	ck_ok(run(4, NULL, &err), err);
	ck_assert_str_eq(str_text(&asked), "");
	release();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migration_predict");
	TCase *tcase = tcase_create("predict");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, every_statement_is_asked_about_in_order);
	tcase_add_test(tcase, an_interrupt_ends_the_asking);
	tcase_add_test(tcase, without_an_observer_nobody_is_asked);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
