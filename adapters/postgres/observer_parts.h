/* The parts of PostgreSQL's observer; each is defined in the file named beside it. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_PARTS_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_PARTS_H

#include <stdatomic.h>

#include "adapters/postgres/loglines_waits.h"
#include "adapters/postgres/observer_facts.h"
#include "adapters/postgres/observer_foreign.h"
#include "adapters/postgres/observer_log.h"
#include "adapters/postgres/observer_session.h"

#define OBSERVER_SESSIONS 8 /* own sessions, those of the proof included */

enum observer_kind { OBSERVER_LOG_FILE, OBSERVER_LOG_SQL, OBSERVER_SAMPLING };

struct observer {
	const struct replica_info *replica;
	enum observer_kind kind;
	struct observe_source source;

	/* The poll side: one thread. */
	struct observer_session session;
	struct relation_names names;
	struct observer_log log;
	struct lock_waits waits;
	uint32_t database; /* OID of the replica's */
	uint64_t checked_us;
	uint64_t own[OBSERVER_SESSIONS];
	size_t n_own;
	atomic_uint waiting;

	/* The migration's side: another thread. */
	struct observer_facts facts;

	struct observer_foreign foreign; /* both */
};

/* observer_source.c: makes the server log lock waits and picks what works. */
int observer_choose_source(
	struct observer *o, const struct observer_config *config, struct err *err);
int observer_apply_min_wait(struct observer *o, uint64_t min_wait_us, struct err *err);

/* observer_poll.c */
void observer_poll_init(struct observer *o);
int observer_poll(struct observer *o, void (*sink)(void *ctx, struct wait_event *event), void *ctx,
	struct err *err);
int observer_poll_finish(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err);
void observer_own(struct observer *o, uint64_t pid); /* never to be reported */

/* observer_proof.c: makes a wait of its own and looks for it in the log. -1: it was not told. */
int observer_prove(struct observer *o, uint64_t min_wait_us, struct err *err);

#endif
