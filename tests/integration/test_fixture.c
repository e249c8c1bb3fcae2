/* The dental fixture: what scenarios and their workload rely on. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

#define FIXTURE "fixtures/dental/postgres/*.sql"

static struct test_pg pg;
static struct err err;

static char *psql(const char *database, const char *scale, const char *input, const char *sql)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&pg.server, database);
	CLEANUP(cleanup_free) char *set_scale = mem_printf("scale=%s", scale);
	const char *const argv[] = {"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v",
		set_scale, "-d", dsn, sql ? "-c" : NULL, sql, NULL};
	struct str out = {0};

	ck_ok(pg_server_run(&pg.server, argv, NULL, input, &out, &err), err);
	if (out.len && out.data[out.len - 1] == '\n')
		out.data[out.len - 1] = '\0';
	return str_take(&out);
}

static void build(const char *database, const char *scale)
{
	CLEANUP(cleanup_free) char *create = mem_printf("CREATE DATABASE %s", database);
	glob_t files;

	free(psql("postgres", "0", NULL, create));
	ck_assert_int_eq(glob(FIXTURE, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		CLEANUP(cleanup_free) char *said = psql(database, scale, files.gl_pathv[i], NULL);

		ck_assert_msg(!*said, "%s said: %s", files.gl_pathv[i], said);
	}
	globfree(&files);
}

static void start(void)
{
	test_pg_start(&pg, NULL, 0);
	build("dental", "0.01");
}

static void stop(void)
{
	test_pg_stop(&pg);
}

struct fact {
	const char *sql, *expected, *comment;
};

static void check_facts(const char *database, const struct fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(cleanup_free) char *got = psql(database, "0", NULL, facts[i].sql);

		ck_assert_msg(!strcmp(got, facts[i].expected), "%s: expected %s, got %s\n%s",
			facts[i].comment, facts[i].expected, got, facts[i].sql);
	}
}
#define CHECK_FACTS(database, facts) \
	check_facts(database, facts, sizeof(facts) / sizeof((facts)[0]))

START_TEST(rows_follow_the_scale)
{
	static const struct fact facts[] = {
		{"SELECT count(*) FROM patient", "2000", "patients"},
		{"SELECT count(*) FROM appointment", "10000", "appointments"},
		{"SELECT count(*) BETWEEN 10000 AND 13000 FROM procedure_log", "t", "procedures"},
		{"SELECT count(*) BETWEEN 1200 AND 2400 FROM claim", "t", "claims"},
		{"SELECT count(*) >= 25 FROM pg_stat_user_tables", "t", "about 25 tables"},
		{"SELECT coalesce(string_agg(relname, ', '), 'none') FROM pg_class "
		 "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
		 "AND reltuples <= 0",
			"none", "tables without rows"},
		{"SELECT count(*) FROM pg_namespace WHERE nspname = 'gen'", "0",
			"the generator is gone"},
	};

	CHECK_FACTS("dental", facts);
}
END_TEST

START_TEST(references_hold)
{
	static const struct fact facts[] = {
		{"SELECT count(*) > 30 FROM pg_constraint WHERE contype = 'f'", "t",
			"foreign keys"},
		{"SELECT count(*) FROM pg_constraint WHERE NOT convalidated", "0",
			"constraints that are not validated"},
		{"SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0", "invalid indexes"},
		{"SELECT count(*) FROM pg_class AS c WHERE relkind = 'r' "
		 "AND relnamespace = 'public'::regnamespace "
		 "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = "
		 "'p')",
			"0", "tables without a primary key"},
		{"SELECT count(*) FROM patient AS p JOIN patient AS g ON g.id = p.guarantor_id "
		 "WHERE g.guarantor_id <> g.id",
			"0", "guarantors with a guarantor"},
		{"SELECT count(*) FROM payment AS p WHERE amount <> "
		 "(SELECT sum(amount) FROM payment_split AS s WHERE s.payment_id = p.id)",
			"0", "payments that their splits do not add up to"},
		{"SELECT count(*) FROM claim AS c JOIN appointment AS a ON a.id = c.appointment_id "
		 "WHERE a.patient_id <> c.patient_id OR a.status <> 'complete'",
			"0", "claims for visits that were not the patient's"},
		{"SELECT count(*) FROM claim_procedure AS p JOIN claim AS c ON c.id = p.claim_id "
		 "JOIN procedure_log AS l ON l.id = p.procedure_log_id "
		 "WHERE l.appointment_id <> c.appointment_id",
			"0", "claimed procedures of another visit"},
	};

	CHECK_FACTS("dental", facts);
}
END_TEST

START_TEST(undeclared_rules_hold_too)
{
	static const char sql[] = "BEGIN;"
				  "ALTER TABLE procedure_log"
				  " ADD FOREIGN KEY (appointment_id) REFERENCES appointment,"
				  " ADD FOREIGN KEY (patient_id) REFERENCES patient,"
				  " ADD FOREIGN KEY (provider_id) REFERENCES provider,"
				  " ADD FOREIGN KEY (procedure_code_id) REFERENCES procedure_code,"
				  " ADD FOREIGN KEY (entered_by) REFERENCES user_account,"
				  " ALTER units SET NOT NULL, ALTER place_of_service SET NOT NULL,"
				  " ALTER fee_schedule SET NOT NULL, ALTER is_locked SET NOT NULL,"
				  " ALTER entered_by SET NOT NULL, ALTER entered_at SET NOT NULL,"
				  " ALTER updated_by SET NOT NULL, ALTER updated_at SET NOT NULL;"
				  "ROLLBACK";

	free(psql("dental", "0", NULL, sql));
}
END_TEST

START_TEST(data_is_skewed_as_a_practice_is)
{
	static const struct fact facts[] = {
		{"SELECT max(n) > 2 * min(n) FROM "
		 "(SELECT count(*) AS n FROM appointment GROUP BY provider_id) AS p",
			"t", "busy and quiet providers"},
		{"SELECT max(n) >= 5 AND min(n) = 1 AND avg(n) BETWEEN 2 AND 2.7 FROM "
		 "(SELECT count(*) AS n FROM patient GROUP BY guarantor_id) AS f",
			"t", "families of all sizes"},
		{"SELECT count(*) FILTER (WHERE extract(hour FROM starts_at) = 10) > "
		 "2 * count(*) FILTER (WHERE extract(hour FROM starts_at) = 12) FROM appointment",
			"t", "a lunch break"},
		{"SELECT count(*) FROM appointment WHERE extract(hour FROM starts_at) "
		 "NOT BETWEEN 8 AND 17 OR extract(isodow FROM starts_at) = 7",
			"0", "appointments out of hours"},
		{"SELECT count(*) FILTER (WHERE extract(isodow FROM starts_at) = 2) > "
		 "4 * count(*) FILTER (WHERE extract(isodow FROM starts_at) = 6) FROM appointment",
			"t", "few Saturdays"},
		{"SELECT count(*) FILTER (WHERE status = 'complete')::numeric / count(*) "
		 "BETWEEN 0.8 AND 0.88 FROM appointment, practice WHERE starts_at < as_of",
			"t", "most past visits took place"},
		{"SELECT count(*) FROM appointment, practice "
		 "WHERE starts_at >= as_of AND status = 'complete'",
			"0", "visits completed before they happened"},
		{"SELECT count(*) FILTER (WHERE starts_at >= as_of - 365) > "
		 "1.1 * count(*) FILTER (WHERE starts_at < as_of - 7 * 365 + 1) "
		 "FROM appointment, practice WHERE starts_at < as_of",
			"t", "a practice that has grown"},
		{"SELECT max(n) > 10 FROM "
		 "(SELECT count(*) AS n FROM appointment GROUP BY patient_id) AS p",
			"t", "patients who come often"},
		{"SELECT max(n) > 20 * min(n) FROM "
		 "(SELECT count(*) AS n FROM procedure_log GROUP BY procedure_code_id) AS c",
			"t", "common and rare procedures"},
	};

	CHECK_FACTS("dental", facts);
}
END_TEST

START_TEST(identities_go_on_behind_the_data)
{
	static const struct fact facts[] = {
		{"INSERT INTO appointment (patient_id, provider_id, operatory_id, starts_at, "
		 "minutes) SELECT 1, 1, 1, as_of, 30 FROM practice RETURNING id",
			"10001", "appointment"},
		{"DELETE FROM appointment WHERE id > 10000 RETURNING id", "10001", "undone"},
		{"INSERT INTO document (patient_id, category, file_name, size_bytes, taken_on) "
		 "VALUES (1, 'xray', 'x', 1, '2026-01-05') "
		 "RETURNING id = (SELECT max(id) + 1 FROM document)",
			"t", "document"},
		{"DELETE FROM document WHERE file_name = 'x' RETURNING 'gone'", "gone", "undone"},
	};

	CHECK_FACTS("dental", facts);
}
END_TEST

/* All rows of all tables, in the order in which they lie. */
static char *checksum(const char *database)
{
	return psql(database, "0", NULL,
		"SELECT md5(string_agg(query_to_xml(format("
		"'SELECT md5(string_agg(md5(t::text), '''' ORDER BY t.ctid)) AS s FROM %I AS t', "
		"relname), true, false, '')::text, ',' ORDER BY relname)) "
		"FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace");
}

