#include "harness/lint/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "harness/lint/renderers.h"

const struct lint_output lint_outputs[] = {
	{"text", render_lint_text},
	{"json", render_lint_json},
	{"sarif", render_lint_sarif},
	{"junit", render_lint_junit},
	{"github", render_lint_github},
	{"gitlab", render_lint_gitlab},
	{0},
};

const struct lint_output *lint_output_find(const char *name)
{
	for (const struct lint_output *o = lint_outputs; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

const char *lint_schema(void)
{
	return json_lint_schema;
}

void lint_count(const struct lint *l, struct lint_counts *ret)
{
	*ret = (struct lint_counts){0};
	for (size_t i = 0; i < l->n_files; i++) {
		const struct lint_file *f = &l->files[i];

		if (!f->told)
			continue;
		ret->files++;
		ret->statements += f->n_statements;
		for (size_t k = 0; k < f->n_statements; k++)
			ret->classes[f->statements[k].analysis.class]++;
	}
	for (size_t i = 0; i < l->n_findings; i++) {
		if (l->findings[i].allowed)
			ret->allowed++;
		else
			ret->levels[l->findings[i].rule->level]++;
	}
}

const char *lint_remedy(const struct lint_finding *finding)
{
	return *finding->remedy ? finding->remedy : finding->rule->remedy;
}

void add_json(struct str *out, json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));

	str_add(out, text ? text : "null");
	str_add_char(out, '\n');
	free(text);
	json_decref(value);
}

char *path_uri(const char *path)
{
	struct str uri = {0};

	if (*path == '/')
		str_add(&uri, "file://");
	while (!strncmp(path, "./", 2))
		path += 2;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("-._~/!$&'()*+,;=@", c))
			str_add_char(&uri, *path);
		else
			str_addf(&uri, "%%%02X", c);
	}
	return str_take(&uri);
}
