/* The renderers behind the table in report.c. */
#ifndef REHEARSE_REPORT_FORMATS_H
#define REHEARSE_REPORT_FORMATS_H

#include "harness/report/draw.h"
#include "harness/report/report.h"

void report_render_text(
	const struct result *r, const struct report_options *options, struct str *out);
void report_render_markdown(
	const struct result *r, const struct report_options *options, struct str *out);

struct canvas report_canvas(const struct report_options *options, struct str *out);
void report_draw_verdict(const struct canvas *c, const struct result *r); /* REJECT, in colour */
/* All that was measured, for those who asked. */
void report_draw_details(const struct canvas *c, const struct result *r);
void report_draw_phases(const struct canvas *c, const struct result *r);
void report_draw_errors(const struct canvas *c, const struct result *r, bool all);

#endif
