#include "adapters/mysql/clone_check.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/clone_copy.h"
#include "adapters/mysql/clone_plugin.h"
#include "adapters/mysql/control.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

static int check_database(struct my_private *p, const struct my_source *s, struct err *err)
{
	(void)p;
	if (*s->database)
		return 0;
	return err_set(err, ERR_USAGE,
		"provider 'clone' needs a database: put dbname into replica.source, or name it in "
		"replica.database");
}

static int check_programs(struct my_private *p, const struct my_source *s, struct err *err)
{
	const struct my_flavour *ours = &p->programs.flavour;

	if (my_programs_find(p->config->bin_dir, &p->programs, err))
		return -1;
	if (ours->mariadb == s->flavour.mariadb && ours->version / 100 == s->flavour.version / 100)
		return 0;
	return err_set(err, ERR_REFUSED,
		"the source is %s %s and the programs here are %s %s: a clone needs the same "
		"series, since statements run differently on another",
		my_flavour_name(&s->flavour), s->flavour.text, my_flavour_name(ours), ours->text);
}

/* ---- the way ---- */

static const char *const files_rights[] = {
	"RELOAD", "PROCESS", "LOCK TABLES", "BINLOG MONITOR", NULL};
static const char *const dump_rights[] = {
	"SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "PROCESS", "SLAVE MONITOR", NULL};
static const char *const dump_rights_mysql[] = {
	"SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "PROCESS", "REPLICATION CLIENT", NULL};
static const char *const locking_dump_rights[] = {"SELECT", "SHOW VIEW", "TRIGGER", "EVENT",
	"PROCESS", "SLAVE MONITOR", "RELOAD", "LOCK TABLES", NULL};
static const char *const locking_dump_rights_mysql[] = {"SELECT", "SHOW VIEW", "TRIGGER", "EVENT",
	"PROCESS", "REPLICATION CLIENT", "RELOAD", "LOCK TABLES", NULL};

/* [locks][mariadb] */
static const char *const *const rights_of_dump[2][2] = {
	{dump_rights_mysql, dump_rights}, {locking_dump_rights_mysql, locking_dump_rights}};

const char *my_clone_way_name(enum my_clone_way way)
{
	static const char *const names[] = {[MY_CLONE_FILES] = "mariabackup",
		[MY_CLONE_PLUGIN] = "its clone plugin",
		[MY_CLONE_DUMP] = "a dump"};

	return names[way];
}

static const char *not_files(
	const struct my_private *p, const struct my_source *s, struct db_conn *conn)
{
	CLEANUP(cleanup_free) char *lacking = my_source_lacks(s, files_rights);
	int64_t encrypted = 0;

	if (!p->programs.backup)
		return "mariabackup is not installed (package mariadb-backup)";
	if (!my_source_is_here(s, conn))
		return "the source's files are not on this machine or cannot be read";
	if (*lacking)
		return "the account lacks the rights that mariabackup needs";
	/* Not everybody may look: then the copy itself tells. */
	if (!my_control_number(conn,
		    "SELECT COUNT(*) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION WHERE "
		    "ENCRYPTION_SCHEME <> 0",
		    &encrypted, NULL) &&
		encrypted)
		return "the source's files are encrypted";
	return NULL;
}

static int check_files(const struct my_source *s, struct my_clone_plan *plan, struct err *err)
{
	uint64_t bytes = fs_tree_bytes(s->data_dir);

	plan->bytes = bytes + bytes / 10 * 3 + (512u << 20);
	return run_dir_check_space("the clone", plan->bytes, err);
}

static int check_plugin(const struct my_source *s, struct my_clone_plan *plan, struct err *err)
{
	plan->bytes = s->bytes + s->bytes / 2 + (1u << 30);
	return run_dir_check_space("the clone", plan->bytes, err);
}

static int check_dump(struct my_private *p, const struct my_source *s, struct my_clone_plan *plan,
	struct err *err)
{
	bool locks = my_dump_locks(s);
	CLEANUP(cleanup_free)
	char *lacking = my_source_lacks(s, rights_of_dump[locks][s->flavour.mariadb]);

	if (!p->programs.dump || !p->programs.client)
		return err_set(err, ERR_REFUSED,
			s->flavour.mariadb
				? "the programs mariadb-dump and mariadb are not here: install the "
				  "package 'mariadb-client'"
				: "the programs mysqldump and mysql are not here: install them");
	if (*lacking)
		return err_set(err, ERR_REFUSED,
			"account '%s' may not dump the source: GRANT %s ON *.* TO it, or use an "
			"account that may",
			s->account, lacking);
	if (locks && !s->replication.sources)
		return err_set(err, ERR_REFUSED,
			"%s, and a dump of the %llu tables without transactions (MyISAM, Aria) "
			"would lock all tables of the source for as long as it takes: name a "
			"replica of it as replica.source%s",
			plan->why_dump, (unsigned long long)s->plain_tables,
			s->flavour.mariadb ? ", or run rehearse where its files are, with "
					     "mariabackup"
					   : "");
	plan->bytes = s->bytes * 2 + s->bytes / 2 + (512u << 20);
	return run_dir_check_space("the clone, made by a dump,", plan->bytes, err);
}

int my_clone_check(struct my_private *p, const struct my_source *s, struct db_conn *conn,
	struct my_clone_plan *ret, struct err *err)
{
	if (check_database(p, s, err) || check_programs(p, s, err))
		return -1;
	ret->way = s->flavour.mariadb ? MY_CLONE_FILES : MY_CLONE_PLUGIN;
	ret->why_dump =
		s->flavour.mariadb ? not_files(p, s, conn) : my_clone_plugin_lacks(p, s, conn);
	if (ret->why_dump) {
		ret->way = MY_CLONE_DUMP;
		return check_dump(p, s, ret, err);
	}
	return s->flavour.mariadb ? check_files(s, ret, err) : check_plugin(s, ret, err);
}
