/* One row per kind of statement in the grammar. */
#include "adapters/postgres/dialect_tree.h"

#include <stdio.h>
#include <string.h>

#define DDL SQL_DDL
#define DATA SQL_DATA
#define ALONE SQL_NO_TRANSACTION

/* A percent sign stands for the type of the object: see pg_refine_objtype(). */
const struct pg_node_rule pg_node_rules[] = {
	/* tables and what belongs to them */
	{"CreateStmt", "CREATE TABLE", DDL, "relation", true, pg_refine_create_table},
	{"CreateForeignTableStmt", "CREATE FOREIGN TABLE", DDL, "base.relation", true,
		pg_refine_create_table},
	{"CreateTableAsStmt", "CREATE TABLE AS", DDL, "into.rel", true, pg_refine_create_table_as},
	{"AlterTableStmt", "ALTER TABLE", DDL, "relation", false, pg_refine_alter_table},
	{"AlterTableMoveAllStmt", "ALTER % ALL IN TABLESPACE", DDL, "orig_tablespacename", false,
		pg_refine_objtype},
	{"RenameStmt", "ALTER RENAME", DDL, "relation|object|subname", false, pg_refine_rename},
	{"AlterObjectSchemaStmt", "ALTER % SET SCHEMA", DDL, "relation|object|subname", false,
		pg_refine_objtype},
	{"AlterObjectDependsStmt", "ALTER % DEPENDS ON EXTENSION", DDL, "relation|object|subname",
		false, pg_refine_objtype},
	{"AlterOwnerStmt", "ALTER % OWNER TO", DDL, "relation|object|subname", false,
		pg_refine_objtype},
	{"DropStmt", "DROP", DDL, "objects.0", false, pg_refine_drop},
	{"TruncateStmt", "TRUNCATE", DDL, "relations.0", false, NULL},
	{"CommentStmt", "COMMENT", DDL, "object", false, NULL},
	{"SecLabelStmt", "SECURITY LABEL", DDL, "object", false, NULL},
	{"IndexStmt", "CREATE INDEX", DDL, "idxname|relation", false, pg_refine_create_index},
	{"ReindexStmt", "REINDEX", DDL, "relation|name", false, pg_refine_reindex},
	{"ClusterStmt", "CLUSTER", DDL, "relation", false, pg_refine_cluster},
	{"VacuumStmt", "VACUUM", 0, "rels.0", false, pg_refine_vacuum},
	{"CreateTrigStmt", "CREATE TRIGGER", DDL, "trigname", false, NULL},
	{"RuleStmt", "CREATE RULE", DDL, "rulename", false, NULL},
	{"CreatePolicyStmt", "CREATE POLICY", DDL, "policy_name", false, NULL},
	{"AlterPolicyStmt", "ALTER POLICY", DDL, "policy_name", false, NULL},
	{"CreateStatsStmt", "CREATE STATISTICS", DDL, "defnames", false, NULL},
	{"AlterStatsStmt", "ALTER STATISTICS", DDL, "defnames", false, NULL},
	{"ViewStmt", "CREATE VIEW", DDL, "view", true, NULL},
	{"RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW", DDL, "relation", false, NULL},
	{"CreateSeqStmt", "CREATE SEQUENCE", DDL, "sequence", true, NULL},
	{"AlterSeqStmt", "ALTER SEQUENCE", DDL, "sequence", false, NULL},
	{"LockStmt", "LOCK TABLE", SQL_SESSION, "relations.0", false, NULL},
	/* types, functions, operators */
	{"CompositeTypeStmt", "CREATE TYPE", DDL, "typevar", true, NULL},
	{"CreateEnumStmt", "CREATE TYPE", DDL, "typeName", false, NULL},
	{"CreateRangeStmt", "CREATE TYPE", DDL, "typeName", false, NULL},
	{"AlterEnumStmt", "ALTER TYPE", DDL, "typeName", false, pg_refine_alter_enum},
	{"AlterTypeStmt", "ALTER TYPE", DDL, "typeName", false, NULL},
	{"CreateDomainStmt", "CREATE DOMAIN", DDL, "domainname", false, NULL},
	{"AlterDomainStmt", "ALTER DOMAIN", DDL, "typeName", false, NULL},
	{"DefineStmt", "CREATE %", DDL, "defnames", false, pg_refine_objtype},
	{"CreateFunctionStmt", "CREATE FUNCTION", DDL, "funcname", false,
		pg_refine_create_function},
	{"AlterFunctionStmt", "ALTER %", DDL, "func", false, pg_refine_objtype},
	{"CreateCastStmt", "CREATE CAST", DDL, NULL, false, NULL},
	{"CreateTransformStmt", "CREATE TRANSFORM", DDL, NULL, false, NULL},
	{"CreateConversionStmt", "CREATE CONVERSION", DDL, "conversion_name", false, NULL},
	{"CreateOpClassStmt", "CREATE OPERATOR CLASS", DDL, "opclassname", false, NULL},
	{"CreateOpFamilyStmt", "CREATE OPERATOR FAMILY", DDL, "opfamilyname", false, NULL},
	{"AlterOpFamilyStmt", "ALTER OPERATOR FAMILY", DDL, "opfamilyname", false, NULL},
	{"AlterOperatorStmt", "ALTER OPERATOR", DDL, NULL, false, NULL},
	{"AlterCollationStmt", "ALTER COLLATION", DDL, "collname", false, NULL},
	{"AlterTSDictionaryStmt", "ALTER TEXT SEARCH DICTIONARY", DDL, "dictname", false, NULL},
	{"AlterTSConfigurationStmt", "ALTER TEXT SEARCH CONFIGURATION", DDL, "cfgname", false,
		NULL},
	{"CreatePLangStmt", "CREATE LANGUAGE", DDL, "plname", false, NULL},
	{"CreateAmStmt", "CREATE ACCESS METHOD", DDL, "amname", false, NULL},
	{"CreateEventTrigStmt", "CREATE EVENT TRIGGER", DDL, "trigname", false, NULL},
	{"AlterEventTrigStmt", "ALTER EVENT TRIGGER", DDL, "trigname", false, NULL},
	/* schemas, extensions, foreign data */
	{"CreateSchemaStmt", "CREATE SCHEMA", DDL, "schemaname", false, NULL},
	{"CreateExtensionStmt", "CREATE EXTENSION", DDL, "extname", false, NULL},
	{"AlterExtensionStmt", "ALTER EXTENSION", DDL, "extname", false, NULL},
	{"AlterExtensionContentsStmt", "ALTER EXTENSION", DDL, "extname", false, NULL},
	{"CreateFdwStmt", "CREATE FOREIGN DATA WRAPPER", DDL, "fdwname", false, NULL},
	{"AlterFdwStmt", "ALTER FOREIGN DATA WRAPPER", DDL, "fdwname", false, NULL},
	{"CreateForeignServerStmt", "CREATE SERVER", DDL, "servername", false, NULL},
	{"AlterForeignServerStmt", "ALTER SERVER", DDL, "servername", false, NULL},
	{"CreateUserMappingStmt", "CREATE USER MAPPING", DDL, "servername", false, NULL},
	{"AlterUserMappingStmt", "ALTER USER MAPPING", DDL, "servername", false, NULL},
	{"DropUserMappingStmt", "DROP USER MAPPING", DDL, "servername", false, NULL},
	{"ImportForeignSchemaStmt", "IMPORT FOREIGN SCHEMA", DDL, "local_schema", false, NULL},
	/* rights */
	{"GrantStmt", "GRANT", DDL, "objects.0", false, pg_refine_grant},
	{"GrantRoleStmt", "GRANT", DDL, "granted_roles.0", false, pg_refine_grant},
	{"AlterDefaultPrivilegesStmt", "ALTER DEFAULT PRIVILEGES", DDL, NULL, false, NULL},
	{"CreateRoleStmt", "CREATE ROLE", DDL, "role", false, NULL},
	{"AlterRoleStmt", "ALTER ROLE", DDL, "role", false, NULL},
	{"AlterRoleSetStmt", "ALTER ROLE SET", DDL, "role", false, NULL},
	{"DropRoleStmt", "DROP ROLE", DDL, "roles.0", false, NULL},
	{"DropOwnedStmt", "DROP OWNED", DDL, "roles.0", false, NULL},
	{"ReassignOwnedStmt", "REASSIGN OWNED", DDL, "roles.0", false, NULL},
	/* the cluster */
	{"CreatedbStmt", "CREATE DATABASE", DDL | ALONE, "dbname", false, NULL},
	{"DropdbStmt", "DROP DATABASE", DDL | ALONE, "dbname", false, NULL},
	{"AlterDatabaseStmt", "ALTER DATABASE", DDL, "dbname", false, pg_refine_alter_database},
	{"AlterDatabaseSetStmt", "ALTER DATABASE SET", DDL, "dbname", false, NULL},
	{"AlterDatabaseRefreshCollStmt", "ALTER DATABASE REFRESH COLLATION VERSION", DDL, "dbname",
		false, NULL},
	{"CreateTableSpaceStmt", "CREATE TABLESPACE", DDL | ALONE, "tablespacename", false, NULL},
	{"DropTableSpaceStmt", "DROP TABLESPACE", DDL | ALONE, "tablespacename", false, NULL},
	{"AlterTableSpaceOptionsStmt", "ALTER TABLESPACE", DDL, "tablespacename", false, NULL},
	{"AlterSystemStmt", "ALTER SYSTEM", DDL | ALONE, "setstmt.name", false, NULL},
	{"CreatePublicationStmt", "CREATE PUBLICATION", DDL, "pubname", false, NULL},
	{"AlterPublicationStmt", "ALTER PUBLICATION", DDL, "pubname", false, NULL},
	{"CreateSubscriptionStmt", "CREATE SUBSCRIPTION", DDL, "subname", false,
		pg_refine_create_subscription},
	{"AlterSubscriptionStmt", "ALTER SUBSCRIPTION", DDL, "subname", false,
		pg_refine_alter_subscription},
	/* Only with a slot, but that is for the server to know. */
	{"DropSubscriptionStmt", "DROP SUBSCRIPTION", DDL | ALONE, "subname", false, NULL},
	/* data */
	{"SelectStmt", "SELECT", 0, "intoClause.rel", true, pg_refine_select},
	{"InsertStmt", "INSERT", DATA, "relation", false, NULL},
	{"UpdateStmt", "UPDATE", DATA, "relation", false, NULL},
	{"DeleteStmt", "DELETE", DATA, "relation", false, NULL},
	{"MergeStmt", "MERGE", DATA, "relation", false, NULL},
	{"CopyStmt", "COPY", 0, "relation", false, pg_refine_copy},
	{"ExplainStmt", "EXPLAIN", 0, NULL, false, pg_refine_explain},
	/* They may hold anything, so they count as changes of the schema. */
	{"DoStmt", "DO", DDL, NULL, false, pg_refine_do},
	{"CallStmt", "CALL", DDL | SQL_MAY_COMMIT, "funccall.funcname", false, NULL},
	/* session and transaction */
	{"TransactionStmt", "TRANSACTION", 0, "savepoint_name", false, pg_refine_transaction},
	{"VariableSetStmt", "SET", SQL_SESSION, "name", false, pg_refine_set},
	{"VariableShowStmt", "SHOW", SQL_SESSION, "name", false, NULL},
	{"ConstraintsSetStmt", "SET CONSTRAINTS", SQL_SESSION, NULL, false, NULL},
	{"DiscardStmt", "DISCARD", SQL_SESSION, NULL, false, pg_refine_discard},
	{"LoadStmt", "LOAD", SQL_SESSION, NULL, false, NULL},
	{"CheckPointStmt", "CHECKPOINT", 0, NULL, false, NULL},
	{"PrepareStmt", "PREPARE", SQL_SESSION, "name", false, NULL},
	{"ExecuteStmt", "EXECUTE", 0, "name", false, NULL},
	{"DeallocateStmt", "DEALLOCATE", SQL_SESSION, "name", false, NULL},
	{"DeclareCursorStmt", "DECLARE CURSOR", SQL_SESSION, "portalname", false, NULL},
	{"FetchStmt", "FETCH", SQL_SESSION, "portalname", false, NULL},
	{"ClosePortalStmt", "CLOSE", SQL_SESSION, "portalname", false, NULL},
	{"ListenStmt", "LISTEN", 0, "conditionname", false, NULL},
	{"UnlistenStmt", "UNLISTEN", 0, "conditionname", false, NULL},
	{"NotifyStmt", "NOTIFY", 0, "conditionname", false, NULL},
};
const size_t pg_n_node_rules = sizeof(pg_node_rules) / sizeof(pg_node_rules[0]);

