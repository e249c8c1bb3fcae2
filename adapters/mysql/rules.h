/*
 * The inside of the analyser of MariaDB and MySQL. A statement is read as a row of tokens; of ALTER
 * TABLE each clause is looked up in a table of what the servers do with it (rules_effect.c), which
 * tells the algorithm and the lock of the whole; rules_check.c says which rules it breaks.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_RULES_H
#define REHEARSE_ADAPTERS_MYSQL_RULES_H

#include "adapters/mysql/dialect_words.h"
#include "adapters/rules.h"

extern const struct analyser my_analyser;

/* ---- the table of rules: rules_list.c on rules_list.inc ---- */

enum my_rule {
#define MY_RULE(symbol, ...) MY_RULE_##symbol,
#include "adapters/mysql/rules_list.inc"
#undef MY_RULE
	MY_N_RULES
};
extern const struct lint_rule my_rules[MY_N_RULES];
extern const enum sql_class my_rule_class[MY_N_RULES]; /* what breaking it makes of a statement */

/* ---- what is known of tables: rules_state.c ---- */

struct my_field {
	char *name;	 /* lower case */
	char *type;	 /* "varchar", lower case; NULL: not known */
	char *arguments; /* what stands in its parentheses, without blanks; "" nothing */
	bool is_unsigned, not_null, has_default, auto_increment, generated, stored;
	char *charset;	/* its own; NULL: the table's */
	char *written;	/* type and character set as the text has them, for a second such column */
	bool on_update; /* follows the clock whenever its row changes */
};

struct my_indexed {
	char *column; /* lower case */
	bool joint;   /* in an index with others */
};

struct my_shape {
	char *name; /* with its schema, where that is known; without quotes */
	unsigned born;
	bool known;    /* its CREATE was seen */
	bool myisam;   /* or Aria: no algorithm but COPY, and locks of the whole table */
	bool fulltext; /* has an index of that kind */
	bool temporary, dropped;
	char *charset; /* NULL: the server's */
	struct my_field *columns;
	size_t n_columns, cap_columns;
	struct my_indexed *indexed; /* columns that an index has */
	size_t n_indexed, cap_indexed;
	char **key; /* the columns of the primary key, in order: lower case */
	size_t n_key, cap_key;
	bool foreign; /* has foreign keys, or others have some that refer to it */
};

struct analysis_state {
	struct lint_target target;
	bool mariadb;
	unsigned migration;
	char *schema; /* of names that say none, quoted as it must be; NULL: not known */
	struct my_shape **tables;
	size_t n_tables, cap_tables;
	/* Names that this migration took away from tables which were there before it: whoever uses
	 * one means what is made under it next. */
	char **former;
	size_t n_former, cap_former;
	bool lock_timeout, statement_timeout; /* set by the file */
	bool no_foreign_key_checks;
	bool has_data, has_ddl; /* in the transaction that is open */
	char *last_altered;	/* the table of the ALTER TABLE just before */
};

struct analysis_state *my_state_open(const struct lint_target *target);
void my_state_close(struct analysis_state *state);
/* As observers name tables: schema.table without quotes; caller frees. */
char *my_full_name(const struct analysis_state *state, const char *name);
void my_table_rename(struct analysis_state *state, struct my_shape *table, const char *name);
struct my_shape *my_table_find(const struct analysis_state *state, const char *name);
struct my_shape *my_table_get(struct analysis_state *state, const char *name);
struct my_shape *my_table_new(struct analysis_state *state, const char *name);
void my_table_drop(struct analysis_state *state, struct my_shape *table);
void my_forget_former(struct analysis_state *state);
void my_table_copy_shape(struct my_shape *to, const struct my_shape *from);
struct my_field *my_column_find(const struct my_shape *table, const char *name);
struct my_field *my_column_get(struct my_shape *table, const char *name);
void my_column_drop(struct my_shape *table, const char *name);
/* Takes the definition over, under the column's name. */
void my_column_define(struct my_field *column, struct my_field *definition);
void my_column_release(struct my_field *column);
void my_table_index(struct my_shape *table, const char *column, bool joint);
/* NULL: none that is known. */
const struct my_indexed *my_table_indexes(const struct my_shape *table, const char *column);

/* Reads a column's definition behind its name; ret is initialised by the call. */
struct my_definition {
	struct my_field column;
	bool first, after; /* its place is given */
	bool has_charset;  /* CHARACTER SET or COLLATE is given */
	bool primary, unique, references, check;
	bool default_null;
	bool computed;	   /* the default calls a function: no row knows its value beforehand */
	char *default_sql; /* as written; NULL: none */
};
void my_definition_release(struct my_definition *d);
void my_read_definition(struct my_tokens *w, struct my_definition *ret);
/* CREATE TABLE, behind the name. */
void my_learn_create(struct analysis_state *state, struct my_shape *table, struct my_tokens *w);

/* ---- one statement under analysis ---- */

enum my_algorithm { MY_INSTANT, MY_INPLACE, MY_REBUILD, MY_COPY };
const char *my_algorithm_name(enum my_algorithm algorithm);
enum my_lock_need { MY_LOCK_NONE, MY_LOCK_SHARED, MY_LOCK_EXCLUSIVE };

struct my_effect {
	enum my_algorithm algorithm;
	enum my_lock_need lock;
	bool unknown;
};

/* A clause of ALTER TABLE. */
struct my_clause {
	char kind[64];			 /* "ADD COLUMN", as the dialect has it */
	size_t first, end;		 /* tokens */
	char *name;			 /* the column that it is about, lower case; NULL: none */
	struct my_definition definition; /* ADD, MODIFY, CHANGE COLUMN */
	char *new_name;			 /* CHANGE, RENAME COLUMN; NULL */
	struct my_effect effect;
};

struct my_check {
	struct analysis_state *state;
	const struct statement_context *context;
	const struct sql_script *script;
	const struct sql_statement *s;
	const char *text; /* the statement's */
	struct my_tokens *w;
	struct analysis *ret;
	struct my_shape *table; /* NULL: it is about none, or about several */
	struct my_clause *clauses;
	size_t n_clauses;
	struct my_effect effect;	    /* of them all */
	char *algorithm_asked, *lock_asked; /* upper case; NULL */
};

bool my_is_new(const struct my_check *c, const struct my_shape *table);
/* NULL: not for this server, or of style and not asked for. `token`: where the caret stands. */
struct rule_hit *my_hit(struct my_check *c, enum my_rule rule, const char *object, size_t token,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* ---- rules_effect.c ---- */
/* The effect of one clause on the table as it is known. */
struct my_effect my_clause_effect(const struct my_check *c, const struct my_clause *clause);
/* Of all clauses together; what the statement asks for is not heeded. */
struct my_effect my_whole_effect(const struct my_check *c);

/* ---- rules_clause.c ---- */
void my_read_clauses(struct my_check *c); /* from behind the table's name */
void my_clauses_release(struct my_check *c);
void my_learn_clauses(struct my_check *c);

/* ---- rules.c ---- */
/* ALTER TABLE, CREATE INDEX, DROP INDEX: their table and clauses, with the effects of these; false:
 * it is another statement. */
bool my_read_changes(struct my_check *c);

/* ---- rules_check.c ---- */
void my_check_alter(struct my_check *c);
void my_check_statement(struct my_check *c);

#endif
