/* Lint as a person reads it. */
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/excerpt.h"
#include "harness/lint/renderers.h"

#define HANG 11
#define WIDTH 100
#define IGNORED_SHOWN 5

static const enum tone tones[] = {
	[RULE_NOTE] = TONE_STRONG, [RULE_WARNING] = TONE_WARN, [RULE_ERROR] = TONE_BAD};

static struct canvas canvas_of(const struct lint_output_options *options, struct str *out)
{
	return (struct canvas){.out = out,
		.width = options->width ? options->width : WIDTH,
		.colour = options->colour};
}

/* Each line of SQL keeps to itself. */
static void draw_remedy(const struct canvas *c, const char *text)
{
	const char *label = "instead";

	while (*text) {
		size_t n = strcspn(text, "\n");
		CLEANUP(cleanup_free) char *line = mem_strndup(text, n);

		if (line[strspn(line, " \t\r")]) {
			draw_paragraph(c, 2, label, TONE_GOOD, HANG, line);
			label = "";
		}
		text += n + (text[n] == '\n');
	}
}

/* Why a rule is one is told where it is broken first. */
static bool is_first(const struct lint *l, const struct lint_finding *finding)
{
	for (const struct lint_finding *f = l->findings; f < finding; f++)
		if (f->rule == finding->rule && !f->allowed)
			return false;
	return true;
}

static void draw_place(const struct canvas *c, const struct lint_finding *finding)
{
	CLEANUP(cleanup_free)
	char *place =
		mem_printf("%s:%u:%u", finding->file->source->path, finding->line, finding->column);

	draw_text(c, TONE_STRONG, place);
	draw_spaces(c, 2);
	draw_text(c, tones[finding->rule->level], rule_level_name(finding->rule->level));
	draw_spaces(c, 2);
	draw_text(c, TONE_PLAIN, finding->rule->id);
	draw_end(c);
}

static void draw_finding(
	const struct canvas *c, const struct lint *l, const struct lint_finding *finding)
{
	bool first = is_first(l, finding);
	size_t len, mark;
	const char *line = lint_line(finding->file, finding->line, &len);

	str_add_char(c->out, '\n');
	draw_place(c, finding);
	mark = finding->offset - (size_t)(line - finding->file->source->text);
	if (finding->len)
		draw_excerpt(c, 2, tones[finding->rule->level], finding->line, line, len, mark,
			finding->len);
	draw_paragraph(c, 2, "", TONE_PLAIN, 2, finding->message);
	if (first && *finding->rule->why)
		draw_paragraph(c, 2, "why", TONE_FAINT, HANG, finding->rule->why);
	if (first || *finding->remedy)
		draw_remedy(c, lint_remedy(finding));
}

static void draw_allowed(const struct canvas *c, const struct lint *l, const struct lint_counts *n)
{
	if (!n->allowed)
		return;
	str_add(c->out, "\nallowed\n");
	for (size_t i = 0; i < l->n_findings; i++) {
		const struct lint_finding *finding = &l->findings[i];

		if (!finding->allowed)
			continue;
		CLEANUP(cleanup_free)
		char *text = mem_printf("%s:%u  %s: %s", finding->file->source->path, finding->line,
			finding->rule->id, finding->reason);
		draw_spaces(c, 2);
		draw_wrapped(c, 6, text);
	}
}

/* "ShareLock on a, b; rewrites a; scans a" */
static void add_names(struct str *out, const char *words, char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%s%s%s", i ? ", " : out->len ? "; " : "", i ? "" : words, names[i]);
}

/* Each mode once, with all that it is taken on. */
static void add_locks(struct str *out, const struct analysis *a)
{
	for (size_t i = 0; i < a->n_locks; i++) {
		bool known = false;

		for (size_t k = 0; k < i && !known; k++)
			known = !strcmp(a->locks[k].mode, a->locks[i].mode);
		if (known)
			continue;
		str_addf(out, "%s%s on %s", out->len ? "; " : "", a->locks[i].mode,
			a->locks[i].object);
		for (size_t k = i + 1; k < a->n_locks; k++)
			if (!strcmp(a->locks[k].mode, a->locks[i].mode))
				str_addf(out, ", %s", a->locks[k].object);
	}
	add_names(out, "rewrites ", a->rewritten, a->n_rewritten);
	add_names(out, "scans ", a->scanned, a->n_scanned);
}

static void draw_statement(const struct canvas *c, const struct lint_statement *s)
{
	static const enum tone class_tones[] = {[SQL_CLASS_INSTANT_SAFE] = TONE_GOOD,
		[SQL_CLASS_CONCURRENT_BUILD] = TONE_WARN,
		[SQL_CLASS_EXPAND_CONTRACT] = TONE_BAD};
	CLEANUP(cleanup_str) struct str does = {0};
	CLEANUP(cleanup_free) char *line = mem_printf("%5u  ", s->sql->line);

	add_locks(&does, &s->analysis);
	draw_text(c, TONE_FAINT, line);
	draw_text(c, TONE_PLAIN, *s->sql->kind ? s->sql->kind : "?");
	draw_spaces(c, 2);
	draw_text(c, class_tones[s->analysis.class],
		s->analysis.unknown ? "unknown" : sql_class_word(s->analysis.class));
	draw_end(c);
	if (does.len)
		draw_paragraph(c, 0, "", TONE_PLAIN, 7, str_text(&does));
}

