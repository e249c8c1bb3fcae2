/* Reports, each drawn from a struct result and nothing else. */
#ifndef REHEARSE_REPORT_REPORT_H
#define REHEARSE_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/measure/result.h"

struct report_options {
	bool colour;	/* ANSI colours */
	bool verbose;	/* every statement, wait and note; else what matters */
	unsigned width; /* columns, 0: 100 */
};

struct report_format {
	const char *name; /* "text", "json", "markdown" */
	const char *file; /* "report.md" */
	void (*render)(
		const struct result *r, const struct report_options *options, struct str *out);
};
const struct report_format *report_formats(size_t *ret_n);
const struct report_format *report_find(const char *name); /* NULL when there is none */

/* One line: `index-plain: REJECT  212 transactions waited up to 1.24 s behind statement 1 ...`. */
void report_verdict_line(
	const struct result *r, const struct report_options *options, struct str *out);

#endif
