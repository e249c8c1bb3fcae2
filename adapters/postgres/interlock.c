#include "adapters/postgres/interlock.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/isolation.h"
#include "adapters/postgres/libraries.h"
#include "adapters/postgres/postgres.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

const char pg_disposable_howto[] =
	"in one session on the standby: SET rehearse.disposable = 'on'; ALTER SYSTEM SET "
	"rehearse.disposable = 'on'; SELECT pg_reload_conf(); or, when the standby has a "
	"cluster_name: "
	"COMMENT ON DATABASE d IS 'rehearse:disposable=CLUSTER_NAME' on the primary";

/* ---- checks that only look at the standby ---- */

static int ask_primary(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (!i->standby.in_recovery)
		str_addf(wrong, "'%s' is a primary, not a standby", i->standby.redacted);
	return 0;
}

static int ask_version(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (i->standby.version < 120000)
		str_addf(wrong, "the standby is PostgreSQL %s", i->standby.version_text);
	return 0;
}

static int ask_superuser(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (!i->standby.superuser)
		str_addf(wrong, "role '%s' is not a superuser of the standby", i->standby.role);
	return 0;
}

static int ask_scenario(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (!i->config->disposable)
		str_add(wrong, "the scenario does not say that the standby may be used up");
	return 0;
}

static int ask_mark(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *mark = NULL;

	if (pg_control_text(i->standby_conn, sql_postgres_disposable, &mark, err))
		return -1;
	if (!*mark)
		str_add(wrong, "the standby carries no mark of being disposable");
	return 0;
}

static int ask_libraries(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *jobs = NULL;
	size_t n = 0;
	char **names;

	if (pg_control_text(i->standby_conn, "SHOW shared_preload_libraries", &text, err) ||
		pg_control_text(i->standby_conn,
			"SELECT current_setting('cron.launch_active_jobs', true)", &jobs, err))
		return -1;
	names = pg_library_list(text, &n);
	for (size_t k = 0; k < n && !wrong->len; k++) {
		/* pg_cron 1.5 and later can be told to keep still. */
		if (pg_library_danger(names[k]) && !(strcmp(names[k], "pg_cron") == 0 && *jobs))
			str_addf(wrong,
				"the standby preloads %s, which %s, and cannot be told not to",
				names[k], pg_library_danger(names[k]));
	}
	mem_free_strings(names, n);
	return 0;
}

/* ---- checks that need the source's word ---- */

static int ask_same_server(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *session = NULL;
	CLEANUP(cleanup_free) char *sql = NULL;
	bool seen = false;

	/* A session of the source that the standby lists among its own. */
	if (pg_control_text(i->source_conn,
		    "SELECT format('pid = %s AND backend_start = %L', pid, to_char(backend_start "
		    "AT TIME "
		    "ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')) "
		    "FROM pg_stat_activity WHERE pid = pg_backend_pid()",
		    &session, err))
		return -1;
	sql = mem_printf("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE %s)", session);
	if (pg_control_true(i->standby_conn, sql, &seen, err))
		return -1;
	if (seen)
		str_add(wrong, "source and standby are the same server");
	return 0;
}

static int ask_source_role(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (i->source.in_recovery)
		str_addf(wrong, "the source '%s' is itself a standby", i->source.redacted);
	return 0;
}

static int ask_system_identifier(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (strcmp(i->source.system_identifier, i->standby.system_identifier) != 0)
		str_addf(wrong,
			"the standby's system identifier is %s and the source's %s: it is no "
			"standby of it",
			i->standby.system_identifier, i->source.system_identifier);
	return 0;
}

static int ask_timeline(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	int64_t timeline = 0;

	if (pg_control_number(i->standby_conn,
		    "SELECT coalesce((SELECT received_tli FROM pg_stat_wal_receiver), "
		    "(SELECT timeline_id FROM pg_control_checkpoint()))",
		    &timeline, err))
		return -1;
	if (timeline != i->source_timeline)
		str_addf(wrong, "the standby is on timeline %lld and the source on %u",
			(long long)timeline, i->source_timeline);
	return 0;
}

