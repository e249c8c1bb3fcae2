/*
 * The analyser on material that is not part of this repository: examples of migrations whose locks
 * another tracer has recorded, and the migration histories of public projects. Without them there
 * is nothing to do.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

/* The parser's own: an empty string for each block of PL/pgSQL that it refuses. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:pg_query_raw_parse\n";
}

static const char *shared_dir(void)
{
	const char *set = getenv("REHEARSE_SHARED");

	return set ? set : "../shared";
}

/* ---- the lock oracle ---- */

/* Scripts that are called bad and break no rule, or good and break one, each with its reason. */
static const struct exception {
	const char *script, *rule, *reason;
} exceptions[] = {
	{"E3/bad", "", "json in a new table: no query over it exists yet that could break"},
	{"W13/bad", "", "an enum type is a matter of taste: style-enum, asked for with --style"},
	{"E4/good", "add-required-column", "a NOT NULL column without default fails on rows"},
	{"E5/good", "update-without-where",
		"all rows in one transaction: they are locked till its end"},
	{"E5/good", "backfill-with-ddl", "… which adds a constraint too"},
	{"E5/good", "validate-beside-other-changes",
		"VALIDATE beside DROP COLUMN scans under its lock"},
	{"E5/good", "drop-column", "programs that name it fail"},
	{"E5/good", "rename-column", "programs that name it fail"},
	{"E10/good", "type-change-rewrites", "the rewrite is there all the same"},
	{"E15/good", "index-without-concurrently", "built plainly on a table that is in use"},
	{"W12/good", "set-not-null-scans", "no CHECK proves it: the table is read"},
	{"W14/good", "set-not-null-scans", "no CHECK proves it: the table is read"},
};

static bool excused(const char *script, const char *rule)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (!strcmp(exceptions[i].script, script) && !strcmp(exceptions[i].rule, rule))
			return true;
	return false;
}

struct oracle {
	const char *script; /* "E1/bad" */
	const char *trace;
	struct analysis_state *state;
	unsigned statements, differ, errors;
};

/* "Script name: `examples/E1/bad/2.sql`" … "### Statement number 2 for" … "#### New locks taken" */
static char *recorded(const struct oracle *x, unsigned script, unsigned statement)
{
	CLEANUP(cleanup_free)
	char *name = mem_printf("Script name: `examples/%s/%u.sql`", x->script, script);
	CLEANUP(cleanup_free) char *number = mem_printf(" Statement number %u for ", statement);
	const char *at = strstr(x->trace, name), *end;

	at = at ? strstr(at, number) : NULL;
	at = at ? strstr(at, "#### New locks taken") : NULL;
	ck_assert_msg(at != NULL, "%s, %s: no trace of statement %u", x->script, name, statement);
	end = strstr(at + 4, "### ");
	return mem_strndup(at, end ? (size_t)(end - at) : strlen(at));
}

static unsigned rows_of(const char *table)
{
	unsigned n = 0;

	for (const char *p = table; (p = strstr(p, "\n| `")); p++)
		n++;
	return n;
}

/* The tracer records what stops writers, and nothing for a script that builds concurrently. */
static void compare_locks(
	struct oracle *x, const char *where, const char *rows, const struct analysis *a)
{
	unsigned predicted = 0, missing = 0;

	for (size_t i = 0; i < a->n_locks; i++) {
		const struct predicted_lock *lock = &a->locks[i];
		CLEANUP(cleanup_free) char *row = NULL;

		if (!lock->blocks_writes)
			continue;
		ck_assert_int_eq(strncmp(lock->object, "public.", 7), 0);
		row = mem_printf("| `public` | `%s` | `%s` |", lock->object + 7, lock->mode);
		predicted++;
		missing += strstr(rows, row) == NULL;
	}
	x->statements++;
	if (!missing && predicted == rows_of(rows))
		return;
	x->differ++;
	for (size_t i = 0; i < a->n_locks; i++)
		printf("%s: predicted %s %s\n", where, a->locks[i].object, a->locks[i].mode);
	printf("%s: recorded %s\n", where, rows);
}

