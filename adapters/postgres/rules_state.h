/* What an analyser knows of the schema and of the transaction that is open. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_RULES_STATE_H
#define REHEARSE_ADAPTERS_POSTGRES_RULES_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "adapters/rules.h"

/* In the server's order, so that LOCK TABLE's numbers are these. */
enum pg_mode {
	PG_NO_LOCK,
	PG_ACCESS_SHARE,
	PG_ROW_SHARE,
	PG_ROW_EXCLUSIVE,
	PG_SHARE_UPDATE_EXCLUSIVE,
	PG_SHARE,
	PG_SHARE_ROW_EXCLUSIVE,
	PG_EXCLUSIVE,
	PG_ACCESS_EXCLUSIVE,
};
const char *pg_mode_name(enum pg_mode mode); /* "AccessExclusiveLock" */

struct pg_type {
	char *name;   /* the server's own: "int4", "varchar", "public.mood"; NULL: not known */
	long mods[2]; /* varchar(20): 20; numeric(10,2): 10, 2 */
	unsigned n_mods;
	bool array, set;
};

struct pg_column {
	char *name;
	struct pg_type type;
	bool not_null, generated;
};

enum pg_constraint_kind { PG_CHECK, PG_FOREIGN_KEY, PG_PRIMARY_KEY, PG_UNIQUE, PG_EXCLUSION };

struct pg_constraint {
	char *name;
	enum pg_constraint_kind kind;
	bool valid;
	unsigned transaction; /* the one that added it */
	char *not_null;	      /* CHECK (column IS NOT NULL): that column; NULL: another check */
	char **columns;
	size_t n_columns;
	struct pg_relation
		*target; /* a foreign key's, and its columns there, where they are named */
	char **target_columns;
	size_t n_target_columns;
	struct pg_index *index; /* that of a key; NULL: none, or not known */
};

struct pg_relation;
struct pg_index {
	char *schema, *name;
	char *label; /* as it must be written: public.i */
	struct pg_relation *table;
	char **columns; /* "" for an expression */
	size_t n_columns;
	char **used; /* columns that its expressions and its WHERE read */
	size_t n_used;
	bool unique, whole; /* whole: no WHERE */
	char suffix[8];	    /* of the names of its likes on partitions: "pkey", "key", "idx" */
	unsigned born;	    /* the migration that made it; 0: before all of them */
	bool dropped;
};

struct pg_relation {
	char *schema, *name, *label;
	char kind;  /* r table, p partitioned table, v view, m materialized view, S sequence */
	bool known; /* its CREATE was seen: columns that are not here do not exist */
	bool temporary, dropped;
	unsigned born;
	struct pg_relation *parent;
	bool partition;	     /* of parent; else it inherits */
	bool is_default;     /* the default partition */
	char *partition_key; /* of a partitioned table: its first column */
	/* Of a sequence: the table and the column that it goes with. */
	struct pg_relation *owner;
	char *owner_column;
	char *of_type; /* CREATE TABLE … OF type */
	struct pg_column *columns;
	size_t n_columns, cap_columns;
	struct pg_constraint *constraints;
	size_t n_constraints, cap_constraints;
};

/* A name with a property: functions' volatility, domains' constraints, values of enums. */
struct pg_named {
	char *name;
	struct pg_type base; /* a domain's */
	char what;
	unsigned born, transaction;
};
struct pg_names {
	struct pg_named *items;
	size_t n, cap;
};

/* A lock that the open transaction holds. */
struct pg_held {
	char *object;
	enum pg_mode mode;
	char *kind; /* of the statement that took it */
};

struct analysis_state {
	struct lint_target target;
	unsigned migration, transaction; /* counters, from 1 */
	char *schema;			 /* where names without one go */
	struct pg_relation **relations;
	size_t n_relations, cap_relations;
	struct pg_index **indexes;
	size_t n_indexes, cap_indexes;
	struct pg_names functions; /* what: i, s, v */
	struct pg_names domains;   /* what: c constrained, - plain */
	struct pg_names enums;
	struct pg_names enum_values; /* added by the open transaction */

	struct pg_held *held;
	size_t n_held, cap_held;
	bool lock_timeout, statement_timeout;		  /* the file has set them */
	bool local_lock_timeout, local_statement_timeout; /* until the transaction ends */
	bool utc;					  /* the file has set TimeZone to UTC */
	bool in_block;					  /* a BEGIN of the file is open */
	unsigned ddl_in_transaction;
	char *last_altered; /* the table of the ALTER TABLE just before, and its transaction */
	unsigned last_altered_transaction;
};

struct pg_relation *pg_find_relation(
	const struct analysis_state *state, const char *schema, const char *name);
struct pg_relation *pg_get_relation(/* makes one that is not known where there is none */
	struct analysis_state *state, const char *schema, const char *name);
/* Forgets what a relation of that name was. */
struct pg_relation *pg_new_relation(
	struct analysis_state *state, const char *schema, const char *name);
/* The sequence that comes with a serial or identity column. */
void pg_add_sequence(struct analysis_state *state, struct pg_relation *table, const char *column);
void pg_own_sequence(struct pg_relation *sequence, struct pg_relation *table, const char *column);
void pg_rename_relation(struct analysis_state *state, struct pg_relation *relation,
	const char *schema, const char *name); /* NULL: as it is */

struct pg_index *pg_find_index(
	const struct analysis_state *state, const char *schema, const char *name);
struct pg_index *pg_add_index(struct analysis_state *state, struct pg_relation *table,
	const char *name, const char *suffix); /* name NULL: chosen as the server does */
/* An index of a partitioned table is made on each of its partitions, those to come as well. */
void pg_add_partition_indexes(
	struct analysis_state *state, const struct pg_index *of, struct pg_relation *partition);
bool pg_index_like(const struct analysis_state *state, const struct pg_relation *table,
	const struct pg_index *like); /* the table has one on the same columns */
void pg_rename_index(struct pg_index *index, const char *name);
void pg_index_column(struct pg_index *index, const char *column);
void pg_index_uses(struct pg_index *index, const char *column);

struct pg_column *pg_find_column(const struct pg_relation *relation, const char *name);
struct pg_column *pg_get_column(struct pg_relation *relation, const char *name);
void pg_drop_column(struct analysis_state *state, struct pg_relation *relation, const char *name);
struct pg_constraint *pg_find_constraint(const struct pg_relation *relation, const char *name);
struct pg_constraint *pg_add_constraint(
	struct pg_relation *relation, enum pg_constraint_kind kind, const char *name);
void pg_constraint_column(struct pg_constraint *constraint, const char *column);
void pg_drop_constraint(struct pg_relation *relation, const char *name);
/* The table is known to have no NULL there: NOT NULL, or a validated CHECK. */
bool pg_proves_not_null(const struct pg_relation *relation, const char *column);

void pg_type_release(struct pg_type *type);
void pg_type_read(struct pg_type *type, const json_t *type_name);

const struct pg_named *pg_named_find(const struct pg_names *names, const char *name);
struct pg_named *pg_named_set(struct pg_names *names, const char *name, char what);
void pg_names_release(struct pg_names *names);

struct analysis_state *pg_state_open(const struct lint_target *target);
void pg_state_close(struct analysis_state *state);
void pg_state_end_transaction(struct analysis_state *state);
/* As it must be written, with its schema; caller frees. */
char *pg_label(const struct analysis_state *state, const char *schema, const char *name);
bool pg_holds(const struct analysis_state *state, const char *object, enum pg_mode mode);

#endif
