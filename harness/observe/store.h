/*
 * What was observed, as it came: waits in compact form, who each session is, when which statement
 * of the migration ran. Pure data, no threads; times are wall-clock microseconds.
 */
#ifndef REHEARSE_OBSERVE_STORE_H
#define REHEARSE_OBSERVE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/observer.h"
#include "harness/observe/texts.h"

enum role_kind { ROLE_UNKNOWN, ROLE_WORKLOAD, ROLE_DISTURBANCE, ROLE_MIGRATION };

struct role {
	enum role_kind kind;
	uint32_t name; /* a disturbance's */
	uint64_t since_us;
};

struct session {
	uint64_t id;
	struct role
		*roles; /* server-side numbers are used again: the latest that had begun counts */
	size_t n, cap;
};

struct wait {
	uint64_t start_us, duration_us;
	uint32_t object, mode, tag; /* texts */
	uint32_t session;	    /* place in sessions */
	uint32_t edges;		    /* holders, then those ahead: places in sessions */
	uint8_t n_holders, n_ahead;
	uint8_t outcome;
	bool exact;
};

struct timeline_entry {
	unsigned index;
	uint64_t start_us, end_us; /* end 0: still running */
};

struct timeline_lock {
	unsigned index;
	uint32_t object;
	uint64_t acquired_us;
	bool blocks;
};

struct store {
	struct texts texts;
	struct session *sessions;
	size_t n_sessions, cap_sessions;
	uint32_t *session_table; /* id -> place + 1, open addressing */
	size_t session_slots;

	struct wait *waits;
	size_t n_waits, cap_waits;
	uint32_t *edges;
	size_t n_edges, cap_edges;

	struct timeline_entry *statements; /* one per attempt, in order */
	size_t n_statements, cap_statements;
	uint64_t *transaction_ends;
	size_t n_transaction_ends, cap_transaction_ends;
	struct timeline_lock *locks;
	size_t n_locks, cap_locks;
};

void store_release(struct store *s);
uint32_t store_session(struct store *s, uint64_t id); /* its place, made when new */
void store_role(
	struct store *s, uint64_t id, enum role_kind kind, const char *name, uint64_t since_us);
struct role store_role_at(const struct store *s, uint32_t session, uint64_t at_us);
void store_wait(struct store *s, const struct wait_event *event);

void store_statement_started(struct store *s, unsigned index, uint64_t at_us);
void store_statement_ended(struct store *s, unsigned index, uint64_t at_us);
void store_transaction_ended(struct store *s, uint64_t at_us);
void store_locks(struct store *s, unsigned index, const struct statement_facts *facts);
/*
 * The statement that a wait of that time behind the migration belongs to. holds: the migration held
 * the lock, else it queued for it. 0: no statement ever ran.
 */
unsigned store_statement_for(const struct store *s, const struct wait *w, bool holds);

#endif
