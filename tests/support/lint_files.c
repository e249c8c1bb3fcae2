#include "tests/support/lint_files.h"

#include <string.h>

#include "adapters/postgres/client.h"
#include "adapters/postgres/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

static const char *const products[] = {"scripted", NULL};
static const struct lint_product scripted_products[] = {{"scripted", 10000, 20000, 2}, {0}};

enum { INDEX_PLAIN, DROP, IN_TRANSACTION, TASTE, CHECK, BUILD_TIMEOUT };
static const struct lint_rule rules[] = {
	[INDEX_PLAIN] = {"index-plain", "A plain index", RULE_ERROR, false, products, 0, 0,
		"CREATE INDEX", "writers wait", "build it concurrently", "https://example.org/i"},
	[DROP] = {"drop", "A table is dropped", RULE_WARNING, false, products, 0, 0, "DROP TABLE",
		"clients break", "drop it later", ""},
	[IN_TRANSACTION] = {"in-transaction", "CONCURRENTLY in a transaction", RULE_ERROR, false,
		products, 0, 0, "CONCURRENTLY", "it is refused", "run it outside", ""},
	[TASTE] = {"taste", "SELECT *", RULE_WARNING, true, products, 0, 0, "SELECT *",
		"columns come and go", "name the columns", ""},
	[CHECK] = {"check-plain", "A plain check", RULE_ERROR, false, products, 0, 0, "CHECK",
		"all rows are read", "NOT VALID, then VALIDATE", ""},
	[BUILD_TIMEOUT] = {"build-timeout", "A build under a time-out", RULE_ERROR, false, products,
		0, 0, "CONCURRENTLY", "it is cut", "turn it off", ""},
};

struct analysis_state {
	char *created; /* in this migration, the last one */
	bool timeout;  /* the file has set one */
};

static struct analysis_state *open_state(const struct lint_target *target)
{
	(void)target;
	return mem_zalloc(sizeof(struct analysis_state));
}

static void begin_migration(struct analysis_state *state)
{
	MEM_FREE(state->created);
	state->timeout = false;
}

static bool says(const char *text, const struct sql_statement *s, const char *words)
{
	return memmem(text + s->offset, s->len, words, strlen(words)) != NULL;
}

static void locks(struct analysis_state *state, const char *text, const struct sql_statement *s,
	struct analysis *ret)
{
	const char *table = s->n_relations ? s->relations[0] : "";

	if (state->created && !strcmp(state->created, table))
		return;
	analysis_lock(ret, table, "ShareLock", false, true);
	if (says(text, s, " TYPE "))
		analysis_rewrite(ret, table);
}

static void analyse(struct analysis_state *state, const char *text, const struct sql_script *script,
	size_t i, const struct statement_context *context, struct analysis *ret)
{
	const struct sql_statement *s = &script->statements[i];
	bool concurrently = says(text, s, "CONCURRENTLY");

	analysis_init(ret);
	ret->unknown = s->flags & SQL_UNKNOWN;
	ret->class = ret->unknown ? SQL_CLASS_EXPAND_CONTRACT : SQL_CLASS_INSTANT_SAFE;
	if (!strncmp(s->kind, "CREATE TABLE", 12)) {
		mem_free(state->created);
		state->created = mem_strdup(s->object);
	}
	if (!strncmp(s->kind, "CREATE INDEX", 12) || !strncmp(s->kind, "ALTER TABLE", 11))
		locks(state, text, s, ret);
	if (!strncmp(s->kind, "CREATE INDEX", 12) && ret->n_locks)
		ret->class = SQL_CLASS_CONCURRENT_BUILD;
	if (!strncmp(s->kind, "CREATE INDEX", 12) && !concurrently && ret->n_locks)
		analysis_hit(ret, &rules[INDEX_PLAIN], "t", s->offset, 12, "writers of %s wait",
			s->relations[0]);
	if (concurrently && context->in_transaction)
		analysis_hit(ret, &rules[IN_TRANSACTION], "", s->offset, s->len, "refused");
	if (s->flags & SQL_SETS_LOCK_TIMEOUT)
		state->timeout = !says(text, s, "= 0");
	if (concurrently && state->timeout)
		analysis_hit(ret, &rules[BUILD_TIMEOUT], "", s->offset, s->len, "cut");
	if ((says(text, s, " CHECK ") && !says(text, s, "NOT VALID")) || says(text, s, " UNIQUE ("))
		analysis_hit(ret, &rules[CHECK], "", s->offset, s->len, "read whole");
	if (!strcmp(s->kind, "DROP TABLE")) {
		ret->class = SQL_CLASS_EXPAND_CONTRACT;
		analysis_hit(ret, &rules[DROP], "t", s->offset, s->len, "dropped");
	}
	if (context->style && says(text, s, "SELECT *"))
		analysis_hit(ret, &rules[TASTE], "", s->offset, 8, "all columns");
}

