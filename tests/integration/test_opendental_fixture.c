/* The Open Dental fixture's data: what scenarios and their workload rely on. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/opendental.h"
#include "tests/support/suite.h"

#define SCALE "0.02"

static struct err err;

static void start(void)
{
	od_start();
	od_build("opendental", "practice", SCALE);
}

struct fact {
	const char *sql, *expected, *comment;
};

static void check_facts(const char *database, const struct fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		od_expect(database, facts[i].sql, facts[i].expected, facts[i].comment);
}
#define CHECK_FACTS(database, facts) \
	check_facts(database, facts, sizeof(facts) / sizeof((facts)[0]))

static char *read_facts(const char *name)
{
	CLEANUP(cleanup_free) char *path = fs_join("fixtures/opendental/facts", name);
	char *text = NULL;

	ck_ok(fs_read(path, 0, &text, NULL, &err), err);
	return text;
}

/* A row (text, number, number) of each of many questions, asked in a few statements. */
static void add_question(struct str *all, const char *question)
{
	if (all->len)
		str_add(all, "\nUNION ALL ");
	str_add(all, question);
}

/* ---- rows ---- */

START_TEST(tables_have_the_proportions_of_a_practice)
{
	CLEANUP(cleanup_free) char *text = read_facts("tables.tsv");
	CLEANUP(cleanup_str) struct str sql = {0};
	CLEANUP(cleanup_free) char *got = NULL;
	char *at = text, *line, *fields[3];
	double scale = strtod(SCALE, NULL);
	unsigned n = 0;

	od_line(&at);
	while ((line = od_line(&at))) {
		CLEANUP(cleanup_free) char *question = NULL;

		ck_assert_uint_eq(od_fields(line, fields, 3), 3);
		question = mem_printf(
			"SELECT '%s', COUNT(*), %s FROM `%s`", fields[0], fields[2], fields[0]);
		add_question(&sql, question);
	}
	got = od_query("practice", str_text(&sql));
	for (at = got; (line = od_line(&at)); n++) {
		double rows, live;

		ck_assert_uint_eq(od_fields(line, fields, 3), 3);
		rows = strtod(fields[1], NULL);
		live = strtod(fields[2], NULL);
		/* What is set up once is there at any scale. */
		if (live <= 2500)
			ck_assert_msg(rows == live, "%s: %g rows, not %g", fields[0], rows, live);
		else
			ck_assert_msg(rows > live * scale * 0.85 && rows < live * scale * 1.15,
				"%s: %g rows, about %g expected", fields[0], rows, live * scale);
	}
	ck_assert_uint_eq(n, 422);
}
END_TEST

/* ---- references ---- */

START_TEST(every_reference_that_is_not_zero_finds_its_row)
{
	CLEANUP(cleanup_free) char *text = read_facts("references.tsv");
	CLEANUP(cleanup_str) struct str sql = {0};
	CLEANUP(cleanup_free) char *got = NULL;
	char *at = text, *line, *fields[5];
	unsigned n = 0, in_use = 0;

	od_line(&at);
	while ((line = od_line(&at))) {
		CLEANUP(cleanup_free) char *question = NULL;

		ck_assert_uint_eq(od_fields(line, fields, 5), 5);
		if (strcmp(fields[2], "bigint(20)") != 0)
			continue;
		question = mem_printf("SELECT '%s.%s', COUNT(*), SUM(c.`%s` <> 0 AND p.`%s` IS "
				      "NULL) FROM `%s` AS c LEFT JOIN `%s` AS p "
				      "ON p.`%s` = c.`%s`",
			fields[0], fields[1], fields[1], fields[4], fields[0], fields[3], fields[4],
			fields[1]);
		add_question(&sql, question);
		str_addf(&sql, " WHERE c.`%s` <> 0", fields[1]);
	}
	got = od_query("practice", str_text(&sql));
	for (at = got; (line = od_line(&at)); n++) {
		ck_assert_uint_eq(od_fields(line, fields, 3), 3);
		in_use += strcmp(fields[1], "0") != 0;
		ck_assert_msg(!strcmp(fields[2], "0") || !strcmp(fields[2], "-"),
			"%s: %s of %s point to nothing", fields[0], fields[2], fields[1]);
	}
	ck_assert_uint_eq(n, 734);
	ck_assert_msg(in_use > 300, "%u references are in use", in_use);
}
END_TEST

