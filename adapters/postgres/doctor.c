/* `rehearse doctor` for PostgreSQL: this machine, and, with connection strings, the servers named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/doctor_machine.h"
#include "adapters/postgres/clone_check.h"
#include "adapters/postgres/control.h"
#include "adapters/postgres/interlock.h"
#include "adapters/postgres/postgres.h"
#include "adapters/postgres/settings.h"
#include "adapters/postgres/source.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

/* ---- this machine ---- */

static void look_at_programs(const struct provider_config *config, struct doctor_report *report)
{
	struct pg_programs programs = {0};
	struct err err = {0};
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) char *package = NULL;
	CLEANUP(cleanup_free) char *psql = NULL;

	if (pg_programs_find(config->bin_dir, 0, &programs, &err)) {
		doctor_add(report, DOCTOR_PROBLEM, "server programs", "apt-get install postgresql",
			"%s", err.text);
		return;
	}
	path = fs_join(programs.dir, "postgres");
	package = doctor_package_of(path);
	doctor_add(report, DOCTOR_OK, "server programs", NULL, "PostgreSQL %s in %s%s",
		programs.text, programs.dir, package);
	psql = fs_join(programs.dir, "psql");
	if (access(psql, X_OK))
		doctor_add(report, DOCTOR_PROBLEM, "psql", "apt-get install postgresql-client",
			"'%s' is missing: fixtures cannot be loaded", psql);
	if (!pg_programs_have_library(&programs, "pg_stat_statements"))
		doctor_add(report, DOCTOR_WARNING, "pg_stat_statements",
			"apt-get install postgresql-contrib", "the library is not installed");
	pg_programs_release(&programs);
}

static void look_at_user(struct doctor_report *report)
{
	struct proc_user user;

	proc_server_user("postgres", &user);
	if (geteuid() == 0 && strcmp(user.name, "nobody") == 0)
		doctor_add(report, DOCTOR_WARNING, "server user", "apt-get install postgresql",
			"there is no user 'postgres': servers would run as 'nobody'");
	else
		doctor_add(
			report, DOCTOR_OK, "server user", NULL, "servers run as '%s'", user.name);
}

/* ---- the servers named ---- */

static void look_at_source(const struct provider_config *config, struct doctor_report *report)
{
	const struct provider_env env = {0};
	struct pg_private p = {0};
	struct pg_source s = {0};
	struct err err = {0};
	char size[UNITS_TEXT];

	if (pg_source_read(config->source, config->database, &s, NULL, &err)) {
		doctor_add(report, DOCTOR_PROBLEM, "source", "check the connection string", "%s",
			err.text);
		return;
	}
	doctor_add(report, DOCTOR_OK, "source", NULL, "PostgreSQL %s, a %s, %s in all databases%s",
		s.version_text, s.in_recovery ? "standby" : "primary",
		units_size_text(s.bytes, size), s.hidden_databases ? " that role may look at" : "");
	private_replica_init(&p.base, "clone", config, &env);
	if (pg_clone_check(&p, &s, &err))
		doctor_add(report, DOCTOR_WARNING, "clone of the source", "see the text", "%s",
			err.text);
	else
		doctor_add(report, DOCTOR_OK, "clone of the source", NULL,
			"role '%s' may take a base backup", s.role);
	private_replica_release(&p.base, &pg_private_engine, NULL);
	pg_source_release(&s);
}

static void look_at_log(struct db_conn *conn, struct doctor_report *report)
{
	struct err err = {0};
	unsigned rows = 0;
	bool good;

	if (pg_control_rows(conn, sql_postgres_log_settings, &rows, &err)) {
		doctor_add(report, DOCTOR_WARNING, "standby's log", NULL, "%s", err.text);
		return;
	}
	good = strcmp(pg_control_value(conn, 0, 0), "on") == 0 &&
		(strstr(pg_control_value(conn, 0, 1), "jsonlog") ||
			strstr(pg_control_value(conn, 0, 1), "csvlog"));
	doctor_add(report, good ? DOCTOR_OK : DOCTOR_WARNING, "standby's log",
		good ? NULL
		     : "set logging_collector = on (a restart) and log_destination = 'jsonlog', or "
		       "'csvlog' before 15",
		"logging_collector %s, log_destination %s, log_lock_waits %s, deadlock_timeout "
		"%s%s",
		pg_control_value(conn, 0, 0), pg_control_value(conn, 0, 1),
		pg_control_value(conn, 0, 2), pg_control_value(conn, 0, 3),
		good ? "" : ": lock waits would be sampled, which misses short ones");
}

static void add_refusals(const char *text, struct doctor_report *report)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		doctor_add(report, DOCTOR_PROBLEM, "promotion of the standby",
			"see the text; nothing was changed", "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void look_at_standby(const struct provider_config *config, struct doctor_report *report)
{
	CLEANUP(cleanup_str) struct str wrong = {0};
	struct pg_interlock interlock;
	struct err err = {0};
	int refused = pg_interlock_open(&interlock, config, &err);

	if (!interlock.standby_conn) {
		doctor_add(report, DOCTOR_PROBLEM, "standby", "check the connection string", "%s",
			err.text);
		pg_interlock_release(&interlock);
		return;
	}
	doctor_add(report, DOCTOR_OK, "standby", NULL, "PostgreSQL %s, %s",
		interlock.standby.version_text,
		interlock.standby.in_recovery ? "in recovery" : "a primary");
	if (refused)
		pg_interlock_explain(&interlock, &wrong);
	/* What stopped the opening may be no row of the table: the source's silence. */
	if (refused && !strstr(str_text(&wrong), err.text))
		str_addf(&wrong, "%s\n", err.text);
	add_refusals(str_text(&wrong), report);
	if (!refused)
		doctor_add(report, DOCTOR_OK, "promotion of the standby", NULL,
			"it is marked as disposable, and nothing speaks against promoting it");
	look_at_log(interlock.standby_conn, report);
	pg_interlock_release(&interlock);
}

static void explain_mark(struct doctor_report *report)
{
	doctor_add(report, DOCTOR_OK, "disposable mark", NULL,
		"%s; and disposable: true in the scenario", pg_disposable_howto);
}

int postgres_doctor(
	const struct provider_config *config, struct doctor_report *report, struct err *err)
{
	(void)err; /* what is wrong is a line */
	look_at_programs(config, report);
	look_at_user(report);
	doctor_temp(".s.PGSQL.5432.lock", report);
	doctor_cache("postgres", report);
	doctor_memory(report);
	if (config->source && *config->source)
		look_at_source(config, report);
	if (config->standby && *config->standby)
		look_at_standby(config, report);
	explain_mark(report);
	return 0;
}
