/* What a parse tree says about a statement: its kind, flags, object and the relations it names. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_DIALECT_TREE_H
#define REHEARSE_ADAPTERS_POSTGRES_DIALECT_TREE_H

#include <jansson.h>
#include <stdbool.h>

#include "adapters/dialect.h"
#include "harness/base/str.h"

/* One kind of node of the grammar. */
struct pg_node_rule {
	const char *node; /* "IndexStmt" */
	const char *kind;
	unsigned flags;
	const char *object; /* the member that names what is created or changed: "a.b|c"; or NULL */
	bool creates;	    /* the object is a new relation: not one of the existing ones */
	/* Sub-kinds and what depends on members; may be NULL. Changes kind and flags. */
	void (*refine)(const json_t *node, struct sql_statement *s);
};
extern const struct pg_node_rule pg_node_rules[];
extern const size_t pg_n_node_rules;

/* Fills kind, flags, object and relations from {"IndexStmt": {...}}. */
void pg_classify(const json_t *stmt, struct sql_statement *s);

/* ---- dialect_names.c ---- */
const char *pg_text(const json_t *node, const char *member); /* "" when absent */
bool pg_true(const json_t *node, const char *member);
bool pg_is(const json_t *node, const char *member, const char *value);
/* Up to three words; empty ones are left out. */
void pg_set_kind(struct sql_statement *s, const char *a, const char *b, const char *c);
/* OBJECT_FOREIGN_TABLE -> FOREIGN TABLE, with the grammar's abbreviations spelt out. */
const char *pg_object_words(const char *type, char buf[static 64]);
/* A name as it must be written: folded words plain, the rest in quotes. */
void pg_add_name(struct str *out, const char *name);
/* The name that a tree node holds: a string, a list of strings, a RangeVar, a TypeName …; false
 * when it holds none. */
bool pg_add_node_name(struct str *out, const json_t *node);
/* Existing tables and views that the statement names. */
void pg_collect_relations(
	const char *name, const json_t *node, bool creates, struct sql_statement *s);

/* ---- dialect_kinds.c, dialect_alter_table.c: the refiners ---- */
typedef void pg_refine(const json_t *node, struct sql_statement *s);
pg_refine pg_refine_alter_table, pg_refine_alter_enum, pg_refine_alter_database,
	pg_refine_alter_subscription, pg_refine_cluster, pg_refine_copy, pg_refine_create_function,
	pg_refine_create_index, pg_refine_create_subscription, pg_refine_create_table,
	pg_refine_create_table_as, pg_refine_discard, pg_refine_do, pg_refine_drop,
	pg_refine_explain, pg_refine_grant, pg_refine_objtype, pg_refine_reindex, pg_refine_rename,
	pg_refine_select, pg_refine_set, pg_refine_transaction, pg_refine_vacuum;

#endif
