/* Puts the safe form of statements in their place, where their file can hold it. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/outside.h"
#include "harness/lint/fix_parts.h"

#define OWN_FILES "its safe form needs files of its own ('rehearse suggest' writes them)"

/* A statement whose safe form is looked at. */
struct place {
	const struct lint_file *f;
	const struct lint_statement *s;
	const struct suggestion *safe;
	size_t i; /* the statement's number */
};

void fix_keep(struct fixing *x, const struct lint_file *f, unsigned line, const char *reason)
{
	*MEM_PUSH(x->fixes->kept, x->fixes->n_kept, x->fixes->cap_kept) = (struct lint_kept){
		.path = mem_strdup(f->source->path), .line = line ? line : 1, .reason = reason};
}

static bool breaks_a_rule(
	const struct lint *l, const struct lint_file *f, const struct lint_statement *s)
{
	for (size_t i = 0; i < f->n_findings; i++) {
		const struct lint_finding *finding = &l->findings[f->first_finding + i];

		if (finding->statement == s && !finding->allowed &&
			finding->rule->level >= RULE_WARNING)
			return true;
	}
	return false;
}

/* ---- time-outs around concurrent builds ---- */

static bool is_build(const struct sql_statement *s)
{
	return strstr(s->kind, "CONCURRENTLY") != NULL;
}

/* `SET x = 0` and its like turn one off. */
static bool turns_off(const struct lint_file *f, const struct sql_statement *s)
{
	const char *end = f->source->text + s->offset + s->len;
	const char *at = end;

	while (at > f->source->text + s->offset && !strchr(" \t\n=", at[-1]))
		at--;
	while (at < end && strchr("'\"", *at))
		at++;
	return at < end && *at == '0' && !memchr("123456789.", at[1], 10);
}

/* The file's own statement that set a time-out which is in force at statement i; NULL: none. */
static const struct sql_statement *in_force(const struct lint_file *f, size_t i, unsigned flag)
{
	while (i-- > 0) {
		const struct sql_statement *s = f->statements[i].sql;

		if ((s->flags & flag) && !(s->flags & SQL_SETS_LOCAL))
			return turns_off(f, s) ? NULL : s;
	}
	return NULL;
}

static void add_sql(struct str *out, const char *sql)
{
	size_t n = strlen(sql);

	while (n && strchr("; \t\r\n", sql[n - 1]))
		n--;
	if (n && out->len)
		str_add(out, ";\n");
	str_add_n(out, sql, n);
}

static void take_off(struct fixing *x, const struct lint_file *f, size_t i, struct str *out)
{
	const struct dialect *dialect = x->l->config->engine->dialect;
	const struct sql_statement *lock = in_force(f, i, SQL_SETS_LOCK_TIMEOUT);
	const struct sql_statement *statement = in_force(f, i, SQL_SETS_STATEMENT_TIMEOUT);

	if (x->timeouts_off || (!lock && !statement))
		return;
	CLEANUP(cleanup_free)
	char *sql =
		dialect->session_timeouts(lock ? 0 : DIALECT_KEEP, statement ? 0 : DIALECT_KEEP);

	add_sql(out, sql);
	x->timeouts_off = true;
}

/* For what comes now, the file's time-outs hold again. */
static void put_back(struct fixing *x, const struct lint_file *f, size_t i, struct str *out)
{
	const struct sql_statement *sets[] = {
		in_force(f, i, SQL_SETS_LOCK_TIMEOUT), in_force(f, i, SQL_SETS_STATEMENT_TIMEOUT)};

	for (size_t k = 0; x->timeouts_off && k < 2; k++) {
		CLEANUP(cleanup_free)
		char *sql = sets[k] && (!k || sets[k] != sets[0])
			? mem_strndup(f->source->text + sets[k]->offset, sets[k]->len)
			: NULL;

		if (sql)
			add_sql(out, sql);
	}
	x->timeouts_off = false;
}

/* It is a concurrent build, or will begin with one. */
static bool becomes_build(const struct fixing *x, const struct lint_file *f, size_t i)
{
	const struct lint_statement *s = &f->statements[i];

	return is_build(s->sql) ||
		(s->suggested && s->suggestion.mechanical &&
			s->suggestion.steps[0].no_transaction && breaks_a_rule(x->l, f, s));
}

/* Between two builds, and at the file's end, they may stay off. */
static void put_back_behind(struct fixing *x, const struct lint_file *f, size_t i, struct str *out)
{
	if (i + 1 < f->n_statements && !becomes_build(x, f, i + 1))
		put_back(x, f, i, out);
}

/* ---- where the safe form can stand ---- */

/* The file does one thing: beside it there are settings of the session at most. */
static bool is_only_one(const struct place *p)
{
	for (size_t i = 0; i < p->f->n_statements; i++) {
		unsigned flags = p->f->statements[i].sql->flags;

		if (i != p->i &&
			(flags & ~(unsigned)(SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT)))
			return false;
		if (i != p->i && !flags)
			return false;
	}
	return true;
}

static bool is_one_statement(const struct fixing *x, const struct place *p, const char *sql)
{
	struct sql_script script = {0};
	struct err err = {0};
	bool one = p->f->n_statements == 1 &&
		!x->l->config->engine->dialect->split(sql, strlen(sql), &script, &err) &&
		script.n == 1;

	sql_script_release(&script);
	return one;
}

static bool leaves_transaction(const struct suggestion *safe)
{
	for (size_t i = 0; i < safe->n_steps; i++)
		if (safe->steps[i].no_transaction)
			return true;
	return safe->n_steps > 1;
}

