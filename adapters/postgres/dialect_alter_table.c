/* ALTER TABLE: its first subcommand names the kind. */
#include "adapters/postgres/dialect_tree.h"

#include <stdio.h>
#include <string.h>

struct subcommand {
	const char *type, *words;
};

static const struct subcommand subcommands[] = {
	{"AT_AddColumn", "ADD COLUMN"},
	{"AT_ColumnDefault", "ALTER COLUMN SET DEFAULT"},
	{"AT_DropNotNull", "ALTER COLUMN DROP NOT NULL"},
	{"AT_SetNotNull", "ALTER COLUMN SET NOT NULL"},
	{"AT_DropExpression", "ALTER COLUMN DROP EXPRESSION"},
	{"AT_SetStatistics", "ALTER COLUMN SET STATISTICS"},
	{"AT_SetOptions", "ALTER COLUMN SET"},
	{"AT_ResetOptions", "ALTER COLUMN RESET"},
	{"AT_SetStorage", "ALTER COLUMN SET STORAGE"},
	{"AT_SetCompression", "ALTER COLUMN SET COMPRESSION"},
	{"AT_DropColumn", "DROP COLUMN"},
	{"AT_AddConstraint", "ADD CONSTRAINT"},
	{"AT_AlterConstraint", "ALTER CONSTRAINT"},
	{"AT_ValidateConstraint", "VALIDATE CONSTRAINT"},
	{"AT_DropConstraint", "DROP CONSTRAINT"},
	{"AT_AlterColumnType", "ALTER COLUMN TYPE"},
	{"AT_AlterColumnGenericOptions", "ALTER COLUMN OPTIONS"},
	{"AT_ChangeOwner", "OWNER TO"},
	{"AT_ClusterOn", "CLUSTER ON"},
	{"AT_DropCluster", "SET WITHOUT CLUSTER"},
	{"AT_SetLogged", "SET LOGGED"},
	{"AT_SetUnLogged", "SET UNLOGGED"},
	{"AT_DropOids", "SET WITHOUT OIDS"},
	{"AT_SetAccessMethod", "SET ACCESS METHOD"},
	{"AT_SetTableSpace", "SET TABLESPACE"},
	{"AT_SetRelOptions", "SET"},
	{"AT_ResetRelOptions", "RESET"},
	{"AT_EnableTrig", "ENABLE TRIGGER"},
	{"AT_EnableAlwaysTrig", "ENABLE TRIGGER"},
	{"AT_EnableReplicaTrig", "ENABLE TRIGGER"},
	{"AT_EnableTrigAll", "ENABLE TRIGGER"},
	{"AT_EnableTrigUser", "ENABLE TRIGGER"},
	{"AT_DisableTrig", "DISABLE TRIGGER"},
	{"AT_DisableTrigAll", "DISABLE TRIGGER"},
	{"AT_DisableTrigUser", "DISABLE TRIGGER"},
	{"AT_EnableRule", "ENABLE RULE"},
	{"AT_EnableAlwaysRule", "ENABLE RULE"},
	{"AT_EnableReplicaRule", "ENABLE RULE"},
	{"AT_DisableRule", "DISABLE RULE"},
	{"AT_AddInherit", "INHERIT"},
	{"AT_DropInherit", "NO INHERIT"},
	{"AT_AddOf", "OF"},
	{"AT_DropOf", "NOT OF"},
	{"AT_ReplicaIdentity", "REPLICA IDENTITY"},
	{"AT_EnableRowSecurity", "ENABLE ROW LEVEL SECURITY"},
	{"AT_DisableRowSecurity", "DISABLE ROW LEVEL SECURITY"},
	{"AT_ForceRowSecurity", "FORCE ROW LEVEL SECURITY"},
	{"AT_NoForceRowSecurity", "NO FORCE ROW LEVEL SECURITY"},
	{"AT_GenericOptions", "OPTIONS"},
	{"AT_AttachPartition", "ATTACH PARTITION"},
	{"AT_DetachPartition", "DETACH PARTITION"},
	{"AT_DetachPartitionFinalize", "DETACH PARTITION FINALIZE"},
	{"AT_AddIdentity", "ALTER COLUMN ADD IDENTITY"},
	{"AT_SetIdentity", "ALTER COLUMN SET IDENTITY"},
	{"AT_DropIdentity", "ALTER COLUMN DROP IDENTITY"},
};

static const char *constraint_words(const json_t *constraint, char buf[static 64])
{
	static const struct subcommand types[] = {{"CONSTR_FOREIGN", "FOREIGN KEY"},
		{"CONSTR_CHECK", "CHECK"}, {"CONSTR_PRIMARY", "PRIMARY KEY"},
		{"CONSTR_UNIQUE", "UNIQUE"}, {"CONSTR_EXCLUSION", "EXCLUDE"}};
	const char *words = "";

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (pg_is(constraint, "contype", types[i].type))
			words = types[i].words;
	snprintf(buf, 64, "%s%s%s", words,
		pg_true(constraint, "skip_validation") ? " NOT VALID" : "",
		*pg_text(constraint, "indexname") ? " USING INDEX" : "");
	return buf;
}

static bool detaches_concurrently(const json_t *command)
{
	const json_t *def = json_object_get(json_object_get(command, "def"), "PartitionCmd");

	return pg_is(command, "subtype", "AT_DetachPartition") && pg_true(def, "concurrent");
}

void pg_refine_alter_table(const json_t *node, struct sql_statement *s)
{
	char alter[64 + 8], object[64], constraint[64];
	const json_t *commands = json_object_get(node, "cmds");
	const json_t *first = json_object_get(json_array_get(commands, 0), "AlterTableCmd");
	const json_t *def = json_object_get(json_object_get(first, "def"), "Constraint");
	const char *words = "", *more = "";
	bool only_validates = json_array_size(commands);
	json_t *command;
	size_t i;

	for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (pg_is(first, "subtype", subcommands[i].type))
			words = subcommands[i].words;
	if (pg_is(first, "subtype", "AT_ColumnDefault") && !json_object_get(first, "def"))
		words = "ALTER COLUMN DROP DEFAULT";
	if (pg_is(first, "subtype", "AT_AddConstraint"))
		more = constraint_words(def, constraint);
	if (detaches_concurrently(first)) {
		more = "CONCURRENTLY";
		s->flags |= SQL_NO_TRANSACTION | SQL_UNCUT;
	}
	snprintf(alter, sizeof(alter), "ALTER %s",
		pg_object_words(pg_text(node, "objtype"), object));
	pg_set_kind(s, alter, words, more);
	/* Beside another subcommand the scan runs under that one's lock: then it must be cut. */
	json_array_foreach((json_t *)commands, i, command) only_validates = only_validates &&
		pg_is(json_object_get(command, "AlterTableCmd"), "subtype",
			"AT_ValidateConstraint");
	if (only_validates)
		s->flags |= SQL_UNCUT;
}
