#include "tests/support/sample_result.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"

/* One more zeroed item; the pointer holds until the next. */
#define ADD(items, n)                                              \
	((items) = mem_resize((items), (n) + 1, sizeof(*(items))), \
		memset(&(items)[(n)], 0, sizeof(*(items))), &(items)[(n)++])

void sample_set(char **member, const char *text)
{
	mem_free(*member);
	*member = mem_strdup(text);
}

struct result_phase *sample_phase(struct result *r, enum phase_id id)
{
	return &r->phases[id];
}

void sample_error(struct result *r, enum phase_id id, const char *code, const char *class,
	const char *transaction, uint64_t count)
{
	struct result_phase *p = sample_phase(r, id);
	struct result_error *e = ADD(p->errors, p->n_errors);

	*e = (struct result_error){mem_strdup(code), mem_strdup(class), mem_strdup(transaction),
		mem_strdup("column \"…\" does not exist"), count};
	p->transactions.failed += count;
	p->transactions.completed -= count;
}

void sample_lock(struct result *r, unsigned statement, const char *object, const char *mode,
	uint64_t hold_us, bool blocks_reads)
{
	struct result_statement *s = &r->statements[statement - 1];
	struct result_lock *lock = ADD(s->locks, s->n_locks);

	*lock = (struct result_lock){mem_strdup(object), mem_strdup(mode), s->start_us, hold_us,
		false, blocks_reads, true};
}

static void add_wait(struct result *r, const struct result_wait *wait)
{
	*ADD(r->lock_waits, r->n_lock_waits) = *wait;
	r->lock_waits_seen++;
}

void sample_waits(struct result *r, unsigned statement, const char *waiter, const char *object,
	const char *mode, uint64_t count, uint64_t max_us, bool queued)
{
	struct result_statement *s = &r->statements[statement - 1];
	char behind[32];

	snprintf(behind, sizeof(behind), "statement %u", statement);
	*ADD(r->wait_groups, r->n_wait_groups) = (struct result_wait_group){PHASE_MIGRATION,
		mem_strdup(object), mem_strdup(mode), mem_strdup(waiter), mem_strdup(behind),
		CAUSE_MIGRATION, statement, count, count * max_us / 2, max_us};
	add_wait(r,
		&(struct result_wait){s->start_us + 5000, max_us, mem_strdup(object),
			mem_strdup(mode), mem_strdup(waiter), mem_strdup("acquired"),
			CAUSE_MIGRATION, statement, mem_strdup(behind), queued, true,
			PHASE_MIGRATION});
	s->caused.count += count;
	s->caused.total_us += count * max_us / 2;
	if (max_us > s->caused.max_us)
		s->caused.max_us = max_us;
	r->lock_waits_seen += count - 1;
	r->phases[PHASE_MIGRATION].lock_waits.count += count;
	r->phases[PHASE_MIGRATION].lock_waits.total_us += count * max_us / 2;
	if (max_us > r->phases[PHASE_MIGRATION].lock_waits.max_us)
		r->phases[PHASE_MIGRATION].lock_waits.max_us = max_us;
}

void sample_own_wait(struct result *r, const char *blocked_by, const char *object,
	uint64_t duration_us, const char *outcome)
{
	const char *mode = "AccessExclusiveLock";

	*ADD(r->wait_groups, r->n_wait_groups) = (struct result_wait_group){PHASE_MIGRATION,
		mem_strdup(object), mem_strdup(mode), mem_strdup("migration"),
		mem_strdup(blocked_by), CAUSE_DISTURBANCE, 0, 1, duration_us, duration_us};
	add_wait(r,
		&(struct result_wait){r->statements[0].start_us, duration_us, mem_strdup(object),
			mem_strdup(mode), mem_strdup("migration"), mem_strdup(outcome),
			CAUSE_DISTURBANCE, 0, mem_strdup(blocked_by), false, true,
			PHASE_MIGRATION});
	r->statements[0].waited_us += duration_us;
}

void sample_leftover(struct result *r, const char *kind, const char *object, const char *table)
{
	*ADD(r->leftovers, r->n_leftovers) =
		(struct result_leftover){mem_strdup(kind), mem_strdup(object), mem_strdup(table)};
}

void sample_rewritten(struct result *r, unsigned statement, const char *relation)
{
	struct result_statement *s = &r->statements[statement - 1];

	*ADD(s->rewritten, s->n_rewritten) = mem_strdup(relation);
}

void sample_note(struct result *r, const char *id, const char *text, bool action)
{
	*ADD(r->notes, r->n_notes) = (struct result_note){mem_strdup(id), mem_strdup(text), action};
}

