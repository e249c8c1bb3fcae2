/* Takes the analyser through a file's statements, in the transactions that they will run in. */
#include <string.h>

#include "harness/base/mem.h"
#include "harness/lint/parts.h"

struct walk {
	const struct lint_config *config;
	const struct lint_file *f;
	bool by_file; /* the file's own BEGIN is open */
	bool by_tool; /* the migration tool's transaction is open */
	bool by_mode; /* the runner's, which leaves out what the server refuses in one */
};

static bool has_refused(const struct lint_file *f)
{
	for (size_t i = 0; i < f->n_statements; i++)
		if (f->script.statements[i].flags & SQL_NO_TRANSACTION)
			return true;
	return false;
}

static void begin(struct walk *w)
{
	switch (w->f->source->transaction) {
	case FORMAT_TRANSACTION_UNSAID:
		w->by_mode = w->config->transaction != TRANSACTION_STATEMENT;
		break;
	case FORMAT_TRANSACTION_FILE:
		w->by_tool = true;
		break;
	case FORMAT_TRANSACTION_FIT:
		w->by_tool = !has_refused(w->f);
		break;
	case FORMAT_TRANSACTION_TEXT:
		w->by_tool =
			w->f->n_statements > 1 && w->config->engine->dialect->text_is_transaction;
		break;
	case FORMAT_TRANSACTION_NONE:
		break;
	}
}

static enum lint_transaction transaction_of(const struct walk *w, const struct sql_statement *s)
{
	if (w->by_tool)
		return LINT_TRANSACTION_TOOL;
	if (w->by_file)
		return LINT_TRANSACTION_FILE;
	return w->by_mode && !(s->flags & SQL_NO_TRANSACTION) ? LINT_TRANSACTION_RUNNER
							      : LINT_TRANSACTION_NONE;
}

/* What a statement that controls transactions does to those that are open. */
static void control(struct walk *w, const struct sql_statement *s)
{
	if (s->flags & SQL_TX_BEGIN) {
		w->by_file = true;
	} else if (s->flags & (SQL_TX_COMMIT | SQL_TX_ROLLBACK)) {
		w->by_file = false;
		w->by_tool = false;
	}
}

static void tell_unknown(struct lint *l, const struct lint_file *f, const struct lint_statement *s)
{
	struct lint_finding *finding;
	const struct sql_script *script = &f->script;
	bool told = script->error_line >= s->sql->line;
	unsigned last = s->sql->line;

	for (size_t i = 0; i < s->sql->len; i++)
		last += f->source->text[s->sql->offset + i] == '\n';
	told = told && script->error_line <= last;
	if (s->sql->flags & SQL_CLIENT)
		finding =
			finding_add(l, &lint_file_rules[FILE_STATEMENT_UNKNOWN], f, s->sql->offset,
				s->sql->len, "this is for a client program, not for a server");
	else
		finding =
			finding_add(l, &lint_file_rules[FILE_STATEMENT_UNKNOWN], f, s->sql->offset,
				s->sql->len, told ? "not understood: %s" : "not understood%s",
				told ? script->error : "");
	finding->statement = s;
}

static void walk_statement(
	struct lint *l, struct lint_file *f, struct walk *w, struct analysis_state *state, size_t i)
{
	const struct analyser *analyser = l->config->engine->analyser;
	struct lint_statement *s = &f->statements[i];
	struct statement_context context = {.in_transaction = transaction_of(w, s->sql),
		.lock_timeout_set = l->config->lock_timeout_set,
		.statement_timeout_set = l->config->statement_timeout_set,
		.style = l->config->style};

	s->transaction = transaction_of(w, s->sql);
	if (l->config->suggest && analyser->suggest)
		s->suggested =
			analyser->suggest(state, f->source->text, &f->script, i, &s->suggestion);
	analyser->statement(state, f->source->text, &f->script, i, &context, &s->analysis);
	if (s->analysis.class > f->class)
		f->class = s->analysis.class;
	for (size_t k = 0; k < s->analysis.n_hits; k++)
		finding_add_hit(l, f, s, &s->analysis.hits[k]);
	if (s->analysis.unknown && !s->analysis.n_hits)
		tell_unknown(l, f, s);
	control(w, s->sql);
	if (!transaction_of(w, s->sql))
		analyser->transaction_ended(state);
}

void walk_file(struct lint *l, struct lint_file *f, struct analysis_state *state)
{
	struct walk w = {.config = l->config, .f = f};

	begin(&w);
	l->config->engine->analyser->begin_migration(state);
	for (size_t i = 0; i < f->n_statements; i++)
		walk_statement(l, f, &w, state, i);
	if (w.by_file || w.by_tool || (w.by_mode && l->config->transaction != TRANSACTION_ALL))
		l->config->engine->analyser->transaction_ended(state);
}
