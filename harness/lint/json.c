/* The form of rehearse's own; lint.schema.json describes it. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/json_text.h"
#include "harness/lint/renderers.h"

static json_t *strings(char *const *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(items[i]));
	return list;
}

static json_t *locks(const struct analysis *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n_locks; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:b, s:b}", "object", json_text(a->locks[i].object),
				"mode", json_text(a->locks[i].mode), "blocks_reads",
				a->locks[i].blocks_reads, "blocks_writes",
				a->locks[i].blocks_writes));
	return list;
}

static bool holds(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!strcmp(json_string_value(item), text))
			return true;
	}
	return false;
}

/* Each rule once. */
static json_t *rules_of(
	const struct lint *l, const struct lint_file *f, const struct lint_statement *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->n_findings; i++) {
		const struct lint_finding *finding = &l->findings[f->first_finding + i];

		if (finding->statement == s && !holds(list, finding->rule->id))
			json_array_append_new(list, json_string(finding->rule->id));
	}
	return list;
}

static json_t *statement_object(
	const struct lint *l, const struct lint_file *f, const struct lint_statement *s)
{
	const struct analysis *a = &s->analysis;
	json_t *o = json_object();

	json_object_set_new(o, "file", json_text(f->source->path));
	json_object_set_new(o, "line", json_integer(s->sql->line));
	json_object_set_new(o, "kind", json_text(s->sql->kind));
	json_object_set_new(o, "object", json_text(s->sql->object));
	json_object_set_new(o, "class", json_string(sql_class_name(a->class)));
	json_object_set_new(o, "unknown", json_boolean(a->unknown));
	json_object_set_new(
		o, "in_transaction", json_boolean(s->transaction != LINT_TRANSACTION_NONE));
	json_object_set_new(o, "rewrites", strings(a->rewritten, a->n_rewritten));
	json_object_set_new(o, "scans", strings(a->scanned, a->n_scanned));
	json_object_set_new(o, "algorithm", json_text(a->algorithm));
	json_object_set_new(o, "locks", locks(a));
	json_object_set_new(o, "rules", rules_of(l, f, s));
	return o;
}

static json_t *finding_object(const struct lint_finding *finding)
{
	const struct lint_rule *rule = finding->rule;
	json_t *o = json_object();

	json_object_set_new(o, "rule", json_string(rule->id));
	json_object_set_new(o, "level", json_string(rule_level_name(rule->level)));
	json_object_set_new(o, "file", json_text(finding->file->source->path));
	json_object_set_new(o, "line", json_integer(finding->line));
	json_object_set_new(o, "column", json_integer(finding->column));
	json_object_set_new(o, "end_line", json_integer(finding->end_line));
	json_object_set_new(o, "end_column", json_integer(finding->end_column));
	json_object_set_new(o, "object", json_text(finding->object));
	json_object_set_new(o, "message", json_text(finding->message));
	json_object_set_new(o, "why", json_text(rule->why));
	json_object_set_new(o, "remedy", json_text(lint_remedy(finding)));
	json_object_set_new(o, "link", json_text(rule->link));
	json_object_set_new(o, "allowed", json_boolean(finding->allowed));
	json_object_set_new(o, "reason", json_text(finding->reason));
	return o;
}

static json_t *file_object(const struct lint_file *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "path", json_text(f->source->path));
	json_object_set_new(o, "version", json_text(f->source->version));
	json_object_set_new(o, "class", json_string(sql_class_name(f->class)));
	json_object_set_new(o, "header",
		json_string(f->directives.has_class ? sql_class_name(f->directives.class) : ""));
	return o;
}

static json_t *ignored(const struct format_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->n_ignored; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o}", "path", json_text(set->ignored[i].path), "reason",
				json_text(set->ignored[i].reason)));
	return list;
}

static json_t *summary(const struct lint *l)
{
	struct lint_counts c;

	lint_count(l, &c);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "files", (json_int_t)c.files,
		"statements", (json_int_t)c.statements, "errors", (json_int_t)c.levels[RULE_ERROR],
		"warnings", (json_int_t)c.levels[RULE_WARNING], "notes",
		(json_int_t)c.levels[RULE_NOTE], "allowed", (json_int_t)c.allowed);
}

void render_lint_json(
	const struct lint *l, const struct lint_output_options *options, struct str *out)
{
	CLEANUP(cleanup_free) char *server = lint_server(&l->config->target);
	json_t *root = json_object();
	json_t *files = json_array(), *statements = json_array(), *findings = json_array();

	(void)options;
	for (size_t i = 0; i < l->n_files; i++) {
		const struct lint_file *f = &l->files[i];

		if (!f->told)
			continue;
		json_array_append_new(files, file_object(f));
		for (size_t k = 0; k < f->n_statements; k++)
			json_array_append_new(
				statements, statement_object(l, f, &f->statements[k]));
	}
	for (size_t i = 0; i < l->n_findings; i++)
		json_array_append_new(findings, finding_object(&l->findings[i]));
	json_object_set_new(root, "$schema", json_string(LINT_SCHEMA_ID));
	json_object_set_new(root, "format", json_integer(LINT_FORMAT));
	json_object_set_new(root, "server", json_string(server));
	json_object_set_new(
		root, "files_format", json_string(l->set.format ? format_name(l->set.format) : ""));
	json_object_set_new(root, "files", files);
	json_object_set_new(root, "ignored", ignored(&l->set));
	json_object_set_new(root, "statements", statements);
	json_object_set_new(root, "findings", findings);
	json_object_set_new(root, "summary", summary(l));
	add_json(out, root);
}
