/* What the engine's analyser says of the statements, to be held against what they then do. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/migration/runner.h"

static void set(char **member, const char *text)
{
	char *copy = mem_strdup(text);

	mem_free(*member);
	*member = copy;
}

/* ---- the state: the server's schema is shown to it as an earlier migration ---- */

static int learn_schema(
	struct runner *r, struct db_conn *conn, struct analysis_state *state, struct err *err)
{
	const struct analyser *analyser = r->run->engine->analyser;
	const struct statement_context context = {0};
	CLEANUP(cleanup_str) struct str text = {0};
	const struct db_result *rows;
	struct sql_script script;

	if (db_exec(r->db, conn, analyser->schema_sql, err))
		return -1;
	rows = r->db->result(conn);
	for (unsigned i = 0; i < rows->rows; i++)
		str_addf(&text, "%s;\n", r->db->value(conn, i, 0));
	if (r->dialect->split(str_text(&text), text.len, &script, err))
		return -1;
	analyser->begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		struct analysis a;

		analyser->statement(state, str_text(&text), &script, i, &context, &a);
		analysis_release(&a);
	}
	sql_script_release(&script);
	return 0;
}

static int open_state(struct runner *r, struct analysis_state **ret, struct err *err)
{
	const struct analyser *analyser = r->run->engine->analyser;
	struct db_target target = {.dsn = r->run->dsn, .database = r->run->database};
	CLEANUP(cleanup_free) char *name = NULL;
	const struct engine *engine;
	struct lint_target server;
	struct db_conn *conn;
	int failed;

	if (db_connect(r->db, &target, &conn, err))
		return -1;
	failed = db_text(r->db, conn, analyser->target_sql, &name, err) ||
		lint_target_parse(name, &engine, &server, err);
	if (!failed) {
		*ret = analyser->open(&server);
		failed = learn_schema(r, conn, *ret, err);
	}
	r->db->close(conn);
	return failed ? -1 : 0;
}

/* ---- the statements ---- */

static char **take(char ***from, size_t *n)
{
	char **taken = *from;

	*from = NULL;
	*n = 0;
	return taken;
}

static void record(struct result_statement *s, struct analysis *a)
{
	set(&s->class_predicted, a->unknown ? "unknown" : sql_class_name(a->class));
	s->locks_predicted =
		a->n_locks ? mem_zalloc(a->n_locks * sizeof(*s->locks_predicted)) : NULL;
	s->n_locks_predicted = a->n_locks;
	for (size_t i = 0; i < a->n_locks; i++)
		s->locks_predicted[i] = (struct result_predicted_lock){
			.object = mem_strdup(a->locks[i].object),
			.mode = mem_strdup(a->locks[i].mode),
			.blocks_reads = a->locks[i].blocks_reads,
			.blocks_writes = a->locks[i].blocks_writes,
		};
	s->n_rewrites_predicted = a->n_rewritten;
	s->rewrites_predicted = take(&a->rewritten, &a->n_rewritten);
	s->n_scans_predicted = a->n_scanned;
	s->scans_predicted = take(&a->scanned, &a->n_scanned);
}

static void forecast_unit(
	struct runner *r, struct analysis_state *state, const struct migration_unit *u)
{
	const struct analyser *analyser = r->run->engine->analyser;

	for (size_t i = u->first; i < u->first + u->n; i++) {
		const struct migration_statement *m = &r->m->statements[i];
		const struct statement_context context = {
			.in_transaction =
				u->transaction || (u->explicit_transaction && i > u->first),
			.lock_timeout_set = true,
			.statement_timeout_set = true,
		};
		struct analysis a;

		analyser->statement(state, m->file->text, &m->file->script,
			(size_t)(m->sql - m->file->script.statements), &context, &a);
		record(&r->result->statements[i], &a);
		analysis_release(&a);
	}
	analyser->transaction_ended(state);
}

int runner_forecast(struct runner *r, struct err *err)
{
	const struct analyser *analyser = r->run->engine->analyser;
	struct analysis_state *state = NULL;
	struct err reason = {0};

	/* On production nothing is measured that it could be held against. */
	if (!r->run->observer || r->run->ledger || !analyser || !analyser->schema_sql)
		return 0;
	if (!open_state(r, &state, &reason)) {
		analyser->begin_migration(state);
		for (size_t i = 0; i < r->m->n_units; i++)
			forecast_unit(r, state, &r->m->units[i]);
	} else if (reason.kind == ERR_INTERRUPTED) {
		*err = reason;
	} else if (r->m->n_statements) {
		CLEANUP(cleanup_free) char *note = mem_printf("not predicted: %s", reason.text);

		record_note(&r->result->statements[0], note);
	}
	if (state)
		analyser->close(state);
	return reason.kind == ERR_INTERRUPTED ? -1 : 0;
}

/* ---- what was seen ---- */

static bool reads(const struct result_statement *s, const char *object)
{
	for (size_t i = 0; i < s->n_scanned; i++)
		if (!strcmp(s->scanned[i], object))
			return true;
	return false;
}

static bool keeps_out(const struct result_statement *s, const struct result_statement *reader)
{
	for (size_t i = 0; i < s->n_locks; i++)
		if (!s->locks[i].new_object && s->locks[i].blocks_writes &&
			reads(reader, s->locks[i].object))
			return true;
	return false;
}

/* Existing rows were gone through while others were kept out, be it by an earlier statement of the
 * same transaction. */
static bool slow(const struct runner *r, const struct migration_unit *u, size_t i)
{
	const struct result_statement *s = &r->result->statements[i];

	for (size_t k = u->first; k <= i; k++)
		if (keeps_out(&r->result->statements[k], s))
			return true;
	return s->n_rewritten;
}

static const struct migration_unit *unit_of(const struct runner *r, size_t i)
{
	const struct migration_unit *u = r->m->units;

	while (i >= u->first + u->n)
		u++;
	return u;
}

void forecast_measured(struct runner *r, size_t i)
{
	struct result_statement *s = &r->result->statements[i];
	const unsigned build = SQL_NO_TRANSACTION | SQL_UNCUT;
	const char *measured = sql_class_name(SQL_CLASS_INSTANT_SAFE);
	const char *concurrent = sql_class_name(SQL_CLASS_CONCURRENT_BUILD);
	bool eligible, slowly;

	/* Statements that were learned from a server were never predicted. */
	if (!s->class_predicted || !*s->class_predicted)
		return;
	eligible = !strcmp(s->class_predicted, concurrent);
	slowly = slow(r, unit_of(r, i), i);
	if (eligible && (slowly || (r->m->statements[i].sql->flags & build) == build))
		measured = concurrent;
	else if (slowly)
		measured = sql_class_name(SQL_CLASS_EXPAND_CONTRACT);
	set(&s->class_measured, measured);
}