void sample_statement(struct result *r, unsigned line, const char *kind, const char *text,
	uint64_t start_us, uint64_t duration_us)
{
	struct result_statement *s = ADD(r->statements, r->n_statements);

	*s = (struct result_statement){.index = (unsigned)r->n_statements,
		.file = mem_strdup("scenarios/index-plain/migration.sql"),
		.line = line,
		.kind = mem_strdup(kind),
		.text = mem_strdup(text),
		.outcome = mem_strdup("ok"),
		.code = mem_strdup(""),
		.error = mem_strdup(""),
		.attempts = 1,
		.start_us = start_us,
		.duration_us = duration_us,
		.wal_bytes = 22 << 20,
		.wal_exact = true,
		.algorithm_measured = mem_strdup(""),
		.algorithm_predicted = mem_strdup(""),
		.lock_predicted = mem_strdup(""),
		.class_predicted = mem_strdup(""),
		.class_measured = mem_strdup(""),
		.note = mem_strdup("")};
}

static void add_type(struct result_phase *p, const char *name, uint64_t arrived)
{
	struct result_transaction *t = ADD(p->types, p->n_types);

	t->name = mem_strdup(name);
	t->transactions = (struct result_transactions){arrived, arrived, 0, 0, 0};
	t->latency_us = (struct result_latency){arrived, 2100, 4300, 7900, 21000, 2400};
	t->service_us = (struct result_latency){arrived, 1800, 3900, 7100, 20500, 2000};
}

static void add_phase(struct result *r, uint64_t start_us, uint64_t seconds)
{
	struct result_phase *p = &r->phases[r->n_phases];
	uint64_t arrived = seconds * 400;

	p->id = (enum phase_id)r->n_phases++;
	p->start_us = start_us;
	p->end_us = start_us + seconds * 1000000;
	p->transactions = (struct result_transactions){arrived, arrived, 0, 0, 0};
	p->latency_us = (struct result_latency){arrived, 2140, 4310, 7900, 21000, 2380};
	p->service_us = (struct result_latency){arrived, 1830, 3890, 7130, 20500, 2010};
	add_type(p, "book", arrived / 4);
	add_type(p, "look_up", arrived - arrived / 4);
	for (uint64_t i = 0; i < seconds; i++)
		*ADD(p->seconds, p->n_seconds) = (struct result_second){
			start_us + i * 1000000, 400, 400, 0, 0, 7000 + i * 100, 20000};
}

static void fill_rehearsal(struct result *r)
{
	struct result_rehearsal *h = &r->rehearsal;

	sample_set(&h->scenario, "index-plain");
	sample_set(&h->engine, "postgres");
	sample_set(&h->server_version, "15.18");
	sample_set(&h->provider, "embedded");
	sample_set(&h->source, "fixture dental");
	sample_set(&h->database, "dental");
	sample_set(&h->rehearse_version, "0.1.0");
	sample_set(&h->run_id, "0123456789abcdef");
	sample_set(&h->started_at, "2026-11-20T08:15:00Z");
	sample_set(&h->transaction_mode, "file");
	sample_set(&h->workload_mode, "open");
	sample_set(&h->workload, "2 scripts");
	h->seed = 42;
	h->duration_us = 38200000;
	h->rate = 400;
	h->connections = 20;
	h->workers = 1;
	h->database_bytes = 1288490188;
}

void sample_healthy(struct result *r)
{
	result_init(r);
	fill_rehearsal(r);
	r->rules = (struct result_rules){
		.max_lock_wait_us = 500000, .p99_ratio = 5, .p99_floor_us = 50000};
	sample_set(&r->observation.source, "log-file");
	sample_set(&r->observation.detail, "jsonlog, deadlock_timeout 10ms");
	sample_set(&r->observation.blind_to, "waits shorter than 10 ms");
	r->observation.min_wait_us = 10000;
	r->observation.exact = true;
	*ADD(r->files, r->n_files) =
		(struct result_file){mem_strdup("scenarios/index-plain/migration.sql"),
			mem_strdup("9f86d081884c7d659a2feaa0c55ad015"
				   "a3bf4f1b2b0b822cd15d6c15b0f00a08")};
	add_phase(r, 0, 3);
	add_phase(r, 3000000, 10);
	add_phase(r, 13000000, 8);
	add_phase(r, 21000000, 5);
	sample_statement(r, 3, "CREATE INDEX CONCURRENTLY",
		"CREATE INDEX CONCURRENTLY appointment_starts_idx ON public.appointment "
		"(starts_at)",
		13000000, 1260000);
	sample_statement(r, 7, "ANALYZE", "ANALYZE public.appointment", 14270000, 84000);
}

