/* What the migration runner tells as it goes, and what its statements were seen to do. */
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "tests/support/migrate.h"
#include "tests/support/suite.h"

static char told[512];

static void tell(const char *word, unsigned index)
{
	size_t len = strlen(told);

	if (index)
		snprintf(told + len, sizeof(told) - len, "%s%u ", word, index);
	else
		snprintf(told + len, sizeof(told) - len, "%s ", word);
}

static void on_session(void *ctx, uint64_t id)
{
	(void)ctx;
	tell(id ? "session" : "no session", 0);
}

static void on_started(void *ctx, unsigned index, uint64_t wall_us)
{
	(void)ctx;
	(void)wall_us;
	tell("+", index);
}

static void on_ended(void *ctx, unsigned index, uint64_t wall_us)
{
	(void)ctx;
	(void)wall_us;
	tell("-", index);
}

static void on_transaction(void *ctx, uint64_t wall_us)
{
	(void)ctx;
	(void)wall_us;
	tell("end", 0);
}

static void on_locks(void *ctx, unsigned index, const struct statement_facts *facts)
{
	(void)ctx;
	tell(facts->n_locks ? "locks " : "none ", index);
}

static const struct migration_watch everything = {.session = on_session,
	.statement_started = on_started,
	.statement_ended = on_ended,
	.transaction_ended = on_transaction,
	.locks = on_locks};

static void observe(void)
{
	static struct replica_info replica;
	struct observer_config config = {
		.replica = &replica, .min_wait_us = 10000, .source = "auto"};
	struct err err = {0};

	replica = (struct replica_info){.dsn = migrate_pg.dsn,
		.database = (char *)"postgres",
		.log_dir = migrate_pg.server.log_dir,
		.version_number = migrate_pg.programs.version};
	ck_ok(postgres_observer.open(&config, &migrate.observer, &err), err);
}

static const struct result_lock *lock_on(size_t statement, const char *object)
{
	const struct result_statement *s = &migrate.result.statements[statement];

	for (size_t i = 0; i < s->n_locks; i++)
		if (!strcmp(s->locks[i].object, object))
			return &s->locks[i];
	return NULL;
}

START_TEST(locks_are_held_until_the_transaction_ends)
{
	const struct result_lock *l;

	observe();
	migrate.watch = everything;
	migrate_runs_to("ALTER TABLE a ADD y int; SELECT pg_sleep(0.3)", "ok, ok");
	ck_assert_str_eq(told, "session +1 -1 locks 1 +2 -2 none 2 end ");
	l = lock_on(0, "public.a");
	ck_assert_ptr_nonnull(l);
	ck_assert_str_eq(l->mode, "AccessExclusiveLock");
	ck_assert(l->blocks_reads && l->blocks_writes && !l->new_object);
	ck_assert_uint_ge(l->hold_us, 300000);
	ck_assert_uint_lt(l->hold_us, 20 * MIGRATE_SECOND);
	/* Time 0 was a second before. */
	ck_assert_uint_ge(l->start_us, MIGRATE_SECOND);
	ck_assert_uint_lt(l->start_us, 60 * MIGRATE_SECOND);
	ck_assert_uint_ge(migrate.result.statements[0].start_us, MIGRATE_SECOND);
	postgres_observer.close(migrate.observer);
}
END_TEST

START_TEST(a_statement_alone_is_seen_before_its_commit)
{
	observe();
	migrate.watch = everything;
	migrate.settings.transaction = TRANSACTION_STATEMENT;
	migrate_runs_to("ALTER TABLE a ALTER x TYPE bigint; CREATE INDEX CONCURRENTLY i ON a (x)",
		"ok, ok");
	ck_assert_ptr_nonnull(lock_on(0, "public.a"));
	ck_assert_uint_gt(lock_on(0, "public.a")->hold_us, 0);
	ck_assert_uint_eq(migrate.result.statements[0].n_rewritten, 1);
	ck_assert_str_eq(migrate.result.statements[0].rewritten[0], "public.a");
	ck_assert_uint_gt(migrate.result.statements[0].wal_bytes, 0);
	ck_assert_ptr_nonnull(strstr(told, "session +1 -1 end locks 1 +2 -2 end "));
	postgres_observer.close(migrate.observer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migration facts");
	TCase *tc = tcase_create("runner");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, migrate_start_server, migrate_stop_server);
	tcase_add_checked_fixture(tc, migrate_setup, migrate_teardown);
	tcase_add_test(tc, locks_are_held_until_the_transaction_ends);
	tcase_add_test(tc, a_statement_alone_is_seen_before_its_commit);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
