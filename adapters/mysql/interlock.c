#include "adapters/mysql/interlock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/private.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

const char my_disposable_howto[] =
	"in one session on the replica: SET sql_log_bin = 0; CREATE DATABASE rehearse_disposable; "
	"CREATE TABLE rehearse_disposable.mark AS SELECT @@hostname AS host, @@port AS port, "
	"@@server_id AS server_id; or report_user = rehearse-disposable in the replica's own "
	"option file, and a restart";

/* ---- checks that only look at the replica ---- */

static int ask_primary(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (!i->replica.replication.sources)
		str_addf(wrong, "'%s' is a primary, not a replica", i->replica.redacted);
	return 0;
}

static int ask_sources(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (i->replica.replication.sources > 1)
		str_addf(wrong, "the replica follows %u sources", i->replica.replication.sources);
	return 0;
}

static const char *const replica_rights_mariadb[] = {"SUPER", "PROCESS", "SLAVE MONITOR",
	"REPLICATION MASTER ADMIN", "REPLICATION SLAVE ADMIN", "READ_ONLY ADMIN", "SELECT", NULL};
static const char *const replica_rights_mysql[] = {"PROCESS", "REPLICATION CLIENT",
	"REPLICATION SLAVE", "REPLICATION_SLAVE_ADMIN", "SYSTEM_VARIABLES_ADMIN",
	"CONNECTION_ADMIN", "SELECT", NULL};
static const char *const source_rights_mariadb[] = {
	"BINLOG MONITOR", "REPLICATION MASTER ADMIN", "PROCESS", NULL};
static const char *const source_rights_mysql[] = {
	"REPLICATION CLIENT", "REPLICATION SLAVE", "PROCESS", NULL};

static int ask_rights(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	const struct my_source *s = &i->replica;
	CLEANUP(cleanup_free)
	char *lacking = my_source_lacks(
		s, s->flavour.mariadb ? replica_rights_mariadb : replica_rights_mysql);

	(void)err;
	if (*lacking)
		str_addf(wrong, "account '%s' lacks %s on the replica", s->account, lacking);
	return 0;
}

static int ask_scenario(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	(void)err;
	if (!i->config->disposable)
		str_add(wrong, "the scenario does not say that the replica may be used up");
	return 0;
}

static int ask_mark(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *mark = NULL;
	bool table = false;

	if (my_control_true(i->replica_conn,
		    "SELECT EXISTS (SELECT * FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
		    "'rehearse_disposable' AND TABLE_NAME = 'mark')",
		    &table, err))
		return -1;
	if (my_control_text(i->replica_conn,
		    table ? sql_mysql_disposable
			  : "SELECT 'option' FROM (SELECT 1) AS one WHERE @@GLOBAL.report_user = "
			    "'rehearse-disposable'",
		    &mark, err))
		return -1;
	if (!*mark)
		str_addf(wrong, "the replica carries no mark of being disposable%s",
			table ? " (the one in rehearse_disposable.mark is another server's)" : "");
	return 0;
}

static int ask_cluster(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	static const char *const names[] = {"wsrep_on", "group_replication_start_on_boot"};

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]) && !wrong->len; k++) {
		CLEANUP(cleanup_free) char *value = NULL;

		if (my_control_variable(i->replica_conn, names[k], &value, err))
			return -1;
		if (my_control_on(value))
			str_addf(wrong, "the replica belongs to a cluster (%s is on)", names[k]);
	}
	return 0;
}

static int ask_followers(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *followers = NULL;

	if (my_replication_followers(i->replica_conn, &i->replica.flavour, &followers, err))
		return -1;
	if (*followers)
		str_addf(wrong, "%s replicates from it", followers);
	return 0;
}

/* Without them it cannot be told that the replica has all that its source has. */
static int say_gtids(struct db_conn *conn, const struct my_flavour *flavour, const char *who,
	struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *mode = NULL;

	if (flavour->mariadb)
		return 0;
	if (my_control_text(conn, "SELECT @@GLOBAL.gtid_mode", &mode, err))
		return -1;
	if (strcmp(mode, "ON") != 0)
		str_addf(wrong,
			"gtid_mode is %s on the %s: a replication without GTIDs is not supported",
			mode, who);
	return 0;
}

static int ask_gtids(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	return say_gtids(i->replica_conn, &i->replica.flavour, "replica", wrong, err);
}

static int ask_gtids_of_source(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	return say_gtids(i->source_conn, &i->source.flavour, "source", wrong, err);
}

static int ask_applier(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	const struct my_replication *r = &i->replica.replication;

	(void)err;
	if (r->sql_errno)
		str_addf(wrong, "the replication is broken: applying stopped with error %d: %s",
			r->sql_errno, r->sql_error);
	else if (strcmp(r->sql_running, "Yes") != 0)
		str_add(wrong, "the replica applies nothing: its SQL thread is stopped");
	return 0;
}

