/*
 * From waits to causes: walks from each wait through its blockers, and through what those waited
 * for at the same time, to the root: a statement of the migration, a disturbance, the workload, or
 * another session.
 */
#ifndef REHEARSE_OBSERVE_ATTRIBUTE_H
#define REHEARSE_OBSERVE_ATTRIBUTE_H

#include "harness/measure/result.h"
#include "harness/observe/store.h"

struct cause {
	uint8_t kind;  /* enum cause_kind */
	uint8_t state; /* of the walk */
	bool queued;
	unsigned statement;
	uint32_t blocked_by; /* text */
};

/* One cause per wait of the store; caller frees. */
struct cause *attribute_all(struct store *s);

#endif
