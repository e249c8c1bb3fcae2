/*
 * What a migration statement does, watched from other sessions: its metadata locks by a sampling
 * thread while it runs (each DDL commits by itself, so afterwards there is nothing to be seen), the
 * tables' storage before and after, counters.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_FACTS_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_FACTS_H

#include "adapters/mysql/observer_tables.h"
#include "adapters/mysql/oracle_statement.h"
#include "adapters/observer_sampler.h"

/* Where metadata locks are read. MariaDB's performance_schema keeps the name that a lock was first
 * asked for by; its plugin METADATA_LOCK_INFO tells what it has become. */
enum my_lock_source { MY_LOCKS_NONE, MY_LOCKS_TABLE, MY_LOCKS_PLUGIN };

struct my_seen_lock {
	char *object, *mode;
	uint64_t acquired_us, held_us;
	bool in_latest, now; /* seen by the last look; by the one under way */
};

struct my_seen_locks {
	struct my_seen_lock *list;
	size_t n, cap;
};
struct my_seen_lock *my_seen_find(
	const struct my_seen_locks *seen, const char *object, const char *mode);
void my_seen_clear(struct my_seen_locks *seen);
/* Of a row of the server's type, schema and name, the object whose lock can make others wait for a
 * table; NULL: it is none such. Caller frees. */
char *my_lock_object(const struct observer_session *s, unsigned row, const char *mode);
const char *my_lock_mode(const char *told); /* without the plugin's prefix */

/* Samples one session's locks on a connection of its own. */
struct my_lock_sampler {
	struct lock_sampler sampler;
	struct observer_session session;
	enum my_lock_source source;
	bool installed; /* the plugin, by this observer */
	struct my_seen_locks seen;
};

int my_sampler_open(struct my_lock_sampler *s, const struct replica_info *replica, struct err *err);
void my_sampler_start(struct my_lock_sampler *s, struct sampled_session who, uint64_t now_us);
void my_sampler_release(struct my_lock_sampler *s);
/* The session's locks of this moment, by any connection, into `seen`. */
int my_locks_read(struct observer_session *s, enum my_lock_source source,
	struct sampled_session who, struct my_seen_locks *seen, uint64_t at_us,
	uint64_t previous_us, struct err *err);

struct my_counters {
	uint64_t copies; /* times that the migration's thread began to copy a table */
	uint64_t rows;	 /* that it read one after the other */
	uint64_t wal;
};

struct observer_facts {
	struct observer_session session;
	const char *database;
	bool mysql;  /* names of InnoDB's tables */
	bool events; /* performance_schema is on */
	struct my_lock_sampler sampled;
	struct my_table_set at_open, before;
	char **known; /* tables that were there at open(), by what they are called now */
	size_t n_known, cap_known;
	struct my_seen_locks earlier; /* held before the statement */
	struct my_target target;
	char *object;	/* "test.a": what the statement is about; NULL: unknown */
	bool adds_rows; /* INSERT, LOAD DATA */
	struct sampled_session migration;
	uint64_t begin_us;
	struct my_counters counters;
	bool ended_well; /* statement_own() was called */
	uint64_t affected;
	uint64_t rows; /* of the table, estimated */
	char **marks;  /* leftovers that were there at open() */
	size_t n_marks, cap_marks;
};

int my_facts_open(
	struct observer_facts *f, const struct replica_info *replica, bool events, struct err *err);
void my_facts_release(struct observer_facts *f);
int my_facts_begin(struct observer_facts *f, uint64_t session, const char *sql, struct err *err);
int my_facts_locks(struct observer_facts *f, struct err *err);
int my_facts_own(struct observer_facts *f, struct db_conn *migration, struct err *err);
int my_facts_end(struct observer_facts *f, struct statement_facts *ret, struct err *err);

/* ---- the parts of those, for statements of other sessions ---- */

void my_facts_aim(struct observer_facts *f, const char *sql); /* what it is about */
/* How many rows the table has that it is about, as `before` has it; an estimate with InnoDB. */
int my_facts_rows(struct observer_facts *f, struct err *err);
/* f->thread 0: only what was written to the logs. */
int my_facts_counters(struct observer_facts *f, struct my_counters *ret, struct err *err);
/* From what was seen alone: the sampler's locks, `before` and `after`, the counters. */
void my_facts_judge(struct observer_facts *f, const struct my_table_set *after,
	const struct my_seen_locks *open, const struct my_counters *now, uint64_t end_us,
	struct statement_facts *ret);

/* observer_leftovers.c */
int my_leftovers_open(struct observer_facts *f, struct err *err);
int my_leftovers(struct observer_facts *f, struct leftover **ret, size_t *ret_n, struct err *err);

#endif