static int ask_receiver(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	const struct my_replication *r = &i->replica.replication;

	(void)err;
	if (strcmp(r->io_running, "Yes") == 0)
		return 0;
	str_addf(wrong, "the replica receives nothing from its source");
	if (r->io_errno)
		str_addf(wrong, ": error %d: %s", r->io_errno, r->io_error);
	return 0;
}

static int ask_semi_sync(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	unsigned rows = 0;

	if (my_control_rows(i->replica_conn,
		    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_slave_status', "
		    "'Rpl_semi_sync_replica_status') AND Value = 'ON'",
		    &rows, err))
		return -1;
	if (rows)
		str_add(wrong,
			"the replica is a semi-synchronous partner of its source, whose "
			"commits wait for it");
	return 0;
}

/* ---- checks that need the source's word ---- */

/* A lock by name is a server's own, and not replicated. */
static int ask_same_server(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_free) char *take = NULL;
	CLEANUP(cleanup_free) char *look = NULL;
	CLEANUP(cleanup_free) char *release = NULL;
	bool taken = false, seen = false;
	int result;

	if (my_control_text(i->source_conn, "SELECT CONCAT('rehearse-', UUID())", &name, err))
		return -1;
	take = mem_printf("SELECT GET_LOCK('%s', 0)", name);
	look = mem_printf("SELECT IS_USED_LOCK('%s') IS NOT NULL", name);
	release = mem_printf("SELECT RELEASE_LOCK('%s')", name);
	if (my_control_true(i->source_conn, take, &taken, err))
		return -1;
	result = my_control_true(i->replica_conn, look, &seen, err);
	my_control_exec(i->source_conn, release, NULL);
	if (seen)
		str_add(wrong, "source and replica are the same server");
	return result;
}

static int ask_source_rights(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	const struct my_source *s = &i->source;
	CLEANUP(cleanup_free)
	char *lacking = my_source_lacks(
		s, s->flavour.mariadb ? source_rights_mariadb : source_rights_mysql);

	(void)err;
	if (*lacking)
		str_addf(wrong,
			"account '%s' lacks %s on the source, which knows who replicates from it",
			s->account, lacking);
	return 0;
}

static int ask_source_id(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	const struct my_replication *r = &i->replica.replication;
	bool other = *r->uuid ? strcmp(r->uuid, i->source.identity) != 0
			      : (uint64_t)r->server_id != i->source.server_id;

	(void)err;
	if (other)
		str_addf(wrong,
			"the replica follows server %lld (%s:%lld), and the source is server %llu "
			"(%s)",
			(long long)r->server_id, r->host, (long long)r->port,
			(unsigned long long)i->source.server_id, i->source.redacted);
	return 0;
}

static int ask_registered(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	unsigned rows = 0;

	if (my_control_rows(i->source_conn, i->source.flavour.words->show_replicas, &rows, err))
		return -1;
	for (unsigned k = 0; k < rows; k++)
		if (strtoull(my_control_named(i->source_conn, k, "Server_id"), NULL, 10) ==
			i->replica.server_id)
			return 0;
	str_addf(wrong, "the source does not list server %llu among its replicas",
		(unsigned long long)i->replica.server_id);
	return 0;
}

/* The place in the source's log that the replica has read up to. */
static int ask_position(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	const struct my_replication *r = &i->replica.replication;
	unsigned rows = 0;

	if (my_control_rows(i->source_conn, "SHOW BINARY LOGS", &rows, err))
		return -1;
	for (unsigned k = 0; k < rows; k++)
		if (strcmp(my_control_value(i->source_conn, k, 0), r->file) == 0 &&
			strtoll(my_control_value(i->source_conn, k, 1), NULL, 10) >= r->read_pos)
			return 0;
	str_addf(wrong, "the replica has read up to %s:%lld, which the source's log has not",
		r->file, (long long)r->read_pos);
	return 0;
}

static int ask_mark_of_source(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	CLEANUP(cleanup_free) char *marks = NULL;

	if (my_control_list(i->source_conn, sql_mysql_marks_of_source, &marks, err))
		return -1;
	if (*marks)
		str_addf(wrong,
			"the source carries the mark too (%s), so it tells nothing of the replica",
			marks);
	return 0;
}

/* Not a partner now, but one again as soon as it answers in time. */
static int ask_semi_sync_of_source(const struct my_interlock *i, struct str *wrong, struct err *err)
{
	static const char sql[] =
		"SHOW GLOBAL VARIABLES WHERE Variable_name IN ('%s', '%s') AND Value = 'ON'";
	CLEANUP(cleanup_free)
	char *waits =
		mem_printf(sql, "rpl_semi_sync_master_enabled", "rpl_semi_sync_source_enabled");
	CLEANUP(cleanup_free)
	char *answers =
		mem_printf(sql, "rpl_semi_sync_slave_enabled", "rpl_semi_sync_replica_enabled");
	unsigned there = 0, here = 0;

	if (my_control_rows(i->source_conn, waits, &there, err) ||
		my_control_rows(i->replica_conn, answers, &here, err))
		return -1;
	if (there && here)
		str_add(wrong,
			"semi-synchronous replication is on at both ends: the source's "
			"commits wait for this replica");
	return 0;
}

