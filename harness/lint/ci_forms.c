/* What two code hosts show beside the lines of a change. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/json_text.h"
#include "harness/base/mem.h"
#include "harness/lint/renderers.h"

/* Workflow commands: `%`, line ends, and in properties `:` and `,` are written as codes. */
static void add_escaped(struct str *out, const char *text, bool property)
{
	for (; *text; text++)
		if (strchr("%\r\n", *text) || (property && strchr(":,", *text)))
			str_addf(out, "%%%02X", (unsigned char)*text);
		else
			str_add_char(out, *text);
}

static void add_annotation(struct str *out, const struct lint_finding *finding)
{
	static const char *const commands[] = {
		[RULE_NOTE] = "notice", [RULE_WARNING] = "warning", [RULE_ERROR] = "error"};

	str_addf(out, "::%s file=", commands[finding->rule->level]);
	add_escaped(out, finding->file->source->path, true);
	str_addf(out, ",line=%u,endLine=%u", finding->line, finding->end_line);
	/* Columns are of one line only. */
	if (finding->len && finding->end_line == finding->line)
		str_addf(out, ",col=%u,endColumn=%u", finding->column, finding->end_column);
	str_add(out, ",title=");
	add_escaped(out, finding->rule->id, true);
	str_add(out, "::");
	add_escaped(out, finding->message, false);
	str_add(out, "%0AInstead: ");
	add_escaped(out, lint_remedy(finding), false);
	str_add_char(out, '\n');
}

void render_lint_github(
	const struct lint *l, const struct lint_output_options *options, struct str *out)
{
	(void)options;
	for (size_t i = 0; i < l->n_findings; i++)
		if (!l->findings[i].allowed)
			add_annotation(out, &l->findings[i]);
}

/*
 * The same problem keeps its fingerprint when lines before it move: it is made of the text, and of
 * the number of such texts before.
 */
static void fingerprint(const struct lint *l, size_t i, char ret[static FS_SHA256_TEXT])
{
	const struct lint_finding *finding = &l->findings[i];
	CLEANUP(cleanup_str) struct str text = {0};
	size_t before = 0;

	for (size_t k = i; k-- > 0 && l->findings[k].file == finding->file;) {
		const struct lint_finding *other = &l->findings[k];

		before += other->rule == finding->rule && other->len == finding->len &&
			!memcmp(other->file->source->text + other->offset,
				finding->file->source->text + finding->offset, finding->len);
	}
	str_addf(&text, "%s\n%s\n%zu\n", finding->rule->id, finding->file->source->path, before);
	str_add_n(&text, finding->file->source->text + finding->offset, finding->len);
	fs_sha256(str_text(&text), text.len, ret);
}

static json_t *quality_object(const struct lint *l, size_t i)
{
	static const char *const severities[] = {
		[RULE_NOTE] = "info", [RULE_WARNING] = "minor", [RULE_ERROR] = "major"};
	const struct lint_finding *finding = &l->findings[i];
	const char *path = finding->file->source->path;
	char print[FS_SHA256_TEXT];

	while (!strncmp(path, "./", 2))
		path += 2;
	fingerprint(l, i, print);
	return json_pack("{s:o, s:s, s:s, s:s, s:{s:o, s:{s:i, s:i}}}", "description",
		json_text(finding->message), "check_name", finding->rule->id, "fingerprint", print,
		"severity", severities[finding->rule->level], "location", "path", json_text(path),
		"lines", "begin", (int)finding->line, "end", (int)finding->end_line);
}

void render_lint_gitlab(
	const struct lint *l, const struct lint_output_options *options, struct str *out)
{
	json_t *list = json_array();

	(void)options;
	for (size_t i = 0; i < l->n_findings; i++)
		if (!l->findings[i].allowed)
			json_array_append_new(list, quality_object(l, i));
	add_json(out, list);
}
