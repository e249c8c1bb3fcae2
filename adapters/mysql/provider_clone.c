/*
 * clone: a copy of the source, started privately. By mariabackup where the source's files are on
 * this machine, else by a consistent dump, which the report says. Nothing is left on the source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/carry.h"
#include "adapters/mysql/clone_check.h"
#include "adapters/mysql/clone_copy.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/mysql.h"
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

struct replica {
	struct my_private p;
	struct my_source source;
	struct my_clone_plan plan;
};

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

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	struct my_clone_plan how = {0};
	struct my_private p;
	struct my_source s = {0};
	struct err refusal = {0};
	char need[UNITS_TEXT];
	unsigned n = 1;

	if (my_source_read(config->source, config->database, &s, &conn, err))
		return -1;
	my_private_init(&p, "clone", config, env);
	if (my_clone_check(&p, &s, conn, &how, &refusal))
		str_addf(out, "would be refused: %s\n", refusal.text);
	str_addf(out, "%u. copy %s %s (%s) by %s%s%s, about %s of disk with room to work\n", n++,
		my_flavour_name(&s.flavour), s.flavour.text, s.redacted,
		how.way == MY_CLONE_FILES ? "mariabackup" : "a dump",
		how.why_dump ? ", since " : "", how.why_dump ? how.why_dump : "",
		units_size_text(how.bytes, need));
	plan_cost(&s, &how, out);
	str_addf(out,
		"%u. start the copy privately, on a Unix socket only, with a server id of its own, "
		"without events and replication\n",
		n++);
	str_addf(out, "%u. prove that it is alone\n", n++);
	str_addf(out,
		"%u. at the end: end it and remove the run's directory; nothing is left on the "
		"source\n",
		n);
	my_private_release(&p, NULL);
	my_source_release(&s);
	return 0;
}

static int open_clone(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	struct replica *r;

	if (!config->source || !*config->source)
		return err_set(err, ERR_USAGE,
			"provider 'clone' needs replica.source, the connection string of what is "
			"cloned");
	if (my_settings_check(config->settings, config->n_settings, err))
		return -1;
	r = mem_zalloc(sizeof(*r));
	my_private_init(&r->p, "clone", config, env);
	*ret = r;
	return 0;
}

static int check(struct replica *r, struct err *err)
{
	struct my_private *p = &r->p;
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_source_read(p->config->source, p->config->database, &r->source, &conn, err))
		return -1;
	p->database = r->source.database;
	p->info.source = mem_strdup(r->source.redacted);
	p->info.source_identity = mem_strdup(r->source.identity);
	return my_clone_check(p, &r->source, conn, &r->plan, err);
}

static int choose_settings(struct replica *r, struct db_conn *source, struct err *err)
{
	struct my_private *p = &r->p;
	char id[16];

	my_settings_standard(&p->settings);
	if (my_carry(source, r->plan.way == MY_CLONE_FILES, &p->settings, &p->info, err))
		return -1;
	my_settings_add_all(&p->settings, p->config->settings, p->config->n_settings);
	my_settings_isolate(&p->settings, &p->programs.flavour);
	snprintf(id, sizeof(id), "%u", (uint32_t)r->source.server_id ^ SERVER_ID_BIT);
	my_settings_set(&p->settings, "server-id", id);
	return 0;
}

/* The account is made by the server itself as it starts, before anybody can log in. */
static int start(struct replica *r, struct err *err)
{
	static const char sql[] =
		"SET sql_log_bin = 0;\n"
		"CREATE OR REPLACE USER '" ADMIN "'@'localhost' IDENTIFIED BY '';\n"
		"GRANT ALL PRIVILEGES ON *.* TO '" ADMIN "'@'localhost' WITH GRANT OPTION;\n"
		"GRANT PROXY ON ''@'' TO '" ADMIN "'@'localhost' WITH GRANT OPTION;\n";
	struct my_private *p = &r->p;
	CLEANUP(cleanup_free) char *path = fs_join(p->replica.dir, "admin.sql");

	my_private_tell(p, "starting the clone");
	my_settings_set(&p->settings, "init-file", path);
	p->replica.admin = ADMIN;
	if (private_server_write(&p->replica.base, "admin.sql", sql, err) ||
		my_server_configure(&p->replica, p->settings.items, p->settings.n, err))
		return -1;
	if (r->plan.way == MY_CLONE_DUMP && my_server_install(&p->replica, err))
		return -1;
	return my_server_start(&p->replica, START_TIMEOUT_US, err);
}

