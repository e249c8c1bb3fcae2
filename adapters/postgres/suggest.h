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

/* Expand steps; the text is a format, in the title @ stands for s->what. Class instant-safe, in a
 * transaction. */
struct suggested_step *pg_step(struct pg_suggest *s, const char *title, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct suggested_step *pg_step_alone(struct pg_suggest *s, const char *title, const char *format,
	...) __attribute__((format(printf, 3, 4))); /* outside a transaction, a long run */
struct suggested_step *pg_step_later(struct pg_suggest *s, const char *title, const char *format,
	...) __attribute__((format(printf, 3, 4))); /* contract */
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