static void judge(struct oracle *x, const struct analysis *a)
{
	for (size_t i = 0; i < a->n_hits; i++) {
		const struct lint_rule *rule = a->hits[i].rule;

		if (rule->level != RULE_ERROR || excused(x->script, rule->id))
			continue;
		x->errors++;
		if (strstr(x->script, "good")) {
			x->differ++;
			printf("%s: %s, though it is called good\n", x->script, rule->id);
		}
	}
	for (size_t i = 0; i < a->n_hits; i++)
		x->errors += a->hits[i].rule->level == RULE_WARNING;
	ck_assert_msg(!a->unknown, "%s: not understood", x->script);
}

static void run_script(struct oracle *x, unsigned number, const char *text)
{
	bool concurrent = strcasestr(text, "concurrently");
	struct statement_context context = {.in_transaction = !concurrent};
	struct sql_script script;
	struct err err = {0};

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	pg_analyser.begin_migration(x->state);
	for (unsigned i = 0; i < script.n; i++) {
		CLEANUP(cleanup_free) char *rows = recorded(x, number, i + 1);
		CLEANUP(cleanup_free)
		char *where = mem_printf("%s/%u.sql, statement %u", x->script, number, i + 1);
		struct analysis a;

		pg_analyser.statement(x->state, text, &script, i, &context, &a);
		if (!concurrent)
			compare_locks(x, where, rows, &a);
		judge(x, &a);
		analysis_release(&a);
	}
	pg_analyser.transaction_ended(x->state);
	sql_script_release(&script);
}

/* A file holds several scripts, each after a line "-- N.sql". */
static void run_example(struct oracle *x, const char *root, const char *id, bool bad)
{
	CLEANUP(cleanup_free) char *name = mem_printf("%s/%s", id, bad ? "bad" : "good");
	CLEANUP(cleanup_free) char *path = mem_printf("%s/examples/%s.sql", root, name);
	CLEANUP(cleanup_free)
	char *trace_path =
		mem_printf("%s/expected/%s/%s_trace.md", root, id, bad ? "unsafe" : "safer");
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *trace = NULL;
	struct lint_target target = {pg_analyser.products, 150000};
	struct err err = {0};
	unsigned number = 0;
	int used;
	size_t len;

	if (!fs_is_file(path) || !fs_is_file(trace_path))
		return;
	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	ck_ok(fs_read(trace_path, 0, &trace, &len, &err), err);
	x->script = name;
	x->trace = trace;
	x->errors = 0;
	x->state = pg_analyser.open(&target);
	for (char *at = text, *next; at; at = next) {
		CLEANUP(cleanup_free) char *sql = NULL;

		ck_assert_int_eq(sscanf(at + (*at == '\n'), "-- %u", &number), 1);
		for (next = strstr(at + 1, "\n-- "); next; next = strstr(next + 1, "\n-- ")) {
			used = 0;
			if (sscanf(next, "\n-- %*u.sql%n", &used) == 0 && used)
				break;
		}
		sql = mem_strndup(at, next ? (size_t)(next - at) : strlen(at));
		run_script(x, number, sql);
	}
	if (bad && !x->errors && !excused(name, "")) {
		x->differ++;
		printf("%s: called bad, and nothing found\n", name);
	}
	pg_analyser.close(x->state);
}

START_TEST(locks_are_those_that_another_tracer_saw)
{
	static const char *const ids[] = {"E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9",
		"E10", "E11", "E15", "W12", "W13", "W14"};
	CLEANUP(cleanup_free) char *root = mem_printf("%s/oracle/eugene", shared_dir());
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
	fflush(stdout);
	ck_assert_uint_ge(x.statements, 99);
	ck_assert_uint_eq(x.differ, 0);
}
END_TEST

/* ---- the corpora ---- */

/* DO blocks that EXECUTE what they put together as they run: the projects' only statements that no
 * reading of the text can tell. */
static const char *const dynamic[] = {
	"concourse-postgres/1606068653_build_events_partitions_bigint.up.sql",
	"concourse-postgres/1630515499_drop_build_event_id_seq.up.sql",
	"hatchet-postgres/20250602191423_v1_0_22.sql",
	"hatchet-postgres/20260424205453_v1_0_100.sql",
	"ncps-postgres/20260520212038_postgres_serial_to_identity.sql",
	"temporal-postgres/visibility/v1.13/combined_v1.10_v1.13.sql",
	"temporal-postgres/visibility/v1.14/"
	"add_external_payload_size_and_count_search_attributes.sql",
};

