/*
 * The summary on a terminal, in the order in which a tired reader asks: may it run, why not,
 * which statement, what instead; then the figures.
 */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/report/formats.h"
#include "harness/report/words.h"

#define INDENT 3      /* of a statement's lines */
#define HANG 17	      /* where their texts begin */
#define MAX_CALM 8    /* statements without anything to say that are listed one by one */
#define MAX_PADDED 32 /* columns that a statement's kind and place are aligned to at most */

static enum tone severity_tone(enum severity severity)
{
	return severity == SEVERITY_REJECT	    ? TONE_BAD
		: severity == SEVERITY_INCONCLUSIVE ? TONE_WARN
		: severity == SEVERITY_WARNING	    ? TONE_WARN
						    : TONE_FAINT;
}

static const char *severity_label(enum severity severity)
{
	return severity == SEVERITY_REJECT	    ? "REJECT"
		: severity == SEVERITY_INCONCLUSIVE ? "INCONCLUSIVE"
		: severity == SEVERITY_WARNING	    ? "warning"
						    : "info";
}

static void line(const struct canvas *c, const char *label, const char *text)
{
	if (*text)
		draw_paragraph(c, INDENT, label, TONE_FAINT, HANG, text);
}

/* A line whose text was made for it. */
static void line_take(const struct canvas *c, const char *label, char *text)
{
	line(c, label, text);
	mem_free(text);
}

static void draw_header(const struct canvas *c, const struct result *r)
{
	CLEANUP(cleanup_free) char *name = words_name(r);
	CLEANUP(cleanup_free) char *clean = draw_clean(name);
	CLEANUP(cleanup_free) char *expected = words_expected(r);
	CLEANUP(cleanup_free) char *reason = words_reason(r);
	CLEANUP(cleanup_free) char *more = words_more(r);
	CLEANUP(cleanup_free) char *why = mem_printf("%s%s", reason, more);

	report_draw_verdict(c, r);
	draw_spaces(c, 2);
	if (strlen(words_verdict(r)) + 4 + draw_columns(clean) + draw_columns(expected) >
		c->width) {
		draw_end(c);
		draw_wrapped(c, 0, clean);
	} else {
		draw_text(c, TONE_STRONG, clean);
		draw_spaces(c, 2);
	}
	draw_text(c, words_as_expected(r) ? TONE_FAINT : TONE_WARN, expected);
	draw_end(c);
	draw_wrapped(c, 0, why);
}

/* A worse finding about the same statement has the same remedy. */
static bool said_before(const struct result *r, const struct result_finding *f)
{
	for (const struct result_finding *other = r->findings; other < f; other++) {
		if (other->statement == f->statement &&
			!strcmp(words_text(other->remedy), words_text(f->remedy)))
			return true;
	}
	return false;
}

/* The tone of the worst that was found about a statement. */
static enum tone statement_tone(const struct result *r, const struct result_statement *s)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct result_finding *f = &r->findings[i];

		if (f->statement == s->index && f->severity > SEVERITY_INFO)
			return severity_tone(f->severity);
	}
	return TONE_STRONG;
}

static void draw_finding(const struct canvas *c, const struct result *r,
	const struct result_finding *f, bool verbose, bool has_facts)
{
	/* A statement's own lines say who waited; here it is only named. */
	bool told = has_facts && !strcmp(words_text(f->id), "lock-wait-too-long");
	struct str text = {0};
	char buf[UNITS_TEXT];

	str_add(&text, words_text(f->id));
	if (!words_is_reason(r, f) && !told)
		str_addf(&text, ": %s", words_text(f->message));
	if (told && !verbose)
		str_addf(&text, ": %s is allowed",
			units_duration_text(r->rules.max_lock_wait_us, buf));
	draw_paragraph(c, INDENT, severity_label(f->severity), severity_tone(f->severity), HANG,
		str_text(&text));
	str_release(&text);
	if (*words_text(f->evidence) && (verbose || !told))
		draw_paragraph(c, INDENT, "", TONE_PLAIN, HANG, f->evidence);
	if (*words_text(f->remedy) && !said_before(r, f))
		draw_paragraph(c, INDENT, "instead", TONE_GOOD, HANG, f->remedy);
}

