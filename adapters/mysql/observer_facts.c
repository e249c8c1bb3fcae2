#include "adapters/mysql/observer_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/observer_modes.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

static const struct db_adapter *const db = &mysql_db;

int my_facts_open(
	struct observer_facts *f, const struct replica_info *replica, bool events, struct err *err)
{
	f->database = replica->database ? replica->database : "";
	f->events = events;
	if (my_session_open(&f->session, replica, err) ||
		my_sampler_open(&f->sampled, replica, err))
		return -1;
	f->mysql = mo_can(&f->session, "SELECT 1 FROM information_schema.INNODB_TABLES LIMIT 1");
	/* Only a statement that copies a table ever comes to this stage. */
	if (events)
		mo_can(&f->session,
			"UPDATE performance_schema.setup_instruments SET ENABLED = 'YES'"
			" WHERE NAME = 'stage/sql/copy to tmp table'");
	if (my_tables_load(&f->at_open, &f->session, f->database, f->mysql, err))
		return -1;
	for (size_t i = 0; i < f->at_open.n; i++)
		*MEM_PUSH(f->known, f->n_known, f->cap_known) = mem_strdup(f->at_open.list[i].name);
	return my_leftovers_open(f, err);
}

void my_facts_release(struct observer_facts *f)
{
	my_sampler_release(&f->sampled);
	my_session_release(&f->session);
	my_tables_release(&f->at_open);
	my_tables_release(&f->before);
	my_seen_clear(&f->earlier);
	my_target_release(&f->target);
	mem_free(f->earlier.list);
	mem_free(f->object);
	mem_free_strings(f->marks, f->n_marks);
	mem_free_strings(f->known, f->n_known);
	*f = (struct observer_facts){0};
}

/* ---- counters ---- */

static int ask_thread(struct observer_facts *f, struct err *err)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("SELECT THREAD_ID FROM performance_schema.threads"
			       " WHERE PROCESSLIST_ID = %" PRIu64,
		f->migration.session);

	f->migration.thread = 0;
	if (!f->events)
		return 0;
	if (mo_ask(&f->session, sql, err))
		return -1;
	if (mo_rows(&f->session))
		f->migration.thread = mo_number(&f->session, 0, 0);
	return 0;
}

static int ask_number(struct observer_facts *f, char *sql, uint64_t *ret, struct err *err)
{
	int failed = mo_ask(&f->session, sql, err);

	mem_free(sql);
	if (failed)
		return -1;
	*ret = mo_rows(&f->session) ? mo_number(&f->session, 0, 0) : 0;
	return 0;
}