static void draw_statements(const struct canvas *c, const struct lint *l)
{
	for (size_t i = 0; i < l->n_files; i++) {
		const struct lint_file *f = &l->files[i];

		if (!f->told || !f->n_statements)
			continue;
		str_add_char(c->out, '\n');
		draw_text(c, TONE_STRONG, f->source->path);
		draw_end(c);
		for (size_t k = 0; k < f->n_statements; k++)
			draw_statement(c, &f->statements[k]);
	}
}

/* Whoever misnamed a file would else think it was read. */
static void draw_ignored(const struct canvas *c, const struct format_set *set, bool all)
{
	size_t n = set->n_ignored > IGNORED_SHOWN && !all ? IGNORED_SHOWN : set->n_ignored;

	if (n)
		str_add(c->out, "\nnot read\n");
	for (size_t i = 0; i < n; i++) {
		CLEANUP(cleanup_free)
		char *text = mem_printf("%s: %s", set->ignored[i].path, set->ignored[i].reason);

		draw_spaces(c, 2);
		draw_wrapped(c, 6, text);
	}
	if (n < set->n_ignored)
		str_addf(c->out, "  and %zu more (--verbose)\n", set->n_ignored - n);
}

static void add_count(struct str *out, size_t n, const char *one, const char *many)
{
	if (n)
		str_addf(out, "%s%zu %s", out->len ? ", " : "", n, n == 1 ? one : many);
}

static void draw_summary(const struct canvas *c, const struct lint *l, const struct lint_counts *n)
{
	CLEANUP(cleanup_str) struct str found = {0};
	CLEANUP(cleanup_str) struct str classes = {0};

	for (size_t i = 0; i <= SQL_CLASS_EXPAND_CONTRACT; i++)
		add_count(&classes, n->classes[i], sql_class_name((enum sql_class)i),
			sql_class_name((enum sql_class)i));
	add_count(&found, n->levels[RULE_ERROR], "error", "errors");
	add_count(&found, n->levels[RULE_WARNING], "warning", "warnings");
	add_count(&found, n->levels[RULE_NOTE], "note", "notes");
	add_count(&found, n->allowed, "allowed", "allowed");
	str_add_char(c->out, '\n');
	if (lint_fails(l))
		draw_text(c, n->levels[RULE_ERROR] ? TONE_BAD : TONE_WARN, str_text(&found));
	else
		draw_text(c, TONE_GOOD, "clean");
	if (!lint_fails(l) && found.len) {
		draw_text(c, TONE_PLAIN, ", ");
		draw_text(c, TONE_PLAIN, str_text(&found));
	}
	draw_end(c);
	str_addf(c->out, "%zu %s, %zu %s%s", n->files, n->files == 1 ? "file" : "files",
		n->statements, n->statements == 1 ? "statement" : "statements",
		classes.len ? ": " : "");
	draw_text(c, TONE_PLAIN, str_text(&classes));
	draw_end(c);
}

static void draw_first_line(
	const struct canvas *c, const struct lint *l, const struct lint_output_options *options)
{
	CLEANUP(cleanup_free) char *server = lint_server(&l->config->target);

	draw_text(c, TONE_PLAIN, "for ");
	draw_text(c, TONE_STRONG, server);
	if (options->server_note) {
		draw_text(c, TONE_PLAIN, " ");
		draw_text(c, TONE_FAINT, options->server_note);
	}
	if (l->set.format && strcmp(format_name(l->set.format), "plain") != 0) {
		draw_text(c, TONE_PLAIN, ", files of ");
		draw_text(c, TONE_PLAIN, format_name(l->set.format));
	}
	draw_end(c);
}

void render_lint_text(
	const struct lint *l, const struct lint_output_options *options, struct str *out)
{
	struct canvas c = canvas_of(options, out);
	struct lint_counts n;

	lint_count(l, &n);
	draw_first_line(&c, l, options);
	if (options->verbose && n.statements)
		draw_statements(&c, l);
	for (size_t i = 0; i < l->n_findings; i++) {
		const struct lint_finding *finding = &l->findings[i];

		if (!finding->allowed && !(options->quiet && finding->rule->level == RULE_NOTE))
			draw_finding(&c, l, finding);
	}
	draw_allowed(&c, l, &n);
	draw_ignored(&c, &l->set, options->verbose);
	draw_summary(&c, l, &n);
	if (lint_fails(l))
		str_add(out, "'rehearse rules ID' explains a rule.\n");
}
