#include "harness/rehearsal/internal.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

static void take_string(char **slot, const char *text)
{
	if (!text)
		return;
	free(*slot);
	*slot = mem_strdup(text);
}

/* Reads everything that can be wrong before anything is touched. */
int stage_load(struct rehearsal *h, struct err *err)
{
	const struct scenario *s = h->scenario;

	if (migration_load(&s->migration, h->engine->dialect, &h->migration, err))
		return -1;
	h->migration_loaded = true;
	if (h->result)
		take_string(&h->result->rehearsal.transaction_mode,
			migration_transactions(&h->migration, &s->migration));
	h->workload_config = (struct workload_config){.engine = h->engine,
		.settings = &s->workload,
		.tables = h->migration.tables,
		.n_tables = h->migration.n_tables};
	return workload_load(&h->workload_config, &h->workload, err);
}

void unload(struct rehearsal *h)
{
	workload_free(h->workload);
	h->workload = NULL;
	if (h->migration_loaded)
		migration_release(&h->migration);
	MEM_FREE(h->migration_note);
	h->migration_loaded = false;
}

int stage_check(struct rehearsal *h, struct err *err)
{
	const struct observer_ops *observer = h->engine->observer;
	bool given = !strcmp(h->provider->name, "promote");

	if (h->provider->open(&h->provider_config, &h->env, &h->replica, err) ||
		h->provider->check(h->replica, err))
		return -1;
	/* A standby that is used up before its server is known to tell nothing would be lost. */
	if (h->scenario->migration.command && given && observer->foreign_check)
		return observer->foreign_check(h->provider_config.standby, err);
	return 0;
}

/* Copies what the report needs before the replica goes away. */
static void keep_info(struct rehearsal *h)
{
	const struct replica_info *info = h->provider->info(h->replica);
	struct result *r = h->result;

	for (size_t i = 0; i < r->n_notes; i++) {
		free(r->notes[i].id);
		free(r->notes[i].text);
	}
	free(r->notes);
	r->notes = NULL;
	r->n_notes = 0;
	if (!info)
		return;
	take_string(&r->rehearsal.server_version, info->server_version);
	take_string(&r->rehearsal.source, info->source);
	take_string(&r->rehearsal.database, info->database);
	r->rehearsal.database_bytes = info->bytes;
	r->notes = mem_zalloc((info->n_notes + 2) * sizeof(*r->notes));
	for (size_t i = 0; i < info->n_notes; i++)
		r->notes[r->n_notes++] = (struct result_note){.id = mem_strdup(info->notes[i].id),
			.text = mem_strdup(info->notes[i].text),
			.action = info->notes[i].action};
	if (h->migration_note && *h->migration_note)
		r->notes[r->n_notes++] = (struct result_note){
			.id = mem_strdup("applied-already"), .text = mem_strdup(h->migration_note)};
}

static void note_failure(struct rehearsal *h, int failed, const struct err *err)
{
	if (failed && h->watch && h->watch->note)
		h->watch->note(h->watch->ctx, err->text);
}

void release_replica(struct rehearsal *h)
{
	struct err err = {0};

	if (!h->replica)
		return;
	if (h->provider->give_back)
		note_failure(h, h->provider->give_back(h->replica, &err), &err);
	keep_info(h);
	rehearsal_show(h, "clearing up");
	rehearsal_judge(h);
	note_failure(h, h->provider->release(h->replica, &err), &err);
	h->replica = NULL;
	h->info = NULL;
}

int stage_provision(struct rehearsal *h, struct err *err)
{
	return h->provider->provision(h->replica, err);
}

int stage_quarantine(struct rehearsal *h, struct err *err)
{
	return h->provider->quarantine(h->replica, err);
}

int stage_promote(struct rehearsal *h, struct err *err)
{
	return h->provider->promote(h->replica, err);
}

/* What the source's own tool has applied is not run again. */
static int skip_applied(struct rehearsal *h, struct err *err)
{
	const struct db_adapter *db = h->engine->db;
	const struct db_target target = {.dsn = h->info->dsn, .database = h->info->database};
	struct db_conn *conn;
	int failed;

	if (!h->migration.set.format || !format_table_of(h->migration.set.format))
		return 0;
	if (db_connect(db, &target, &conn, err))
		return -1;
	mem_free(h->migration_note);
	failed = migration_skip_applied(&h->migration, h->engine, conn, &h->migration_note, err);
	db->close(conn);
	h->workload_config.tables = h->migration.tables;
	h->workload_config.n_tables = h->migration.n_tables;
	return failed;
}

int stage_verify(struct rehearsal *h, struct err *err)
{
	int failed;

	if (h->provider->verify(h->replica, err))
		return -1;
	h->info = h->provider->info(h->replica);
	failed = skip_applied(h, err);
	keep_info(h);
	return failed;
}
