/* Migration files in a directory of their own, linted by an analyser that a test can foresee. */
#ifndef REHEARSE_TESTS_LINT_FILES_H
#define REHEARSE_TESTS_LINT_FILES_H

#include "harness/lint/lint.h"

/*
 * An engine with PostgreSQL's grammar and these rules:
 *	index-plain (error)	CREATE INDEX without CONCURRENTLY; concurrent-build eligible
 *	drop (warning)		DROP TABLE; expand-contract required
 *	in-transaction (error)	CONCURRENTLY in a transaction
 *	build-timeout (error)	CONCURRENTLY under a lock_timeout that the file has set
 *	check-plain (error)	ALTER TABLE with CHECK but without NOT VALID, or with UNIQUE (
 *	taste (warning, style)	SELECT *
 * What is not understood is unknown. CREATE INDEX and ALTER TABLE take a ShareLock on the table,
 * unless it was created in the same migration; ALTER TABLE ... TYPE rewrites it.
 *
 * Safe forms, mechanical: CREATE INDEX CONCURRENTLY outside a transaction; NOT VALID, then VALIDATE
 * CONSTRAINT c; an index u built CONCURRENTLY, then used. For DROP TABLE one that is not
 *mechanical.
 */
extern const struct engine scripted_engine;

struct lint_files {
	char *dir;
	struct lint_config config;
	struct lint lint;
};
void lint_files_init(struct lint_files *f);
void lint_files_release(struct lint_files *f);
char *lint_files_put(struct lint_files *f, const char *name, const char *text); /* caller frees */
char *lint_files_read(const struct lint_files *f, const char *name);		/* caller frees */
/* Lints the directory; what an earlier call found is released. */
void lint_files_run(struct lint_files *f);

#endif