START_TEST(what_belongs_together_agrees)
{
	static const struct fact facts[] = {
		{"SELECT COUNT(*) FROM patient AS p JOIN patient AS g ON g.PatNum = p.Guarantor "
		 "WHERE g.Guarantor <> g.PatNum",
			"0", "guarantors with a guarantor"},
		{"SELECT COUNT(*) FROM patplan AS p WHERE p.Ordinal > 1 AND NOT EXISTS "
		 "(SELECT * FROM patplan AS q WHERE q.PatNum = p.PatNum AND q.Ordinal = 1)",
			"0", "second plans without a first"},
		{"SELECT COUNT(*) FROM procedurelog AS l JOIN appointment AS a USING (AptNum) "
		 "WHERE a.PatNum <> l.PatNum",
			"0", "procedures of another patient's appointment"},
		{"SELECT COUNT(*) FROM procedurelog AS l JOIN appointment AS a USING (AptNum) "
		 "WHERE (l.ProcStatus = 2) <> (a.AptStatus = 2)",
			"0", "procedures done at appointments that did not take place"},
		{"SELECT COUNT(*) FROM claimproc AS p JOIN claim AS c USING (ClaimNum) "
		 "WHERE c.PatNum <> p.PatNum OR c.PlanNum <> p.PlanNum",
			"0", "lines of another patient's claim"},
		{"SELECT COUNT(*) FROM claimproc AS p JOIN procedurelog AS l USING (ProcNum) "
		 "WHERE l.PatNum <> p.PatNum",
			"0", "claimed procedures of another patient"},
		{"SELECT COUNT(*) FROM payment AS p WHERE ABS(PayAmt - "
		 "(SELECT SUM(SplitAmt) FROM paysplit AS s WHERE s.PayNum = p.PayNum)) > 0.001",
			"0", "payments that their splits do not add up to"},
		{"SELECT COUNT(*) FROM claimpayment AS p WHERE ABS(CheckAmt - (SELECT "
		 "SUM(InsPayAmt) FROM claimproc AS c "
		 "WHERE c.ClaimPaymentNum = p.ClaimPaymentNum)) > 0.001",
			"0", "cheques that their claims do not add up to"},
		{"SELECT COUNT(*) FROM securitylog AS l LEFT JOIN securityloghash AS h USING "
		 "(SecurityLogNum) WHERE h.SecurityLogNum IS NULL",
			"0", "audit entries without a hash"},
		{"SELECT ValueString FROM preference WHERE PrefName = 'DataBaseVersion'",
			"24.3.63.0", "the version that the application looks at"},
	};

	CHECK_FACTS("practice", facts);
}
END_TEST

START_TEST(data_is_skewed_as_a_practice_is)
{
	static const struct fact facts[] = {
		{"SELECT MAX(n) > 10 AND MIN(n) = 1 FROM "
		 "(SELECT COUNT(*) AS n FROM appointment GROUP BY PatNum) AS p",
			"1", "patients who come often, and seldom"},
		{"SELECT MAX(n) > 4 * AVG(n) FROM "
		 "(SELECT COUNT(*) AS n FROM appointment GROUP BY ProvNum) AS p",
			"1", "busy providers"},
		{"SELECT SUM(HOUR(AptDateTime) = 10) > 20 * SUM(HOUR(AptDateTime) = 12) "
		 "FROM appointment",
			"1", "a lunch break"},
		{"SELECT COUNT(*) FROM appointment WHERE DAYOFWEEK(AptDateTime) IN (1, 7) "
		 "AND AptStatus NOT IN (3, 6)",
			"0", "appointments at week-ends"},
		{"SELECT SUM(AptDateTime >= '2026-01-05') / COUNT(*) BETWEEN 0.04 AND 0.08 "
		 "FROM appointment",
			"1", "appointments ahead"},
		{"SELECT COUNT(*) FROM appointment "
		 "WHERE AptDateTime >= '2026-01-06' AND AptStatus = 2",
			"0", "visits completed before they happened"},
		{"SELECT SUM(YEAR(AptDateTime) = 2025) > 1.3 * SUM(YEAR(AptDateTime) = 2016) "
		 "FROM appointment",
			"1", "a practice that has grown"},
		{"SELECT MAX(PermType) > 200 AND MAX(PermType) < 256 FROM securitylog", "1",
			"audit entries that fill one byte"},
	};

	CHECK_FACTS("practice", facts);
}
END_TEST

/* The application takes 0001-01-01 for "no date"; a zero date is an error in its own check. */
START_TEST(no_date_is_zero)
{
	CLEANUP(cleanup_free)
	char *columns = od_query("practice",
		"SELECT CONCAT('SELECT ''', table_name, '.', column_name, ''', COUNT(*) "
		"FROM `', table_name, '` WHERE `', column_name, '` = 0') "
		"FROM information_schema.columns WHERE table_schema = DATABASE() "
		"AND data_type IN ('date', 'datetime', 'timestamp')");
	CLEANUP(cleanup_str) struct str sql = {0};
	CLEANUP(cleanup_free) char *got = NULL;
	char *at = columns, *line, *fields[2];
	unsigned n = 0;

	while ((line = od_line(&at)))
		add_question(&sql, line);
	got = od_query("practice", str_text(&sql));
	for (at = got; (line = od_line(&at)); n++) {
		ck_assert_uint_eq(od_fields(line, fields, 2), 2);
		ck_assert_msg(!strcmp(fields[1], "0"), "%s: %s zero dates", fields[0], fields[1]);
	}
	ck_assert_uint_eq(n, 432);
}
END_TEST

