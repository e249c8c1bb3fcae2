/* The inside of PostgreSQL's suggestions: one function for each kind of statement that has a safe
 * form. Each returns false where there is none, with nothing added. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_SUGGEST_H
#define REHEARSE_ADAPTERS_POSTGRES_SUGGEST_H

#include <jansson.h>

#include "adapters/postgres/rules_state.h"
#include "adapters/suggest.h"

bool pg_suggest(struct analysis_state *state, const char *text, const struct sql_script *script,
	size_t i, struct suggestion *ret);

struct pg_suggest {
	struct analysis_state *state;
	const char *text; /* of the statement */
	size_t len;
	const json_t *node;	   /* its members */
	struct pg_relation *table; /* NULL: not known */
	char *label;		   /* the table as the statement names it */
	const char *what;	   /* what the titles of steps say for @: "appointment.note" */
	struct suggestion *ret;
};

/* Steps as suggest_step() makes them. */
#define pg_step(s, ...) suggest_step((s)->ret, (s)->what, SUGGEST_AT_ONCE, __VA_ARGS__)
#define pg_step_alone(s, ...) suggest_step((s)->ret, (s)->what, SUGGEST_BESIDE, __VA_ARGS__)
#define pg_step_later(s, ...) suggest_step((s)->ret, (s)->what, SUGGEST_LATER, __VA_ARGS__)
/* A name made of up to three parts and a word, short enough for the server, as it must be written;
 * caller frees. */
char *pg_made_name(const char *a, const char *b, const char *word);
char *pg_written_name(const char *name); /* quoted where needed; caller frees */

/* ---- suggest_alter.c ---- */
bool pg_suggest_alter(struct pg_suggest *s);
/* A CHECK that is validated beside the traffic stands in for the scan of SET NOT NULL. */
void pg_suggest_not_null(struct pg_suggest *s, const char *column);

/* ---- suggest_copy.c: a second column or name beside the first ---- */
bool pg_suggest_rename(struct pg_suggest *s);
/* `type` and `expression` are SQL; expression NULL: an ordinary cast. */
void pg_suggest_type(
	struct pg_suggest *s, const char *column, const char *type, const char *expression);
/* Fills a new column with a default that differs for each row. */
void pg_suggest_fill(struct pg_suggest *s, const char *column, const char *type,
	const char *expression, bool not_null);

#endif