/* The tool runs the file in a transaction: NULL when it can be asked not to, or gives way. */
static const char *out_of_tool(struct fixing *x, const struct place *p, const char *sql)
{
	struct format_insertion asked;

	if (!is_only_one(p))
		return OWN_FILES;
	if (x->source->transaction == FORMAT_TRANSACTION_FIT)
		return is_one_statement(x, p, sql) && p->safe->steps[0].no_transaction ? NULL
										       : OWN_FILES;
	if (!format_ask_outside(x->l->set.format, x->raw, x->raw_len, &asked))
		return OWN_FILES;
	if (asked.then == FORMAT_TRANSACTION_TEXT && !is_one_statement(x, p, sql)) {
		mem_free(asked.text);
		return OWN_FILES;
	}
	edits_add(&x->edits, asked.offset, 0, asked.text);
	x->source->transaction = asked.then;
	return NULL;
}

/* NULL: `sql` may take the statement's place; else why not. */
static const char *obstacle(struct fixing *x, const struct place *p, const char *sql)
{
	if (x->source->transaction == FORMAT_TRANSACTION_TEXT &&
		p->s->transaction == LINT_TRANSACTION_NONE && !is_one_statement(x, p, sql))
		return OWN_FILES;
	/* A statement within such marks is sent as one, whatever it holds. */
	if (memmem(x->raw, x->raw_len, "StatementBegin", 14) && !is_one_statement(x, p, sql))
		return "the file marks where its statements end";
	if (!leaves_transaction(p->safe))
		return NULL;
	switch (p->s->transaction) {
	case LINT_TRANSACTION_NONE:
		break;
	case LINT_TRANSACTION_FILE:
		return "its safe form cannot stand inside the file's own transaction";
	case LINT_TRANSACTION_TOOL:
		return out_of_tool(x, p, sql);
	case LINT_TRANSACTION_RUNNER:
		/* What is refused inside is taken out; the rest would share one transaction. */
		return p->safe->n_steps > 1 ? OWN_FILES : NULL;
	}
	return NULL;
}

/* ---- one statement ---- */

/* Behind the COMMIT that ends the transaction of statement i, and its `;`; 0: nothing ends it. */
static size_t behind_commit(const struct lint_file *f, size_t i)
{
	while (++i < f->n_statements) {
		const struct sql_statement *s = f->statements[i].sql;
		size_t at = s->offset + s->len;

		if (!(s->flags & (SQL_TX_COMMIT | SQL_TX_ROLLBACK)))
			continue;
		if ((s->flags & SQL_TX_ROLLBACK) || (s->flags & SQL_TX_BEGIN))
			return 0;
		while (at < f->source->len && strchr(" \t\r\n", f->source->text[at]))
			at++;
		return at < f->source->len && f->source->text[at] == ';' ? at + 1 : 0;
	}
	return 0;
}

/* In the file's own transaction the first of two steps stands where the statement stood; the
 * second, which may come at any time later, behind its COMMIT. */
static bool split_at_commit(struct fixing *x, const struct place *p)
{
	const struct suggested_step *steps = p->safe->steps;
	size_t behind = behind_commit(p->f, p->i);
	struct str sql = {0};

	if (p->s->transaction != LINT_TRANSACTION_FILE || p->safe->n_steps != 2 || !behind ||
		steps[0].no_transaction || steps[1].no_transaction)
		return false;
	add_sql(&sql, steps[0].sql);
	edits_add(&x->edits, p->s->sql->offset, p->s->sql->len, str_take(&sql));
	edits_add(&x->edits, behind, 0, mem_printf("\n%s", steps[1].sql));
	return true;
}

static void replace(struct fixing *x, const struct place *p)
{
	CLEANUP(cleanup_str) struct str sql = {0};
	const char *reason;

	if (split_at_commit(x, p))
		return;
	for (size_t k = 0; k < p->safe->n_steps; k++) {
		if (p->safe->steps[k].no_transaction)
			take_off(x, p->f, p->i, &sql);
		else
			put_back(x, p->f, p->i, &sql);
		add_sql(&sql, p->safe->steps[k].sql);
	}
	put_back_behind(x, p->f, p->i, &sql);
	reason = obstacle(x, p, str_text(&sql));
	if (reason)
		fix_keep(x, p->f, p->s->sql->line, reason);
	else
		edits_add(&x->edits, p->s->sql->offset, p->s->sql->len, str_take(&sql));
}

/* A build that is there already, under a time-out of the file. */
static void free_build(struct fixing *x, const struct place *p)
{
	CLEANUP(cleanup_str) struct str sql = {0};
	CLEANUP(cleanup_free)
	char *own = mem_strndup(p->f->source->text + p->s->sql->offset, p->s->sql->len);

	if (p->s->transaction != LINT_TRANSACTION_NONE)
		return;
	take_off(x, p->f, p->i, &sql);
	if (!x->timeouts_off)
		return;
	add_sql(&sql, own);
	put_back_behind(x, p->f, p->i, &sql);
	edits_add(&x->edits, p->s->sql->offset, p->s->sql->len, str_take(&sql));
}

void fix_statements(struct fixing *x, const struct lint_file *f)
{
	for (size_t i = 0; i < f->n_statements; i++) {
		const struct lint_statement *s = &f->statements[i];
		struct place p = {.f = f, .s = s, .safe = &s->suggestion, .i = i};

		if (!breaks_a_rule(x->l, f, s) && !(s->suggested && s->suggestion.pinned))
			continue;
		if (s->suggested && s->suggestion.mechanical && s->suggestion.n_steps)
			replace(x, &p);
		else if (is_build(s->sql))
			free_build(x, &p);
	}
}
