/*
 * What the analyser says a statement locks, rewrites and reads whole, against what a server does
 * with it: each statement runs in a transaction on tables with rows, and is rolled back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/integration/postgres_statements.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

static struct db_conn *conn;
static struct analysis_state *state; /* knows `base` */

static char *ask(const char *sql)
{
	struct err err = {0};
	char *text;

	ck_ok(db_text(db, conn, sql, &text, &err), err);
	return text;
}

static void analyse(const char *sql, struct str *locks, struct str *rewrites, struct str *scans);

/* ---- what the server did: of relations that were there before, in alphabetical order ---- */

static const char locks_sql[] =
	"SELECT string_agg(DISTINCT b.name || ' ' || l.mode, ', ' ORDER BY b.name || ' ' || l.mode)"
	" FROM pg_locks l JOIN probe.before b ON b.oid = l.relation"
	" WHERE l.pid = pg_backend_pid() AND l.granted AND l.mode IN ('ShareLock',"
	" 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock',"
	" 'ShareUpdateExclusiveLock')";
static const char rewrites_sql[] =
	"SELECT string_agg(b.name, ', ' ORDER BY b.name) FROM probe.before b JOIN pg_class c"
	" USING (oid) WHERE c.relkind IN ('r', 'm') AND b.relfilenode <> c.relfilenode";
/* How a foreign key's other table, which is `parent`, is looked up is the planner's choice. */
static const char scans_sql[] =
	"SELECT string_agg(b.name, ', ' ORDER BY b.name) FROM probe.before b"
	" JOIN pg_stat_xact_user_tables s ON s.relid = b.oid"
	" WHERE s.seq_tup_read > 0 AND b.name <> 'public.parent'";

static unsigned differ;

static void compare(const char *sql, const char *what, const char *predicted, const char *measured)
{
	if (!strcmp(predicted, measured))
		return;
	differ++;
	printf("%s\n  %s predicted: %s\n  %s measured:  %s\n", sql, what, predicted, what,
		measured);
}

/* What a query or the look-up of a foreign key reads is the planner's choice. */
static bool plans(const char *sql)
{
	static const char *const heads[] = {"UPDATE", "DELETE", "INSERT", "CREATE TABLE x AS",
		"ANALYZE", "REFRESH", "ALTER TABLE parent ALTER", "ALTER TABLE lone ALTER"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (!strncmp(heads[i], sql, strlen(heads[i])))
			return true;
	return false;
}

/* false: the server refused it, which some may. */
static bool try_statement(const char *sql, bool may_fail)
{
	bool ran = false;
	struct str locks = {0}, rewrites = {0}, scans = {0};
	struct err err = {0};

	/* A session of its own: what it has read before counts in no scan. */
	conn = rig_session("migration");
	rig_run(conn, "BEGIN");
	if (db_exec(db, conn, sql, &err)) {
		differ += !may_fail;
		if (!may_fail)
			printf("%s\n  %s\n", sql, err.text);
	} else {
		CLEANUP(cleanup_free) char *held = ask(locks_sql);
		CLEANUP(cleanup_free) char *rewritten = ask(rewrites_sql);
		CLEANUP(cleanup_free) char *scanned = ask(scans_sql);

		ran = true;
		analyse(sql, &locks, &rewrites, &scans);
		compare(sql, "locks", str_text(&locks), held);
		compare(sql, "rewrites", str_text(&rewrites), rewritten);
		if (!plans(sql))
			compare(sql, "scans", str_text(&scans), scanned);
	}
	db->close(conn);
	str_release(&locks);
	str_release(&rewrites);
	str_release(&scans);
	return ran;
}

/* ---- what was predicted, in the same form ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_sorted(struct str *out, char **words, size_t n)
{
	qsort(words, n, sizeof(*words), by_text);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(words[i], words[i - 1]) != 0)
			str_addf(out, "%s%s", out->len ? ", " : "", words[i]);
}

struct words {
	char **items;
	size_t n, cap;
};

static void run_script(
	const char *text, struct words *locks, struct words *rewrites, struct words *scans)
{
	struct statement_context context = {.in_transaction = true};
	struct sql_script script;
	struct err err = {0};

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	pg_analyser.begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		struct analysis a;

		pg_analyser.statement(state, text, &script, i, &context, &a);
		for (size_t k = 0; locks && k < a.n_locks; k++)
			if (a.locks[k].blocks_writes ||
				!strcmp(a.locks[k].mode, "ShareUpdateExclusiveLock"))
				*MEM_PUSH(locks->items, locks->n, locks->cap) =
					mem_printf("%s %s", a.locks[k].object, a.locks[k].mode);
		for (size_t k = 0; rewrites && k < a.n_rewritten; k++)
			*MEM_PUSH(rewrites->items, rewrites->n, rewrites->cap) =
				mem_strdup(a.rewritten[k]);
		for (size_t k = 0; scans && k < a.n_scanned; k++)
			*MEM_PUSH(scans->items, scans->n, scans->cap) = mem_strdup(a.scanned[k]);
		analysis_release(&a);
	}
	pg_analyser.transaction_ended(state);
	sql_script_release(&script);
}

static char *schema; /* what the analyser is shown as the migrations before */

static void open_state(unsigned version)
{
	struct lint_target target = {pg_analyser.products, version};

	state = pg_analyser.open(&target);
	run_script(schema, NULL, NULL, NULL);
}

static void analyse(const char *sql, struct str *locks, struct str *rewrites, struct str *scans)
{
	struct words words[3] = {{0}};
	struct str *const out[3] = {locks, rewrites, scans};

	open_state(pg.programs.version);
	run_script(sql, &words[0], &words[1], &words[2]);
	pg_analyser.close(state);
	for (size_t i = 0; i < 3; i++) {
		add_sorted(out[i], words[i].items, words[i].n);
		mem_free_strings(words[i].items, words[i].n);
	}
}

static void start(void)
{
	rig_start_pg();
	conn = rig_session("migration");
	rig_run(conn, "ALTER DATABASE postgres SET timezone = 'Asia/Kolkata'");
	rig_run(conn, base);
	rig_run(conn, rows);
	rig_run(conn,
		"CREATE SCHEMA probe; CREATE TABLE probe.before AS SELECT oid,"
		" 'public.' || relname AS name, relfilenode FROM pg_class"
		" WHERE relnamespace = 'public'::regnamespace");
	db->close(conn);
	schema = mem_strdup(base);
}

/* Every type of `t` into every other one; what needs a USING is left out. */
START_TEST(types_change_as_predicted)
{
	static const char *const columns[] = {"a", "b", "v10", "v", "txt", "n82", "n", "ts", "tz",
		"j", "c5", "arr", "m", "iv", "bits", "vb", "s2", "dp", "dc", "cd", "oi"};
	static const char *const types[] = {"int", "bigint", "smallint", "text", "varchar",
		"varchar(5)", "varchar(10)", "varchar(20)", "char(5)", "char(9)", "numeric",
		"numeric(8,2)", "numeric(10,2)", "numeric(10,3)", "numeric(6,2)", "timestamp",
		"timestamp(3)", "timestamptz", "timestamptz(6)", "jsonb", "varchar(10)[]",
		"varchar(20)[]", "text[]", "mood", "interval", "bit(8)", "varbit(4)", "varbit(9)",
		"varbit", "plain", "positive", "inet", "oid", "text COLLATE \"C\""};
	unsigned n = 0, before = differ;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
			CLEANUP(cleanup_free)
			char *sql =
				mem_printf("ALTER TABLE t ALTER %s TYPE %s", columns[i], types[k]);

			n += try_statement(sql, true);
		}
	printf("%u type changes, %u differ\n", n, differ - before);
	fflush(stdout);
	ck_assert_uint_gt(n, 200);
	ck_assert_uint_eq(differ, before);
}
END_TEST

