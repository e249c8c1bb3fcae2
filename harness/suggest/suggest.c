#include "harness/suggest/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define CONTROL (SQL_TX_BEGIN | SQL_TX_COMMIT | SQL_TX_ROLLBACK)

int suggest_begin(struct suggest_plan *plan, const struct engine *engine,
	const struct lint_target *target, struct err *err)
{
	*plan = (struct suggest_plan){.engine = engine};
	if (!engine->analyser || !engine->analyser->suggest)
		return err_set(
			err, ERR_UNSUPPORTED, "suggestions for %s are not supported", engine->name);
	plan->state = engine->analyser->open(target);
	return 0;
}

void suggest_release(struct suggest_plan *plan)
{
	for (size_t i = 0; i < plan->n_files; i++) {
		mem_free(plan->files[i].name);
		mem_free(plan->files[i].text);
		mem_free(plan->files[i].title);
		mem_free(plan->files[i].harm);
	}
	mem_free(plan->files);
	mem_free_strings(plan->applications, plan->n_applications);
	if (plan->state)
		plan->engine->analyser->close(plan->state);
	*plan = (struct suggest_plan){0};
}

/* "007_drop_the_index.sql" */
static char *file_name(unsigned number, const char *title)
{
	char name[48];
	size_t n = (size_t)snprintf(name, sizeof(name), "%03u_", number);

	for (; *title && *title != ':' && n + 1 < sizeof(name); title++) {
		char c = (char)tolower((unsigned char)*title);

		if (isalnum((unsigned char)c))
			name[n++] = c;
		else if (name[n - 1] != '_')
			name[n++] = '_';
	}
	/* What has no room is cut between two words. */
	while (*title && *title != ':' && n > 4 && name[n - 1] != '_')
		n--;
	if (n > 4 && name[n - 1] == '_')
		n--;
	name[n] = '\0';
	return mem_printf("%s.sql", name);
}

struct origin {
	const char *path;
	unsigned line;
};

/* Comments: what a name holds must not end the line. */
static char *describe_harm(const struct rule_hit *left)
{
	CLEANUP(cleanup_free) char *message = mem_strdup(left->message);
	CLEANUP(cleanup_free)
	char *remedy = mem_strdup(*left->remedy ? left->remedy : left->rule->remedy);

	for (char *c = message; (c = strpbrk(c, "\r\n"));)
		*c = ' ';
	for (char *c = remedy; (c = strpbrk(c, "\r\n"));)
		*c = ' ';
	return mem_printf("-- No safe steps are written for it here: %s.\n-- Instead: %s.\n",
		message, remedy);
}

/* `left`: what is wrong with a statement that is left to people; NULL: nothing. */
static void add_file(struct suggest_plan *plan, const struct origin *origin,
	const struct suggested_step *step, const char *sql, const struct rule_hit *left)
{
	CLEANUP(cleanup_free) char *warning = left ? describe_harm(left) : mem_strdup("");
	struct suggest_file *f = MEM_PUSH(plan->files, plan->n_files, plan->cap_files);

	*f = (struct suggest_file){.phase = step->phase,
		.name = file_name(++plan->numbers[step->phase], step->title),
		.title = mem_strdup(step->title),
		.harm = mem_strdup(left ? left->message : ""),
		.class = step->class,
		.no_transaction = step->no_transaction};
	f->text = mem_printf("-- rehearse: class=%s\n-- %s.\n-- From %s:%u.%s\n%s\n%s\n",
		sql_class_word(step->class), step->title, origin->path, origin->line,
		step->no_transaction ? " Run it outside a transaction." : "", warning, sql);
}

static void take_suggestion(
	struct suggest_plan *plan, const struct origin *origin, const struct suggestion *suggestion)
{
	for (size_t i = 0; i < suggestion->n_steps; i++)
		add_file(plan, origin, &suggestion->steps[i], suggestion->steps[i].sql, NULL);
	plan->n_rewritten++;
	if (!*suggestion->application)
		return;
	plan->applications = mem_resize(
		plan->applications, plan->n_applications + 1, sizeof(*plan->applications));
	plan->applications[plan->n_applications++] = mem_strdup(suggestion->application);
}

/* The first of the worst rules that it breaks; NULL: none but notes. */
static const struct rule_hit *worst(const struct analysis *analysis)
{
	const struct rule_hit *found = NULL;

	for (size_t i = 0; i < analysis->n_hits; i++) {
		const struct rule_hit *hit = &analysis->hits[i];

		if (hit->rule->level > (found ? found->rule->level : RULE_NOTE))
			found = hit;
	}
	return found;
}

