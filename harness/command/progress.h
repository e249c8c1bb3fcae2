/* What a person sees while a rehearsal goes on: a bar on a terminal, plain lines elsewhere. */
#ifndef REHEARSE_COMMAND_PROGRESS_H
#define REHEARSE_COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/rehearsal/rehearsal.h"

struct progress {
	FILE *out;
	bool terminal, colour, quiet, verbose;
	bool line_open; /* a bar stands on the current line */
	char stage[32], detail[160];
	uint64_t drawn_us, stage_began_us;
};

/* `out` is usually stderr. NO_COLOR and TERM=dumb are respected. */
void progress_init(struct progress *p, FILE *out, bool quiet, bool verbose);
struct rehearsal_watch progress_watch(struct progress *p); /* draws to p */
void progress_end(struct progress *p);			   /* clears the bar's line */

bool progress_colour(FILE *out);    /* whether colours belong on this stream */
unsigned progress_width(FILE *out); /* columns; 100 when it is not a terminal */

#endif
