#include "adapters/mysql/isolation.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/control.h"
#include "adapters/mysql/replication.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

int my_identity(struct db_conn *conn, const struct my_flavour *flavour, char **ret, struct err *err)
{
	return my_control_text(conn,
		flavour->mariadb ? "SELECT CONCAT(@@hostname, ':', @@port, '/', @@server_id)"
				 : "SELECT @@server_uuid",
		ret, err);
}

static void next(struct str *ties)
{
	str_add(ties, ties->len ? "; " : "");
}

static int look_at_source(
	struct db_conn *conn, const struct my_flavour *flavour, struct str *ties, struct err *err)
{
	struct my_replication r = {0};
	int result = my_replication_read(conn, flavour, &r, err);

	if (!result && r.sources) {
		next(ties);
		str_addf(ties, "it is still set up to replicate from '%s'", r.host);
	}
	my_replication_release(&r);
	return result;
}

static int look_at_followers(
	struct db_conn *conn, const struct my_flavour *flavour, struct str *ties, struct err *err)
{
	CLEANUP(cleanup_free) char *followers = NULL;

	if (my_replication_followers(conn, flavour, &followers, err))
		return -1;
	if (*followers) {
		next(ties);
		str_addf(ties, "%s replicates from it", followers);
	}
	return 0;
}

/* What a server has no variable for, it cannot do. */
static const struct {
	const char *variable, *tie;
} switches[] = {
	{"event_scheduler", "its event scheduler runs"},
	{"rpl_semi_sync_master_enabled", "commits may wait for replicas"},
	{"rpl_semi_sync_source_enabled", "commits may wait for replicas"},
	{"wsrep_on", "it belongs to a cluster"},
	{"read_only", "it cannot be written to"},
	{"super_read_only", "it cannot be written to"},
	{"innodb_read_only", "it cannot be written to"},
};

static int look_at_switches(struct db_conn *conn, struct str *ties, struct err *err)
{
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		CLEANUP(cleanup_free) char *value = NULL;

		if (my_control_variable(conn, switches[i].variable, &value, err))
			return -1;
		if (my_control_on(value)) {
			next(ties);
			str_addf(ties, "%s (%s is on)", switches[i].tie, switches[i].variable);
		}
	}
	return 0;
}

int my_isolation_prove(struct db_conn *conn, const struct my_flavour *flavour,
	const char *source_identity, struct err *err)
{
	CLEANUP(cleanup_free) char *identity = NULL;
	CLEANUP(cleanup_str) struct str ties = {0};

	if (look_at_source(conn, flavour, &ties, err) ||
		look_at_followers(conn, flavour, &ties, err) ||
		look_at_switches(conn, &ties, err) || my_identity(conn, flavour, &identity, err))
		return -1;
	if (ties.len)
		return err_set(
			err, ERR_REFUSED, "the replica is not isolated: %s", str_text(&ties));
	if (source_identity && strcmp(identity, source_identity) == 0)
		return err_set(err, ERR_REFUSED,
			"the replica has the source's own identity (%s): it may be the source",
			identity);
	return 0;
}
