/*
 * A scenario: what is rehearsed, on what, under which traffic, and what counts as harm. Read from
 * scenarios/NAME/scenario.yaml, documented key by key in scenarios/README.md, or put together
 * from flags alone. Relative paths in a file are relative to the file.
 */
#ifndef REHEARSE_SCENARIO_SCENARIO_H
#define REHEARSE_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/provider.h"
#include "harness/base/err.h"
#include "harness/formats/formats.h"

enum transaction_mode { TRANSACTION_STATEMENT, TRANSACTION_FILE, TRANSACTION_ALL };
enum arrivals { ARRIVALS_POISSON, ARRIVALS_UNIFORM };
enum workload_mode { WORKLOAD_OPEN, WORKLOAD_CLOSED };
enum verdict { VERDICT_APPROVE, VERDICT_REJECT, VERDICT_INCONCLUSIVE };

struct scenario_replica {
	char *provider; /* "embedded" (default), "clone", "promote" */
	/* DSNs, "" none; standby for promote only. As written in a file or flag they hold no
	 * password; from env:NAME they may, so that they are redacted wherever they are shown. */
	char *source, *standby;
	char *database;			/* NULL: the DSN's, or the fixture's */
	bool disposable;		/* promote only: the owner gives the standby up */
	enum provider_return give_back; /* promote only */
	char *stop, *start;		/* its owner's commands; NULL: not given */
	uint64_t catch_up_us;
	char *fixture; /* resolved directory; NULL: an empty database */
	double scale;  /* of the fixture, default 1 */
	char *bin_dir;
	struct server_setting *settings;
	size_t n_settings;
};

struct scenario_migration {
	char **files; /* paths in order; what a folder holds is for harness/formats to say */
	size_t n_files;
	char *format, *from, *to; /* as in struct format_options; NULL: not given */
	char *command;		  /* that migrates, in place of files; NULL: none */
	char *working_dir;	  /* of the command; NULL: where we are */
	struct server_setting *placeholders;
	size_t n_placeholders;
	enum transaction_mode transaction;
	uint64_t lock_timeout_us, statement_timeout_us;		    /* 0: off */
	uint64_t uncut_lock_timeout_us, uncut_statement_timeout_us; /* CONCURRENTLY, VALIDATE */
	unsigned attempts;					    /* in all, at least 1 */
	uint64_t backoff_us; /* before the second attempt; doubles, with jitter */
	uint64_t backoff_max_us;
	uint64_t limit_us; /* the whole migration; then it is cut and the verdict is reject */
};

struct scenario_script {
	char *file; /* resolved path */
	char *name; /* default: the file's name without .sql */
	unsigned weight;
	bool read_only;
	uint64_t statement_timeout_us; /* 0: the workload's */
};

struct scenario_variable {
	char *name, *value;
};

struct scenario_workload {
	struct scenario_script *scripts; /* none: generated from the schema */
	size_t n_scripts;
	enum workload_mode mode;
	double rate; /* transactions per second, open mode */
	enum arrivals arrivals;
	unsigned connections;
	uint64_t acquire_timeout_us;
	unsigned workers; /* 0: cores - 1, at least 1 */
	uint64_t seed;
	uint64_t statement_timeout_us; /* 0: off */
	unsigned sample_size;	       /* values per \sample */
	struct scenario_variable *variables;
	size_t n_variables;
};

struct scenario_phases {
	uint64_t warm_up_us, baseline_us, recovery_us;
	uint64_t migration_min_us; /* traffic goes on at least so long in the migration phase */
};

enum disturbance_kind {
	DISTURB_IDLE_IN_TRANSACTION, /* BEGIN; read the table; do nothing */
	DISTURB_LONG_SNAPSHOT,	 /* BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; do nothing */
	DISTURB_DUMP,		 /* ACCESS SHARE on all user tables, as a dump holds */
	DISTURB_SECOND_MIGRATOR, /* runs `sql` in a transaction and holds it */
};