int my_facts_counters(struct observer_facts *f, struct my_counters *ret, struct err *err)
{
	uint64_t redo = 0;

	*ret = (struct my_counters){0};
	if (f->migration.thread &&
		(ask_number(f,
			 mem_printf("SELECT SUM(COUNT_STAR) FROM performance_schema"
				    ".events_stages_summary_by_thread_by_event_name"
				    " WHERE EVENT_NAME = 'stage/sql/copy to tmp table'"
				    " AND THREAD_ID = %" PRIu64,
				 f->migration.thread),
			 &ret->copies, err) ||
			ask_number(f,
				mem_printf("SELECT VARIABLE_VALUE"
					   " FROM performance_schema.status_by_thread"
					   " WHERE VARIABLE_NAME = 'Handler_read_rnd_next'"
					   " AND THREAD_ID = %" PRIu64,
					f->migration.thread),
				&ret->rows, err)))
		return -1;
	if (mo_ask(&f->session, sql_mysql_observer_wal, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(&f->session); i++) {
		const char *name = mo_text(&f->session, i, 0);
		uint64_t value = mo_number(&f->session, i, 1);

		if (!strcasecmp(name, "Binlog_bytes_written"))
			ret->wal += value;
		else if (strcasestr(name, "lsn") || !redo)
			redo = value;
	}
	ret->wal += redo;
	return 0;
}

int my_facts_rows(struct observer_facts *f, struct err *err)
{
	CLEANUP(cleanup_free) char *sql = NULL;
	const char *dot = f->object ? strchr(f->object, '.') : NULL;

	f->rows = 0;
	if (!dot || !my_tables_find(&f->before, f->object))
		return 0;
	sql = mem_printf("SHOW TABLE STATUS WHERE Name = '%s'", dot + 1);
	if (strpbrk(dot + 1, "'\\") || mo_ask(&f->session, sql, NULL))
		return 0;
	for (unsigned i = 0; i < mo_rows(&f->session); i++)
		f->rows = mo_number(&f->session, i, 4);
	(void)err;
	return 0;
}

/* ---- the beginning ---- */

void my_facts_aim(struct observer_facts *f, const char *sql)
{
	my_target_release(&f->target);
	my_target_parse(sql, &f->target);
	f->adds_rows = f->target.adds_rows;
	MEM_FREE(f->object);
	if (f->target.table)
		f->object = mem_printf("%s.%s", f->target.schema ? f->target.schema : f->database,
			f->target.table);
}

int my_facts_begin(struct observer_facts *f, uint64_t session, const char *sql, struct err *err)
{
	uint64_t now = clock_wall_us();

	lock_sampler_stop(&f->sampled.sampler);
	f->migration.session = session;
	f->ended_well = false;
	f->affected = 0;
	my_facts_aim(f, sql);
	my_seen_clear(&f->earlier);
	if (ask_thread(f, err) ||
		my_locks_read(
			&f->session, f->sampled.source, f->migration, &f->earlier, now, now, err) ||
		my_tables_load(&f->before, &f->session, f->database, f->mysql, err) ||
		my_facts_rows(f, err) || my_facts_counters(f, &f->counters, err))
		return -1;
	f->begin_us = clock_wall_us();
	my_sampler_start(&f->sampled, f->migration, f->begin_us);
	return 0;
}

int my_facts_locks(struct observer_facts *f, struct err *err)
{
	struct my_lock_sampler *s = &f->sampled;
	uint64_t now = clock_wall_us();

	/* The sampler is stopped, so its list is this thread's. */
	lock_sampler_stop(&s->sampler);
	if (my_locks_read(&f->session, s->source, f->migration, &s->seen, now,
		    s->sampler.previous_us, err))
		return -1;
	s->sampler.previous_us = now;
	return 0;
}

int my_facts_own(struct observer_facts *f, struct db_conn *migration, struct err *err)
{
	const struct db_result *result = db->result(migration);

	(void)err;
	f->ended_well = true;
	/* Rows that a statement returns are not rows that it changed. */
	f->affected = result->columns ? 0 : result->affected;
	return 0;
}

/* ---- the end ---- */

static bool changes_tables(const struct observer_facts *f)
{
	return f->target.kind != MY_STATEMENT_OTHER;
}

/* By what it did, not by what it was asked to do. */
static const char *algorithm_of(const struct observer_facts *f, const struct my_table_set *after,
	const struct my_counters *now)
{
	const char *name = f->object;
	CLEANUP(cleanup_free) char *renamed = NULL;
	const struct my_table *table;

	if (!changes_tables(f))
		return "";
	if (now->copies > f->counters.copies || (f->affected && f->ended_well))
		return "copy";
	if (!f->ended_well)
		return "";
	if (f->target.renamed)
		name = renamed = mem_printf("%s.%s", f->database, f->target.renamed);
	table = my_tables_find(after, name);
	if (!table || !my_tables_find(&f->before, f->object))
		return "";
	if (my_table_rebuilt(&f->before, table))
		return "rebuild";
	if (f->target.kind == MY_STATEMENT_MAINTAIN)
		return table->tables.n ? "" : "rebuild"; /* MyISAM writes it anew in its place */
	return my_table_indexed(&f->before, table) ? "inplace" : "instant";
}

/* ---- tables that were there before the migration, whatever they are called now ---- */

static size_t find_known(const struct observer_facts *f, const char *name)
{
	size_t i = 0;

	while (i < f->n_known && strcmp(f->known[i], name) != 0)
		i++;
	return i;
}

static void rename_known(struct observer_facts *f, const char *from_schema, const char *from,
	const char *to_schema, const char *to)
{
	CLEANUP(cleanup_free)
	char *old = mem_printf("%s.%s", from_schema ? from_schema : f->database, from);
	size_t i = find_known(f, old);

	if (i == f->n_known)
		return;
	mem_free(f->known[i]);
	f->known[i] = mem_printf("%s.%s", to_schema ? to_schema : f->database, to);
}

static void follow_names(struct observer_facts *f, const struct my_table_set *after)
{
	for (size_t i = 0; i < f->target.n_renames && f->ended_well; i++) {
		const struct my_rename *r = &f->target.renames[i];

		if (r->from && r->to)
			rename_known(f, r->from_schema, r->from, r->to_schema, r->to);
	}
	if (f->target.renamed && f->ended_well)
		rename_known(f, f->target.schema, f->target.table, NULL, f->target.renamed);
	for (size_t i = f->n_known; i-- > 0;)
		if (!my_tables_find(after, f->known[i])) {
			mem_free(f->known[i]);
			f->known[i] = f->known[--f->n_known];
		}
}

static void fill_rewritten(const struct observer_facts *f, const struct my_table_set *after,
	struct statement_facts *ret)
{
	bool copied = !strcmp(ret->algorithm, "copy") || !strcmp(ret->algorithm, "rebuild");
	size_t cap = 0;

	for (size_t i = 0; i < after->n; i++) {
		const struct my_table *now = &after->list[i];
		bool target = f->object && !strcmp(now->name, f->object);

		/* What this migration has made itself was nobody's loss. */
		if (find_known(f, now->name) == f->n_known)
			continue;
		if (my_table_rebuilt(&f->before, now) || (target && copied))
			*MEM_PUSH(ret->rewritten, ret->n_rewritten, cap) = mem_strdup(now->name);
	}
}

/* What was built anew was read from end to end; else the counter of rows that its session read one
 * after the other must have grown by about as many as the table is estimated to have. */
static void fill_scanned(
	const struct observer_facts *f, const struct my_counters *now, struct statement_facts *ret)
{
	bool built = *ret->algorithm && strcmp(ret->algorithm, "instant") != 0;
	uint64_t read = now->rows > f->counters.rows ? now->rows - f->counters.rows : 0;
	size_t cap = 0;

	if (!f->object || !my_tables_find(&f->before, f->object))
		return;
	if (built || (f->rows && read * 2 >= f->rows))
		*MEM_PUSH(ret->scanned, ret->n_scanned, cap) = mem_strdup(f->object);
}

static void add_lock(struct observer_facts *f, size_t *cap, const struct my_seen_lock *lock,
	bool open, struct statement_facts *ret)
{
	*MEM_PUSH(ret->locks, ret->n_locks, *cap) =
		(struct fact_lock){.object = mem_strdup(lock->object),
			.mode = mem_strdup(lock->mode),
			.acquired_us = lock->acquired_us,
			.hold_us = open		? 0
				: lock->held_us ? lock->held_us
						: 1,
			.new_object = strcmp(lock->object, "all tables") != 0 &&
				!my_tables_find(&f->at_open, lock->object),
			.blocks_reads = my_mode_blocks_reads(lock->mode),
			.blocks_writes = my_mode_blocks_writes(lock->mode)};
}

/* Every change of a table ends, and most begin, with a lock that nobody may share, however short.
 * What no sample met was held for less than the time between two. */
static void add_unseen(
	struct observer_facts *f, size_t *cap, uint64_t end_us, struct statement_facts *ret)
{
	const struct my_lock_sampler *s = &f->sampled;
	uint64_t gap = end_us > s->sampler.previous_us ? end_us - s->sampler.previous_us : 0;
	struct my_seen_lock lock = {
		.object = f->object, .mode = (char *)"EXCLUSIVE", .held_us = gap / 2 + 1};

	if (!changes_tables(f) || !f->ended_well || !f->object || s->source == MY_LOCKS_NONE ||
		!my_tables_find(&f->before, f->object) ||
		my_seen_find(&s->seen, f->object, lock.mode))
		return;
	lock.acquired_us = end_us - lock.held_us;
	add_lock(f, cap, &lock, false, ret);
}

/*
 * Tables of MyISAM and its like are locked as a whole while a statement uses them, besides the
 * metadata lock, which tells nothing of it: a read keeps writers out, a write everybody. Rows that
 * are only added (a concurrent insert) leave readers alone.
 */
static void add_table_lock(struct observer_facts *f, size_t *cap, const struct my_seen_lock *lock,
	struct statement_facts *ret)
{
	const struct my_table *table = my_tables_find(&f->before, lock->object);
	bool write = !strcmp(lock->mode, "SHARED_WRITE");
	struct fact_lock *added;

	if (!table || !strcasecmp(table->engine, "InnoDB") || !*table->engine ||
		(!write && strcmp(lock->mode, "SHARED_READ") != 0))
		return;
	add_lock(f, cap, lock, false, ret);
	added = &ret->locks[ret->n_locks - 1];
	mem_free(added->mode);
	added->mode = mem_strdup(write ? "table WRITE" : "table READ");
	added->blocks_reads = write && !f->adds_rows;
	added->blocks_writes = true;
}

static void fill_locks(struct observer_facts *f, const struct my_seen_locks *open, uint64_t end_us,
	struct statement_facts *ret)
{
	struct my_seen_locks *seen = &f->sampled.seen;
	uint64_t rest = end_us > f->sampled.sampler.previous_us
		? end_us - f->sampled.sampler.previous_us
		: 0;
	size_t cap = 0;

	for (size_t i = 0; i < seen->n; i++) {
		struct my_seen_lock *lock = &seen->list[i];

		if (my_seen_find(&f->earlier, lock->object, lock->mode))
			continue;
		if (lock->in_latest)
			lock->held_us += rest;
		add_lock(f, &cap, lock, my_seen_find(open, lock->object, lock->mode), ret);
		add_table_lock(f, &cap, lock, ret);
	}
	/* Taken too quickly to be met by a sample, and still there. */
	for (size_t i = 0; i < open->n; i++) {
		const struct my_seen_lock *lock = &open->list[i];

		if (!my_seen_find(&f->earlier, lock->object, lock->mode) &&
			!my_seen_find(seen, lock->object, lock->mode))
			add_lock(f, &cap, lock, true, ret);
	}
	add_unseen(f, &cap, end_us, ret);
}

void my_facts_judge(struct observer_facts *f, const struct my_table_set *after,
	const struct my_seen_locks *open, const struct my_counters *now, uint64_t end_us,
	struct statement_facts *ret)
{
	snprintf(ret->algorithm, sizeof(ret->algorithm), "%s", algorithm_of(f, after, now));
	fill_locks(f, open, end_us, ret);
	fill_rewritten(f, after, ret);
	follow_names(f, after);
	fill_scanned(f, now, ret);
	ret->wal_bytes = now->wal > f->counters.wal ? now->wal - f->counters.wal : 0;
}

int my_facts_end(struct observer_facts *f, struct statement_facts *ret, struct err *err)
{
	struct my_table_set after = {0};
	struct my_seen_locks open = {0};
	struct my_counters now;
	uint64_t end_us = clock_wall_us();
	int result = -1;

	*ret = (struct statement_facts){0};
	lock_sampler_stop(&f->sampled.sampler);
	if (!my_locks_read(
		    &f->session, f->sampled.source, f->migration, &open, end_us, end_us, err) &&
		!my_facts_counters(f, &now, err) &&
		!my_tables_load(&after, &f->session, f->database, f->mysql, err)) {
		my_facts_judge(f, &after, &open, &now, end_us, ret);
		result = 0;
	}
	my_tables_release(&after);
	my_seen_clear(&open);
	mem_free(open.list);
	return result;
}