static bool shown(const struct result_finding *f, bool verbose)
{
	return verbose || (f->severity > SEVERITY_INFO && !words_repeats(f)) ||
		(f->severity == SEVERITY_INFO && !words_repeats(f) && f->statement == 0);
}

/* Anything to say about it beyond that it ran. */
static bool eventful(const struct result *r, const struct result_statement *s)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		if (r->findings[i].statement == s->index)
			return true;
	}
	return s->caused.count || s->waited_us || s->attempts > 1 || s->n_rewritten ||
		strcmp(words_text(s->outcome), "ok") != 0;
}

static void draw_statement_facts(
	const struct canvas *c, const struct result *r, const struct result_statement *s, bool all)
{
	char buf[UNITS_TEXT];

	if (*words_text(s->text))
		draw_paragraph(c, INDENT, "", TONE_PLAIN, INDENT, s->text);
	if (*words_text(s->code) || *words_text(s->error))
		line_take(
			c, "error", mem_printf("%s %s", words_text(s->code), words_text(s->error)));
	for (size_t i = 0; i < s->n_locks; i++) {
		if (all || words_lock_matters(&s->locks[i]))
			line_take(c, "held", words_lock(&s->locks[i]));
	}
	line_take(c, "queued", words_waited(r, s));
	line_take(c, "behind it", words_behind(r, s));
	line_take(c, "rewrote", words_rewrote(s));
	line_take(c, "class", words_class(s));
	if (!all)
		return;
	line_take(c, "read", words_list(s->scanned, s->n_scanned));
	line_take(c, "foretold", words_predicted(s));
	line_take(c, "how", words_algorithm(s));
	line(c, "note", words_text(s->note));
	line_take(c, "log",
		mem_printf("%s%s", s->wal_exact ? "" : "at most ",
			units_size_text(s->wal_bytes, buf)));
}

static void draw_padded(const struct canvas *c, enum tone tone, const char *text, unsigned width)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(text);
	unsigned columns = draw_columns(clean);

	draw_text(c, tone, clean);
	draw_spaces(c, 2 + (columns < width ? width - columns : 0));
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

struct widths {
	unsigned kind, place;
};

/* Number, kind, place and outcome in columns, or one under the other where these do not fit. */
static void draw_statement_head(const struct canvas *c, const struct result *r,
	const struct result_statement *s, const struct widths *widths, const char *place,
	const char *outcome)
{
	CLEANUP(cleanup_free) char *number = mem_printf("%u", s->index);
	CLEANUP(cleanup_free)
	char *kind = draw_clean(*words_text(s->kind) ? s->kind : "(unknown)");
	CLEANUP(cleanup_free) char *where = draw_clean(place);
	bool ok = !strcmp(words_text(s->outcome), "ok");
	enum tone tone = statement_tone(r, s);
	unsigned used = INDENT + larger(draw_columns(kind), widths->kind) +
		larger(draw_columns(where), widths->place) + draw_columns(outcome) + 4;

	draw_padded(c, tone, number, INDENT - 2);
	if (used > c->width) {
		draw_wrapped(c, INDENT, kind);
		line(c, "where", where);
		line(c, "outcome", outcome);
		return;
	}
	draw_padded(c, tone, kind, widths->kind);
	draw_padded(c, TONE_PLAIN, where, widths->place);
	draw_text(c, ok ? TONE_PLAIN : TONE_BAD, outcome);
	draw_end(c);
}

static void draw_statement(const struct canvas *c, const struct result *r,
	const struct result_statement *s, const struct widths *widths, bool verbose)
{
	CLEANUP(cleanup_free) char *place = words_place(s);
	CLEANUP(cleanup_free) char *outcome = words_outcome(s);
	draw_statement_head(c, r, s, widths, place, outcome);
	if (!verbose && !eventful(r, s))
		return;
	draw_statement_facts(c, r, s, verbose);
	for (size_t i = 0; i < r->n_findings; i++) {
		if (r->findings[i].statement == s->index && shown(&r->findings[i], verbose))
			draw_finding(c, r, &r->findings[i], verbose, s->caused.count > 0);
	}
}

