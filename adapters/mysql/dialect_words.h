/* A statement as a row of tokens, and what is read from it. */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_WORDS_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_WORDS_H

#include "adapters/dialect.h"
#include "adapters/mysql/dialect_lex.h"
#include "harness/base/str.h"

struct my_tokens {
	const char *text;
	struct my_token *tokens; /* solid ones, MY_END the last */
	size_t n;		 /* without MY_END */
	size_t at;
	bool open; /* a quote or a conditional comment is never closed */
};

/* At most this many: what an INSERT of a million rows says, its first words say. */
#define MY_TOKENS_MAX 65536
void my_tokens_init(struct my_tokens *w, const char *text, size_t len, struct my_mode mode);
void my_tokens_release(struct my_tokens *w);

const struct my_token *my_peek(const struct my_tokens *w, size_t ahead); /* MY_END beyond */
bool my_at(const struct my_tokens *w, const char *words); /* "IF NOT EXISTS": any case */
bool my_at_char(const struct my_tokens *w, char c);
bool my_next(struct my_tokens *w, const char *words); /* my_at(), and goes behind */
bool my_next_char(struct my_tokens *w, char c);
bool my_next_listed(struct my_tokens *w, const char *const *words); /* NULL-ended */
void my_skip_parens(struct my_tokens *w);			    /* from `(` behind its `)` */
/* Is there a name here that may be one of a table? */
bool my_at_name(const struct my_tokens *w);
/* A name, of up to `parts` parts, quoted where it must be; false: none, nothing is read. */
bool my_next_name(struct my_tokens *w, unsigned parts, struct str *out);
/* Passes over user@host, in any quotes. */
void my_skip_account(struct my_tokens *w);

/* One name, quoted where it must be. */
void my_add_name(struct str *out, const char *name, size_t len);
bool my_reserved(const char *word, size_t len);

/* Appends "WORDS" to the kind, with a blank between. */
void my_add_kind(struct sql_statement *s, const char *words);
/* A table or view that exists; once only. */
void my_add_relation(struct sql_statement *s, const char *name);
void my_set_object(struct sql_statement *s, const char *name);

/* ---- dialect_relations.c ---- */

/* The tables that a query, or a statement that changes data, names from w->at on. */
void my_collect_query(struct my_tokens *w, struct sql_statement *s);
/* REFERENCES of a definition. */
void my_collect_references(struct my_tokens *w, struct sql_statement *s);

/* ---- dialect_kinds.c, dialect_alter.c, dialect_set.c ---- */

void my_classify(struct my_tokens *w, struct sql_statement *s);
void my_read_create(struct my_tokens *w, struct sql_statement *s);
void my_read_alter(struct my_tokens *w, struct sql_statement *s);
/* The kind of the clause of ALTER TABLE that begins here; goes nowhere. */
void my_read_clause(struct my_tokens *w, struct sql_statement *s);
void my_read_drop(struct my_tokens *w, struct sql_statement *s);
void my_read_set(struct my_tokens *w, struct sql_statement *s);
/* `t [, u …]`, all of them existing tables. */
void my_read_tables(struct my_tokens *w, struct sql_statement *s);
/* `name`, no table. */
void my_read_object(struct my_tokens *w, struct sql_statement *s);
/* DEFINER=…, OR REPLACE and the like between the verb and the object. */
void my_skip_modifiers(struct my_tokens *w);

#endif
