#include "tests/support/provider_run.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

void test_run_init(struct test_run *run, const char *engine, const struct provider *provider)
{
	CLEANUP(cleanup_free) char *state = NULL;

	*run = (struct test_run){.provider = provider,
		.config = {.engine = engine,
			.catch_up_us = 30000000,
			.bin_dir = !strcmp(engine, "mysql") ? test_mysql_bin() : NULL},
		.env = {.cache_dir = "/dev/null/none"}};
	ck_ok(fs_temp_dir(&state, &run->err), run->err);
	setenv("XDG_STATE_HOME", state, 1);
	ck_ok(journal_open(&run->env.journal, &run->err), run->err);
}

void test_run_up(struct test_run *run)
{
	const struct provider *p = run->provider;

	ck_ok(p->open(&run->config, &run->env, &run->replica, &run->err), run->err);
	ck_ok(p->check(run->replica, &run->err), run->err);
	ck_ok(p->provision(run->replica, &run->err), run->err);
	ck_ok(p->quarantine(run->replica, &run->err), run->err);
	ck_ok(p->promote(run->replica, &run->err), run->err);
	ck_ok(p->verify(run->replica, &run->err), run->err);
}

void test_run_down(struct test_run *run)
{
	struct err err = {0};

	ck_ok(run->provider->release(run->replica, &err), err);
	run->replica = NULL;
	journal_close(run->env.journal);
	ck_ok(fs_remove_tree(getenv("XDG_STATE_HOME"), &err), err);
}

void test_run_refused(struct test_run *run, enum err_kind kind, const char *part)
{
	int result = run->provider->open(&run->config, &run->env, &run->replica, &run->err);

	if (!result)
		result = run->provider->check(run->replica, &run->err);
	ck_assert_msg(result == -1, "not refused, expected '%s'", part);
	ck_assert_msg(strstr(run->err.text, part), "'%s' is not in: %s", part, run->err.text);
	ck_assert_msg(run->err.kind == kind, "kind %d: %s", run->err.kind, run->err.text);
	test_run_down(run);
}

static const struct replica_note *find_note(const struct test_run *run, const char *id)
{
	const struct replica_info *info = run->provider->info(run->replica);

	for (size_t i = 0; i < info->n_notes; i++)
		if (strcmp(info->notes[i].id, id) == 0)
			return &info->notes[i];
	return NULL;
}

const char *test_note(const struct test_run *run, const char *id)
{
	const struct replica_note *note = find_note(run, id);

	return note ? note->text : NULL;
}

bool test_note_action(const struct test_run *run, const char *id)
{
	const struct replica_note *note = find_note(run, id);

	return note && note->action;
}