void sample_index_plain(struct result *r)
{
	struct result_phase *m;

	sample_healthy(r);
	sample_set(&r->expected, "reject");
	sample_set(&r->statements[0].kind, "CREATE INDEX");
	sample_set(&r->statements[0].text,
		"CREATE INDEX appointment_starts_idx ON public.appointment (starts_at)");
	sample_lock(r, 1, "public.appointment", "ShareLock", 1250000, false);
	sample_waits(r, 1, "book", "public.appointment", "RowExclusiveLock", 150, 1240000, false);
	sample_waits(r, 1, "pay", "public.appointment", "RowExclusiveLock", 62, 1190000, false);
	*ADD(r->statements[0].scanned, r->statements[0].n_scanned) =
		mem_strdup("public.appointment");
	m = sample_phase(r, PHASE_MIGRATION);
	m->latency_us = (struct result_latency){3200, 2210, 411000, 1190000, 1243000, 51200};
	m->transactions.completed -= 31;
	m->transactions.pool_timeouts = 31;
	sample_note(r, "slot", "the replication slot 'rehearse' stays behind on the source", true);
	sample_note(r, "cache", "the fixture came from the cache", false);
}

void sample_lock_queue(struct result *r)
{
	sample_healthy(r);
	sample_set(&r->rehearsal.scenario, "lock-queue-with-timeout");
	sample_set(&r->statements[0].kind, "ALTER TABLE ADD COLUMN");
	sample_set(&r->statements[0].text, "ALTER TABLE public.patient ADD COLUMN nickname text");
	r->statements[0].duration_us = 4100;
	r->statements[0].attempts = 3;
	sample_lock(r, 1, "public.patient", "AccessExclusiveLock", 3900, true);
	sample_own_wait(r, "disturbance 'reader'", "public.patient", 2001000, "timed-out");
	sample_waits(r, 1, "look_up", "public.patient", "AccessShareLock", 604, 1996000, true);
}

static void fill_stages(struct result *r)
{
	*ADD(r->stages, r->n_stages) =
		(struct result_stage){mem_strdup("provision"), 7100000, mem_strdup("ok")};
	*ADD(r->stages, r->n_stages) =
		(struct result_stage){mem_strdup("promote"), 910000, mem_strdup("undone")};
}

void sample_full(struct result *r)
{
	struct result_statement *s;

	sample_index_plain(r);
	fill_stages(r);
	sample_error(r, PHASE_WARM_UP, "40001", "contention", "book", 1);
	sample_error(r, PHASE_MIGRATION, "42703", "breakage", "book", 17);
	sample_leftover(r, "invalid-index", "public.appointment_starts_idx", "public.appointment");
	sample_rewritten(r, 1, "public.appointment");
	sample_set(&r->verdict, "reject");
	sample_set(&r->failure, "the replica went away");
	sample_set(&r->observation.note, "min_wait raised to 100 ms");
	sample_set(&r->rehearsal.schedule_note, "the client was late");
	r->rehearsal.schedule_lag_p99_us = 3;
	r->rehearsal.seed = UINT64_MAX;
	r->rehearsal.rate = 0.1;
	s = &r->statements[0];
	sample_set(&s->code, "55P03");
	sample_set(&s->error, "canceling statement due to lock timeout");
	sample_set(&s->algorithm_measured, "rebuild");
	sample_set(&s->algorithm_predicted, "inplace");
	sample_set(&s->lock_predicted, "none");
	sample_set(&s->class_predicted, "concurrent-build eligible");
	sample_set(&s->class_measured, "concurrent-build eligible");
	*ADD(s->locks_predicted, s->n_locks_predicted) = (struct result_predicted_lock){
		mem_strdup("public.appointment"), mem_strdup("ShareLock"), false, true};
	*ADD(s->rewrites_predicted, s->n_rewrites_predicted) = mem_strdup("public.appointment");
	*ADD(s->scans_predicted, s->n_scans_predicted) = mem_strdup("public.appointment");
	sample_set(&s->note, "run outside a transaction: CONCURRENTLY");
	*ADD(r->findings, r->n_findings) = (struct result_finding){mem_strdup("lock-wait-too-long"),
		SEVERITY_REJECT, 1, mem_strdup("212 waited"), mem_strdup("the limit is 500 ms"),
		mem_strdup("CREATE INDEX CONCURRENTLY")};
}

void sample_file(struct result *r, unsigned i, const char *path, const char *sha256)
{
	if (i == r->n_files)
		*ADD(r->files, r->n_files) = (struct result_file){0};
	sample_set(&r->files[i].path, path);
	sample_set(&r->files[i].sha256, sha256);
}