static void widen(unsigned *width, const char *text)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(text);
	unsigned columns = draw_columns(clean);

	if (columns > *width && columns <= MAX_PADDED)
		*width = columns;
}

static void draw_statements(const struct canvas *c, const struct result *r, bool verbose)
{
	struct widths widths = {0};
	size_t calm = 0, left_out = 0;

	if (!r->n_statements)
		return;
	draw_heading(c, "Statements");
	for (size_t i = 0; i < r->n_statements; i++) {
		CLEANUP(cleanup_free) char *place = words_place(&r->statements[i]);

		widen(&widths.kind, r->statements[i].kind);
		widen(&widths.place, place);
	}
	for (size_t i = 0; i < r->n_statements; i++) {
		bool says = verbose || eventful(r, &r->statements[i]);

		if (!says && ++calm > MAX_CALM)
			left_out++;
		else
			draw_statement(c, r, &r->statements[i], &widths, verbose);
	}
	if (left_out)
		line_take(c, "",
			mem_printf("… %zu more that ran without anybody waiting (--verbose lists "
				   "them)",
				left_out));
}

/* Findings about the whole rehearsal, or about a statement that the result does not have. */
static void draw_findings(const struct canvas *c, const struct result *r, bool verbose)
{
	bool any = false;

	for (size_t i = 0; i < r->n_findings; i++) {
		const struct result_finding *f = &r->findings[i];

		if ((f->statement && f->statement <= r->n_statements) || !shown(f, verbose))
			continue;
		if (!any)
			draw_heading(c, "Findings");
		any = true;
		draw_finding(c, r, f, verbose, false);
	}
}

/* What was left out is told to everybody. */
static bool is_shown(const struct result_note *n, bool verbose)
{
	return verbose || n->action || !strcmp(words_text(n->id), "applied-already");
}

static void draw_notes(const struct canvas *c, const struct result *r, bool verbose)
{
	const char *late = words_text(r->rehearsal.schedule_note);
	const char *seen = words_text(r->observation.note);
	bool any = *late || *seen;

	for (size_t i = 0; i < r->n_notes; i++)
		any = any || is_shown(&r->notes[i], verbose);
	if (!any)
		return;
	draw_heading(c, "Notes");
	for (size_t i = 0; i < r->n_notes; i++) {
		if (r->notes[i].action)
			draw_paragraph(
				c, INDENT, "to do", TONE_WARN, HANG, words_text(r->notes[i].text));
	}
	line(c, "note", late);
	line(c, "note", seen);
	for (size_t i = 0; i < r->n_notes; i++) {
		if (!r->notes[i].action && is_shown(&r->notes[i], verbose))
			line(c, "note", words_text(r->notes[i].text));
	}
}

static void foot(const struct canvas *c, const char *label, char *text)
{
	if (*text)
		draw_paragraph(c, 0, label, TONE_FAINT, HANG, text);
	mem_free(text);
}

static void draw_footer(const struct canvas *c, const struct result *r)
{
	str_add_char(c->out, '\n');
	foot(c, "waits seen", words_observation(r));
	foot(c, "replica", words_server(r));
	foot(c, "traffic", words_traffic(r));
	foot(c, "run", words_run(r));
}

void report_render_text(
	const struct result *r, const struct report_options *options, struct str *out)
{
	struct canvas c = report_canvas(options, out);
	bool verbose = options && options->verbose;
	/* What explains the verdict comes first. */
	bool findings_first = r->n_findings && r->findings[0].statement == 0;

	draw_header(&c, r);
	if (findings_first)
		draw_findings(&c, r, verbose);
	draw_statements(&c, r, verbose);
	if (!findings_first)
		draw_findings(&c, r, verbose);
	report_draw_errors(&c, r, verbose);
	report_draw_phases(&c, r);
	if (verbose)
		report_draw_details(&c, r);
	draw_notes(&c, r, verbose);
	draw_footer(&c, r);
}
