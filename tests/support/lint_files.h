/* Migration files in a directory of their own, linted by an analyser that a test can foresee. */
#ifndef REHEARSE_TESTS_LINT_FILES_H
#define REHEARSE_TESTS_LINT_FILES_H

#include "harness/lint/lint.h"

/*
 * An engine with PostgreSQL's grammar and these rules: "index-plain" (error) for CREATE INDEX
 * without CONCURRENTLY, concurrent-build eligible; "drop" (warning) for DROP TABLE, expand-contract
 * required; "in-transaction" (error) for CONCURRENTLY in a transaction; "taste" (warning, style)
 * for SELECT *. What is not understood is unknown. CREATE INDEX and ALTER TABLE take a ShareLock on
 * the object, unless it was created in the same migration; ALTER TABLE … TYPE rewrites it.
 * "check-plain" (error) is for ALTER TABLE … CHECK without NOT VALID, "build-timeout" (error) for
 * CONCURRENTLY under a lock_timeout of the file. Safe forms, mechanical: CREATE INDEX CONCURRENTLY
 * outside a transaction; … NOT VALID, then VALIDATE CONSTRAINT c. For DROP TABLE one that is not.
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
