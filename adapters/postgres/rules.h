/*
 * The inside of PostgreSQL's analyser. A statement goes three times over its parse tree:
 * pg_predict() says which locks it takes, what it rewrites and reads whole; the checks of
 * rules_check*.c say which rules it breaks; pg_learn() remembers what it changes.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_RULES_H
#define REHEARSE_ADAPTERS_POSTGRES_RULES_H

#include <jansson.h>

#include "adapters/postgres/rules_state.h"
#include "adapters/rules.h"

extern const struct analyser pg_analyser;

/* ---- the table of rules: rules_list.c on rules_list.inc ---- */

enum pg_rule {
#define PG_RULE(symbol, ...) PG_RULE_##symbol,
#include "adapters/postgres/rules_list.inc"
#undef PG_RULE
	PG_N_RULES
};
extern const struct lint_rule pg_rules[PG_N_RULES];
extern const enum sql_class pg_rule_class[PG_N_RULES]; /* what breaking it makes of a statement */

/* ---- one statement under analysis ---- */

struct pg_check {
	struct analysis_state *state;
	const struct statement_context *context;
	const struct sql_script *script;
	const struct sql_statement *s;
	const char *text;
	struct analysis *ret;

	const char *type;   /* "AlterTableStmt" */
	const json_t *node; /* its members */

	/* While an ALTER TABLE's subcommands are gone through. */
	struct pg_relation *table;
	const json_t *command;
	const char *subtype; /* "AT_AddColumn" */

	/* What pg_predict() found, beside `ret`. */
	enum pg_mode worst;	/* the strongest mode on an existing relation */
	bool slow;		/* its work takes longer the larger the table is */
	bool virtual_columns;	/* generated ones are computed when they are read */
	bool unproven_function; /* a function that is not known counted as volatile */
};

/* Locks are reported unless the relation is new, temporary, or the transaction has them. */
void pg_lock(struct pg_check *c, struct pg_relation *relation, enum pg_mode mode);
void pg_lock_family(struct pg_check *c, struct pg_relation *relation, enum pg_mode mode);
void pg_lock_index(struct pg_check *c, const struct pg_index *index, enum pg_mode mode);
void pg_lock_indexes(struct pg_check *c, struct pg_relation *relation, enum pg_mode mode);
void pg_rewrites(struct pg_check *c, struct pg_relation *relation);
void pg_scans(struct pg_check *c, struct pg_relation *relation);

/* Nobody else uses it: made by this migration, or temporary. */
bool pg_is_new(const struct pg_check *c, const struct pg_relation *relation);
bool pg_index_is_new(const struct pg_check *c, const struct pg_index *index);

/* NULL: the rule is not for this version, or of style and not asked for. `location` is the parse
 * tree's, negative: the statement's beginning. */
struct rule_hit *pg_hit(struct pg_check *c, enum pg_rule rule, const char *object, long location,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
void pg_remedy(struct rule_hit *hit, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Where `word` stands in the statement; -1: nowhere. */
long pg_locate(const struct pg_check *c, const char *word);

/* ---- trees ---- */

const char *pg_string(const json_t *node);    /* {"String": …} or a plain string; "" else */
const char *pg_last_name(const json_t *list); /* the last of a list of strings */
/* Of a dotted list of names: that before the last; "" where there is none. */
const char *pg_schema_of(const json_t *list);
const json_t *pg_list_of(const json_t *object); /* {"List": {"items": …}} -> the items */
long pg_location(const json_t *node);		/* -1 when it has none */
long pg_int(const json_t *node, const char *member, long fallback);
/* {"X": {...}} -> its only member, with the key in *ret_type. */
const json_t *pg_only(const json_t *node, const char **ret_type);
const json_t *pg_constraint_of(const json_t *column, const char *contype); /* NULL: none */
/* Calls `found` for every node of that type below (and including) tree. */
bool pg_walk(const json_t *tree, const char *type, bool (*found)(const json_t *node, void *arg),
	void *arg); /* true: one of the calls said so, and the walk ended there */
bool pg_mentions_column(const json_t *expression, const char *name);
struct pg_relation *pg_range(struct pg_check *c, const json_t *range_var); /* never NULL */

/* ---- expressions: rules_volatile.c ---- */

enum pg_volatility { PG_IMMUTABLE, PG_STABLE, PG_VOLATILE, PG_VOLATILE_UNKNOWN };
/* Of the worst function in it; *ret_name, if there is one, is that function's name. */
enum pg_volatility pg_volatility(
	const struct analysis_state *state, const json_t *expression, const char **ret_name);

/* ---- types: rules_types.c ---- */

enum pg_change {
	PG_CHANGE_FREE,	   /* the catalog only */
	PG_CHANGE_REINDEX, /* rows stay as they are, indexes on the column are built anew */
	PG_CHANGE_REWRITE,
	PG_CHANGE_UNKNOWN, /* the old type, or one of the two, is not known */
};
enum pg_change pg_type_change(
	const struct pg_check *c, const struct pg_relation *table, const json_t *command);
/* "varchar(20)", "numeric(10,2)[]"; caller frees. */
char *pg_type_text(const struct pg_type *type);

/* ---- what ALTER TABLE's subcommands do: rules_alter.c ---- */

struct pg_effect {
	enum pg_mode mode;
	bool rewrites, scans;
	bool alone;	   /* goes down to partitions, but not to tables that inherit */
	bool builds_index; /* reads the table whole and takes ShareLock beside `mode` */
};
struct pg_effect pg_command_effect(struct pg_check *c);
bool pg_default_rewrites(struct pg_check *c, const json_t *column, const char **ret_function);
bool pg_is_serial(const json_t *column);
bool pg_is_null_constant(const json_t *expression);
bool pg_is_constrained_domain(const struct analysis_state *state, const json_t *type_name);
/* PRIMARY KEY USING INDEX on columns that may hold NULL. */
bool pg_key_scans(const struct pg_check *c, const json_t *constraint);
/* A validated CHECK reads that column: it is checked anew when its type changes. */
bool pg_checks_column_value(const struct pg_relation *table, const char *column);
/* A validated CHECK says that the partition's rows belong to it. */
bool pg_partition_proven(const struct pg_check *c, const struct pg_relation *partition);
/* IF NOT EXISTS, and the index is known. */
bool pg_index_is_there(const struct pg_check *c);
/* DO: analyses the statements in it; false: it holds more than its text tells. rules_block.c */
bool pg_look_inside(struct pg_check *c);
/* A statement of version 18 in words of the grammar that is built in; NULL: nothing of it is known
 * to be newer. Caller frees. rules_newer.c */
char *pg_in_older_words(const char *sql, bool *ret_virtual);
/* What cannot be parsed. */
void pg_not_understood(struct pg_check *c, const char *why);

/* The three passes. */
void pg_predict(struct pg_check *c);
void pg_predict_alter(struct pg_check *c);
void pg_learn(struct pg_check *c);

/* ---- the checks: one for each rule or family of rules ---- */
typedef void pg_check_function(struct pg_check *c);
struct pg_check_entry {
	const char *on; /* a node type or a subcommand; "*": every statement, after the others */
	pg_check_function *check;
};
/* Each ends with a NULL. */
extern const struct pg_check_entry pg_checks_table[], pg_checks_column[], pg_checks_constraint[],
	pg_checks_index[], pg_checks_object[], pg_checks_transaction[], pg_checks_style[];
/* Run once the state knows the statement. */
extern const struct pg_check_entry pg_checks_learnt[], pg_checks_last[];

#endif
