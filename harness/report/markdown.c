/*
 * A comment on a pull request: the verdict, the reason and what to do are in sight, the figures
 * are folded. Whatever a name holds, it stays a name: no markup, no HTML, no mention, no link.
 */
#include <ctype.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/report/formats.h"
#include "harness/report/words.h"

static bool inside_word(const char *start, const char *s)
{
	return s > start && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)s[1]);
}

/* CommonMark takes a backslash before any ASCII punctuation, also in a table and inside <code>. */
static void put(struct str *out, const char *text)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(text);

	for (const char *s = clean; *s; s++) {
		if (*s == '<')
			str_add(out, "&lt;");
		else if (*s == '>')
			str_add(out, "&gt;");
		else if (*s == '&')
			str_add(out, "&amp;");
		else if (*s == '@') /* or somebody is called to the pull request */
			str_add(out, "@&#8203;");
		else if (*s == '#' && isdigit((unsigned char)s[1]))
			str_add(out, "#&#8203;");
		else if (*s == ':' && s[1] == '/')
			str_add(out, "&#58;");
		else if (!strncasecmp(s, "www.", 4))
			str_add(out, "&#119;");
		else if (strchr("\\`*[]|~$", *s) || (*s == '_' && !inside_word(clean, s)))
			str_addf(out, "\\%c", *s);
		else
			str_add_char(out, *s);
	}
}

static void put_take(struct str *out, char *text)
{
	put(out, text);
	mem_free(text);
}

static void put_code(struct str *out, const char *text)
{
	if (!*words_text(text))
		return;
	str_add(out, "<code>");
	put(out, text);
	str_add(out, "</code>");
}

static void put_duration(struct str *out, uint64_t us)
{
	char buf[UNITS_TEXT];

	str_addf(out, " %s |", units_duration_text(us, buf));
}

static void put_count(struct str *out, uint64_t n)
{
	char buf[UNITS_TEXT];

	str_addf(out, " %s |", units_count_text(n, buf));
}

static void put_top(struct str *out, const struct result *r)
{
	const char *verdict = words_verdict(r);
	const char *sign = !strcmp(verdict, "approve") ? "✅"
		: !strcmp(verdict, "reject")	       ? "❌"
						       : "⚠";
	CLEANUP(cleanup_free) char *expected = words_expected(r);

	str_addf(out, "### %s %s: ", sign, verdict);
	put_take(out, words_name(r));
	str_add(out, "\n\n**");
	put_take(out, words_reason(r));
	str_add(out, "**");
	put_take(out, words_more(r));
	str_add(out, "\n");
	if (*expected) {
		str_add(out, "\nScenario: ");
		put(out, expected);
		str_add(out, "\n");
	}
}

static const struct result_statement *statement(const struct result *r, unsigned index)
{
	for (size_t i = 0; i < r->n_statements; i++) {
		if (r->statements[i].index == index)
			return &r->statements[i];
	}
	return NULL;
}

static void put_finding(struct str *out, const struct result *r, const struct result_finding *f)
{
	const struct result_statement *s = statement(r, f->statement);
	bool reason = words_is_reason(r, f);

	str_addf(out, "| %s | ", severity_name(f->severity));
	put(out, f->id);
	str_add(out, " | ");
	if (s)
		put_take(out, words_place(s));
	str_add(out, " | ");
	if (!reason)
		put(out, f->message);
	if (!reason && *words_text(f->message) && *words_text(f->evidence))
		str_add(out, "<br>");
	put(out, f->evidence);
	str_add(out, " | ");
	put(out, f->remedy);
	str_add(out, " |\n");
}

static bool worth_telling(const struct result_finding *f)
{
	return f->severity > SEVERITY_INFO;
}

static void put_findings(struct str *out, const struct result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_findings; i++) {
		if (!worth_telling(&r->findings[i]))
			continue;
		if (!n++)
			str_add(out,
				"\n| severity | finding | where | measured | instead |\n"
				"|---|---|---|---|---|\n");
		put_finding(out, r, &r->findings[i]);
	}
}

static void put_to_do(struct str *out, const struct result *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n_notes; i++) {
		if (!r->notes[i].action)
			continue;
		str_add(out, any ? "- " : "\n**To do**\n\n- ");
		put(out, r->notes[i].text);
		str_add(out, "\n");
		any = true;
	}
}

/* GitHub renders Markdown inside <details> only after an empty line. */
static void open_details(struct str *out, const char *summary)
{
	str_addf(out, "\n<details><summary>%s</summary>\n\n", summary);
}

static void close_details(struct str *out)
{
	str_add(out, "\n</details>\n");
}

static void put_locks(struct str *out, const struct result_statement *s)
{
	bool any = false;

	for (size_t i = 0; i < s->n_locks; i++) {
		if (!words_lock_matters(&s->locks[i]))
			continue;
		if (any)
			str_add(out, "<br>");
		put_take(out, words_lock(&s->locks[i]));
		any = true;
	}
}

