/* Expressions: every expected value is what pgbench 15 said of the same text (with default_seed
 * 77), but for the wording of refusals. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/workload/expression.h"
#include "tests/support/suite.h"

static const char *const names[] = {"default_seed", "text", "number", "nothing", "word"};
static struct value variables[5];

static int slot_of(void *ctx, const char *name, size_t len, unsigned *ret, struct err *err)
{
	(void)ctx;
	for (unsigned i = 0; i < 5; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
			*ret = i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "undefined variable '%.*s'", (int)len, name);
}

static void show(const struct value *v, char *buf, size_t size)
{
	switch (v->type) {
	case VALUE_NULL:
		snprintf(buf, size, "null");
		break;
	case VALUE_BOOL:
		snprintf(buf, size, "boolean %s", v->b ? "true" : "false");
		break;
	case VALUE_INT:
		snprintf(buf, size, "int %lld", (long long)v->i);
		break;
	case VALUE_DOUBLE:
		if (isnan(v->d))
			snprintf(buf, size, "double NaN");
		else if (isinf(v->d))
			snprintf(buf, size, "double Infinity");
		else
			snprintf(buf, size, "double %.*g", DBL_DIG, v->d);
		break;
	default:
		snprintf(buf, size, "?");
	}
}

static void evaluate(const char *text, char *buf, size_t size)
{
	struct err err = {0};
	struct expr *e;
	struct rng rng;
	struct expr_env env = {.variables = variables, .names = names, .rng = &rng};
	struct value v;

	rng_seed(&rng, 1);
	variables[0] = value_int(77);
	variables[1] = value_text("not a number");
	variables[2] = value_text("12");
	variables[3] = (struct value){.type = VALUE_UNSET};
	variables[4] = value_text("yes");
	if (expr_parse(text, strlen(text), slot_of, NULL, &e, &err)) {
		ck_assert_int_eq(err.kind, ERR_USAGE);
		snprintf(buf, size, "refused");
		return;
	}
	if (expr_eval(e, &env, &v))
		snprintf(buf, size, "error: %s", env.error);
	else
		show(&v, buf, size);
	expr_free(e);
}

static const struct {
	const char *text, *expected;
} as_pgbench[] = {
	{"1 + 2 * 3", "int 7"},
	{"(1 + 2) * 3", "int 9"},
	{"7 - 3 - 2", "int 2"},
	{"-7 / 2", "int -3"},
	{"-7 % 3", "int -1"},
	{"7 % -3", "int 1"},
	{"mod(-7, 3)", "int -1"},
	{"2 * -3", "int -6"},
	{"- 2 + 5", "int 3"},
	{"+4", "int 4"},
	{"--4", "int 4"},
	{"-9223372036854775808", "int -9223372036854775808"},
	{"9223372036854775807", "int 9223372036854775807"},
	{"1 / 2", "int 0"},
	{"1.0 / 2", "double 0.5"},
	{"1 / 2.0", "double 0.5"},
	{"5.5 % 3", "int 0"},
	{"5.5 % 2.5", "int 0"},
	{"1.0 / 0", "double Infinity"},
	{"0.0 / 0", "double NaN"},
	{"~5", "int -6"},
	{"~1 + 2", "int -4"},
	{"2 * ~1 + 3", "int -10"},
	{"~1 & 3", "int 2"},
	{"1 | 2 & 3", "int 3"},
	{"6 & 3 | 8", "int 10"},
	{"5 # 3", "int 6"},
	{"1 << 4", "int 16"},
	{"1 << 2 + 2", "int 16"},
	{"256 >> 4", "int 16"},
	{"-256 >> 4", "int -16"},
	{"1 << 65", "int 2"},
	{"1 << -1", "int -9223372036854775808"},
	{"1 + 2 < 4", "boolean true"},
	{"1 < 2 = true", "refused"},
	{"3 = 3", "boolean true"},
	{"3 <> 4", "boolean true"},
	{"3 != 3", "boolean false"},
	{"3 >= 3", "boolean true"},
	{"2 > 3", "boolean false"},
	{"1 < 2 is true", "boolean true"},
	{"true and false or true", "boolean true"},
	{"not true or true", "boolean true"},
	{"not 1 = 2", "boolean true"},
	{"1 + not 2 = 3", "error: cannot coerce boolean to int"},
	{"null is null", "boolean true"},
	{"null is not null", "boolean false"},
	{"1 is null", "boolean false"},
	{"1 isnull", "boolean false"},
	{"null notnull", "boolean false"},
	{"null and false", "null"},
	{"false and null", "boolean false"},
	{"true or null", "boolean true"},
	{"null or true", "null"},
	{"null + 1", "null"},
	{"true is not false", "boolean true"},
	{"1 is true", "boolean false"},
	{"5 is null is false", "boolean true"},
	{"case when 1 = 2 then 3 when true then 4 else 5 end", "int 4"},
	{"case when false then 3 end", "null"},
	{"case when 2 then 7 else 8 end", "int 7"},
	{"case when null then 1 else 0 end + 1", "int 1"},
	{"abs(-5)", "int 5"},
	{"abs(-5.5)", "double 5.5"},
	{"int(2.5)", "int 2"},
	{"int(3.5)", "int 4"},
	{"int(-2.5)", "int -2"},
	{"int(5.4 + 3.8)", "int 9"},
	{"double(5432)", "double 5432"},
	{"double(1) / 3", "double 0.333333333333333"},
	{"exp(1.0)", "double 2.71828182845905"},
	{"ln(2.718281828459045)", "double 1"},
	{"sqrt(2.0)", "double 1.4142135623731"},
	{"sqrt(-1)", "double NaN"},
	{"pi()", "double 3.14159265358979"},
	{"pow(2.0, 10)", "double 1024"},
	{"pow(2, 10)", "double 1024"},
	{"power(2, 0.5)", "double 1.4142135623731"},
	{"least(5, 4, 8, 3)", "int 3"},
	{"greatest(5, 4, 8, 3)", "int 8"},
	{"least(5, 4.5)", "double 4.5"},
	{"greatest(1, 2, 3.5, null)", "null"},
	{"hash(5, 0)", "int -208465272938114760"},
	{"hash(0, 0)", "int 8217090173679840641"},
	{"hash(-1, 7)", "int -837761221932631145"},
	{"hash(123456789, 5432)", "int -6977665671479594339"},
	{"hash_fnv1a(10, 5432)", "int -7793829335365542153"},
	{"hash_fnv1a(-10, 0)", "int -7537314043980463836"},
	{"hash_murmur2(10, 5432)", "int -5817877081768721676"},
	{"hash(5)", "int 8322048394947569171"},
	{"hash_fnv1a(5)", "int 6867974851322647309"},
	{"permute(0, 4, 5432)", "int 3"},
	{"permute(1, 4, 5432)", "int 2"},
	{"permute(17, 1000, 42)", "int 584"},
	{"permute(999999, 1000000, 1)", "int 229617"},
	{"permute(5, 9223372036854775807, 5432)", "int 1714532105801689870"},
	{"permute(5, 4)", "int 1"},
	{"permute(0, 2, 9)", "int 1"},
	{"permute(-3, 10, 9)", "int 8"},
	{"1e3", "double 1000"},
	{"1.5e-3", "double 0.0015"},
	{".5 + 0.5", "double 1"},
	{"1.", "double 1"},
	{"debug(3) + 1", "int 4"},
	{"TRUE AND NOT FALSE", "boolean true"},
	{"1 = 1.0", "boolean true"},
	{"2.0 <= 2", "boolean true"},
	{"1 + true", "error: cannot coerce boolean to int"},
	{"true + 1", "error: cannot coerce boolean to int"},
	{"not 1", "error: cannot coerce int to boolean"},
	{"1 and true", "error: cannot coerce int to boolean"},
	{"true = true", "error: cannot coerce boolean to int"},
	{"true < false", "error: cannot coerce boolean to int"},
	{"9223372036854775807 + 1", "error: bigint add out of range"},
	{"-9223372036854775808 - 1", "error: bigint sub out of range"},
	{"-9223372036854775808 / -1", "error: bigint div out of range"},
	{"-9223372036854775808 % -1", "int 0"},
	{"9223372036854775807 * 2", "error: bigint mul out of range"},
	{"1 / 0", "error: division by zero"},
	{"1 % 0", "error: division by zero"},
	{"int(1e30)", "error: double to int overflow for 1000000000000000019884624838656.000000"},
	{"9223372036854775808", "refused"},
	{"1 < 2 < 3", "refused"},
	{"1 is null is null", "boolean false"},
	{"random(5, 1)", "error: empty range given to random"},
	{"random(-9223372036854775808, 9223372036854775807)", "error: random range is too large"},
	{"random_gaussian(1, 10, 1.5)", "error: gaussian parameter must be at least 2"},
	{"random_zipfian(1, 10, 1.0)", "error: zipfian parameter must be in range [1.001, 1000]"},
	{"random_exponential(1, 10, 0)", "error: exponential parameter must be greater than zero"},
	{"nosuch(1)", "refused"},
	{"abs()", "refused"},
	{"abs(1, 2)", "refused"},
	{"pi(1)", "refused"},
	{"least()", "refused"},
	{"hash()", "refused"},
	{"1 +", "refused"},
	{"(1", "refused"},
	{"1 $ 2", "refused"},
	{":undefined + 1", "refused"},
	{"case when 1 end", "refused"},
	{"case end", "refused"},
	{"int(null)", "null"},
	{"int(true)", "error: cannot coerce boolean to int"},
	{"double(false)", "error: cannot coerce boolean to double"},
	{"greatest(1, true)", "error: cannot coerce boolean to int"},
	{"random(1, null)", "null"},
	{"~null", "null"},
	{"1 ! 2", "refused"},
	{"1e400", "refused"},
};

START_TEST(an_expression_means_what_it_means_in_pgbench)
{
	char got[256];

	evaluate(as_pgbench[_i].text, got, sizeof(got));
	ck_assert_msg(strcmp(got, as_pgbench[_i].expected) == 0, "%s: got '%s', pgbench says '%s'",
		as_pgbench[_i].text, got, as_pgbench[_i].expected);
}
END_TEST

static const struct {
	const char *text, *expected, *comment;
} own[] = {
	{":number + 1", "int 13", "a text that looks like an integer is one"},
	{":word and true", "boolean true", "a text that looks like a boolean is one"},
	{":text + 1", "error: variable 'text' is neither a number nor a boolean",
		"the value is not repeated: it may be a row's"},
	{":nothing", "error: undefined variable 'nothing'", "set in a branch that was not taken"},
	{"ceil(1.2)", "double 2", "not in pgbench 15"},
	{"floor(-1.2)", "double -2", "not in pgbench 15"},
	{"1 +\\\n 2", "int 3", "a continued line"},
	{"", "refused", "nothing"},
	{"1 2", "refused", "two operands"},
	{"case when 1 = 1 then 2", "refused", "no end"},
	{"random(1, 2", "refused", "no parenthesis"},
};

START_TEST(what_is_not_pgbench_is_as_documented)
{
	char got[256];

	evaluate(own[_i].text, got, sizeof(got));
	ck_assert_msg(strcmp(got, own[_i].expected) == 0, "%s (%s): got '%s', not '%s'",
		own[_i].text, own[_i].comment, got, own[_i].expected);
}
END_TEST

START_TEST(deep_nesting_is_refused_and_does_not_overflow_the_stack)
{
	char text[20001], got[256];

	memset(text, '(', 20000);
	text[20000] = '\0';
	evaluate(text, got, sizeof(got));
	ck_assert_str_eq(got, "refused");
	memset(text, '-', 20000);
	evaluate(text, got, sizeof(got));
	ck_assert_str_eq(got, "refused");
	for (int i = 0; i < 20000; i += 2)
		memcpy(text + i, "1+", 2);
	text[19999] = '\0';
	evaluate(text, got, sizeof(got));
	ck_assert_str_eq(got, "refused");
}
END_TEST

static const struct {
	struct value value;
	const char *text;
} formats[] = {
	{{.type = VALUE_INT, .i = 0}, "0"},
	{{.type = VALUE_INT, .i = -15}, "-15"},
	{{.type = VALUE_INT, .i = INT64_MAX}, "9223372036854775807"},
	{{.type = VALUE_INT, .i = INT64_MIN}, "-9223372036854775808"},
	{{.type = VALUE_DOUBLE, .d = 0.1}, "0.1"},
	{{.type = VALUE_DOUBLE, .d = -1e300}, "-1e+300"},
	{{.type = VALUE_BOOL, .b = true}, "true"},
	{{.type = VALUE_BOOL, .b = false}, "false"},
	{{.type = VALUE_TEXT, .text = "it's", .len = 4}, "it's"},
	{{.type = VALUE_NULL}, NULL},
};

START_TEST(a_value_is_formatted_for_the_server)
{
	char buf[VALUE_FORMAT_MAX];
	size_t len;
	const char *got = value_format(&formats[_i].value, buf, &len);

	if (!formats[_i].text) {
		ck_assert_ptr_null(got);
		return;
	}
	ck_assert_str_eq(got, formats[_i].text);
	ck_assert_uint_eq(len, strlen(formats[_i].text));
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *suite = suite_create("expression");
	TCase *tc = tcase_create("expression");

	tcase_add_loop_test(tc, an_expression_means_what_it_means_in_pgbench, 0, COUNT(as_pgbench));
	tcase_add_loop_test(tc, what_is_not_pgbench_is_as_documented, 0, COUNT(own));
	tcase_add_test(tc, deep_nesting_is_refused_and_does_not_overflow_the_stack);
	tcase_add_loop_test(tc, a_value_is_formatted_for_the_server, 0, COUNT(formats));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
