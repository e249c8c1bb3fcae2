#include "harness/report/report.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/report/draw.h"
#include "harness/report/formats.h"
#include "harness/report/words.h"

#define DEFAULT_WIDTH 100
#define LEAST_WIDTH 40

static void render_json(
	const struct result *r, const struct report_options *options, struct str *out)
{
	CLEANUP(cleanup_free) char *text = result_to_json(r);

	(void)options;
	str_add(out, text);
}

static void render_line(
	const struct result *r, const struct report_options *options, struct str *out)
{
	report_verdict_line(r, options, out);
	str_add_char(out, '\n');
}

static const struct report_format formats[] = {
	{"text", "report.txt", report_render_text},
	{"line", "verdict.txt", render_line},
	{"markdown", "report.md", report_render_markdown},
	{"json", "result.json", render_json},
};

const struct report_format *report_formats(size_t *ret_n)
{
	*ret_n = sizeof(formats) / sizeof(formats[0]);
	return formats;
}

const struct report_format *report_find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}

struct canvas report_canvas(const struct report_options *options, struct str *out)
{
	unsigned width = options && options->width ? options->width : DEFAULT_WIDTH;

	return (struct canvas){.out = out,
		.width = width < LEAST_WIDTH ? LEAST_WIDTH : width,
		.colour = options && options->colour};
}

void report_draw_verdict(const struct canvas *c, const struct result *r)
{
	CLEANUP(cleanup_free) char *word = mem_strdup(words_verdict(r));
	enum tone tone = !strcmp(word, "approve") ? TONE_GOOD
		: !strcmp(word, "reject")	  ? TONE_BAD
						  : TONE_WARN;

	for (char *ch = word; *ch; ch++)
		*ch = (char)toupper((unsigned char)*ch);
	draw_text(c, tone, word);
}

void report_verdict_line(
	const struct result *r, const struct report_options *options, struct str *out)
{
	struct canvas c = report_canvas(options, out);
	CLEANUP(cleanup_free) char *name = words_name(r);
	CLEANUP(cleanup_free) char *reason = words_reason(r);

	draw_text(&c, TONE_STRONG, name);
	str_add(out, ": ");
	report_draw_verdict(&c, r);
	str_add(out, "  ");
	draw_text(&c, TONE_PLAIN, reason);
}
