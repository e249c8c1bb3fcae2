/* `rehearse doctor` for MariaDB and MySQL: this machine, and, with connection strings, the servers
 * named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/doctor_machine.h"
#include "adapters/mysql/clone_check.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/interlock.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/source.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

/* ---- this machine ---- */

static void look_at_helpers(const struct my_programs *p, struct doctor_report *report)
{
	if (!p->client || !p->dump)
		doctor_add(report, DOCTOR_PROBLEM, "client programs",
			"apt-get install mariadb-client",
			"mariadb and mariadb-dump are missing: fixtures cannot be loaded");
	if (p->flavour.mariadb && !p->backup)
		doctor_add(report, DOCTOR_WARNING, "mariabackup", "apt-get install mariadb-backup",
			"it is missing: a clone would be loaded from a dump, which takes ten times "
			"as long and orders the tables anew");
}

static void look_at_programs(const struct provider_config *config, struct doctor_report *report)
{
	struct my_programs programs = {0};
	struct err err = {0};
	CLEANUP(cleanup_free) char *package = NULL;

	if (my_programs_find(config->bin_dir, &programs, &err)) {
		doctor_add(report, DOCTOR_PROBLEM, "server programs",
			"apt-get install mariadb-server", "%s", err.text);
		return;
	}
	package = doctor_package_of(programs.server);
	doctor_add(report, DOCTOR_OK, "server programs", NULL, "%s %s, %s%s",
		my_flavour_name(&programs.flavour), programs.flavour.text, programs.server,
		package);
	look_at_helpers(&programs, report);
	my_programs_release(&programs);
}

static void look_at_user(struct doctor_report *report)
{
	struct proc_user user;

	proc_server_user("mysql", &user);
	if (geteuid() == 0 && strcmp(user.name, "nobody") == 0)
		doctor_add(report, DOCTOR_WARNING, "server user", "apt-get install mariadb-server",
			"there is no user 'mysql': servers would run as 'nobody'");
	else
		doctor_add(
			report, DOCTOR_OK, "server user", NULL, "servers run as '%s'", user.name);
}

/* ---- the servers named ---- */

static void look_at_clone(const struct provider_config *config, const struct my_source *s,
	struct db_conn *conn, struct doctor_report *report)
{
	const struct provider_env env = {0};
	struct my_clone_plan plan = {0};
	struct my_private p = {0};
	struct err err = {0};

	private_replica_init(&p.base, "clone", config, &env);
	if (my_clone_check(&p, s, conn, &plan, &err))
		doctor_add(report, DOCTOR_WARNING, "clone of the source", "see the text", "%s",
			err.text);
	else if (plan.way != MY_CLONE_DUMP)
		doctor_add(report, DOCTOR_OK, "clone of the source", NULL,
			"its files can be copied by %s", my_clone_way_name(plan.way));
	else
		doctor_add(report, DOCTOR_WARNING, "clone of the source",
			s->flavour.mariadb
				? "run rehearse where its files are, as a user who may read them, "
				  "and with mariabackup"
				: "load the clone plugin, and grant BACKUP_ADMIN",
			"it would be loaded from a dump: %s", plan.why_dump);
	private_replica_release(&p.base, &my_private_engine, NULL);
}

static void look_at_source(const struct provider_config *config, struct doctor_report *report)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	struct my_source s = {0};
	struct err err = {0};
	char size[UNITS_TEXT];

	if (my_source_read(config->source, config->database, &s, &conn, &err)) {
		doctor_add(report, DOCTOR_PROBLEM, "source", "check the connection string", "%s",
			err.text);
		return;
	}
	doctor_add(report, DOCTOR_OK, "source", NULL,
		"%s %s, a %s, %s of tables, %llu of them without transactions",
		my_flavour_name(&s.flavour), s.flavour.text,
		s.replication.sources ? "replica" : "primary", units_size_text(s.bytes, size),
		(unsigned long long)s.plain_tables);
	look_at_clone(config, &s, conn, report);
	my_source_release(&s);
}

