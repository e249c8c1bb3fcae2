#include "harness/rehearsal/internal.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

/* Reads everything that can be wrong before anything is touched. */
int stage_load(struct rehearsal *h, struct err *err)
{
	const struct scenario *s = h->scenario;

	if (migration_load(&s->migration, h->engine->dialect, &h->migration, err))
		return -1;
	h->migration_loaded = true;
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
	h->migration_loaded = false;
}

int stage_check(struct rehearsal *h, struct err *err)
{
	if (h->provider->open(&h->provider_config, &h->env, &h->replica, err))
		return -1;
	return h->provider->check(h->replica, err);
}

static void take_string(char **slot, const char *text)
{
	if (!text)
		return;
	free(*slot);
	*slot = mem_strdup(text);
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
	r->notes = mem_zalloc((info->n_notes + 1) * sizeof(*r->notes));
	for (size_t i = 0; i < info->n_notes; i++)
		r->notes[r->n_notes++] = (struct result_note){.id = mem_strdup(info->notes[i].id),
			.text = mem_strdup(info->notes[i].text),
			.action = info->notes[i].action};
}

void release_replica(struct rehearsal *h)
{
	struct err err = {0};

	if (!h->replica)
		return;
	keep_info(h);
	rehearsal_show(h, "clearing up");
	if (h->provider->release(h->replica, &err) && h->watch && h->watch->note)
		h->watch->note(h->watch->ctx, err.text);
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

int stage_verify(struct rehearsal *h, struct err *err)
{
	if (h->provider->verify(h->replica, err))
		return -1;
	h->info = h->provider->info(h->replica);
	keep_info(h);
	return 0;
}
