/* What the stages of one rehearsal share. Private to harness/rehearsal. */
#ifndef REHEARSE_REHEARSAL_INTERNAL_H
#define REHEARSE_REHEARSAL_INTERNAL_H

#include <stdatomic.h>

#include "adapters/engine.h"
#include "harness/migration/migration.h"
#include "harness/observe/observe.h"
#include "harness/rehearsal/disturb.h"
#include "harness/rehearsal/rehearsal.h"
#include "harness/workload/workload.h"

struct rehearsal {
	const struct scenario *scenario;
	const struct rehearsal_watch *watch;
	struct result *result;

	const struct engine *engine;
	const struct provider *provider;
	struct provider_config provider_config;
	struct provider_env env;
	struct journal *journal;
	char *cache_dir;

	struct replica *replica;
	const struct replica_info *info; /* set after verify */
	struct migration migration;
	bool migration_loaded;
	char *migration_note; /* what the tool's table says; NULL or "": nothing to tell */
	struct workload_config workload_config;
	struct workload *workload;
	struct observe *observe;
	struct disturbances *disturbances;

	uint64_t origin_us, origin_wall_us; /* time 0 by both clocks; 0 before it */
	bool traffic;			    /* workers run: there is something to collect */
	bool collected;
	bool failed, judged;
	enum phase_id phase;

	/* For what a watcher is shown. */
	const char *stage;
	char detail[160];
	uint64_t stage_start_us, stage_expected_us;
	uint64_t rate_at_us, rate_completed;
	double rate;
};

struct stage {
	const char *name;
	int (*run)(struct rehearsal *h, struct err *err);
	void (*undo)(struct rehearsal *h); /* NULL: nothing to undo */
};

/* Tells the watcher, watches for interrupts and for the replica's death. Fits db_tick. */
int rehearsal_tick(void *rehearsal, struct err *err);
/* Ticks until clock_us() reaches deadline_us. */
int rehearsal_wait(struct rehearsal *h, uint64_t deadline_us, struct err *err);
void rehearsal_show(struct rehearsal *h, const char *detail);
/* Once all is measured, and unless it failed: the verdict, told to the watcher. Once. */
void rehearsal_judge(struct rehearsal *h);
uint64_t rehearsal_now_us(const struct rehearsal *h); /* since the origin */

/* prepare.c: before any traffic. */
int stage_load(struct rehearsal *h, struct err *err);
void unload(struct rehearsal *h);
int stage_check(struct rehearsal *h, struct err *err);
void release_replica(struct rehearsal *h);
int stage_provision(struct rehearsal *h, struct err *err);
int stage_quarantine(struct rehearsal *h, struct err *err);
int stage_promote(struct rehearsal *h, struct err *err);
int stage_verify(struct rehearsal *h, struct err *err);

/* traffic.c: the four phases and what is measured in them. */
int stage_observe(struct rehearsal *h, struct err *err);
void stop_observing(struct rehearsal *h);
int stage_connect(struct rehearsal *h, struct err *err);
void stop_traffic(struct rehearsal *h);
int stage_warm_up(struct rehearsal *h, struct err *err);
int stage_baseline(struct rehearsal *h, struct err *err);
int stage_migration(struct rehearsal *h, struct err *err);
void stop_disturbances(struct rehearsal *h);
int stage_recovery(struct rehearsal *h, struct err *err);
/* Ends the traffic and fills the result with all that was measured until now. Once. */
int stage_collect(struct rehearsal *h, struct err *err);

#endif
