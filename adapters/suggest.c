#include "adapters/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static const struct {
	enum suggest_phase phase;
	bool no_transaction;
	enum sql_class class;
} manners[] = {
	[SUGGEST_AT_ONCE] = {SUGGEST_EXPAND, false, SQL_CLASS_INSTANT_SAFE},
	[SUGGEST_BESIDE] = {SUGGEST_EXPAND, true, SQL_CLASS_CONCURRENT_BUILD},
	[SUGGEST_LATER] = {SUGGEST_CONTRACT, false, SQL_CLASS_EXPAND_CONTRACT},
};

static char *full_title(const char *title, const char *what)
{
	const char *at = strchr(title, '@');

	return at ? mem_printf("%.*s%s%s", (int)(at - title), title, what, at + 1)
		  : mem_strdup(title);
}

struct suggested_step *suggest_step(struct suggestion *s, const char *what,
	enum suggest_manner manner, const char *title, const char *format, ...)
{
	struct suggested_step *step;
	va_list args, again;
	char *sql;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	sql = mem_alloc((size_t)n + 1);
	vsnprintf(sql, (size_t)n + 1, format, args);
	va_end(args);
	step = suggestion_add(s, manners[manner].phase, full_title(title, what), sql);
	step->no_transaction = manners[manner].no_transaction;
	step->class = manners[manner].class;
	return step;
}