static int ask_mark_of_source(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *mark = NULL;
	CLEANUP(cleanup_free) char *standby_name = NULL;
	CLEANUP(cleanup_free) char *source_name = NULL;

	if (pg_control_text(i->standby_conn, sql_postgres_disposable, &mark, err) ||
		pg_control_text(i->standby_conn, "SHOW cluster_name", &standby_name, err) ||
		pg_control_text(i->source_conn, "SHOW cluster_name", &source_name, err))
		return -1;
	if (strcmp(mark, "comment") == 0 && strcmp(standby_name, source_name) == 0) {
		str_addf(wrong, "the source has the same cluster_name as the standby, '%s'",
			source_name);
		return 0;
	}
	free(mark);
	mark = NULL;
	if (pg_control_text(i->source_conn, "SELECT current_setting('rehearse.disposable', true)",
		    &mark, err))
		return -1;
	if (*mark && strcmp(mark, "off") != 0)
		str_add(wrong,
			"the source carries rehearse.disposable too, so it tells nothing of the "
			"standby");
	return 0;
}

static int ask_synchronous(const struct pg_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *name = pg_quote_literal(i->name);
	CLEANUP(cleanup_free) char *slot = pg_quote_literal(i->slot);
	CLEANUP(cleanup_free) char *text = NULL;

	/* The query's own words, with the two names put where they belong. */
	if (db_execf(&postgres_db, i->source_conn, err,
		    "SET rehearse.standby_name = %s; SET "
		    "rehearse.standby_slot = %s",
		    name, slot) ||
		pg_control_text(i->source_conn, sql_postgres_synchronous, &text, err))
		return -1;
	str_add(wrong, text);
	return 0;
}

/* ---- the table ---- */

static const char subscriptions[] = "SELECT 'subscriptions would start to run with the promotion: "
				    "' || string_agg(subname, ', ' "
				    "ORDER BY subname) FROM pg_subscription WHERE subenabled AND "
				    "current_setting('max_logical_replication_workers') <> '0'";
static const char replay_paused[] =
	"SELECT CASE WHEN pg_is_wal_replay_paused() THEN 'replay is paused on the standby' END";

static const struct check {
	const char *id;
	bool needs_source;
	const char *sql; /* asked of the standby; one text: what is wrong, or nothing */
	int (*ask)(const struct pg_interlock *, struct str *wrong, struct err *);
	const char *remedy;
} checks[] = {
	{"primary", false, NULL, ask_primary,
		"name a standby; no option makes rehearse write to a primary"},
	{"version", false, NULL, ask_version, "12 is the oldest that can be promoted through SQL"},
	{"superuser", false, NULL, ask_superuser,
		"connect as a superuser, which the quarantine's ALTER SYSTEM needs"},
	{"disposable-scenario", false, NULL, ask_scenario,
		"set replica.disposable: true once its owner has given it up"},
	{"disposable-mark", false, NULL, ask_mark, pg_disposable_howto},
	{"own-standbys", false, sql_postgres_own_standbys, NULL,
		"point them at the primary first; they would follow the promoted server"},
	{"replay-paused", false, replay_paused, NULL, "SELECT pg_wal_replay_resume() there"},
	{"libraries", false, NULL, ask_libraries,
		"take it out of shared_preload_libraries there and restart the standby"},
	{"subscriptions", false, subscriptions, NULL,
		"set max_logical_replication_workers = 0 on the standby and restart it"},
	{"same-server", true, NULL, ask_same_server, "name the standby's primary as the source"},
	{"source-role", true, NULL, ask_source_role,
		"name its primary, which alone knows which standbys are synchronous"},
	{"system-identifier", true, NULL, ask_system_identifier,
		"name the primary that this standby follows"},
	{"timeline", true, NULL, ask_timeline, "let the standby follow its primary first"},
	{"mark-of-source", true, NULL, ask_mark_of_source,
		"take it off the source, or give the standby a cluster_name of its own"},
	{"synchronous", true, NULL, ask_synchronous,
		"take it out of synchronous_standby_names on the source, or give another standby"},
};