/* ---- the table ---- */

static const struct check {
	const char *id;
	bool needs_source;
	int (*ask)(const struct my_interlock *, struct str *wrong, struct err *);
	const char *remedy;
} checks[] = {
	/* Without these rights nothing that follows is known. */
	{"rights", false, ask_rights, "GRANT them, or use an account that has them"},
	{"primary", false, ask_primary,
		"name a replica; no option makes rehearse write to a primary"},
	{"sources", false, ask_sources, "give a replica of one source"},
	{"cluster", false, ask_cluster, "give a plain replica of the cluster"},
	{"disposable-scenario", false, ask_scenario,
		"set replica.disposable: true once its owner has given it up"},
	{"disposable-mark", false, ask_mark, my_disposable_howto},
	{"own-replicas", false, ask_followers,
		"point them at the source first; they would follow the promoted server"},
	{"gtids", false, ask_gtids, "switch gtid_mode on"},
	{"applier", false, ask_applier,
		"repair the replication first: its data is not the source's"},
	{"receiver", false, ask_receiver, "START REPLICA there, or repair its connection"},
	{"semi-sync", false, ask_semi_sync,
		"SET GLOBAL rpl_semi_sync_slave_enabled = OFF there (MySQL: "
		"rpl_semi_sync_replica_enabled) and restart its IO thread, or give another "
		"replica"},
	{"same-server", true, ask_same_server, "name the replica's own source"},
	{"source-rights", true, ask_source_rights, "GRANT them there"},
	{"source-id", true, ask_source_id, "name the server that this replica follows"},
	{"gtids-of-source", true, ask_gtids_of_source, "switch gtid_mode on"},
	{"registered", true, ask_registered, "name the server that this replica follows"},
	{"position", true, ask_position, "name the server that this replica follows"},
	{"mark-of-source", true, ask_mark_of_source, "take it off the source"},
	{"semi-sync-of-source", true, ask_semi_sync_of_source,
		"SET GLOBAL rpl_semi_sync_slave_enabled = OFF on the replica (MySQL: "
		"rpl_semi_sync_replica_enabled) and restart its IO thread, or give another "
		"replica"},
};

static int run_checks(const struct my_interlock *i, bool needs_source, struct err *err)
{
	for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++) {
		CLEANUP(cleanup_str) struct str wrong = {0};

		if (checks[k].needs_source != needs_source)
			continue;
		if (checks[k].ask(i, &wrong, err))
			return err_prefix(err, "cannot check '%s'", checks[k].id);
		if (wrong.len)
			return err_set(err, ERR_REFUSED, "%s (remedy: %s)", str_text(&wrong),
				checks[k].remedy);
	}
	return 0;
}

/* ---- opening ---- */

static int open_source(struct my_interlock *i, struct err *err)
{
	if (!my_source_read(i->config->source, NULL, &i->source, &i->source_conn, err))
		return 0;
	err_prefix(err,
		"without its source's word it is not known whose replica this is and who "
		"waits for it");
	if (err && err->kind == ERR_FAILED)
		err->kind = ERR_REFUSED;
	return -1;
}

int my_interlock_open(struct my_interlock *i, const struct provider_config *config, struct err *err)
{
	*i = (struct my_interlock){.config = config};
	if (my_source_read(config->standby, config->database, &i->replica, &i->replica_conn, err) ||
		run_checks(i, false, err) || open_source(i, err))
		return -1;
	return run_checks(i, true, err);
}

int my_interlock_check(struct my_interlock *i, struct err *err)
{
	struct my_replication now = {0};

	if (my_replication_read(i->replica_conn, &i->replica.flavour, &now, err))
		return -1;
	my_replication_release(&i->replica.replication);
	i->replica.replication = now;
	return run_checks(i, false, err) || run_checks(i, true, err) ? -1 : 0;
}

void my_interlock_explain(struct my_interlock *i, struct str *out)
{
	for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++) {
		CLEANUP(cleanup_str) struct str wrong = {0};
		struct err err = {0};

		if (checks[k].needs_source ? !i->source_conn : !i->replica_conn)
			continue;
		/* Of a primary, nothing about its being a replica is worth a line. */
		if (!i->replica.replication.sources &&
			(checks[k].ask == ask_applier || checks[k].ask == ask_receiver))
			continue;
		if (checks[k].ask(i, &wrong, &err))
			str_addf(out, "cannot check '%s': %s\n", checks[k].id, err.text);
		else if (wrong.len)
			str_addf(out, "%s (remedy: %s)\n", str_text(&wrong), checks[k].remedy);
	}
}

void my_interlock_release(struct my_interlock *i)
{
	if (!i)
		return;
	my_control_close(&i->replica_conn);
	my_control_close(&i->source_conn);
	my_source_release(&i->replica);
	my_source_release(&i->source);
	*i = (struct my_interlock){0};
}