/* Every kind of new column, on a table, on one with children and on one with partitions. */
START_TEST(columns_are_added_as_predicted)
{
	static const char *const tables[] = {"t", "base_t", "part"};
	static const char *const types[] = {
		"int", "text", "timestamptz", "plain", "positive", "numeric(8,2)", "serial"};
	static const char *const defaults[] = {"", "DEFAULT NULL", "DEFAULT '1'",
		"DEFAULT random()", "DEFAULT steady()", "DEFAULT shaky()",
		"GENERATED ALWAYS AS (id) STORED"};
	static const char *const constraints[] = {
		"", "NOT NULL", "CHECK (x > 0)", "REFERENCES parent (id)"};
	enum { TABLES = 3, TYPES = 4, DEFAULTS = 7, CONSTRAINTS = 4 };
	unsigned n = 0, before = differ;

	for (unsigned i = 0; i < TABLES * TYPES * DEFAULTS * CONSTRAINTS; i++) {
		CLEANUP(cleanup_free)
		char *sql = mem_printf("ALTER TABLE %s ADD COLUMN x %s %s %s", tables[i % TABLES],
			types[i / TABLES % TYPES], defaults[i / TABLES / TYPES % DEFAULTS],
			constraints[i / TABLES / TYPES / DEFAULTS]);

		n += try_statement(sql, true);
	}
	printf("%u columns added, %u differ\n", n, differ - before);
	fflush(stdout);
	ck_assert_uint_gt(n, 100);
	ck_assert_uint_eq(differ, before);
}
END_TEST

static void try_all(void)
{
	size_t n = sizeof(statements) / sizeof(statements[0]);
	unsigned before = differ;

	for (size_t i = 0; i < n; i++)
		try_statement(statements[i], false);
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (pg.programs.version >= newer[i].since) {
			try_statement(newer[i].sql, false);
			n++;
		}
	printf("%zu statements, %u differ\n", n, differ - before);
	fflush(stdout);
	ck_assert_uint_eq(differ, before);
}

START_TEST(predictions_are_what_the_server_does)
{
	try_all();
}
END_TEST

/* The same where the schema is read from the server, as in a rehearsal. */
START_TEST(predictions_from_the_server_s_own_schema)
{
	const struct db_result *result;
	struct str text = {0};
	struct err err = {0};

	conn = rig_session("migration");
	ck_ok(db_exec(db, conn, pg_analyser.schema_sql, &err), err);
	result = db->result(conn);
	for (unsigned i = 0; i < result->rows; i++)
		if (!strstr(db->value(conn, i, 0), "probe."))
			str_addf(&text, "%s;\n", db->value(conn, i, 0));
	db->close(conn);
	mem_free(schema);
	schema = str_take(&text);
	try_all();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_predictions");
	TCase *tc = tcase_create("predictions");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start, rig_stop);
	tcase_add_test(tc, types_change_as_predicted);
	tcase_add_test(tc, columns_are_added_as_predicted);
	tcase_add_test(tc, predictions_are_what_the_server_does);
	tcase_add_test(tc, predictions_from_the_server_s_own_schema);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
