/* Two results of the same rehearsal, with one migration and with another, side by side. */
#ifndef REHEARSE_REPORT_COMPARE_H
#define REHEARSE_REPORT_COMPARE_H

#include "harness/report/report.h"

struct compare_side {
	const struct result *result;
	const char *title; /* "as it was written" */
};

/* For a terminal. */
void report_compare(const struct compare_side *before, const struct compare_side *after,
	const struct report_options *options, struct str *out);

#endif
