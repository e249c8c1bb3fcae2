#include "harness/measure/result_fields.h"

#include "harness/measure/result.h"

const char *const phase_words[] = {"warm-up", "baseline", "migration", "recovery", NULL};
const char *const cause_words[] = {"migration", "disturbance", "workload", "other", NULL};
const char *const severity_words[] = {"info", "warning", "inconclusive", "reject", NULL};
static const char *const verdict_words[] = {"", "approve", "reject", "inconclusive", NULL};
static const char *const statement_words[] = {
	"ok", "failed", "timed-out", "not-run", "rolled-back", NULL};

#define PLAIN(S, TYPE, MEMBER)                                              \
	{                                                                   \
#MEMBER, TYPE, offsetof(struct S, MEMBER), 0, 0, NULL, NULL \
	}
#define TEXT(S, MEMBER) PLAIN(S, FIELD_STRING, MEMBER)
#define U64(S, MEMBER) PLAIN(S, FIELD_U64, MEMBER)
#define UINT(S, MEMBER) PLAIN(S, FIELD_UINT, MEMBER)
#define DOUBLE(S, MEMBER) PLAIN(S, FIELD_DOUBLE, MEMBER)
#define BOOL(S, MEMBER) PLAIN(S, FIELD_BOOL, MEMBER)
#define WORD(S, MEMBER, WORDS)                                                       \
	{                                                                            \
#MEMBER, FIELD_STRING, offsetof(struct S, MEMBER), 0, 0, NULL, WORDS \
	}
#define ENUM(S, NAME, MEMBER, WORDS)                                            \
	{                                                                       \
		NAME, FIELD_ENUM, offsetof(struct S, MEMBER), 0, 0, NULL, WORDS \
	}
#define PART(S, MEMBER, SHAPE)                                                                \
	{                                                                                     \
#MEMBER, FIELD_STRUCT, offsetof(struct S, MEMBER), 0, 0, &SHAPE##_shape, NULL \
	}
#define ITEMS(S, MEMBER, SHAPE)                                                                   \
	{                                                                                         \
#MEMBER, FIELD_ITEMS, offsetof(struct S, MEMBER), offsetof(struct S, n_##MEMBER), \
			0, &SHAPE##_shape, NULL                                                   \
	}
#define INLINE(S, MEMBER, SHAPE)                                                                   \
	{                                                                                          \
#MEMBER, FIELD_INLINE, offsetof(struct S, MEMBER), offsetof(struct S, n_##MEMBER), \
			sizeof(((struct S *)0)->MEMBER) / sizeof(((struct S *)0)->MEMBER[0]),      \
			&SHAPE##_shape, NULL                                                       \
	}
