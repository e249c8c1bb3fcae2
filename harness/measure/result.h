/*
 * What one rehearsal measured: the only input of verdict, reports, history and approvals. It
 * round-trips through versioned JSON (harness/measure/result.schema.json is the published schema).
 * All times are microseconds; *_us members named start/end count from the rehearsal's start
 * (the beginning of the warm-up). Strings are owned, never NULL unless said. No row values,
 * no passwords.
 */
#ifndef REHEARSE_MEASURE_RESULT_H
#define REHEARSE_MEASURE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

#define RESULT_FORMAT 1 /* raised when a reader of the old form would misread the new one */
#define RESULT_SCHEMA_ID "urn:rehearse:result:1" /* "$schema" of a result, "$id" of its schema */

enum phase_id { PHASE_WARM_UP, PHASE_BASELINE, PHASE_MIGRATION, PHASE_RECOVERY, PHASE_COUNT };
const char *phase_name(enum phase_id id); /* "warm-up", "baseline", "migration", "recovery" */

/* arrived = completed + failed + pool_timeouts + in_flight, in each phase of arrival. */
struct result_transactions {
	uint64_t arrived;
	uint64_t completed;
	uint64_t failed;	/* ended by an error */
	uint64_t pool_timeouts; /* no connection came free within the acquire time-out */
	uint64_t in_flight;	/* still open when the rehearsal ended */
};

struct result_latency {
	uint64_t count, p50, p95, p99, max, mean;
};

struct result_error {
	char *code;	   /* SQLSTATE or errno */
	char *class;	   /* db_class_name() */
	char *transaction; /* the workload's transaction; "" for all together */
	char *text;	   /* the first message, masked */
	uint64_t count;
};

struct result_transaction { /* one transaction type within a phase */
	char *name;
	struct result_transactions transactions;
	struct result_latency latency_us, service_us;
};

struct result_waits {
	uint64_t count, total_us, max_us;
};

struct result_phase {
	enum phase_id id;
	uint64_t start_us, end_us;
	struct result_transactions transactions;
	struct result_latency latency_us; /* from the intended start: what a user feels */
	struct result_latency service_us; /* from the first byte sent */
	struct result_waits lock_waits;	  /* waits that began in this phase, the workload's only */
	struct result_error *errors;
	size_t n_errors;
	struct result_transaction *types;
	size_t n_types;
	/* p99 of each whole second of arrivals, to tell noise from a step; also feeds charts. */
	struct result_second *seconds;
	size_t n_seconds;
};

struct result_second {
	uint64_t start_us;
	uint64_t arrived, completed, failed, pool_timeouts; /* by time of arrival */
	uint64_t p99_us, max_us;
};

struct result_lock {
	char *object, *mode;
	uint64_t start_us, hold_us;
	bool new_object, blocks_reads, blocks_writes;
};

struct result_predicted_lock {
	char *object, *mode;
	bool blocks_reads, blocks_writes;
};

struct result_statement {
	unsigned index; /* from 1, over all files */
	char *file;	/* as given */
	unsigned line;
	char *kind;
	char *text;    /* one line, literals masked, cut at 200 bytes */
	char *outcome; /* "ok", "failed", "timed-out", "not-run", "rolled-back" */
	char *code;    /* "" on success */
	char *error;   /* masked; "" on success */
	unsigned attempts;
	uint64_t start_us, duration_us; /* the last attempt */
	uint64_t waited_us;		/* its own lock waits, all attempts */
	struct result_waits caused;	/* waits of others behind this statement */
	struct result_lock *locks;
	size_t n_locks;
	char **rewritten;
	size_t n_rewritten;
	char **scanned;
	size_t n_scanned;
	uint64_t wal_bytes;
	bool wal_exact;
	/* Outside the MySQL family all three are "". What was seen; what the server said on a copy
	 * beforehand that it would do, and the mildest lock that it accepted there. */
	char *algorithm_measured, *algorithm_predicted, *lock_predicted;
	/* Where the engine's analyser predicts, from the text and the schema; else "" and none.
	 * "instant-safe", "concurrent-build eligible", "expand-contract required"; predicted also
	 * "unknown": its text does not tell. What was measured knows nothing of broken clients. */
	char *class_predicted, *class_measured;
	struct result_predicted_lock *locks_predicted;
	size_t n_locks_predicted;
	char **rewrites_predicted;
	size_t n_rewrites_predicted;
	char **scans_predicted;
	size_t n_scans_predicted;
	char *note; /* "run outside a transaction: CONCURRENTLY"; "" none */
};