static void put_statement(struct str *out, const struct result *r, const struct result_statement *s)
{
	CLEANUP(cleanup_free) char *queued = words_waited(r, s);
	CLEANUP(cleanup_free) char *rewrote = words_rewrote(s);

	str_addf(out, "| %u | ", s->index);
	put_code(out, s->text);
	str_add(out, "<br>");
	put_take(out, words_place(s));
	str_add(out, " | ");
	put_take(out, words_outcome(s));
	if (*words_text(s->code) || *words_text(s->error)) {
		str_add(out, "<br>");
		put_take(out, mem_printf("%s %s", words_text(s->code), words_text(s->error)));
	}
	str_add(out, " | ");
	put_locks(out, s);
	if (*queued) {
		str_add(out, "<br>queued ");
		put(out, queued);
	}
	if (*rewrote) {
		str_add(out, "<br>rewrote ");
		put(out, rewrote);
	}
	str_add(out, " | ");
	put_take(out, words_behind(r, s));
	str_add(out, " |\n");
}

static void put_statements(struct str *out, const struct result *r)
{
	CLEANUP(cleanup_free)
	char *summary =
		mem_printf("%zu statement%s", r->n_statements, r->n_statements == 1 ? "" : "s");

	if (!r->n_statements)
		return;
	open_details(out, summary);
	str_add(out,
		"| # | statement | outcome | locks | waited behind it |\n"
		"|---:|---|---|---|---|\n");
	for (size_t i = 0; i < r->n_statements; i++)
		put_statement(out, r, &r->statements[i]);
	close_details(out);
}

static void put_phases(struct str *out, const struct result *r)
{
	str_add(out,
		"| phase | arrived | completed | failed | no connection | p50 | p95 | p99 | max "
		"| lock waits | longest |\n"
		"|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
	for (size_t i = 0; i < r->n_phases; i++) {
		const struct result_phase *p = &r->phases[i];

		str_addf(out, "| %s |", phase_name(p->id));
		put_count(out, p->transactions.arrived);
		put_count(out, p->transactions.completed);
		put_count(out, p->transactions.failed);
		put_count(out, p->transactions.pool_timeouts);
		put_duration(out, p->latency_us.p50);
		put_duration(out, p->latency_us.p95);
		put_duration(out, p->latency_us.p99);
		put_duration(out, p->latency_us.max);
		put_count(out, p->lock_waits.count);
		put_duration(out, p->lock_waits.max_us);
		str_add(out, "\n");
	}
}

static void put_errors(struct str *out, const struct result *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n_phases; i++) {
		for (size_t j = 0; j < r->phases[i].n_errors; j++) {
			const struct result_error *e = &r->phases[i].errors[j];

			if (!any)
				str_add(out,
					"\n| phase | transaction | code | class | count | first "
					"message |\n|---|---|---|---|---:|---|\n");
			any = true;
			str_addf(out, "| %s | ", phase_name(r->phases[i].id));
			put(out, *words_text(e->transaction) ? e->transaction : "all");
			str_add(out, " | ");
			put(out, e->code);
			str_add(out, " | ");
			put(out, e->class);
			str_add(out, " |");
			put_count(out, e->count);
			str_add_char(out, ' ');
			put(out, e->text);
			str_add(out, " |\n");
		}
	}
}

static void put_traffic(struct str *out, const struct result *r)
{
	CLEANUP(cleanup_free) char *others = words_other_waits(r);

	if (!r->n_phases)
		return;
	open_details(out, "Traffic");
	put_phases(out, r);
	if (*others) {
		str_add(out, "\nWaits that are not the migration's: ");
		put(out, others);
		str_add(out, "\n");
	}
	put_errors(out, r);
	close_details(out);
}

static void put_item(struct str *out, const char *name, char *text)
{
	if (*text) {
		str_addf(out, "- %s: ", name);
		put(out, text);
		str_add(out, "\n");
	}
	mem_free(text);
}

static void put_method(struct str *out, const struct result *r)
{
	open_details(out, "How it was measured");
	put_item(out, "lock waits seen", words_observation(r));
	put_item(out, "replica", words_server(r));
	put_item(out, "traffic", words_traffic(r));
	put_item(out, "run", words_run(r));
	put_item(out, "note", mem_strdup(words_text(r->rehearsal.schedule_note)));
	put_item(out, "note", mem_strdup(words_text(r->observation.note)));
	for (size_t i = 0; i < r->n_notes; i++) {
		if (!r->notes[i].action)
			put_item(out, "note", mem_strdup(words_text(r->notes[i].text)));
	}
	for (size_t i = 0; i < r->n_files; i++)
		put_item(out, "file",
			mem_printf("%s, sha256 %s", words_text(r->files[i].path),
				words_text(r->files[i].sha256)));
	close_details(out);
}

void report_render_markdown(
	const struct result *r, const struct report_options *options, struct str *out)
{
	(void)options; /* the reader unfolds what he wants */
	put_top(out, r);
	put_findings(out, r);
	put_to_do(out, r);
	put_statements(out, r);
	put_traffic(out, r);
	put_method(out, r);
}