#define STRINGS(S, MEMBER)                                            \
	{                                                             \
#MEMBER, FIELD_STRINGS, offsetof(struct S, MEMBER),   \
			offsetof(struct S, n_##MEMBER), 0, NULL, NULL \
	}
#define END                                             \
	{                                               \
		NULL, FIELD_STRING, 0, 0, 0, NULL, NULL \
	}
#define SHAPE(S, ...)                                                \
	static const struct field S##_fields[] = {__VA_ARGS__, END}; \
	static const struct field_shape S##_shape = {sizeof(struct S), S##_fields}

SHAPE(result_transactions, U64(result_transactions, arrived), U64(result_transactions, completed),
	U64(result_transactions, failed), U64(result_transactions, pool_timeouts),
	U64(result_transactions, in_flight));

SHAPE(result_latency, U64(result_latency, count), U64(result_latency, p50),
	U64(result_latency, p95), U64(result_latency, p99), U64(result_latency, max),
	U64(result_latency, mean));

SHAPE(result_error, TEXT(result_error, code), TEXT(result_error, class),
	TEXT(result_error, transaction), TEXT(result_error, text), U64(result_error, count));

SHAPE(result_transaction, TEXT(result_transaction, name),
	PART(result_transaction, transactions, result_transactions),
	PART(result_transaction, latency_us, result_latency),
	PART(result_transaction, service_us, result_latency));

SHAPE(result_waits, U64(result_waits, count), U64(result_waits, total_us),
	U64(result_waits, max_us));

SHAPE(result_second, U64(result_second, start_us), U64(result_second, arrived),
	U64(result_second, completed), U64(result_second, failed),
	U64(result_second, pool_timeouts), U64(result_second, p99_us), U64(result_second, max_us));

SHAPE(result_phase, ENUM(result_phase, "name", id, phase_words), U64(result_phase, start_us),
	U64(result_phase, end_us), PART(result_phase, transactions, result_transactions),
	PART(result_phase, latency_us, result_latency),
	PART(result_phase, service_us, result_latency),
	PART(result_phase, lock_waits, result_waits), ITEMS(result_phase, errors, result_error),
	ITEMS(result_phase, types, result_transaction),
	ITEMS(result_phase, seconds, result_second));

SHAPE(result_lock, TEXT(result_lock, object), TEXT(result_lock, mode), U64(result_lock, start_us),
	U64(result_lock, hold_us), BOOL(result_lock, new_object), BOOL(result_lock, blocks_reads),
	BOOL(result_lock, blocks_writes));

SHAPE(result_predicted_lock, TEXT(result_predicted_lock, object), TEXT(result_predicted_lock, mode),
	BOOL(result_predicted_lock, blocks_reads), BOOL(result_predicted_lock, blocks_writes));

SHAPE(result_statement, UINT(result_statement, index), TEXT(result_statement, file),
	UINT(result_statement, line), TEXT(result_statement, kind), TEXT(result_statement, text),
	WORD(result_statement, outcome, statement_words), TEXT(result_statement, code),
	TEXT(result_statement, error), UINT(result_statement, attempts),
	U64(result_statement, start_us), U64(result_statement, duration_us),
	U64(result_statement, waited_us), PART(result_statement, caused, result_waits),
	ITEMS(result_statement, locks, result_lock), STRINGS(result_statement, rewritten),
	STRINGS(result_statement, scanned), U64(result_statement, wal_bytes),
	BOOL(result_statement, wal_exact), TEXT(result_statement, algorithm_measured),
	TEXT(result_statement, algorithm_predicted), TEXT(result_statement, lock_predicted),
	TEXT(result_statement, class_predicted), TEXT(result_statement, class_measured),
	ITEMS(result_statement, locks_predicted, result_predicted_lock),
	STRINGS(result_statement, rewrites_predicted), STRINGS(result_statement, scans_predicted),
	TEXT(result_statement, note));

SHAPE(result_wait, U64(result_wait, start_us), U64(result_wait, duration_us),
	TEXT(result_wait, object), TEXT(result_wait, mode), TEXT(result_wait, waiter),
	TEXT(result_wait, outcome), ENUM(result_wait, "cause", cause, cause_words),
	UINT(result_wait, statement), TEXT(result_wait, blocked_by), BOOL(result_wait, queued),
	BOOL(result_wait, exact), ENUM(result_wait, "phase", phase, phase_words));

SHAPE(result_wait_group, ENUM(result_wait_group, "phase", phase, phase_words),
	TEXT(result_wait_group, object), TEXT(result_wait_group, mode),
	TEXT(result_wait_group, waiter), TEXT(result_wait_group, blocked_by),
	ENUM(result_wait_group, "cause", cause, cause_words), UINT(result_wait_group, statement),
	U64(result_wait_group, count), U64(result_wait_group, total_us),
	U64(result_wait_group, max_us));

SHAPE(result_finding, TEXT(result_finding, id),
	ENUM(result_finding, "severity", severity, severity_words), UINT(result_finding, statement),
	TEXT(result_finding, message), TEXT(result_finding, evidence),
	TEXT(result_finding, remedy));

SHAPE(result_note, TEXT(result_note, id), TEXT(result_note, text), BOOL(result_note, action));

SHAPE(result_stage, TEXT(result_stage, name), U64(result_stage, duration_us),
	TEXT(result_stage, outcome));

SHAPE(result_leftover, TEXT(result_leftover, kind), TEXT(result_leftover, object),
	TEXT(result_leftover, table));

SHAPE(result_file, TEXT(result_file, path), TEXT(result_file, sha256));

SHAPE(result_rules, U64(result_rules, max_lock_wait_us), DOUBLE(result_rules, p99_ratio),
	U64(result_rules, p99_floor_us), BOOL(result_rules, allow_new_errors),
	BOOL(result_rules, allow_invalid_index), BOOL(result_rules, allow_unvalidated_constraint),
	BOOL(result_rules, allow_rewrite), U64(result_rules, max_pool_timeouts),
	BOOL(result_rules, allow_unexercised));

SHAPE(result_rehearsal, TEXT(result_rehearsal, scenario), TEXT(result_rehearsal, engine),
	TEXT(result_rehearsal, server_version), TEXT(result_rehearsal, provider),
	TEXT(result_rehearsal, source), TEXT(result_rehearsal, database),
	TEXT(result_rehearsal, rehearse_version), TEXT(result_rehearsal, run_id),
	TEXT(result_rehearsal, started_at), U64(result_rehearsal, seed),
	U64(result_rehearsal, duration_us), TEXT(result_rehearsal, transaction_mode),
	TEXT(result_rehearsal, workload_mode), DOUBLE(result_rehearsal, rate),
	UINT(result_rehearsal, connections), UINT(result_rehearsal, workers),
	U64(result_rehearsal, database_bytes), TEXT(result_rehearsal, workload),
	TEXT(result_rehearsal, schedule_note), U64(result_rehearsal, schedule_lag_p99_us));

SHAPE(result_observation, TEXT(result_observation, source), TEXT(result_observation, detail),
	TEXT(result_observation, blind_to), U64(result_observation, min_wait_us),
	BOOL(result_observation, exact), TEXT(result_observation, note));

/* The order that a person who opens the file wants: the answer first, the long lists last. */
static const struct field result_fields[] = {WORD(result, verdict, verdict_words),
	TEXT(result, failure), WORD(result, expected, verdict_words),
	ITEMS(result, findings, result_finding), PART(result, rehearsal, result_rehearsal),
	PART(result, rules, result_rules), PART(result, observation, result_observation),
	ITEMS(result, files, result_file), ITEMS(result, statements, result_statement),
	INLINE(result, phases, result_phase), ITEMS(result, leftovers, result_leftover),
	ITEMS(result, notes, result_note), ITEMS(result, stages, result_stage),
	U64(result, lock_waits_seen), ITEMS(result, wait_groups, result_wait_group),
	ITEMS(result, lock_waits, result_wait), END};

const struct field_shape result_shape = {sizeof(struct result), result_fields};
