/*
 * The contract of a suggestion: the end that a statement wants, reached in steps that nobody has to
 * wait for. Pure, like the analyser that it is an operation of (struct analyser in rules.h).
 */
#ifndef REHEARSE_ADAPTERS_SUGGEST_H
#define REHEARSE_ADAPTERS_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "adapters/rules.h"

enum suggest_phase {
	SUGGEST_EXPAND,	  /* before the application changes: the old version goes on as it is */
	SUGGEST_CONTRACT, /* once no old version of the application is left */
};
const char *suggest_phase_name(enum suggest_phase phase); /* "expand", "contract" */

/* One or more statements, to be run in one transaction of their own, or outside of one. */
struct suggested_step {
	enum suggest_phase phase;
	char *title; /* "Build the index beside the traffic": a line of prose */
	char *sql;   /* with a final semicolon, without a final newline */
	bool no_transaction;
	enum sql_class class;
};

struct suggestion {
	char *application; /* what the application must do between the phases; "" nothing */
	struct suggested_step *steps;
	size_t n_steps;
	/* The steps do what the statement does and need nobody's judgement: no phases, no copied
	 * data. Such a suggestion may take the statement's place in its file. */
	bool mechanical;
	/* They only tell the server how to do what it would do anyway, so that it refuses where it
	 * would have to do worse: to be written even where no rule is broken. */
	bool pinned;
};
void suggestion_init(struct suggestion *s);
void suggestion_release(struct suggestion *s);
/* For analysers; takes `title` and `sql` over. */
struct suggested_step *suggestion_add(
	struct suggestion *s, enum suggest_phase phase, char *title, char *sql);

/* How a step is run: its phase, its class, whether in a transaction. */
enum suggest_manner {
	SUGGEST_AT_ONCE, /* expand, instant-safe */
	SUGGEST_BESIDE,	 /* expand, outside of a transaction: a long run beside the traffic */
	SUGGEST_LATER,	 /* contract */
};
/* The SQL is a format; in the title @ stands for `what`. */
struct suggested_step *suggest_step(struct suggestion *s, const char *what,
	enum suggest_manner manner, const char *title, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
