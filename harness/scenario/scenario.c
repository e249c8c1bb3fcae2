#include "harness/scenario/scenario.h"

#include "harness/base/mem.h"
#include "harness/scenario/keys.h"

static void release_replica(struct scenario_replica *r)
{
	mem_free(r->provider);
	mem_free(r->source);
	mem_free(r->standby);
	mem_free(r->database);
	mem_free(r->stop);
	mem_free(r->start);
	mem_free(r->fixture);
	mem_free(r->bin_dir);
	for (size_t i = 0; i < r->n_settings; i++) {
		mem_free(r->settings[i].name);
		mem_free(r->settings[i].value);
	}
	mem_free(r->settings);
}

static void release_migration(struct scenario_migration *m)
{
	mem_free_strings(m->files, m->n_files);
	mem_free(m->format);
	mem_free(m->from);
	mem_free(m->to);
	mem_free(m->command);
	mem_free(m->working_dir);
	for (size_t i = 0; i < m->n_placeholders; i++) {
		mem_free(m->placeholders[i].name);
		mem_free(m->placeholders[i].value);
	}
	mem_free(m->placeholders);
}

static void release_workload(struct scenario_workload *w)
{
	for (size_t i = 0; i < w->n_scripts; i++) {
		mem_free(w->scripts[i].file);
		mem_free(w->scripts[i].name);
	}
	mem_free(w->scripts);
	for (size_t i = 0; i < w->n_variables; i++) {
		mem_free(w->variables[i].name);
		mem_free(w->variables[i].value);
	}
	mem_free(w->variables);
}

void scenario_release(struct scenario *s)
{
	if (!s)
		return;
	mem_free(s->name);
	mem_free(s->description);
	mem_free(s->file);
	mem_free(s->engine);
	release_replica(&s->replica);
	release_migration(&s->migration);
	release_workload(&s->workload);
	for (size_t i = 0; i < s->n_disturbances; i++) {
		mem_free(s->disturbances[i].name);
		mem_free(s->disturbances[i].table);
		mem_free(s->disturbances[i].sql);
	}
	mem_free(s->disturbances);
	mem_free(s->observe.source);
	mem_free_strings(s->expect_findings, s->n_expect_findings);
	*s = (struct scenario){0};
}

struct format_options scenario_format_options(const struct scenario_migration *m)
{
	return (struct format_options){.format = m->format,
		.from = m->from,
		.to = m->to,
		.placeholders = m->placeholders,
		.n_placeholders = m->n_placeholders};
}

void scenario_provider_config(const struct scenario *s, struct provider_config *ret)
{
	const struct scenario_replica *r = &s->replica;

	*ret = (struct provider_config){
		.engine = s->engine,
		.source = r->source,
		.standby = r->standby,
		.database = r->database,
		.disposable = r->disposable,
		.give_back = r->give_back,
		.stop = r->stop,
		.start = r->start,
		.catch_up_us = r->catch_up_us,
		.fixture = r->fixture,
		.scale = r->scale,
		.bin_dir = r->bin_dir,
		.settings = r->settings,
		.n_settings = r->n_settings,
	};
}

static const char *word(const char *const *words, unsigned i)
{
	for (unsigned k = 0; words[k]; k++) {
		if (k == i)
			return words[k];
	}
	return "unknown";
}

const char *verdict_name(enum verdict v)
{
	return word(key_words_verdict, v);
}

const char *transaction_mode_name(enum transaction_mode mode)
{
	return word(key_words_transaction, mode);
}

const char *disturbance_kind_name(enum disturbance_kind kind)
{
	return word(key_words_kind, kind);
}