static bool suggest(struct analysis_state *state, const char *text, const struct sql_script *script,
	size_t i, struct suggestion *ret)
{
	const struct sql_statement *s = &script->statements[i];
	const char *sql = text + s->offset;

	(void)state;
	if (!strcmp(s->kind, "CREATE INDEX")) {
		suggestion_init(ret);
		suggestion_add(ret, SUGGEST_EXPAND, mem_strdup("build"),
			mem_printf("CREATE INDEX CONCURRENTLY%.*s;", (int)s->len - 12, sql + 12))
			->no_transaction = true;
	} else if (says(text, s, " CHECK ")) {
		suggestion_init(ret);
		suggestion_add(ret, SUGGEST_EXPAND, mem_strdup("add"),
			mem_printf("%.*s NOT VALID;", (int)s->len, sql));
		suggestion_add(ret, SUGGEST_EXPAND, mem_strdup("validate"),
			mem_strdup("ALTER TABLE t VALIDATE CONSTRAINT c;"));
	} else if (says(text, s, " UNIQUE (")) {
		suggestion_init(ret);
		suggestion_add(ret, SUGGEST_EXPAND, mem_strdup("build"),
			mem_strdup("CREATE INDEX CONCURRENTLY u ON t (a);"))
			->no_transaction = true;
		suggestion_add(ret, SUGGEST_EXPAND, mem_strdup("use"),
			mem_strdup("ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX u;"));
	} else if (!strcmp(s->kind, "DROP TABLE")) {
		suggestion_init(ret);
		suggestion_add(ret, SUGGEST_CONTRACT, mem_strdup("drop"), mem_strdup("SELECT 1;"));
		return true;
	} else {
		return false;
	}
	ret->mechanical = true;
	return true;
}

static void transaction_ended(struct analysis_state *state)
{
	(void)state;
}

static void close_state(struct analysis_state *state)
{
	if (!state)
		return;
	mem_free(state->created);
	mem_free(state);
}

static const struct analyser scripted_analyser = {
	.products = scripted_products,
	.rules = rules,
	.n_rules = sizeof(rules) / sizeof(rules[0]),
	.open = open_state,
	.begin_migration = begin_migration,
	.statement = analyse,
	.transaction_ended = transaction_ended,
	.suggest = suggest,
	.close = close_state,
};

const struct engine scripted_engine = {
	.name = "scripted",
	.db = &postgres_db,
	.dialect = &postgres_dialect,
	.analyser = &scripted_analyser,
};

void lint_files_init(struct lint_files *f)
{
	struct err err = {0};

	*f = (struct lint_files){
		.config = {.engine = &scripted_engine, .target = {&scripted_products[0], 15000}}};
	ck_ok(fs_temp_dir(&f->dir, &err), err);
}

void lint_files_release(struct lint_files *f)
{
	struct err err = {0};

	lint_release(&f->lint);
	ck_ok(fs_remove_tree(f->dir, &err), err);
	mem_free(f->dir);
}

char *lint_files_put(struct lint_files *f, const char *name, const char *text)
{
	char *path = fs_join(f->dir, name);
	struct err err = {0};

	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
	return path;
}

char *lint_files_read(const struct lint_files *f, const char *name)
{
	CLEANUP(cleanup_free) char *path = fs_join(f->dir, name);
	struct err err = {0};
	char *text;

	ck_ok(fs_read(path, 0, &text, NULL, &err), err);
	return text;
}

void lint_files_run(struct lint_files *f)
{
	const char *paths[] = {f->dir};
	struct err err = {0};

	lint_release(&f->lint);
	ck_ok(lint_run(paths, 1, &f->config, &f->lint, &err), err);
}
