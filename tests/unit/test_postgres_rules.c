/* The rules of PostgreSQL: statements, the version, and what is found. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/rules.h"
#include "adapters/postgres/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

static const struct {
	const char *before; /* of an earlier migration */
	const char *script; /* the last statement is the one that is looked at */
	unsigned version;
	const char *rules, *locks, *rewrites; /* sorted as they come, a space between */
	const char *comment;
} cases[] = {
	{"", "CREATE INDEX i ON t (a)", 150000, "index-without-concurrently", "public.t ShareLock",
		"", "writers wait"},
	{"CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)", 150000, "index-without-concurrently",
		"public.t ShareLock", "", "known from before"},
	{"", "CREATE TABLE t (a int); CREATE INDEX i ON t (a)", 150000, "", "", "", "a new table"},
};

static void run(struct analysis_state *state, const char *text, struct analysis *ret)
{
	struct sql_script script;
	struct statement_context context = {
		.lock_timeout_set = true, .statement_timeout_set = true};
	struct err err = {0};

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	pg_analyser.begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		analysis_release(ret);
		pg_analyser.statement(state, text, &script, i, &context, ret);
	}
	sql_script_release(&script);
}

static char *rules_of(const struct analysis *a)
{
	struct str text = {0};

	for (size_t i = 0; i < a->n_hits; i++)
		str_addf(&text, "%s%s", i ? " " : "", a->hits[i].rule->id);
	return str_take(&text);
}

static char *locks_of(const struct analysis *a)
{
	struct str text = {0};

	for (size_t i = 0; i < a->n_locks; i++)
		str_addf(&text, "%s%s %s", i ? " " : "", a->locks[i].object, a->locks[i].mode);
	return str_take(&text);
}

START_TEST(a_statement)
{
	struct lint_target target = {pg_analyser.products, cases[_i].version};
	struct analysis_state *state = pg_analyser.open(&target);
	struct analysis a;

	analysis_init(&a);
	run(state, cases[_i].before, &a);
	run(state, cases[_i].script, &a);
	{
		CLEANUP(cleanup_free) char *rules = rules_of(&a);
		CLEANUP(cleanup_free) char *locks = locks_of(&a);

		ck_assert_msg(!strcmp(rules, cases[_i].rules), "%s: %s: rules '%s'",
			cases[_i].script, cases[_i].comment, rules);
		ck_assert_msg(!strcmp(locks, cases[_i].locks), "%s: %s: locks '%s'",
			cases[_i].script, cases[_i].comment, locks);
	}
	analysis_release(&a);
	pg_analyser.close(state);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_rules");
	TCase *tc = tcase_create("rules");

	tcase_add_loop_test(tc, a_statement, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