struct scenario_disturbance {
	enum disturbance_kind kind;
	char *name;  /* for reports; default: the kind and its number */
	char *table; /* idle_in_transaction */
	char *sql;   /* second_migrator */
	/* Relative to the start of the migration phase; it begins before the first statement is
	 * sent when start is 0. */
	uint64_t start_us, duration_us;
};

struct scenario_observe {
	uint64_t min_wait_us;
	char *source; /* "auto", or one of the engine's own, as "log-file" */
};

/* The rules of the verdict; harness/verdict/rules.c gives each its id and text. 0 turns a limit
 * off, but for max_pool_timeouts. */
struct scenario_verdict {
	uint64_t max_lock_wait_us; /* longest wait behind the migration */
	double p99_ratio;	   /* p99 during the migration against the baseline's */
	uint64_t p99_floor_us;	   /* below it p99 is never a finding */
	bool allow_new_errors;	   /* error classes that the baseline did not have */
	bool allow_invalid_index, allow_unvalidated_constraint, allow_rewrite;
	uint64_t max_pool_timeouts; /* during migration and recovery */
	bool allow_unexercised;	    /* a long blocking lock that no transaction met */
};

struct scenario {
	char *name, *description;
	char *file;   /* NULL when put together from flags */
	char *engine; /* "postgres" (default), "mysql" */
	struct scenario_replica replica;
	struct scenario_migration migration;
	struct scenario_workload workload;
	struct scenario_phases phases;
	struct scenario_disturbance *disturbances;
	size_t n_disturbances;
	struct scenario_observe observe;
	struct scenario_verdict verdict;
	bool expect_given;
	enum verdict expect;
	char **expect_findings; /* ids that must be among the findings */
	size_t n_expect_findings;
};

struct scenario_override {
	const char *key;   /* "workload.rate" */
	const char *value; /* "200/s" */
};

/*
 * Reads `path` (a scenario.yaml or its directory) over the defaults, then the file's own `small`
 * part when asked for, then the overrides (paths in them are relative to where we are), and checks
 * the whole. All errors are ERR_USAGE (ERR_UNSUPPORTED: the engine) in one line:
 * `scenarios/x/scenario.yaml:12: workload.rate: '400' is not a rate (say 400/s)`; overrides are
 * named `--set workload.rate: ...`.
 */
int scenario_load(const char *path, bool small, const struct scenario_override *overrides,
	size_t n_overrides, struct scenario *ret, struct err *err);
/* The defaults alone plus overrides, without a file: the short form of `run`. The provider is
 * chosen here: give the source as an override of replica.source. Paths are relative to where we
 * are. */
int scenario_defaults(const struct scenario_override *overrides, size_t n_overrides,
	struct scenario *ret, struct err *err);
/* Puts a migration file or directory in; for the short form. */
int scenario_add_migration(struct scenario *s, const char *path, struct err *err);
/* What only the whole can tell: files exist, provider has what it needs. ERR_USAGE. Called by
 * scenario_load(); the short form calls it when all is put in. */
int scenario_check(const struct scenario *s, struct err *err);
void scenario_release(struct scenario *s);

/* How its migration files are to be read, borrowed from the settings. */
struct format_options scenario_format_options(const struct scenario_migration *m);
/* The provider's part, borrowed from the scenario. */
void scenario_provider_config(const struct scenario *s, struct provider_config *ret);

const char *verdict_name(enum verdict v); /* "approve", "reject", "inconclusive" */
const char *transaction_mode_name(enum transaction_mode mode);
const char *disturbance_kind_name(enum disturbance_kind kind); /* "idle_in_transaction" */

/* Every key that a file may hold, in order, dotted, `[]` for a list's items. For the test of
 * scenarios/README.md; harness/scenario/keys.h has the whole table. */
size_t scenario_keys(const char *const **ret);

#endif