static int provision_files(struct replica *r, struct err *err)
{
	return my_copy_files(&r->p, &r->source, err) || start(r, err) ? -1 : 0;
}

/* The source's functions were created there: with a binary log, a server that does not trust their
 * creators would not take them again. */
static int copy_dump(struct replica *r, struct db_conn *source, bool *ret_accounts, struct err *err)
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

static int provision_dump(struct replica *r, struct db_conn *source, struct err *err)
{
	bool accounts = false;

	if (start(r, err))
		return -1;
	my_private_tell(&r->p, "copying the source by a dump");
	if (copy_dump(r, source, &accounts, err))
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

static int provision(struct replica *r, struct err *err)
{
	struct my_private *p = &r->p;
	CLEANUP(my_control_close) struct db_conn *source = NULL;
	CLEANUP(my_control_close) struct db_conn *clone = NULL;
	CLEANUP(cleanup_free) char *dsn = NULL;
	char size[UNITS_TEXT];

	if (my_control_open(r->source.dsn, p->database, &source, err) ||
		choose_settings(r, source, err) || my_private_open(p, err))
		return -1;
	my_private_tell(p, "copying %s from the source", units_size_text(r->source.bytes, size));
	if (r->plan.way == MY_CLONE_FILES ? provision_files(r, err)
					  : provision_dump(r, source, err))
		return -1;
	/* A long copy: the session may have been ended. */
	my_control_close(&source);
	dsn = my_server_dsn(&p->replica, NULL);
	if (my_control_open(r->source.dsn, p->database, &source, err) ||
		my_control_open(dsn, NULL, &clone, err))
		return -1;
	return my_carry_note_plugins(source, clone, &p->info, err);
}

static int quarantine(struct replica *r, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&r->p.replica, r->p.database);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err))
		return -1;
	replica_note(&r->p.info, "private-server", false,
		"the clone was started by the harness, on a Unix socket only, with a server id of "
		"its own, without events and replication from its start; account '" ADMIN
		"'@'localhost' was added to it");
	return my_surroundings_note(conn, &r->p.info, err);
}

/* It was never a replica: there is nothing to end. */
static int promote(struct replica *r, struct err *err)
{
	char size[UNITS_TEXT];

	(void)err;
	replica_note(&r->p.info, "promoted", false,
		"the clone is a copy that never replicated; nothing is left on the source");
	if (r->plan.way == MY_CLONE_FILES && r->source.plain_tables)
		replica_note(&r->p.info, "clone-held-writes", false,
			"writes to the source's %llu tables without transactions (%s) waited while "
			"they were copied",
			(unsigned long long)r->source.plain_tables,
			units_size_text(r->source.plain_bytes, size));
	return 0;
}

static int verify(struct replica *r, struct err *err)
{
	return my_private_verify(&r->p, err);
}

static const struct replica_info *info(const struct replica *r)
{
	return &r->p.info;
}

static bool alive(const struct replica *r)
{
	return my_server_alive(&r->p.replica);
}

static int release(struct replica *r, struct err *err)
{
	int result;

	if (!r)
		return 0;
	result = my_private_release(&r->p, err);
	my_source_release(&r->source);
	free(r);
	return result;
}

const struct provider mysql_clone = {
	.name = "clone",
	.summary = "a copy of the source by mariabackup or a dump, started privately",
	.plan = plan,
	.open = open_clone,
	.check = check,
	.provision = provision,
	.quarantine = quarantine,
	.promote = promote,
	.verify = verify,
	.info = info,
	.alive = alive,
	.release = release,
};
