#include "adapters/postgres/quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define OBEY_TIMEOUT_US 10000000

struct step {
	const char *id;
	const char *name, *value;
	const char *applies; /* a boolean query */
	const char *note;    /* NULL: told by another step's */
};

static const struct step before_promotion[] = {
	/* A promoted server archives its new timeline, into the archive that the primary uses. The
	 * command must succeed, or WAL piles up. */
	{"archive-neutralised", "archive_library", "",
		"SELECT current_setting('archive_mode') <> 'off' AND "
		"coalesce(current_setting('archive_library', true), '') <> ''",
		NULL},
	{"archive-neutralised", "archive_command", "/bin/true",
		"SELECT current_setting('archive_mode') <> 'off'",
		"archive_mode is on: archive_command was replaced by one that archives nothing, so "
		"that the "
		"new timeline does not reach the primary's archive"},
	{"synchronous-replication-off", "synchronous_standby_names", "",
		"SELECT current_setting('synchronous_standby_names') <> ''",
		"synchronous_standby_names was emptied: nothing follows the replica, and each "
		"commit "
		"would hang"},
	{"pg-cron-off", "cron.launch_active_jobs", "off",
		"SELECT current_setting('cron.launch_active_jobs', true) NOT IN ('', 'off')",
		"pg_cron was told to start no jobs"},
	/* Before 14 it takes a restart; once promoted, the server does not use it any more. */
	{"restore-command-off", "restore_command", "",
		"SELECT setting <> '' AND context = 'sighup' FROM pg_settings WHERE name = "
		"'restore_command'",
		"restore_command was emptied"},
};

static const struct step after_promotion[] = {
	{"primary-forgotten", "primary_conninfo", "",
		"SELECT setting <> '' AND context = 'sighup' FROM pg_settings WHERE name = "
		"'primary_conninfo'",
		"primary_conninfo and primary_slot_name were emptied after the promotion"},
	{"primary-forgotten", "primary_slot_name", "",
		"SELECT setting <> '' AND context = 'sighup' FROM pg_settings WHERE name = "
		"'primary_slot_name'",
		NULL},
};

void pg_quarantine_release(struct pg_quarantine *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->n; i++) {
		free(q->changes[i].name);
		free(q->changes[i].before);
	}
	free(q->changes);
	*q = (struct pg_quarantine){0};
}

/* What ALTER SYSTEM has set; NULL: nothing. Caller frees. */
static int altered(struct db_conn *conn, const char *name, char **ret, struct err *err)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf(
		"SELECT setting FROM pg_file_settings WHERE name = '%s' AND sourcefile LIKE "
		"'%%/postgresql.auto.conf' ORDER BY seqno DESC LIMIT 1",
		name);
	unsigned rows = 0;

	if (pg_control_rows(conn, sql, &rows, err))
		return -1;
	*ret = rows ? mem_strdup(pg_control_value(conn, 0, 0)) : NULL;
	return 0;
}

/* Here, and in the journal until the standby is to be promoted. */
static int remember(
	struct pg_quarantine *q, struct db_conn *conn, const struct step *step, struct err *err)
{
	struct pg_change change = {.name = mem_strdup(step->name)};

	if (altered(conn, step->name, &change.before, err)) {
		free(change.name);
		return -1;
	}
	*MEM_PUSH(q->changes, q->n, q->cap) = change;
	return q->journal ? journal_setting(q->journal,
				    &(struct journal_entry){.engine = (char *)"postgres",
					    .what = change.name,
					    .where = (char *)q->dsn,
					    .value = (char *)step->value,
					    .before = change.before},
				    err)
			  : 0;
}

static int set(struct db_conn *conn, const char *name, const char *value, struct err *err)
{
	CLEANUP(cleanup_free) char *quoted = pg_quote_literal(value ? value : "");

	if (!value)
		return db_execf(&postgres_db, conn, err, "ALTER SYSTEM RESET %s", name);
	return db_execf(&postgres_db, conn, err, "ALTER SYSTEM SET %s = %s", name, quoted);
}

static int obeyed(struct db_conn *conn, const struct step *step, struct err *err)
{
	CLEANUP(cleanup_free)
	char *sql =
		mem_printf("SELECT current_setting('%s', true) = '%s'", step->name, step->value);

	if (pg_control_wait(
		    conn, sql, OBEY_TIMEOUT_US, "the standby did not take the new value", err) == 0)
		return 0;
	if (err && err->kind == ERR_FAILED)
		return err_set(err, ERR_REFUSED,
			"the standby does not let '%s' be changed (is it on its command line?): "
			"take it away "
			"there and restart it",
			step->name);
	return -1;
}

static int apply(struct pg_quarantine *q, struct db_conn *conn, const struct step *steps, size_t n,
	struct replica_info *info, struct err *err)
{
	bool *applies = mem_zalloc(n * sizeof(*applies));
	int result = 0;

	for (size_t i = 0; i < n && !result; i++) {
		result = pg_control_true(conn, steps[i].applies, &applies[i], err);
		if (!result && applies[i])
			result = remember(q, conn, &steps[i], err) ||
				set(conn, steps[i].name, steps[i].value, err);
	}
	if (!result)
		result = pg_control_exec(conn, "SELECT pg_reload_conf()", err);
	for (size_t i = 0; i < n && !result; i++) {
		if (!applies[i])
			continue;
		result = obeyed(conn, &steps[i], err);
		if (!result && steps[i].note)
			replica_note(info, steps[i].id, false, "%s", steps[i].note);
	}
	free(applies);
	return result ? -1 : 0;
}

int pg_quarantine_apply(
	struct pg_quarantine *q, struct db_conn *conn, struct replica_info *info, struct err *err)
{
	return apply(q, conn, before_promotion,
		sizeof(before_promotion) / sizeof(before_promotion[0]), info, err);
}

int pg_quarantine_keep(struct pg_quarantine *q, struct err *err)
{
	for (size_t i = 0; i < q->n && q->journal; i++)
		if (journal_drop(q->journal, q->changes[i].name, 0, err))
			return -1;
	q->journal = NULL;
	return 0;
}

int pg_quarantine_forget_primary(
	struct pg_quarantine *q, struct db_conn *conn, struct replica_info *info, struct err *err)
{
	return apply(q, conn, after_promotion, sizeof(after_promotion) / sizeof(after_promotion[0]),
		info, err);
}

int pg_quarantine_undo(struct pg_quarantine *q, struct db_conn *conn, struct err *err)
{
	int result = 0;

	if (!q->n)
		return 0;
	/* Each on its own: one that fails must not keep the others from going back. */
	for (size_t i = q->n; i-- > 0;)
		if (set(conn, q->changes[i].name, q->changes[i].before, result ? NULL : err))
			result = -1;
	if (pg_control_exec(conn, "SELECT pg_reload_conf()", result ? NULL : err))
		result = -1;
	return result ? -1 : pg_quarantine_keep(q, err);
}

int postgres_reset_setting(const struct journal_entry *setting, struct err *err)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	CLEANUP(cleanup_free) char *now = NULL;
	bool standby = false;

	if (pg_control_open(setting->where, NULL, &conn, err) ||
		pg_control_true(conn, "SELECT pg_is_in_recovery()", &standby, err) ||
		altered(conn, setting->what, &now, err))
		return -1;
	if (!standby || !now || strcmp(now, setting->value) != 0)
		return 0;
	return set(conn, setting->what, setting->before, err) ||
			pg_control_exec(conn, "SELECT pg_reload_conf()", err)
		? -1
		: 0;
}
