#include <stdio.h>

#include "adapters/postgres/observer_parts.h"
#include "harness/base/mem.h"

static void close_observer(struct observer *o)
{
	if (!o)
		return;
	observer_facts_release(&o->facts);
	foreign_release(&o->foreign);
	observer_log_release(&o->log);
	lock_waits_release(&o->waits);
	relation_names_release(&o->names);
	observer_session_release(&o->session);
	mem_free(o);
}

static int open_parts(struct observer *o, const struct observer_config *config, struct err *err)
{
	int64_t database;

	if (observer_session_open(&o->session, config->replica, err))
		return -1;
	if (db_number(&postgres_db, o->session.conn,
		    "SELECT oid FROM pg_database WHERE datname = current_database()", &database,
		    err))
		return -1;
	o->database = (uint32_t)database;
	if (observer_facts_open(&o->facts, config->replica, err) ||
		relation_names_load(&o->names, &o->session, err))
		return -1;
	observer_poll_init(o);
	if (observer_choose_source(o, config, err))
		return -1;
	/* Only now: the proof's sessions had to be seen. They are gone. */
	observer_own(o, o->session.pid);
	observer_own(o, o->facts.session.pid);
	observer_own(o, o->facts.sampled.session.pid);
	return 0;
}

static int open_observer(
	const struct observer_config *config, struct observer **ret, struct err *err)
{
	struct observer *o = mem_zalloc(sizeof(*o));

	o->replica = config->replica;
	o->log.fd = -1;
	foreign_init(&o->foreign);
	if (open_parts(o, config, err)) {
		close_observer(o);
		return err_prefix(err, "observer");
	}
	*ret = o;
	return 0;
}

static const struct observe_source *source(const struct observer *o)
{
	return &o->source;
}

static unsigned waiting_now(const struct observer *o)
{
	return atomic_load(&o->waiting);
}

static int statement_begin(struct observer *o, uint64_t session, const char *sql, struct err *err)
{
	return observer_facts_begin(&o->facts, session, sql, err);
}

static int statement_locks(struct observer *o, struct err *err)
{
	return observer_facts_locks(&o->facts, err);
}

static int statement_own(struct observer *o, struct db_conn *migration, struct err *err)
{
	return observer_facts_own(&o->facts, migration, err);
}

static int statement_end(struct observer *o, struct statement_facts *ret, struct err *err)
{
	return observer_facts_end(&o->facts, ret, err);
}

static int leftovers(struct observer *o, struct leftover **ret, size_t *ret_n, struct err *err)
{
	return observer_leftovers(&o->facts, ret, ret_n, err);
}

const struct observer_ops postgres_observer = {
	.open = open_observer,
	.source = source,
	.poll = observer_poll,
	.waiting_now = waiting_now,
	.set_min_wait = observer_apply_min_wait,
	.finish = observer_poll_finish,
	.close = close_observer,
	.statement_begin = statement_begin,
	.statement_locks = statement_locks,
	.statement_own = statement_own,
	.statement_end = statement_end,
	.leftovers = leftovers,
	.foreign_open = foreign_open,
	.foreign_poll = foreign_poll,
	.foreign_finish = foreign_finish,
};
