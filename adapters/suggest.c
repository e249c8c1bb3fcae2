#include "adapters/suggest.h"

#include "harness/base/mem.h"

const char *suggest_phase_name(enum suggest_phase phase)
{
	return phase == SUGGEST_CONTRACT ? "contract" : "expand";
}

void suggestion_init(struct suggestion *s)
{
	*s = (struct suggestion){.application = mem_strdup("")};
}

void suggestion_release(struct suggestion *s)
{
	for (size_t i = 0; i < s->n_steps; i++) {
		mem_free(s->steps[i].title);
		mem_free(s->steps[i].sql);
	}
	mem_free(s->steps);
	mem_free(s->application);
	*s = (struct suggestion){0};
}

struct suggested_step *suggestion_add(
	struct suggestion *s, enum suggest_phase phase, char *title, char *sql)
{
	s->steps = mem_resize(s->steps, s->n_steps + 1, sizeof(*s->steps));
	s->steps[s->n_steps] = (struct suggested_step){.phase = phase, .title = title, .sql = sql};
	return &s->steps[s->n_steps++];
}
