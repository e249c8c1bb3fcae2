/* The locks of a hundred statements, against what another tracer found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

struct oracle {
	struct observer *o;
	struct db_conn *conn;
	unsigned statements, differ;
};

/* In a script that builds concurrently the other tracer records nothing; ours sees more. */
static bool comparable(const char *script)
{
	return !strcasestr(script, "concurrently");
}

/* The part of a trace that belongs to one script: "examples/E1/bad/2.sql". */
static char *trace_of(const char *trace, const char *name)
{
	CLEANUP(cleanup_free) char *head = mem_printf("Script name: `%s`", name);
	const char *start = strstr(trace, head), *end;

	ck_assert_msg(start != NULL, "no trace of %s", name);
	end = strstr(start + 1, "Script name: `");
	return mem_strndup(start, end ? (size_t)(end - start) : strlen(start));
}

/* The n-th statement's "New locks taken". */
static char *expected_locks(const char *trace, unsigned n)
{
	CLEANUP(cleanup_free) char *head = mem_printf(" Statement number %u for ", n);
	const char *start = strstr(trace, head), *end;

	if (!start)
		return NULL;
	start = strstr(start, "#### New locks taken");
	end = strstr(start + 4, "### ");
	return mem_strndup(start, end ? (size_t)(end - start) : strlen(start));
}

static bool is_dangerous(const char *mode)
{
	return strcmp(mode, "AccessExclusiveLock") == 0 || strcmp(mode, "ExclusiveLock") == 0 ||
		strcmp(mode, "ShareRowExclusiveLock") == 0 || strcmp(mode, "ShareLock") == 0;
}

static unsigned rows_of(const char *table)
{
	unsigned rows = 0;

	for (const char *p = table; (p = strstr(p, "\n| `")); p++)
		rows++;
	return rows;
}

/* The lines of both must be the same: schema, object, mode. `fresh`: objects that this script made.
 */
static void compare_locks(
	struct oracle *x, const char *where, const char *expected, const struct statement_facts *f)
{
	unsigned seen = 0, missing = 0;

	for (size_t i = 0; i < f->n_locks; i++) {
		const struct fact_lock *l = &f->locks[i];
		CLEANUP(cleanup_free) char *row = NULL;

		if (l->new_object || !is_dangerous(l->mode))
			continue;
		ck_assert_int_eq(strncmp(l->object, "public.", 7), 0);
		row = mem_printf("| `public` | `%s` | `%s` |", l->object + 7, l->mode);
		seen++;
		missing += strstr(expected, row) == NULL;
	}
	x->statements++;
	if (missing || seen != rows_of(expected)) {
		x->differ++;
		printf("%s: %u locks seen, %u of them not expected; expected:%s\n", where, seen,
			missing, expected);
	}
}

static void run_script(struct oracle *x, const char *name, const char *sql, const char *trace)
{
	struct sql_script script = {0};
	struct err err = {0};
	CLEANUP(cleanup_free) char *part = trace_of(trace, name);

	ck_ok(postgres_dialect.split(sql, strlen(sql), &script, &err), err);
	x->o = rig_observe(
		"sampling", 10000); /* what an earlier script made existed before this one */
	if (!comparable(sql)) {
		rig_run(x->conn, sql);
		goto out;
	}
	rig_run(x->conn, "BEGIN");
	for (unsigned i = 0; i < script.n; i++) {
		const struct sql_statement *s = &script.statements[i];
		CLEANUP(cleanup_free) char *text = mem_strndup(sql + s->offset, s->len);
		CLEANUP(cleanup_free) char *where = mem_printf("%s, statement %u", name, i + 1);
		CLEANUP(cleanup_free) char *expected = expected_locks(part, i + 1);
		struct statement_facts facts;

		ck_assert_msg(expected != NULL, "no trace of %s", where);
		ck_ok(ops->statement_begin(x->o, db->session_id(x->conn), text, &err), err);
		ck_assert_msg(!db_exec(db, x->conn, text, &err), "%s: %s", where, err.text);
		ck_ok(ops->statement_locks(x->o, &err), err);
		ck_ok(ops->statement_own(x->o, x->conn, &err), err);
		ck_ok(ops->statement_end(x->o, &facts, &err), err);
		compare_locks(x, where, expected, &facts);
		statement_facts_release(&facts);
	}
	rig_run(x->conn, "COMMIT");
out:
	ops->close(x->o);
	sql_script_release(&script);
}

/* A file holds several scripts, each after a line "-- N.sql". */
static void run_example(struct oracle *x, const char *root, const char *id, bool bad)
{
	CLEANUP(cleanup_free)
	char *path = mem_printf("%s/examples/%s/%s.sql", root, id, bad ? "bad" : "good");
	CLEANUP(cleanup_free)
	char *trace_path =
		mem_printf("%s/expected/%s/%s_trace.md", root, id, bad ? "unsafe" : "safer");
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *trace = NULL;
	struct err err = {0};
	size_t len;

	if (!fs_is_file(path) || !fs_is_file(trace_path))
		return;
	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	ck_ok(fs_read(trace_path, 0, &trace, &len, &err), err);
	x->conn = rig_session("migration");
	rig_run(x->conn, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
	for (char *at = strstr(text, "-- "), *next; at; at = next) {
		int number, used = 0;
		CLEANUP(cleanup_free) char *name = NULL;
		CLEANUP(cleanup_free) char *sql = NULL;

		for (next = strstr(at + 1, "\n-- "); next; next = strstr(next + 1, "\n-- "))
			if (sscanf(next, "\n-- %d.sql%n", &number, &used) == 1 && used)
				break;
		ck_assert_int_eq(sscanf(at + (*at == '\n'), "-- %d", &number), 1);
		name = mem_printf("examples/%s/%s/%d.sql", id, bad ? "bad" : "good", number);
		sql = mem_strndup(at, next ? (size_t)(next - at) : strlen(at));
		run_script(x, name, sql, trace);
	}
	db->close(x->conn);
}

START_TEST(locks_agree_with_another_tracer)
{
	static const char *const ids[] = {"E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9",
		"E10", "E11", "E15", "W12", "W13", "W14"};
	const char *shared = getenv("REHEARSE_SHARED");
	CLEANUP(cleanup_free)
	char *root = mem_printf("%s/oracle/eugene", shared ? shared : "../shared");
	struct oracle x = {0};

	if (!fs_is_dir(root)) {
		printf("skipped: no lock oracle in '%s'\n", root);
		return;
	}
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		run_example(&x, root, ids[i], true);
		run_example(&x, root, ids[i], false);
	}
	printf("lock oracle: %u statements, %u differ\n", x.statements, x.differ);
	ck_assert_uint_ge(x.statements, 90);
	ck_assert_uint_eq(x.differ, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lock_oracle");
	TCase *tc = tcase_create("oracle");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, rig_start_pg, rig_stop);
	tcase_add_test(tc, locks_agree_with_another_tracer);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