/* The server's own regression scripts hold more of them. */
static const struct {
	const char *kind, *reason;
} torture[] = {
	{"", "wrong on purpose, in psql variables, or newer than the grammar"},
	{"DO", "a block of code"},
	{"CALL", "a procedure"},
	{"EXECUTE", "a prepared statement"},
	{"SELECT", "calls a function that is not the server's own"},
};

static unsigned n_statements, n_unknown;

static bool may_be_unknown(const char *path, const struct sql_statement *s)
{
	for (size_t i = 0; i < sizeof(dynamic) / sizeof(dynamic[0]); i++)
		if (!strcmp(dynamic[i], path))
			return !strcmp(s->kind, "DO");
	for (size_t i = 0; i < sizeof(torture) / sizeof(torture[0]); i++)
		if (!strncmp(path, "torture-", 8) && !strcmp(s->kind, torture[i].kind))
			return true;
	return false;
}

static unsigned check_statement(
	const char *path, const char *text, const struct sql_statement *s, const struct analysis *a)
{
	n_statements++;
	n_unknown += a->unknown;
	for (size_t i = 0; i < a->n_hits; i++) {
		const struct rule_hit *hit = &a->hits[i];

		ck_assert(hit->offset >= s->offset && hit->offset + hit->len <= s->offset + s->len);
		ck_assert(hit->len && *hit->message);
	}
	if (!a->unknown || may_be_unknown(path, s))
		return 0;
	printf("%s: line %u: not known: %.*s\n", path, s->line, (int)(s->len < 100 ? s->len : 100),
		text + s->offset);
	return 1;
}

static unsigned check_migration(
	struct analysis_state *state, const char *path, const json_t *statements)
{
	struct statement_context context = {.style = true};
	struct str text = {0};
	struct sql_script script;
	struct err err = {0};
	unsigned failed = 0;
	json_t *statement;
	size_t i;

	json_array_foreach((json_t *)statements, i, statement)
		str_addf(&text, "%s\n;\n", json_string_value(statement));
	ck_ok(postgres_dialect.split(str_text(&text), text.len, &script, &err), err);
	pg_analyser.begin_migration(state);
	for (i = 0; i < script.n; i++) {
		struct analysis a;

		pg_analyser.statement(state, str_text(&text), &script, i, &context, &a);
		failed += check_statement(path, str_text(&text), &script.statements[i], &a);
		analysis_release(&a);
	}
	sql_script_release(&script);
	str_release(&text);
	return failed;
}

static unsigned check_corpus(const char *corpora, const char *name)
{
	CLEANUP(cleanup_free) char *list = mem_printf("%s/%s/splits.jsonl", corpora, name);
	struct lint_target target = {pg_analyser.products, 150000};
	struct analysis_state *state = pg_analyser.open(&target);
	FILE *file = fopen(list, "re");
	char *line = NULL;
	size_t cap = 0;
	unsigned failed = 0;

	ck_assert_msg(file, "cannot open '%s'", list);
	while (getline(&line, &cap, file) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		CLEANUP(cleanup_free)
		char *path =
			mem_printf("%s/%s", name, json_string_value(json_object_get(row, "path")));

		failed += check_migration(state, path, json_object_get(row, "stmts"));
		json_decref(row);
	}
	pg_analyser.close(state);
	free(line);
	fclose(file);
	return failed;
}

START_TEST(every_corpus_is_analysed)
{
	CLEANUP(cleanup_free) char *corpora = mem_printf("%s/corpora", shared_dir());
	struct dirent **entries;
	unsigned failed = 0;
	int n;

	if (!fs_is_dir(corpora)) {
		printf("skipped: no migration corpora in '%s'\n", corpora);
		return;
	}
	n = scandir(corpora, &entries, NULL, alphasort);
	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++) {
		const char *dash = strrchr(entries[i]->d_name, '-');

		if (dash && !strcmp(dash, "-postgres"))
			failed += check_corpus(corpora, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	printf("corpora: %u statements, %u not told by their text\n", n_statements, n_unknown);
	fflush(stdout);
	ck_assert_uint_eq(failed, 0);
	ck_assert_uint_gt(n_statements, 40000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_rules_oracle");
	TCase *tc = tcase_create("shared");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_test(tc, locks_are_those_that_another_tracer_saw);
	tcase_add_test(tc, every_corpus_is_analysed);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