START_TEST(every_build_gives_the_same_rows)
{
	CLEANUP(cleanup_free) char *first = NULL;
	CLEANUP(cleanup_free) char *second = NULL;
	CLEANUP(cleanup_free) char *other = NULL;

	build("first", "0.005");
	/* The server's own time zone must not matter. */
	free(psql("postgres", "0", NULL, "ALTER ROLE postgres SET timezone = 'Asia/Kathmandu'"));
	build("second", "0.005");
	build("other", "0.006");
	free(psql("postgres", "0", NULL, "ALTER ROLE postgres RESET timezone"));
	first = checksum("first");
	second = checksum("second");
	other = checksum("other");
	ck_assert_uint_eq(strlen(first), 32);
	ck_assert_str_eq(first, second);
	ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(smallest_scale_is_whole)
{
	static const struct fact facts[] = {
		{"SELECT count(*) FROM patient", "200", "patients"},
		{"SELECT count(*) FROM appointment", "1000", "appointments"},
		{"SELECT count(*) > 100 FROM claim", "t", "claims"},
		{"SELECT count(*) > 10 FROM perio_exam", "t", "examinations"},
		{"SELECT count(*) FROM pg_constraint WHERE NOT convalidated", "0", "references"},
	};

	build("smallest", "0.001");
	CHECK_FACTS("smallest", facts);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fixture");
	TCase *t = tcase_create("dental");

	tcase_add_unchecked_fixture(t, start, stop);
	tcase_set_timeout(t, SUITE_TIMEOUT_S);
	tcase_add_test(t, rows_follow_the_scale);
	tcase_add_test(t, references_hold);
	tcase_add_test(t, undeclared_rules_hold_too);
	tcase_add_test(t, data_is_skewed_as_a_practice_is);
	tcase_add_test(t, identities_go_on_behind_the_data);
	tcase_add_test(t, every_build_gives_the_same_rows);
	tcase_add_test(t, smallest_scale_is_whole);
	suite_add_tcase(s, t);
	return suite_run(s);
}
