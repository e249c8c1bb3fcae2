/*
 * As much of a statement as the observer and the oracle need: which table it is about, and where
 * clauses may be put in. Pure.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_ORACLE_STATEMENT_H
#define REHEARSE_ADAPTERS_MYSQL_ORACLE_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/str.h"

enum my_statement_kind {
	MY_STATEMENT_OTHER,
	MY_STATEMENT_ALTER,	   /* ALTER TABLE */
	MY_STATEMENT_CREATE_INDEX, /* clauses go to the end */
	MY_STATEMENT_DROP_INDEX,
	MY_STATEMENT_MAINTAIN, /* OPTIMIZE, REPAIR: they may rebuild the table */
};

#define MY_REFERENCES_MAX 8

struct my_rename {
	char *from_schema, *from, *to_schema, *to; /* schemas NULL: none written */
};

struct my_target {
	enum my_statement_kind kind;
	char *schema; /* as written, without quotes; NULL: none written */
	char *table;  /* the first table that it is about; NULL: none was found */
	char *index;  /* DROP INDEX: its name, as written */
	bool if_exists;
	bool adds_rows; /* INSERT, LOAD DATA: and does nothing else */
	/* ALTER: behind the name, where its specifications begin. */
	size_t specs;
	bool specs_partition;	/* they begin with PARTITION BY or REMOVE PARTITIONING: no comma */
	char *algorithm, *lock; /* upper case, as the statement itself asks; NULL: it does not */
	char *renamed;		/* ALTER TABLE … RENAME TO; NULL: it does not */
	struct my_rename *renames; /* RENAME TABLE, in order */
	size_t n_renames, cap_renames;
	char *references[MY_REFERENCES_MAX]; /* tables that its foreign keys name, unqualified */
	size_t n_references;
};

void my_target_parse(const char *sql, struct my_target *ret);
void my_target_release(struct my_target *t);

/*
 * The statement as it is sent for the copies (DROP INDEX as the ALTER TABLE that it is, since
 * MariaDB takes no clauses with it) in the schema `scratch`: schemas in front of tables
 * are replaced, and `clauses` ("ALGORITHM=INSTANT, LOCK=NONE"; "" none) put in.
 */
void my_target_rewrite(const char *sql, const struct my_target *t, const char *scratch,
	const char *algorithm, const char *lock, struct str *out);

/* `name` with its backticks; the inside is safe for any name. */
void my_target_quote(struct str *out, const char *name);

#endif
