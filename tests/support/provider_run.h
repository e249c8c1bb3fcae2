/* One run of a provider, step by step, as the rehearsal would do it. */
#ifndef REHEARSE_TESTS_PROVIDER_RUN_H
#define REHEARSE_TESTS_PROVIDER_RUN_H

#include "adapters/provider.h"

/* With a journal and a state directory of its own. */
struct test_run {
	const struct provider *provider;
	struct provider_config config;
	struct provider_env env;
	struct replica *replica;
	struct err err;
};
void test_run_init(struct test_run *run, const char *engine, const struct provider *provider);
void test_run_up(struct test_run *run); /* open .. verify; fails the test on an error */
void test_run_down(struct test_run *run);
/* open and check; must be refused with a text that holds `part`; then releases. */
void test_run_refused(struct test_run *run, enum err_kind kind, const char *part);
/* The text of a note; NULL when there is none. */
const char *test_note(const struct test_run *run, const char *id);
bool test_note_action(const struct test_run *run, const char *id);

#endif