enum cause_kind { CAUSE_MIGRATION, CAUSE_DISTURBANCE, CAUSE_WORKLOAD, CAUSE_OTHER };
const char *cause_kind_name(enum cause_kind kind);

struct result_wait {
	uint64_t start_us, duration_us;
	char *object, *mode;
	char *waiter;	       /* transaction name, "migration", a disturbance's name, or "other" */
	char *outcome;	       /* wait_outcome_name() */
	enum cause_kind cause; /* the root that it is attributed to */
	unsigned statement;    /* CAUSE_MIGRATION: its index, else 0 */
	char *blocked_by;      /* "statement 1", "disturbance 'reader'", "transaction 'book'" … */
	bool queued;	       /* behind a request of the cause that itself still waited */
	bool exact;
	enum phase_id phase;
};

/* All waits, aggregated; `lock_waits` keeps the worst ones whole. */
struct result_wait_group {
	enum phase_id phase;
	char *object, *mode, *waiter, *blocked_by;
	enum cause_kind cause;
	unsigned statement;
	uint64_t count, total_us, max_us;
};

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_INCONCLUSIVE, SEVERITY_REJECT };
const char *severity_name(enum severity severity);

struct result_finding {
	char *id; /* "lock-wait-too-long" */
	enum severity severity;
	unsigned statement; /* 0: none */
	char *message;	    /* what, in a sentence */
	char *evidence;	    /* measured figures */
	char *remedy;	    /* "" none */
};

struct result_note {
	char *id, *text;
	bool action;
};

struct result_stage { /* what the rehearsal did around the phases, and how long it took */
	char *name;
	uint64_t duration_us;
	char *outcome; /* "ok", "failed", "undone" */
};

struct result_leftover {
	char *kind, *object, *table;
};

struct result_file {
	char *path, *sha256;
};

/* The rules that judged, so that a saved result can be judged again. Mirrors scenario_verdict. */
struct result_rules {
	uint64_t max_lock_wait_us;
	double p99_ratio;
	uint64_t p99_floor_us;
	bool allow_new_errors, allow_invalid_index, allow_unvalidated_constraint, allow_rewrite;
	uint64_t max_pool_timeouts;
	bool allow_unexercised;
};

struct result_rehearsal {
	char *scenario, *engine, *server_version, *provider, *source, *database;
	char *rehearse_version, *run_id; /* random, 16 hexadecimal digits */
	char *started_at;		 /* ISO 8601 UTC */
	uint64_t seed;
	uint64_t duration_us;
	char *transaction_mode;
	char *workload_mode;
	double rate;
	unsigned connections, workers;
	uint64_t database_bytes;
	char *workload;	     /* "3 scripts", "generated from the schema: public.a, public.b" */
	char *schedule_note; /* "" when the client kept its schedule */
	uint64_t schedule_lag_p99_us; /* how late sends were when a connection was free */
};

struct result_observation {
	char *source, *detail, *blind_to;
	uint64_t min_wait_us;
	bool exact;
	char *note; /* "min_wait raised to 100 ms: ..." or "" */
};

struct result {
	char *verdict;	/* "approve", "reject", "inconclusive"; "" not judged yet */
	char *failure;	/* why the rehearsal could not be carried out; "" when it was */
	char *expected; /* the scenario's expectation; "" none */
	struct result_rehearsal rehearsal;
	struct result_observation observation;
	struct result_rules rules;
	struct result_file *files;
	size_t n_files;
	struct result_finding *findings;
	size_t n_findings;
	struct result_phase phases[PHASE_COUNT];
	size_t n_phases; /* those that began, in order */
	struct result_statement *statements;
	size_t n_statements;
	struct result_wait *lock_waits; /* worst first */
	size_t n_lock_waits;
	uint64_t lock_waits_seen; /* all, also those kept only in groups */
	struct result_wait_group *wait_groups;
	size_t n_wait_groups;
	struct result_leftover *leftovers;
	size_t n_leftovers;
	struct result_stage *stages;
	size_t n_stages;
	struct result_note *notes;
	size_t n_notes;
};

void result_init(struct result *r); /* all strings "" */
void result_release(struct result *r);

/* Pretty-printed JSON with a final newline; caller frees. */
char *result_to_json(const struct result *r);
/*
 * ERR_USAGE naming `path`, and the member that is missing or of the wrong type; ret is then
 * untouched. ret comes initialised or zeroed: on success what it held is released.
 */
int result_from_json(
	const char *text, size_t len, const char *path, struct result *ret, struct err *err);
int result_save(const struct result *r, const char *path, struct err *err);
int result_load(const char *path, struct result *ret, struct err *err);
/* The published JSON Schema (draft 2020-12), compiled in. */
const char *result_schema(void);

#endif
