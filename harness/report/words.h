/* What all reports say in the same words. Plain text, not yet made harmless; callers free. */
#ifndef REHEARSE_REPORT_WORDS_H
#define REHEARSE_REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/result.h"

const char *words_text(const char *s);		   /* NULL is "" */
const char *words_verdict(const struct result *r); /* "reject", "not carried out" */
char *words_name(const struct result *r);	   /* the scenario's, or "rehearsal" */
char *words_reason(const struct result *r);	   /* one sentence without a full stop */
char *words_more(const struct result *r);	   /* " (2 more reasons below)"; "" none */
char *words_expected(const struct result *r);	   /* "as expected"; "" nothing expected */
bool words_as_expected(const struct result *r);
char *words_place(const struct result_statement *s);   /* "migration.sql:3" */
char *words_outcome(const struct result_statement *s); /* "ok, 1.26 s, 3 attempts" */
char *words_lock(
	const struct result_lock *lock); /* "ShareLock on public.a for 1.25 s: writes wait" */
/* "212 transactions, up to 1.24 s each, 2 min 09 s in all: book 150, pay 62"; "" nobody. */
char *words_behind(const struct result *r, const struct result_statement *s);
/* "2.00 s for locks, behind disturbance 'reader'"; "" it did not wait. */
char *words_waited(const struct result *r, const struct result_statement *s);
char *words_rewrote(const struct result_statement *s); /* "public.a, 22.0 MB of log"; "" nothing */
/* "copy, predicted instant, LOCK=none accepted"; "" outside the MySQL family. */
char *words_class(const struct result_statement *s); /* "" where nobody predicts */
char *words_predicted(const struct result_statement *s);
char *words_algorithm(const struct result_statement *s);
char *words_other_waits(const struct result *r); /* what the migration is not to blame for; "" */
char *words_traffic(const struct result *r); /* "400/s over 20 connections, 2 scripts, seed 42" */
char *words_server(const struct result *r);  /* "postgres 15.18, embedded, 1.20 GB, ..." */
char *words_observation(const struct result *r);
char *words_run(const struct result *r);
char *words_list(char *const *items, size_t n);

/* The result's locks worth showing: blocking ones on what existed before. */
bool words_lock_matters(const struct result_lock *lock);
/* The finding that words_reason() quotes. */
bool words_is_reason(const struct result *r, const struct result_finding *f);
/* A finding that only repeats what a statement's own lines say. */
bool words_repeats(const struct result_finding *f);

#endif
