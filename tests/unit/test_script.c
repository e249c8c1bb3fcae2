#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/workload/script.h"
#include "tests/support/suite.h"

static struct scenario_variable settings_variables[] = {{(char *)"given", (char *)"12"}};
static struct scenario_workload settings = {
	.seed = 9, .variables = settings_variables, .n_variables = 1};
static struct sample_set samples;
static unsigned statements;

static int parse(const char *text, bool question_marks, struct script *ret, struct err *err)
{
	struct script_context context = {.settings = &settings,
		.question_marks = question_marks,
		.samples = &samples,
		.next_statement = &statements};

	*err = (struct err){0};
	statements = 0;
	return script_parse(text, strlen(text), "f.sql", "t", &context, ret, err);
}

/* What is sent, statements divided by `|`, without the leading comment. */
static void sent(const char *text, bool question_marks, char *buf, size_t size)
{
	struct str out = {0};
	struct script s;
	struct err err;

	if (parse(text, question_marks, &s, &err)) {
		snprintf(buf, size, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < s.n_commands; i++) {
		const struct command *c = &s.commands[i];

		if (c->kind != COMMAND_SQL)
			continue;
		ck_assert_int_eq(strncmp(c->sql, "/*tx:t*/", 8), 0);
		ck_assert_int_eq(strncmp(c->pieces[0], "/*tx:t*/", 8), 0);
		str_addf(&out, "%s%s%s", out.len ? "|" : "", c->text ? "text:" : "", c->sql + 8);
	}
	snprintf(buf, size, "%s", str_text(&out));
	str_release(&out);
	script_release(&s);
	sample_set_release(&samples);
}

#define SET "\\set a 1\n"

static const struct {
	const char *text, *expected, *comment;
} statements_of[] = {
	{"SELECT 1;", "SELECT 1", "one"},
	{"SELECT 1", "SELECT 1", "the last needs no semicolon"},
	{"SELECT 1;;\n ;\nSELECT 2;", "SELECT 1|SELECT 2", "empty ones are left out"},
	{"SELECT\n  1,\n  2;\nSELECT 3;", "SELECT\n  1,\n  2|SELECT 3", "over several lines"},
	{"-- one; two\nSELECT 1; -- :none\n-- end\n", "SELECT 1", "comments between statements"},
	{"/* a; :none /* nested; */ */ SELECT 1;", "SELECT 1", "block comments"},
	{"SELECT 1 -- a; :none\n + 2;", "SELECT 1 -- a; :none\n + 2", "a comment inside is kept"},
	{"SELECT ';', \";\", $$;$$, $x$ ; $$ $x$;", "SELECT ';', \";\", $$;$$, $x$ ; $$ $x$",
		"a semicolon in quotes"},
	{"SELECT 'it''s;';SELECT E'\\';';", "SELECT 'it''s;'|SELECT E'\\';'", "escapes"},
	{"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);",
		"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
		"a semicolon in parentheses"},
	{SET "SELECT :a;", "SELECT $1", "a variable"},
	{SET "SELECT :a, :a+:a;", "SELECT $1, $2+$3", "each use is a parameter"},
	{SET "SELECT ':a', \":a\", $$:a$$, 1 /* :a */;", "SELECT ':a', \":a\", $$:a$$, 1 /* :a */",
		"not in quotes and comments"},
	{SET "SELECT :a::int, '1'::text, x := 3;", "SELECT $1::int, '1'::text, x := 3",
		"casts and named arguments"},
	{SET "SELECT b[1:2], '12:30'::time;", "SELECT b[1:2], '12:30'::time", "plain colons"},
	{SET "SELECT b[\\:a];", "SELECT b[:a]", "an escaped colon"},
	{SET "SELECT :a \\; SELECT :a;", "text:SELECT $1 ; SELECT $2", "combined"},
	{"SELECT :given, :client_id, :random_seed, :default_seed;", "SELECT $1, $2, $3, $4",
		"what is there from the start"},
	{"SELECT 1 AS x \\gset\nSELECT :x;", "SELECT 1 AS x|SELECT $1", "gset ends a statement"},
	{"SELECT 1 AS x \\gset p_\nSELECT :p_x;", "SELECT 1 AS x|SELECT $1", "gset with a prefix"},
	{"SELECT a$b, x$1y$ FROM t;", "SELECT a$b, x$1y$ FROM t", "a dollar in a name"},
	{"SELECT 1;\r\nSELECT 2;\r\n", "SELECT 1|SELECT 2", "lines that end as on Windows"},
	{"\\set b 1 + \\\n 2\nSELECT :b;", "SELECT $1", "a continued line"},
	{"\\sample k t.c\n\\sample m s.t.c\n\\sample q \"a b\".\"c.d\"\nSELECT :k, :m, :q;",
		"SELECT $1, $2, $3", "samples"},
	/* refused */
	{SET "SELECT 1,\n :b;", "f.sql:3: undefined variable 'b' (a plain colon is written '\\:')",
		"undefined"},
	{"SELECT :a;\n" SET, "f.sql:1: undefined variable 'a' (a plain colon is written '\\:')",
		"used before it is set"},
	{"SELECT 1 AS x \\gset p_\nSELECT :x;",
		"f.sql:2: undefined variable 'x' (a plain colon is written '\\:')",
		"not of the prefix"},
	{"SELECT 1;\n\\set x :nope + 1\n", "f.sql:2: undefined variable 'nope'",
		"in an expression"},
	{"SELECT 1;\n\n\\set x 1 +\n", "f.sql:3: syntax error at the end of the expression", ""},
	{"\\set x\nSELECT 1;", "f.sql:1: syntax error at the end of the expression", ""},
	{"\\set\nSELECT 1;", "f.sql:1: missing argument for \\set", ""},
	{"\\set x-y 1\nSELECT 1;", "f.sql:1: invalid variable name 'x-y'", ""},
	{"SELECT 'a\nb;\n", "f.sql:1: unterminated quoted string", ""},
	{"SELECT 1;\nSELECT /* a\n", "f.sql:2: unterminated /* comment", ""},
	{"SELECT $x$ a $y$;", "f.sql:1: unterminated dollar-quoted string", ""},
	{"", "f.sql:1: the script holds no SQL statement", "empty"},
	{SET, "f.sql:2: the script holds no SQL statement", "no statement"},
	{"SELECT 1;\n\\nonsense\n", "f.sql:2: invalid command '\\nonsense'", ""},
	{"\\setshell x date\nSELECT 1;", "f.sql:1: \\setshell is not supported", ""},
	{"\\shell date\nSELECT 1;", "f.sql:1: \\shell is not supported", ""},
	{"\\startpipeline\nSELECT 1;", "f.sql:1: \\startpipeline is not supported", ""},
	{"\\gset\nSELECT 1;", "f.sql:1: \\gset must follow an SQL command", ""},
	{"SELECT 1 \\gset\n\\gset\n", "f.sql:2: \\gset must follow an SQL command", "twice"},
	{"SELECT 1 \\gset a b\n", "f.sql:1: too many arguments for \\gset", ""},
	{"\\if 1\nSELECT 1;\n", "f.sql:1: \\if lacks its \\endif", ""},
	{"SELECT 1;\n\\endif\n", "f.sql:2: \\endif lacks its \\if", ""},
	{"\\else\nSELECT 1;", "f.sql:1: \\else lacks its \\if", ""},
	{"\\if 1\n\\else\n\\elif 1\n\\endif\nSELECT 1;", "f.sql:3: \\elif behind \\else", ""},
	{"\\sleep\nSELECT 1;", "f.sql:1: missing argument for \\sleep", ""},
	{"\\sleep abc\nSELECT 1;", "f.sql:1: invalid sleep time 'abc', must be an integer", ""},
	{"\\sleep 5 h\nSELECT 1;", "f.sql:1: unrecognized time unit 'h', must be us, ms, or s", ""},
	{"\\sleep 5 ms x\nSELECT 1;", "f.sql:1: too many arguments for \\sleep", ""},
	{"\\sample k t\nSELECT 1;", "f.sql:1: 't' is not table.column", ""},
	{"\\sample k\nSELECT 1;", "f.sql:1: missing table.column for \\sample", ""},
};

START_TEST(a_script_is_cut_into_what_is_sent)
{
	char got[1024];

	sent(statements_of[_i].text, false, got, sizeof(got));
	ck_assert_msg(strcmp(got, statements_of[_i].expected) == 0,
		"%s (%s):\n got      %s\n expected %s", statements_of[_i].text,
		statements_of[_i].comment, got, statements_of[_i].expected);
}
END_TEST

START_TEST(placeholders_follow_the_engine)
{
	char got[1024];

	sent(SET "SELECT :a, :a;", true, got, sizeof(got));
	ck_assert_str_eq(got, "SELECT ?, ?");
}
END_TEST

START_TEST(samples_are_shared_and_keep_their_place)
{
	struct script s;
	struct err err;

	ck_ok(parse("\\sample a s.t.c\n\\sample b \"s\".\"t.x\".\"c\"\n\\sample d s.t.c\n"
		    "SELECT :a, :b, :d;",
		      false, &s, &err),
		err);
	ck_assert_uint_eq(samples.n, 2);
	ck_assert_str_eq(samples.items[0].table, "s.t");
	ck_assert_str_eq(samples.items[0].column, "c");
	ck_assert_str_eq(samples.items[1].table, "\"s\".\"t.x\"");
	ck_assert_str_eq(samples.items[1].column, "\"c\"");
	ck_assert_str_eq(samples.items[1].where, "f.sql:2");
	script_release(&s);
	sample_set_release(&samples);
}
END_TEST

/* Runs the jumps and sets without a server; what SQL would be sent comes out. */
static void trace(const char *text, char *buf, size_t size)
{
	struct value variables[16];
	struct str out = {0};
	struct rng rng;
	struct script s;
	struct err err;
	struct expr_env env = {.variables = variables, .rng = &rng};

	ck_ok(parse(text, false, &s, &err), err);
	env.names = (const char *const *)s.names;
	for (size_t i = 0; i < s.n_slots; i++)
		variables[i] = s.initial[i];
	for (size_t pc = 0; pc < s.n_commands;) {
		const struct command *c = &s.commands[pc++];
		struct value v;

		if (c->kind == COMMAND_SQL)
			str_addf(&out, "%s ", c->sql + 8);
		else if (c->kind == COMMAND_JUMP)
			pc = c->target;
		else
			ck_assert_int_eq(expr_eval(c->expr, &env, &v), 0);
		if (c->kind == COMMAND_SET)
			variables[c->slot] = v;
		if (c->kind == COMMAND_JUMP_UNLESS && !expr_truth(&v))
			pc = c->target;
	}
	snprintf(buf, size, "%s", str_text(&out));
	str_release(&out);
	script_release(&s);
}

static const struct {
	const char *condition[3];
	const char *expected;
} branches[] = {
	{{"true", "true", "true"}, "one in end "},
	{{"true", "true", "false"}, "one end "},
	{{"false", "true", "true"}, "two end "},
	{{"0", "0.0", "true"}, "three end "},
	{{"null", "2", "true"}, "two end "},
	{{"1 = 1", "1 / 0", "false"}, "one end "},
};

START_TEST(if_takes_one_branch_and_looks_at_no_condition_behind_it)
{
	const char *const *c = branches[_i].condition;
	char *text = mem_printf("\\if %s\none;\n\\if %s\nin;\n\\endif\n\\elif %s\ntwo;\n"
				"\\else\nthree;\n\\endif\nend;\n",
		c[0], c[2], c[1]);
	char got[128];

	trace(text, got, sizeof(got));
	ck_assert_str_eq(got, branches[_i].expected);
	mem_free(text);
}
END_TEST

START_TEST(a_name_cannot_end_its_comment)
{
	struct script_context context = {
		.settings = &settings, .samples = &samples, .next_statement = &statements};
	struct script s;
	struct err err = {0};

	ck_ok(script_parse("SELECT 1", 8, "f.sql", "a*/; DROP TABLE x;\n--", &context, &s, &err),
		err);
	ck_assert_str_eq(s.commands[0].sql, "/*tx:a__; DROP TABLE x;_--*/SELECT 1");
	script_release(&s);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *suite = suite_create("script");
	TCase *tc = tcase_create("script");

	tcase_add_loop_test(tc, a_script_is_cut_into_what_is_sent, 0, COUNT(statements_of));
	tcase_add_test(tc, placeholders_follow_the_engine);
	tcase_add_test(tc, samples_are_shared_and_keep_their_place);
	tcase_add_loop_test(
		tc, if_takes_one_branch_and_looks_at_no_condition_behind_it, 0, COUNT(branches));
	tcase_add_test(tc, a_name_cannot_end_its_comment);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
