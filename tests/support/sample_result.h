/* Results for tests, built without a server. Release them with result_release(). */
#ifndef REHEARSE_TESTS_SAMPLE_RESULT_H
#define REHEARSE_TESTS_SAMPLE_RESULT_H

#include "harness/measure/result.h"

/* Nothing wrong: four phases, two statements, exact observation, default rules. Not judged. */
void sample_healthy(struct result *r);
/* A plain CREATE INDEX that 212 transactions waited for, with everything that a rejection has. */
void sample_index_plain(struct result *r);
/* A nullable ADD COLUMN that queued behind an idle reader until its lock time-out, and was retried.
 */
void sample_lock_queue(struct result *r);
/* Every member filled, no list empty, no string empty. */
void sample_full(struct result *r);

void sample_set(char **member, const char *text); /* frees what was there */
struct result_phase *sample_phase(struct result *r, enum phase_id id);
/* Each adds one and returns nothing: pointers into the result move. */
void sample_error(struct result *r, enum phase_id id, const char *code, const char *class,
	const char *transaction, uint64_t count);
void sample_statement(struct result *r, unsigned line, const char *kind, const char *text,
	uint64_t start_us, uint64_t duration_us);
void sample_lock(struct result *r, unsigned statement, const char *object, const char *mode,
	uint64_t hold_us, bool blocks_reads);
/* The file at i, which is there or comes after the last. */
void sample_file(struct result *r, unsigned i, const char *path, const char *sha256);
/* A group of waits behind a statement, counted in its `caused`, and its worst wait whole. */
void sample_waits(struct result *r, unsigned statement, const char *waiter, const char *object,
	const char *mode, uint64_t count, uint64_t max_us, bool queued);
/* A wait of the migration's own. */
void sample_own_wait(struct result *r, const char *blocked_by, const char *object,
	uint64_t duration_us, const char *outcome);
void sample_leftover(struct result *r, const char *kind, const char *object, const char *table);
void sample_rewritten(struct result *r, unsigned statement, const char *relation);
void sample_note(struct result *r, const char *id, const char *text, bool action);

#endif
