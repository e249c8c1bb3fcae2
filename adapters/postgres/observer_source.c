#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/observer_parts.h"
#include "adapters/postgres/observer_sample.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define CLOCK_ROUNDS 5

static const struct db_adapter *const db = &postgres_db;

static const char *const kind_names[] = {"log-file", "log-sql", "sampling"};

/* The replica is disposable, so its settings may stay; a migration's or a role's own win over them.
 */
static int set_server(struct observer *o, const char *name, const char *value, struct err *err)
{
	return db_execf(db, o->session.conn, err, "ALTER SYSTEM SET %s = %s", name, value);
}

static int reload(struct observer *o, struct err *err)
{
	return db_exec(db, o->session.conn, "SELECT pg_reload_conf()", err);
}

int observer_apply_min_wait(struct observer *o, uint64_t min_wait_us, struct err *err)
{
	char value[40];
	uint64_t ms = min_wait_us < 1000 ? 1 : min_wait_us / 1000;

	/* Samples see what lasts longer than their distance, whatever the server's setting. */
	if (o->kind == OBSERVER_SAMPLING)
		return 0;
	snprintf(value, sizeof(value), "'%" PRIu64 "ms'", ms);
	if (set_server(o, "deadlock_timeout", value, err) || reload(o, err))
		return -1;
	o->source.min_wait_us = ms * 1000;
	snprintf(o->source.detail, sizeof(o->source.detail), "%s, deadlock_timeout %" PRIu64 " ms",
		o->log.reader.format == LOG_JSON ? "jsonlog" : "csvlog", ms);
	return 0;
}

/* Lines that can be read: whole, in English, in UTC, in a structured form. */
static int set_up_log(struct observer *o, enum log_format format, struct err *err)
{
	static const char *const settings[][2] = {{"log_lock_waits", "on"},
		{"log_timezone", "'UTC'"}, {"lc_messages", "'C'"},
		{"log_error_verbosity", "'default'"}, {"log_min_messages", "'warning'"},
		{"log_min_error_statement", "'error'"}};
	const char *word = format == LOG_JSON ? "jsonlog" : "csvlog";
	CLEANUP(cleanup_free) char *now = NULL;
	CLEANUP(cleanup_free) char *wanted = NULL;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (set_server(o, settings[i][0], settings[i][1], err))
			return -1;
	if (db_text(db, o->session.conn, "SELECT current_setting('log_destination')", &now, err))
		return -1;
	if (!strstr(now, word)) {
		wanted = mem_printf("'%s%s%s'", now, *now ? "," : "", word);
		if (set_server(o, "log_destination", wanted, err))
			return -1;
	}
	return 0;
}

/* How far the server's clock is from ours, from the quickest of some questions. */
static int measure_clock(struct observer *o, struct err *err)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < CLOCK_ROUNDS; i++) {
		uint64_t start = clock_us(), wall = clock_wall_us(), took;
		int64_t server;

		if (db_number(db, o->session.conn,
			    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
			    &server, err))
			return -1;
		took = clock_us() - start;
		if (took >= best)
			continue;
		best = took;
		o->waits.offset_us = wall + took / 2 - (uint64_t)server;
	}
	return 0;
}

static int open_log(struct observer *o, const struct observer_config *config,
	enum observer_kind kind, struct err *err)
{
	enum log_format format = config->replica->version_number >= 150000 ? LOG_JSON : LOG_CSV;
	const char *dir = kind == OBSERVER_LOG_FILE ? config->replica->log_dir : NULL;

	if (kind == OBSERVER_LOG_FILE && !dir)
		return err_set(err, ERR_FAILED, "the log directory is out of reach");
	o->kind = kind;
	o->log.reader.format = format;
	o->waits.sampled = false;
	o->waits.offset_us = 0; /* a directory within reach is on this host, under the same clock */
	if (kind == OBSERVER_LOG_SQL && measure_clock(o, err))
		return -1;
	if (set_up_log(o, format, err) || observer_apply_min_wait(o, config->min_wait_us, err))
		return -1;
	if (observer_log_open(&o->log, dir, format, &o->session, err))
		return -1;
	return observer_prove(o, config->min_wait_us, err);
}

/* why_not: what is wrong with the log; "" when it was not wanted. */
static int open_sampling(struct observer *o, const char *why_not, struct err *err)
{
	bool starts = o->replica->version_number >= 140000;

	o->kind = OBSERVER_SAMPLING;
	o->waits.sampled = true;
	if (measure_clock(o, err) || observer_sample(&o->waits, &o->session, err))
		return -1;
	o->source.min_wait_us = 40000; /* two samples at the usual 50 a second */
	o->source.exact = false;
	snprintf(o->source.detail, sizeof(o->source.detail), "pg_locks at about 50 Hz%s",
		starts ? ", exact starts" : "");
	if (*why_not)
		snprintf(o->source.detail + strlen(o->source.detail),
			sizeof(o->source.detail) - strlen(o->source.detail), "; no log: %.90s",
			why_not);
	snprintf(o->source.blind_to, sizeof(o->source.blind_to),
		"waits under 20 ms are mostly missed, ends are off by up to 20 ms, and how a wait "
		"ended "
		"(granted, timed out, cancelled) is not seen");
	return 0;
}

static void describe_log(struct observer *o)
{
	char text[UNITS_TEXT];

	o->source.exact = true;
	snprintf(o->source.blind_to, sizeof(o->source.blind_to),
		"waits shorter than %s; times are kept to the millisecond, durations of granted "
		"waits "
		"to the microsecond",
		units_duration_text(o->source.min_wait_us, text));
}

int observer_choose_source(
	struct observer *o, const struct observer_config *config, struct err *err)
{
	bool automatic = !config->source || !*config->source || strcmp(config->source, "auto") == 0;
	struct err why = {0};

	for (int kind = OBSERVER_LOG_FILE; kind <= OBSERVER_SAMPLING; kind++) {
		if (!automatic && strcmp(config->source, kind_names[kind]) != 0)
			continue;
		snprintf(o->source.name, sizeof(o->source.name), "%s", kind_names[kind]);
		if (kind == OBSERVER_SAMPLING)
			return open_sampling(o, why.text, err);
		if (!open_log(o, config, (enum observer_kind)kind, &why)) {
			describe_log(o);
			return 0;
		}
		observer_log_release(&o->log);
		lock_waits_release(&o->waits);
		if (!automatic) {
			*err = why;
			return err_prefix(err, "cannot observe through '%s'", config->source);
		}
		if (why.kind == ERR_INTERRUPTED) {
			*err = why;
			return -1;
		}
	}
	return err_set(err, ERR_USAGE, "no way to observe is called '%s'", config->source);
}
