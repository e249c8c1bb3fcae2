/* The rules themselves: all in a table, or one in full. */
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/renderers.h"
#include "harness/report/draw.h"

#define HANG 11

/* The product as the analysers know it; NULL: none does. */
static const struct lint_product *find_product(const char *name)
{
	for (const struct engine *const *e = engine_all(); *e; e++) {
		if (!(*e)->analyser)
			continue;
		for (const struct lint_product *p = (*e)->analyser->products; p->name; p++)
			if (!strcmp(p->name, name))
				return p;
	}
	return NULL;
}

static bool is_for_all(const struct lint_rule *rule)
{
	return rule->products == lint_file_rules[0].products;
}

/* "postgres", "postgres from 11 before 12", "mariadb, mysql" */
static char *servers(const struct lint_rule *rule)
{
	struct str out = {0};

	if (is_for_all(rule))
		return mem_strdup("all");
	for (const char *const *p = rule->products; *p; p++) {
		const struct lint_product *product = find_product(*p);
		CLEANUP(cleanup_free)
		char *since = product ? lint_version_text(product, rule->since) : NULL;
		CLEANUP(cleanup_free)
		char *until = product ? lint_version_text(product, rule->until) : NULL;

		str_addf(&out, "%s%s", out.len ? ", " : "", *p);
		if (since && rule->since)
			str_addf(&out, " from %s", since);
		if (until && rule->until)
			str_addf(&out, " before %s", until);
	}
	return str_take(&out);
}

static struct canvas canvas_of(const struct lint_output_options *options, struct str *out)
{
	return (struct canvas){.out = out,
		.width = options->width ? options->width : 100,
		.colour = options->colour};
}

void lint_rules_text(const struct lint_output_options *options, struct str *out)
{
	struct canvas c = canvas_of(options, out);
	struct table t = {.columns = 4, .left = 4, .prose = true};
	const struct lint_rule *rule;

	table_add(&t, "rule");
	table_add(&t, "level");
	table_add(&t, "servers");
	table_add(&t, "what it finds");
	for (size_t i = 0; (rule = lint_rule_at(i)); i++) {
		CLEANUP(cleanup_free) char *for_servers = servers(rule);

		table_add(&t, rule->id);
		table_addf(&t, "%s%s", rule_level_name(rule->level), rule->style ? ", style" : "");
		table_add(&t, for_servers);
		table_add(&t, rule->title);
	}
	draw_table(&c, 0, &t);
	table_release(&t);
	str_add(out,
		"\nErrors and warnings fail; style rules are asked for with --style.\n"
		"'rehearse rules ID' explains one.\n");
}

static void draw_rule(const struct canvas *c, const struct lint_rule *rule)
{
	CLEANUP(cleanup_free) char *for_servers = servers(rule);
	CLEANUP(cleanup_free)
	char *level = mem_printf("%s%s", rule_level_name(rule->level),
		rule->style ? ", a matter of style: only with --style" : "");

	draw_text(c, TONE_STRONG, rule->id);
	draw_end(c);
	draw_paragraph(c, 0, "", TONE_PLAIN, 0, rule->title);
	draw_end(c);
	draw_paragraph(c, 0, "level", TONE_FAINT, HANG, level);
	draw_paragraph(c, 0, "servers", TONE_FAINT, HANG, for_servers);
	draw_paragraph(c, 0, "detects", TONE_FAINT, HANG, rule->detects);
	draw_paragraph(c, 0, "why", TONE_FAINT, HANG, rule->why);
	draw_paragraph(c, 0, "instead", TONE_FAINT, HANG, rule->remedy);
	if (*rule->link)
		draw_paragraph(c, 0, "read", TONE_FAINT, HANG, rule->link);
	draw_end(c);
}

void lint_rule_text(const char *id, const struct lint_output_options *options, struct str *out)
{
	struct canvas c = canvas_of(options, out);
	const struct lint_rule *rule;

	for (size_t i = 0; (rule = lint_rule_at(i)); i++)
		if (!strcmp(rule->id, id))
			draw_rule(&c, rule);
	str_addf(out, "To allow it: -- rehearse: allow %s reason=\"...\"\n", id);
}

json_t *rule_object(const struct lint_rule *rule)
{
	json_t *products = json_array();

	for (const char *const *p = rule->products; *p; p++)
		json_array_append_new(products, json_string(*p));
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:i, s:i, s:s, s:s, s:s, s:s}", "id", rule->id,
		"title", rule->title, "level", rule_level_name(rule->level), "style", rule->style,
		"products", products, "since", (int)rule->since, "until", (int)rule->until,
		"detects", rule->detects, "why", rule->why, "remedy", rule->remedy, "link",
		rule->link);
}

void lint_rules_json(const char *id, struct str *out)
{
	json_t *list = json_array();
	const struct lint_rule *rule;

	for (size_t i = 0; (rule = lint_rule_at(i)); i++)
		if (!id || !strcmp(rule->id, id))
			json_array_append_new(list, rule_object(rule));
	add_json(out, list);
}
