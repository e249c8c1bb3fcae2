/* SARIF 2.1.0, as code hosts and editors read it. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/json_text.h"
#include "harness/base/mem.h"
#include "harness/lint/renderers.h"

#define SARIF_SCHEMA                                                          \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" \
	"sarif-schema-2.1.0.json"

static json_t *message(const char *text)
{
	return json_pack("{s:o}", "text", json_text(text));
}

static json_t *rule_descriptor(const struct lint_rule *rule)
{
	CLEANUP(cleanup_free) char *help = mem_printf("%s\n\n%s", rule->why, rule->remedy);
	json_t *o = json_object();

	json_object_set_new(o, "id", json_string(rule->id));
	json_object_set_new(o, "shortDescription", message(rule->title));
	json_object_set_new(o, "fullDescription", message(rule->detects));
	json_object_set_new(o, "help", message(help));
	if (*rule->link)
		json_object_set_new(o, "helpUri", json_string(rule->link));
	json_object_set_new(o, "defaultConfiguration",
		json_pack("{s:s}", "level", rule_level_name(rule->level)));
	return o;
}

/* The rules that something was found by, each once; their places are the ruleIndex. */
static size_t rule_index(json_t *rules, const struct lint_rule *rule)
{
	size_t i;
	json_t *known;

	json_array_foreach(rules, i, known)
	{
		if (!strcmp(json_string_value(json_object_get(known, "id")), rule->id))
			return i;
	}
	json_array_append_new(rules, rule_descriptor(rule));
	return i;
}

static json_t *region(const struct lint_finding *finding)
{
	json_t *o = json_pack(
		"{s:i, s:i}", "startLine", (int)finding->line, "startColumn", (int)finding->column);

	json_object_set_new(o, "endLine", json_integer(finding->end_line));
	json_object_set_new(o, "endColumn", json_integer(finding->end_column));
	if (finding->len)
		json_object_set_new(o, "snippet",
			json_pack("{s:o}", "text",
				json_text_n(finding->file->source->text + finding->offset,
					finding->len)));
	return o;
}

static json_t *location(const struct lint_finding *finding)
{
	CLEANUP(cleanup_free) char *uri = path_uri(finding->file->source->path);

	return json_pack("{s:{s:{s:s}, s:o}}", "physicalLocation", "artifactLocation", "uri", uri,
		"region", region(finding));
}

static json_t *result_object(json_t *rules, const struct lint_finding *finding)
{
	CLEANUP(cleanup_free)
	char *text = mem_printf("%s. Instead: %s", finding->message, lint_remedy(finding));
	json_t *o = json_object();

	json_object_set_new(o, "ruleId", json_string(finding->rule->id));
	json_object_set_new(
		o, "ruleIndex", json_integer((json_int_t)rule_index(rules, finding->rule)));
	json_object_set_new(o, "level", json_string(rule_level_name(finding->rule->level)));
	json_object_set_new(o, "message", message(text));
	json_object_set_new(o, "locations", json_pack("[o]", location(finding)));
	if (finding->allowed)
		json_object_set_new(o, "suppressions",
			json_pack("[{s:s, s:o}]", "kind", "inSource", "justification",
				json_text(finding->reason)));
	return o;
}

void render_lint_sarif(
	const struct lint *l, const struct lint_output_options *options, struct str *out)
{
	json_t *rules = json_array(), *results = json_array();

	(void)options;
	for (size_t i = 0; i < l->n_findings; i++)
		json_array_append_new(results, result_object(rules, &l->findings[i]));
	add_json(out,
		json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}", "$schema",
			SARIF_SCHEMA, "version", "2.1.0", "runs", "tool", "driver", "name",
			"rehearse", "version", REHEARSE_VERSION, "rules", rules, "columnKind",
			"unicodeCodePoints", "results", results));
}
