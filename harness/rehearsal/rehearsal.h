/*
 * One rehearsal: a table of stages, each with its undo. Whatever happens, the undos of the stages
 * that were entered run in reverse.
 */
#ifndef REHEARSE_REHEARSAL_REHEARSAL_H
#define REHEARSE_REHEARSAL_REHEARSAL_H

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/measure/result.h"
#include "harness/scenario/scenario.h"

/* What a caller may show while it goes on; all from the main thread. Members may be NULL. */
struct rehearsal_live {
	const char *stage;    /* "baseline" */
	const char *detail;   /* "copying the fixture", "statement 2 of 3"; "" none */
	uint64_t elapsed_us;  /* in this stage */
	uint64_t expected_us; /* of this stage; 0 unknown */
	double rate;	      /* completed transactions per second, over the last second */
	unsigned waiting_now; /* sessions in a lock wait */
	uint64_t in_flight, errors, pool_timeouts;
};

struct rehearsal_watch {
	void *ctx;
	void (*stage)(void *ctx, const struct rehearsal_live *live); /* a stage began */
	void (*tick)(void *ctx, const struct rehearsal_live *live);  /* about ten times a second */
	void (*note)(void *ctx, const char *text);
	/* The verdict is there; only what was made for it is to be removed yet. Not called when the
	 * rehearsal failed. */
	void (*judged)(void *judged_ctx, const struct result *r);
	void *judged_ctx;
};

/*
 * Runs it. 0: r is complete and judged. -1: r holds what was found until then, r->failure says
 * why (ERR_FAILED, ERR_REFUSED, ERR_INTERRUPTED), or ERR_USAGE before anything was touched.
 */
int rehearsal_run(const struct scenario *s, const struct rehearsal_watch *watch, struct result *r,
	struct err *err);

/* All that rehearsal_run() would do, in words; reads from the source at most. */
int rehearsal_plan(const struct scenario *s, struct str *out, struct err *err);

#endif