/* "a.b|c": member b of a, else c; "a.0": the first of a list. */
static const json_t *member_at(const json_t *node, const char *path)
{
	while (*path) {
		const json_t *found = node;
		size_t n;

		do {
			char key[64];

			n = strcspn(path, ".|");
			snprintf(key, sizeof(key), "%.*s", (int)n, path);
			found = json_is_array(found) ? json_array_get(found, 0)
						     : json_object_get(found, key);
			path += n;
		} while (*path == '.' && path++);
		if (found)
			return found;
		path += *path == '|';
	}
	return NULL;
}

void pg_classify(const json_t *stmt, struct sql_statement *s)
{
	const char *name = json_object_iter_key(json_object_iter((json_t *)stmt));
	const json_t *node = json_object_get(stmt, name ? name : "");
	struct str object = {0};

	for (size_t i = 0; name && i < pg_n_node_rules; i++) {
		const struct pg_node_rule *rule = &pg_node_rules[i];

		if (strcmp(rule->node, name))
			continue;
		snprintf(s->kind, sizeof(s->kind), "%s", rule->kind);
		s->flags |= rule->flags;
		if (rule->refine)
			rule->refine(node, s);
		if (rule->object && pg_add_node_name(&object, member_at(node, rule->object)))
			s->object = str_take(&object);
		pg_collect_relations(name, node, rule->creates, s);
		str_release(&object);
		return;
	}
}