static int run_check(
	const struct pg_interlock *i, const struct check *check, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *text = NULL;

	if (check->ask)
		return check->ask(i, wrong, err);
	if (pg_control_text(i->standby_conn, check->sql, &text, err))
		return -1;
	str_add(wrong, text);
	return 0;
}

static int run_checks(const struct pg_interlock *i, bool needs_source, struct err *err)
{
	for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++) {
		CLEANUP(cleanup_str) struct str wrong = {0};

		if (checks[k].needs_source != needs_source)
			continue;
		if (run_check(i, &checks[k], &wrong, err))
			return err_prefix(err, "cannot check '%s'", checks[k].id);
		if (wrong.len)
			return err_set(err, ERR_REFUSED, "%s (remedy: %s)", str_text(&wrong),
				checks[k].remedy);
	}
	return 0;
}

/* ---- opening ---- */

/* As libpq will send it: from primary_conninfo, else cluster_name, else "walreceiver". */
static char *name_of(const char *conninfo, const char *cluster_name)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	char *name = NULL;

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (strcmp(o->keyword, "application_name") == 0 && o->val && *o->val)
			name = mem_strdup(o->val);
	PQconninfoFree(options);
	return name ? name : mem_strdup(*cluster_name ? cluster_name : "walreceiver");
}

static int read_names(struct pg_interlock *i, struct err *err)
{
	CLEANUP(cleanup_free) char *conninfo = NULL;
	CLEANUP(cleanup_free) char *cluster_name = NULL;

	if (pg_control_text(i->standby_conn, "SHOW primary_conninfo", &conninfo, err) ||
		pg_control_text(i->standby_conn, "SHOW cluster_name", &cluster_name, err) ||
		pg_control_text(i->standby_conn, "SHOW primary_slot_name", &i->slot, err))
		return -1;
	i->name = name_of(conninfo, cluster_name);
	return 0;
}

static int open_source(struct pg_interlock *i, struct err *err)
{
	if (pg_source_read(i->config->source, NULL, &i->source, &i->source_conn, err)) {
		err_prefix(err,
			"without its primary's word a synchronous standby cannot be ruled out");
		if (err && err->kind == ERR_FAILED)
			err->kind = ERR_REFUSED;
		return -1;
	}
	if (i->source.in_recovery)
		return 0; /* refused below */
	return pg_identity(i->source_conn, &i->source_identity, &i->source_timeline, err);
}

int pg_interlock_open(struct pg_interlock *i, const struct provider_config *config, struct err *err)
{
	*i = (struct pg_interlock){.config = config};
	if (pg_source_read(config->standby, config->database, &i->standby, &i->standby_conn, err) ||
		run_checks(i, false, err) || read_names(i, err) || open_source(i, err))
		return -1;
	return run_checks(i, true, err);
}

int pg_interlock_check(struct pg_interlock *i, struct err *err)
{
	bool in_recovery = false;

	if (pg_control_true(i->standby_conn, "SELECT pg_is_in_recovery()", &in_recovery, err))
		return -1;
	i->standby.in_recovery = in_recovery;
	return run_checks(i, false, err) || run_checks(i, true, err) ? -1 : 0;
}

void pg_interlock_explain(struct pg_interlock *i, struct str *out)
{
	for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++) {
		CLEANUP(cleanup_str) struct str wrong = {0};
		struct err err = {0};

		if (checks[k].needs_source ? !i->source_identity || !i->name : !i->standby_conn)
			continue;
		if (run_check(i, &checks[k], &wrong, &err))
			str_addf(out, "cannot check '%s': %s\n", checks[k].id, err.text);
		else if (wrong.len)
			str_addf(out, "%s (remedy: %s)\n", str_text(&wrong), checks[k].remedy);
	}
}

void pg_interlock_release(struct pg_interlock *i)
{
	if (!i)
		return;
	pg_control_close(&i->standby_conn);
	pg_control_close(&i->source_conn);
	pg_source_release(&i->standby);
	pg_source_release(&i->source);
	free(i->name);
	free(i->slot);
	free(i->source_identity);
	*i = (struct pg_interlock){0};
}