/* performance_schema: MariaDB has it off unless told otherwise, and only a start switches it on. */
static void look_at_instruments(struct db_conn *conn, struct doctor_report *report)
{
	static const char remedy[] =
		"put into its option file and restart it: performance_schema = ON, "
		"performance-schema-instrument = 'wait/%=OFF', performance-schema-instrument = "
		"'idle=OFF', performance-schema-instrument = 'wait/lock/metadata/sql/mdl=ON', "
		"performance-schema-consumer-events-waits-current = ON, "
		"performance-schema-consumer-events-waits-history-long = ON, "
		"performance-schema-events-waits-history-long-size = 100000";
	CLEANUP(cleanup_free) char *on = NULL;
	struct err err = {0};
	unsigned rows = 0;
	bool good;

	if (my_control_variable(conn, "performance_schema", &on, &err)) {
		doctor_add(report, DOCTOR_WARNING, "replica's instruments", NULL, "%s", err.text);
		return;
	}
	if (!my_control_on(on)) {
		doctor_add(report, DOCTOR_WARNING, "replica's instruments", remedy,
			"performance_schema is off: waits for metadata locks would be sampled, "
			"which misses short ones");
		return;
	}
	if (my_control_rows(conn, sql_mysql_instruments, &rows, &err)) {
		doctor_add(report, DOCTOR_WARNING, "replica's instruments",
			"GRANT SELECT, UPDATE ON performance_schema.* TO the account", "%s",
			err.text);
		return;
	}
	/* The consumers can be switched on at any time, the instrument must have been on when the
	 * locks were taken. */
	good = strcmp(my_control_value(conn, 0, 0), "YES") == 0;
	doctor_add(report, good ? DOCTOR_OK : DOCTOR_WARNING, "replica's instruments",
		good ? NULL : remedy,
		"performance_schema is on, wait/lock/metadata/sql/mdl %s, events_waits_current %s, "
		"events_waits_history_long %s",
		my_control_value(conn, 0, 0), my_control_value(conn, 0, 1),
		my_control_value(conn, 0, 2));
}

static void add_refusals(const char *text, struct doctor_report *report)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		doctor_add(report, DOCTOR_PROBLEM, "promotion of the replica",
			"see the text; nothing was changed", "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void look_at_replica(const struct provider_config *config, struct doctor_report *report)
{
	CLEANUP(cleanup_str) struct str wrong = {0};
	struct my_interlock interlock;
	struct err err = {0};
	int refused = my_interlock_open(&interlock, config, &err);

	if (!interlock.replica_conn) {
		doctor_add(report, DOCTOR_PROBLEM, "replica", "check the connection string", "%s",
			err.text);
		my_interlock_release(&interlock);
		return;
	}
	doctor_add(report, DOCTOR_OK, "replica", NULL, "%s %s, %s",
		my_flavour_name(&interlock.replica.flavour), interlock.replica.flavour.text,
		interlock.replica.replication.sources ? "a replica" : "a primary");
	if (refused)
		my_interlock_explain(&interlock, &wrong);
	/* What stopped the opening may be no row of the table: the source's silence. */
	if (refused && !strstr(str_text(&wrong), err.text))
		str_addf(&wrong, "%s\n", err.text);
	add_refusals(str_text(&wrong), report);
	if (!refused)
		doctor_add(report, DOCTOR_OK, "promotion of the replica", NULL,
			"it is marked as disposable, and nothing speaks against promoting it");
	look_at_instruments(interlock.replica_conn, report);
	my_interlock_release(&interlock);
}

int mysql_doctor(
	const struct provider_config *config, struct doctor_report *report, struct err *err)
{
	(void)err; /* what is wrong is a line */
	look_at_programs(config, report);
	look_at_user(report);
	doctor_temp("s.sock", report);
	doctor_cache("mysql", report);
	doctor_memory(report);
	if (config->source && *config->source)
		look_at_source(config, report);
	if (config->standby && *config->standby)
		look_at_replica(config, report);
	doctor_add(report, DOCTOR_OK, "disposable mark", NULL,
		"%s; and disposable: true in the scenario. Neither comes with replication, and "
		"neither holds on a copy of the server's files",
		my_disposable_howto);
	return 0;
}
