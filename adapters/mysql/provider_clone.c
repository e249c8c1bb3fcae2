/*
 * clone: the steps of MariaDB and MySQL. By mariabackup where the source's files are on this
 * machine, by MySQL's clone plugin where the source has it, else by a consistent dump, which the
 * report says.
 */
#include "adapters/provider_clone.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/mysql/carry.h"
#include "adapters/mysql/clone_check.h"
#include "adapters/mysql/clone_copy.h"
#include "adapters/mysql/clone_plugin.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/private.h"
#include "adapters/mysql/surroundings.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define START_TIMEOUT_US 600000000
/* The copy has the source's accounts, and this one besides, which needs no password: whoever can
 * open the socket is the server's user or root. */
#define ADMIN "rehearse_admin"
/* Not the source's, nor any replica's of it, should they count from 1. */
#define SERVER_ID_BIT 0x40000000u

struct my_clone {
	struct my_private p;
	struct my_source source;
	struct my_clone_plan plan;
};

static struct my_clone *mine(struct private_replica *base)
{
	return (struct my_clone *)base;
}

static struct private_replica *make(
	const struct provider_config *config, const struct provider_env *env)
{
	struct my_clone *r = mem_zalloc(sizeof(*r));

	private_replica_init(&r->p.base, "clone", config, env);
	return &r->p.base;
}

static int look(struct private_replica *base, struct err *ret_refusal, struct err *err)
{
	struct my_clone *r = mine(base);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_source_read(base->config->source, base->config->database, &r->source, &conn, err))
		return -1;
	base->database = r->source.database;
	base->info.source = mem_strdup(r->source.redacted);
	base->info.source_identity = mem_strdup(r->source.identity);
	my_clone_check(&r->p, &r->source, conn, &r->plan, ret_refusal);
	return 0;
}

static void release_source(struct private_replica *base)
{
	my_source_release(&mine(base)->source);
}

static uint64_t source_bytes(const struct private_replica *base)
{
	return ((const struct my_clone *)base)->source.bytes;
}

/* What a copy costs the source while it is made, to be known before. */
static void plan_cost(const struct my_source *s, const struct my_clone_plan *plan, struct str *out)
{
	char size[UNITS_TEXT];

	if (!s->plain_tables)
		return;
	str_addf(out,
		plan->way == MY_CLONE_FILES
			? "   (while its %llu tables without transactions are copied, %s, writes "
			  "to them wait on the source)\n"
			: "   (its %llu tables without transactions, %s, need all tables of the "
			  "source locked until the dump is done)\n",
		(unsigned long long)s->plain_tables, units_size_text(s->plain_bytes, size));
}

static void plan_steps(const struct private_replica *base, struct str *out, unsigned *n)
{
	const struct my_clone *r = (const struct my_clone *)base;
	const struct my_source *s = &r->source;
	const struct my_clone_plan *how = &r->plan;
	char need[UNITS_TEXT];

	str_addf(out, "%u. copy %s %s (%s) by %s%s%s, about %s of disk with room to work\n", (*n)++,
		my_flavour_name(&s->flavour), s->flavour.text, s->redacted,
		my_clone_way_name(how->way), how->why_dump ? ", since " : "",
		how->why_dump ? how->why_dump : "", units_size_text(how->bytes, need));
	plan_cost(s, how, out);
	str_addf(out,
		"%u. start the copy privately, on a Unix socket only, with a server id of its own, "
		"without events and replication\n",
		(*n)++);
	str_addf(out, "%u. prove that it is alone\n", (*n)++);
}

static int choose_settings(struct private_replica *base, struct err *err)
{
	struct my_clone *r = mine(base);
	struct my_private *p = &r->p;
	CLEANUP(my_control_close) struct db_conn *source = NULL;
	char id[16];

	if (my_control_open(r->source.dsn, p->database, &source, err))
		return -1;
	my_settings_standard(&p->settings);
	if (my_carry(source, r->plan.way != MY_CLONE_DUMP, &p->settings, &p->info, err))
		return -1;
	my_settings_add_all(&p->settings, p->config->settings, p->config->n_settings);
	my_settings_isolate(&p->settings, &p->programs.flavour);
	snprintf(id, sizeof(id), "%u", (uint32_t)r->source.server_id ^ SERVER_ID_BIT);
	my_settings_set(&p->settings, "server-id", id);
	return 0;
}

static int open_server(struct private_replica *base, const char *dir, struct err *err)
{
	struct my_private *p = &mine(base)->p;

	return my_server_open(&p->replica, &p->programs, dir, base->env->journal, err);
}

/* A dump is loaded into the server once that runs. */
static int copy(struct private_replica *base, struct err *err)
{
	struct my_clone *r = mine(base);

	switch (r->plan.way) {
	case MY_CLONE_FILES:
		return my_copy_files(&r->p, &r->source, err);
	case MY_CLONE_PLUGIN:
		return my_clone_plugin_copy(&r->p, &r->source, err);
	case MY_CLONE_DUMP:
		break;
	}
	return 0;
}

