#include "adapters/mysql/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Each is ON and becomes OFF. */
static const struct step {
	const char *id, *name, *note;
} steps[] = {
	/* A replica's own events run already; those of its source begin to with the promotion. */
	{"events-off", "event_scheduler",
		"the event scheduler was stopped: events may reach other systems, and change rows "
		"beside the workload"},
	{"semi-sync-off", "rpl_semi_sync_master_enabled",
		"semi-synchronous replication was switched off: nothing follows the replica, and "
		"commits would wait"},
	{"semi-sync-off", "rpl_semi_sync_source_enabled",
		"semi-synchronous replication was switched off: nothing follows the replica, and "
		"commits would wait"},
};

void my_quarantine_release(struct my_quarantine *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->n; i++)
		free(q->changes[i].before);
	free(q->changes);
	*q = (struct my_quarantine){0};
}

static int apply(struct my_quarantine *q, struct db_conn *conn, const struct step *step,
	struct replica_info *info, struct err *err)
{
	CLEANUP(cleanup_free) char *value = NULL;
	CLEANUP(cleanup_free) char *after = NULL;
	struct my_change *change;

	if (my_control_variable(conn, step->name, &value, err))
		return -1;
	if (!my_control_on(value))
		return 0;
	change = MEM_PUSH(q->changes, q->n, q->cap);
	change->name = step->name;
	change->before = mem_strdup(value);
	if (db_execf(&mysql_db, conn, err, "SET GLOBAL %s = OFF", step->name) ||
		my_control_variable(conn, step->name, &after, err))
		return -1;
	if (my_control_on(after))
		return err_set(err, ERR_REFUSED,
			"the replica does not let '%s' be switched off: do so in its option file "
			"and restart it",
			step->name);
	replica_note(info, step->id, false, "%s", step->note);
	return 0;
}

int my_quarantine_apply(
	struct my_quarantine *q, struct db_conn *conn, struct replica_info *info, struct err *err)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (apply(q, conn, &steps[i], info, err))
			return -1;
	return 0;
}

int my_quarantine_undo(struct my_quarantine *q, struct db_conn *conn, struct err *err)
{
	int result = 0;

	/* Each on its own: one that fails must not keep the others from going back. */
	for (size_t i = q->n; i-- > 0;)
		if (db_execf(&mysql_db, conn, result ? NULL : err, "SET GLOBAL %s = %s",
			    q->changes[i].name, q->changes[i].before))
			result = -1;
	return result;
}