/* ---- the same rows ---- */

/* Each table of the database with its checksum. */
static char *checksums(const char *database)
{
	CLEANUP(cleanup_free)
	char *tables = od_query(database,
		"SET SESSION group_concat_max_len = 1000000; SELECT CONCAT('CHECKSUM TABLE ', "
		"GROUP_CONCAT('`', table_name, '`' ORDER BY 1)) "
		"FROM information_schema.tables WHERE table_schema = DATABASE()");
	char *got = od_query(database, tables);
	size_t n = strlen(database);
	struct str out = {0};
	char *at = got, *line;

	while ((line = od_line(&at))) {
		ck_assert(!strncmp(line, database, n) && line[n] == '.');
		str_addf(&out, "%s\n", line + n + 1);
	}
	mem_free(got);
	return str_take(&out);
}

START_TEST(every_build_gives_the_same_rows_on_either_engine)
{
	CLEANUP(cleanup_free) char *first = NULL;
	CLEANUP(cleanup_free) char *second = NULL;
	CLEANUP(cleanup_free) char *other_engine = NULL;
	CLEANUP(cleanup_free) char *other_scale = NULL;

	od_build("opendental", "first", "0.003");
	/* The server's own settings must not matter. */
	free(od_query(NULL, "SET GLOBAL time_zone = '+05:45'"));
	free(od_query(NULL, "SET GLOBAL sql_mode = 'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH'"));
	free(od_query(NULL, "SET GLOBAL div_precision_increment = 8"));
	od_build("opendental", "second", "0.003");
	od_build("opendental-innodb", "other_engine", "0.003");
	od_build("opendental", "other_scale", "0.004");
	first = checksums("first");
	second = checksums("second");
	other_engine = checksums("other_engine");
	other_scale = checksums("other_scale");
	ck_assert_str_eq(first, second);
	ck_assert_str_eq(first, other_engine);
	ck_assert_str_ne(first, other_scale);
}
END_TEST

START_TEST(smallest_scale_is_whole)
{
	static const struct fact facts[] = {
		{"SELECT COUNT(*) FROM patient", "60", "patients"},
		{"SELECT COUNT(*) >= 150 FROM appointment", "1", "appointments"},
		{"SELECT COUNT(*) > 30 FROM claim", "1", "claims"},
		{"SELECT COUNT(*) > 100 FROM claimproc", "1", "lines of claims"},
		{"SELECT COUNT(*) > 20 FROM patplan", "1", "insured patients"},
		{"SELECT COUNT(*) FROM recall AS r LEFT JOIN patient AS p USING (PatNum) "
		 "WHERE p.PatNum IS NULL",
			"0", "recalls of nobody"},
	};

	od_build("opendental", "smallest", "0.0001");
	CHECK_FACTS("smallest", facts);
}
END_TEST

START_TEST(numbers_go_on_behind_the_data)
{
	static const struct fact facts[] = {
		{"INSERT INTO appointment (PatNum) VALUES (1); "
		 "SELECT LAST_INSERT_ID() = (SELECT COUNT(*) FROM appointment)",
			"1", "appointment"},
		{"DELETE FROM appointment ORDER BY AptNum DESC LIMIT 1; SELECT ROW_COUNT()", "1",
			"taken back"},
		{"INSERT INTO securitylog (PermType) VALUES (1); "
		 "SELECT LAST_INSERT_ID() = (SELECT COUNT(*) FROM securitylog)",
			"1", "securitylog"},
		{"DELETE FROM securitylog ORDER BY SecurityLogNum DESC LIMIT 1; SELECT ROW_COUNT()",
			"1", "taken back"},
	};

	free(od_query(NULL, "SET GLOBAL sql_mode = ''"));
	CHECK_FACTS("practice", facts);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opendental_fixture");
	TCase *t = tcase_create("data");

	tcase_add_unchecked_fixture(t, start, od_stop);
	tcase_set_timeout(t, SUITE_TIMEOUT_S);
	tcase_add_test(t, tables_have_the_proportions_of_a_practice);
	tcase_add_test(t, every_reference_that_is_not_zero_finds_its_row);
	tcase_add_test(t, what_belongs_together_agrees);
	tcase_add_test(t, data_is_skewed_as_a_practice_is);
	tcase_add_test(t, no_date_is_zero);
	tcase_add_test(t, every_build_gives_the_same_rows_on_either_engine);
	tcase_add_test(t, smallest_scale_is_whole);
	tcase_add_test(t, numbers_go_on_behind_the_data);
	suite_add_tcase(s, t);
	return suite_run(s);
}
