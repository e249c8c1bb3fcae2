#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/lint/parts.h"

static struct lint_finding *add(struct lint *l, const struct lint_rule *rule,
	const struct lint_file *f, size_t offset, size_t len)
{
	struct lint_finding *finding = MEM_PUSH(l->findings, l->n_findings, l->cap_findings);

	if (offset > f->source->len)
		offset = f->source->len;
	if (len > f->source->len - offset)
		len = f->source->len - offset;
	finding->rule = rule;
	finding->file = f;
	finding->offset = offset;
	finding->len = len;
	lint_place(f, offset, &finding->line, &finding->column);
	lint_place(f, offset + len, &finding->end_line, &finding->end_column);
	return finding;
}

struct lint_finding *finding_add(struct lint *l, const struct lint_rule *rule,
	const struct lint_file *f, size_t offset, size_t len, const char *format, ...)
{
	struct lint_finding *finding = add(l, rule, f, offset, len);
	va_list args;

	va_start(args, format);
	if (vasprintf(&finding->message, format, args) < 0)
		finding->message = mem_strdup(rule->title);
	va_end(args);
	finding->object = mem_strdup("");
	finding->remedy = mem_strdup("");
	finding->reason = mem_strdup("");
	return finding;
}

void finding_add_hit(struct lint *l, const struct lint_file *f, const struct lint_statement *s,
	const struct rule_hit *hit)
{
	struct lint_finding *finding = add(l, hit->rule, f, hit->offset, hit->len);

	finding->statement = s;
	finding->object = mem_strdup(hit->object);
	finding->message = mem_strdup(hit->message);
	finding->remedy = mem_strdup(hit->remedy);
	finding->reason = mem_strdup("");
}

static bool allows(
	const struct lint_allow *a, const struct lint_file *f, const struct lint_finding *finding)
{
	if (!*a->reason || strcmp(a->rule, finding->rule->id) != 0)
		return false;
	if (a->whole_file)
		return true;
	return finding->statement && a->statement < f->n_statements &&
		finding->statement == &f->statements[a->statement];
}

static void allow_one(struct lint_file *f, struct lint_finding *finding)
{
	struct lint_directives *d = &f->directives;

	for (size_t i = 0; i < d->n_allows; i++) {
		if (!allows(&d->allows[i], f, finding))
			continue;
		d->allows[i].used = true;
		if (finding->allowed)
			continue;
		finding->allowed = true;
		mem_free(finding->reason);
		finding->reason = mem_strdup(d->allows[i].reason);
	}
}

void findings_allow(struct lint *l, struct lint_file *f, size_t first)
{
	const struct lint_directives *d = &f->directives;

	for (size_t i = first; i < l->n_findings; i++)
		allow_one(f, &l->findings[i]);
	for (size_t i = 0; i < d->n_allows; i++) {
		const struct lint_allow *a = &d->allows[i];
		const struct lint_rule *rule = lint_rule_find(l->config->engine, a->rule);

		/* A rule of another server, or of taste, is not looked for today. */
		if (a->used || !*a->reason || !rule || !lint_rule_for(rule, l->config))
			continue;
		finding_add(l, &lint_file_rules[FILE_ALLOW_UNUSED], f, a->offset, a->len,
			"nothing %s breaks '%s'",
			a->whole_file ? "in this file" : "in the statement below", a->rule);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->rule->level != y->rule->level)
		return x->rule->level > y->rule->level ? -1 : 1;
	return strcmp(x->rule->id, y->rule->id);
}

void findings_sort(struct lint *l, size_t first)
{
	if (l->n_findings > first)
		qsort(l->findings + first, l->n_findings - first, sizeof(*l->findings), by_place);
}