/* As it stands, with the class that it has. */
static void take_over(struct suggest_plan *plan, const struct origin *origin,
	const struct sql_statement *sql, const char *text, const struct analysis *analysis)
{
	CLEANUP(cleanup_free)
	char *title =
		mem_printf("%s, as it was written", *sql->kind ? sql->kind : "Not recognised");
	CLEANUP(cleanup_free) char *own = mem_printf("%.*s;", (int)sql->len, text + sql->offset);
	struct suggested_step step = {.title = title,
		.class = analysis->class,
		.no_transaction = sql->flags & SQL_NO_TRANSACTION};

	add_file(plan, origin, &step, own, worst(analysis));
}

static void analyse(struct suggest_plan *plan, const char *text, const struct sql_script *script,
	size_t i, struct analysis *ret)
{
	static const struct statement_context context = {
		.lock_timeout_set = true, .statement_timeout_set = true};

	plan->engine->analyser->statement(plan->state, text, script, i, &context, ret);
	plan->engine->analyser->transaction_ended(plan->state);
}

int suggest_learn(struct suggest_plan *plan, const char *text, size_t len, struct err *err)
{
	struct sql_script script;

	if (plan->engine->dialect->split(text, len, &script, err))
		return -1;
	plan->engine->analyser->begin_migration(plan->state);
	for (size_t i = 0; i < script.n; i++) {
		struct analysis analysis;

		analyse(plan, text, &script, i, &analysis);
		analysis_release(&analysis);
	}
	sql_script_release(&script);
	return 0;
}

int suggest_add(
	struct suggest_plan *plan, const char *path, const char *text, size_t len, struct err *err)
{
	struct sql_script script;

	if (plan->engine->dialect->split(text, len, &script, err))
		return err_prefix(err, "'%s'", path);
	plan->engine->analyser->begin_migration(plan->state);
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *sql = &script.statements[i];
		struct origin origin = {path, sql->line};
		struct suggestion suggestion;
		struct analysis analysis;
		bool found;

		/* Each step is a transaction of its own. */
		if (sql->flags & CONTROL)
			continue;
		plan->n_statements++;
		found = plan->engine->analyser->suggest(plan->state, text, &script, i, &suggestion);
		analyse(plan, text, &script, i, &analysis);
		if (found) {
			take_suggestion(plan, &origin, &suggestion);
			suggestion_release(&suggestion);
		} else {
			take_over(plan, &origin, sql, text, &analysis);
		}
		analysis_release(&analysis);
	}
	sql_script_release(&script);
	return 0;
}

static int write_phase(
	const struct suggest_plan *plan, enum suggest_phase phase, const char *dir, struct err *err)
{
	CLEANUP(cleanup_free) char *own = fs_join(dir, suggest_phase_name(phase));

	if (!plan->numbers[phase])
		return 0;
	if (fs_is_dir(own))
		return err_set(err, ERR_USAGE,
			"'%s' is there already: remove it, or name another "
			"directory",
			own);
	if (fs_mkdirs(own, 0755, err))
		return -1;
	for (size_t i = 0; i < plan->n_files; i++) {
		const struct suggest_file *f = &plan->files[i];
		CLEANUP(cleanup_free) char *path = fs_join(own, f->name);

		if (f->phase == phase && fs_write(path, f->text, strlen(f->text), 0644, err))
			return -1;
	}
	return 0;
}

int suggest_write(const struct suggest_plan *plan, const char *dir, struct err *err)
{
	return write_phase(plan, SUGGEST_EXPAND, dir, err) ||
			write_phase(plan, SUGGEST_CONTRACT, dir, err)
		? -1
		: 0;
}

static void describe_phase(
	const struct suggest_plan *plan, enum suggest_phase phase, const char *dir, struct str *out)
{
	for (size_t i = 0; i < plan->n_files; i++) {
		const struct suggest_file *f = &plan->files[i];

		if (f->phase == phase)
			str_addf(out, "  %s/%s/%s\n      %s (%s%s)\n", dir,
				suggest_phase_name(phase), f->name, f->title,
				sql_class_name(f->class),
				f->no_transaction ? ", outside a transaction" : "");
		if (f->phase == phase && *f->harm)
			str_addf(out, "      no safe steps are written for it: %s\n", f->harm);
	}
}

void suggest_describe(const struct suggest_plan *plan, const char *dir, struct str *out)
{
	str_addf(out, "%zu of %zu statements have a safer form.\n", plan->n_rewritten,
		plan->n_statements);
	if (plan->numbers[SUGGEST_EXPAND]) {
		str_add(out, "\nTo be run one by one, in this order:\n");
		describe_phase(plan, SUGGEST_EXPAND, dir, out);
	}
	if (plan->n_applications)
		str_add(out, "\nThen a version of the application is deployed that\n");
	for (size_t i = 0; i < plan->n_applications; i++)
		str_addf(out, "  %s\n", plan->applications[i]);
	if (plan->numbers[SUGGEST_CONTRACT]) {
		str_add(out, "\nAnd once no older version is left:\n");
		describe_phase(plan, SUGGEST_CONTRACT, dir, out);
	}
}
