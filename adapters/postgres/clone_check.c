#include "adapters/postgres/clone_check.h"

#include <string.h>

#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

uint64_t pg_clone_needs_bytes(const struct pg_source *s)
{
	return s->bytes + s->bytes / 10 * 3;
}

static int check_version(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	(void)p;
	if (s->version >= 120000)
		return 0;
	return err_set(err, ERR_REFUSED,
		"the source is PostgreSQL %s: 12 is the oldest that can be rehearsed on",
		s->version_text);
}

static int check_wal(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	(void)p;
	if (strcmp(s->wal_level, "minimal") != 0)
		return 0;
	return err_set(err, ERR_REFUSED,
		"the source has wal_level = minimal and cannot be copied while it runs: set "
		"wal_level = "
		"replica there and restart it");
}

static int check_senders(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	(void)p;
	if (s->max_wal_senders == 0)
		return err_set(err, ERR_REFUSED,
			"the source has max_wal_senders = 0 and lets no base backup be taken: set "
			"it to "
			"10 there and restart it");
	if (s->free_wal_senders < 2)
		return err_set(err, ERR_REFUSED,
			"a base backup needs two free WAL senders on the source, and of %d there "
			"%s free: "
			"raise max_wal_senders there",
			s->max_wal_senders, s->free_wal_senders == 1 ? "is one" : "is none");
	return 0;
}

static int check_rights(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	(void)p;
	if (s->may_replicate)
		return 0;
	return err_set(err, ERR_REFUSED,
		"role '%s' may not take a base backup of the source: ALTER ROLE \"%s\" "
		"REPLICATION, or use "
		"a role that may",
		s->role, s->role);
}

static int check_admin(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	(void)p;
	if (*s->admin)
		return 0;
	return err_set(err, ERR_REFUSED,
		"no superuser of the source can log in, so nobody could work on the copy: ALTER "
		"ROLE "
		"postgres LOGIN");
}

static int check_programs(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	if (pg_programs_find(p->config->bin_dir, s->version / 10000, &p->programs, err))
		return -1;
	if (p->programs.version / 10000 == s->version / 10000)
		return 0;
	return err_set(err, ERR_REFUSED,
		"the source is PostgreSQL %s and the programs in '%s' are %s: a copy needs the "
		"same major "
		"version",
		s->version_text, p->programs.dir, p->programs.text);
}

static int check_space(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	(void)p;
	return run_dir_check_space("the clone", pg_clone_needs_bytes(s), err);
}

static int check_replication(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	return pg_source_identify(s, &p->info.source_identity, &p->source_timeline, err);
}

int pg_clone_check(struct pg_private *p, const struct pg_source *s, struct err *err)
{
	static int (*const checks[])(struct pg_private *, const struct pg_source *,
		struct err *) = {check_version, check_wal, check_senders, check_rights, check_admin,
		check_programs, check_space, check_replication};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i](p, s, err))
			return -1;
	return 0;
}