/* The account is made by the server itself as it starts, before anybody can log in. */
static int start_server(struct my_clone *r, struct err *err)
{
	static const char sql[] =
		"SET sql_log_bin = 0;\n"
		"DROP USER IF EXISTS '" ADMIN "'@'localhost';\n"
		"CREATE USER '" ADMIN "'@'localhost' IDENTIFIED BY '';\n"
		"GRANT ALL PRIVILEGES ON *.* TO '" ADMIN "'@'localhost' WITH GRANT OPTION;\n"
		"GRANT PROXY ON ''@'' TO '" ADMIN "'@'localhost' WITH GRANT OPTION;\n";
	struct my_private *p = &r->p;
	CLEANUP(cleanup_free) char *path = fs_join(p->replica.dir, "admin.sql");

	my_settings_set(&p->settings, "init-file", path);
	p->replica.admin = ADMIN;
	if (private_server_write(&p->replica.base, "admin.sql", sql, err) ||
		my_server_configure(&p->replica, p->settings.items, p->settings.n, err))
		return -1;
	if (r->plan.way == MY_CLONE_DUMP && my_server_install(&p->replica, err))
		return -1;
	return my_server_start(&p->replica, START_TIMEOUT_US, err);
}

/* The source's functions were created there: with a binary log, a server that does not trust their
 * creators would not take them again. */
static int copy_dump(
	struct my_clone *r, struct db_conn *source, bool *ret_accounts, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&r->p.replica, NULL);
	CLEANUP(my_control_close) struct db_conn *clone = NULL;
	CLEANUP(cleanup_free) char *trusts = NULL;

	if (my_control_open(dsn, NULL, &clone, err) ||
		my_control_variable(clone, "log_bin_trust_function_creators", &trusts, err) ||
		my_control_exec(clone, "SET GLOBAL log_bin_trust_function_creators = ON", err) ||
		my_copy_dump(&r->p, &r->source, source, clone, ret_accounts, err))
		return -1;
	return my_control_on(trusts)
		? 0
		: my_control_exec(clone, "SET GLOBAL log_bin_trust_function_creators = OFF", err);
}

static int load_dump(struct my_clone *r, struct err *err)
{
	CLEANUP(my_control_close) struct db_conn *source = NULL;
	bool accounts = false;

	private_replica_tell(&r->p.base, "copying the source by a dump");
	if (my_control_open(r->source.dsn, r->p.database, &source, err) ||
		copy_dump(r, source, &accounts, err))
		return -1;
	replica_note(&r->p.info, "cloned-by-dump", false,
		"the clone was loaded from a dump%s, since %s: its tables are freshly built, so "
		"they are smaller and in better order than the source's",
		my_dump_locks(&r->source) ? ", for which all tables of the source were locked" : "",
		r->plan.why_dump);
	if (!accounts)
		replica_note(&r->p.info, "accounts-left-out", true,
			"the source's accounts could not be read and are not on the clone: views "
			"and stored programs whose definer is one of them fail there");
	return 0;
}

/* A session of now: one from before a long copy may have been ended. */
static int start(struct private_replica *base, struct err *err)
{
	struct my_clone *r = mine(base);
	CLEANUP(my_control_close) struct db_conn *source = NULL;
	CLEANUP(my_control_close) struct db_conn *clone = NULL;
	CLEANUP(cleanup_free) char *dsn = NULL;

	if (start_server(r, err) || (r->plan.way == MY_CLONE_DUMP && load_dump(r, err)))
		return -1;
	dsn = my_server_dsn(&r->p.replica, NULL);
	if (my_control_open(r->source.dsn, base->database, &source, err) ||
		my_control_open(dsn, NULL, &clone, err))
		return -1;
	/* What it was a replica of stands in tables, which came along. */
	if (r->plan.way == MY_CLONE_PLUGIN &&
		my_control_exec(clone, r->source.flavour.words->reset_replica_all, err))
		return -1;
	return my_carry_note_plugins(source, clone, &base->info, err);
}

static int note_surroundings(struct private_replica *base, struct err *err)
{
	CLEANUP(cleanup_free)
	char *dsn = my_server_dsn(&mine(base)->p.replica, base->database);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err))
		return -1;
	return my_surroundings_note(conn, &base->info, err);
}

/* It was never a replica: there is nothing to end. */
static int promote(struct private_replica *base, struct err *err)
{
	const struct my_clone *r = mine(base);
	char size[UNITS_TEXT];

	(void)err;
	replica_note(&base->info, "promoted", false,
		"the clone is a copy that never replicated; nothing is left on the source");
	if (r->plan.way == MY_CLONE_FILES && r->source.plain_tables)
		replica_note(&base->info, "clone-held-writes", false,
			"writes to the source's %llu tables without transactions (%s) waited while "
			"they were copied",
			(unsigned long long)r->source.plain_tables,
			units_size_text(r->source.plain_bytes, size));
	return 0;
}

static const struct clone_engine engine = {
	.private = &my_private_engine,
	.make = make,
	.look = look,
	.release_source = release_source,
	.source_bytes = source_bytes,
	.plan = plan_steps,
	.choose_settings = choose_settings,
	.open_server = open_server,
	.copy = copy,
	.start = start,
	.quarantined = "the clone was started by the harness, on a Unix socket only, with a "
		       "server id of its own, without events and replication from its start; "
		       "account '" ADMIN "'@'localhost' was added to it",
	.note_surroundings = note_surroundings,
	.promote = promote,
};

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	return clone_plan(&engine, config, env, out, err);
}

static int open_clone(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	return clone_open(&engine, config, env, ret, err);
}

const struct provider mysql_clone = {CLONE_STEPS,
	.summary = "a copy of the source by mariabackup or a dump, started privately", .plan = plan,
	.open = open_clone};
