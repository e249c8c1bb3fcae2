#include "adapters/mysql/clone_check.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/clone_copy.h"
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
static const char *const locking_dump_rights[] = {"SELECT", "SHOW VIEW", "TRIGGER", "EVENT",
	"PROCESS", "SLAVE MONITOR", "RELOAD", "LOCK TABLES", NULL};

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

static int check_dump(struct my_private *p, const struct my_source *s, struct my_clone_plan *plan,
	struct err *err)
{
	bool locks = my_dump_locks(s);
	CLEANUP(cleanup_free)
	char *lacking = my_source_lacks(s, locks ? locking_dump_rights : dump_rights);

	if (!p->programs.dump || !p->programs.client)
		return err_set(err, ERR_REFUSED,
			"the programs mariadb-dump and mariadb are not here: install the package "
			"'mariadb-client'");
	if (*lacking)
		return err_set(err, ERR_REFUSED,
			"account '%s' may not dump the source: GRANT %s ON *.* TO it, or use an "
			"account that may",
			s->account, lacking);
	if (locks && !s->replication.sources)
		return err_set(err, ERR_REFUSED,
			"%s, and a dump of the %llu tables without transactions (MyISAM, Aria) "
			"would lock all tables of the source for as long as it takes: name a "
			"replica of it as replica.source, or run rehearse where its files are, "
			"with mariabackup",
			plan->why_dump, (unsigned long long)s->plain_tables);
	plan->bytes = s->bytes * 2 + s->bytes / 2 + (512u << 20);
	return run_dir_check_space("the clone, made by a dump,", plan->bytes, err);
}

int my_clone_check(struct my_private *p, const struct my_source *s, struct db_conn *conn,
	struct my_clone_plan *ret, struct err *err)
{
	if (my_provider_supports(&s->flavour, "clone", err) || check_database(p, s, err) ||
		check_programs(p, s, err))
		return -1;
	ret->why_dump = not_files(p, s, conn);
	ret->way = ret->why_dump ? MY_CLONE_DUMP : MY_CLONE_FILES;
	return ret->why_dump ? check_dump(p, s, ret, err) : check_files(s, ret, err);
}
