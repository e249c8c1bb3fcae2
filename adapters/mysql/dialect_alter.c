/* ALTER: of a table its first subcommand names the kind. */
#include <string.h>

#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"

struct subcommand {
	const char *words;
	const char *kind; /* NULL: the words */
};

/* The first that fits; the rest of the grammar has it that a bare ADD, DROP, … is of a column. */
static const struct subcommand subcommands[] = {
	{"ADD COLUMN", NULL},
	{"ADD INDEX", NULL},
	{"ADD KEY", "ADD INDEX"},
	{"ADD UNIQUE", "ADD UNIQUE INDEX"},
	{"ADD FULLTEXT", "ADD FULLTEXT INDEX"},
	{"ADD SPATIAL", "ADD SPATIAL INDEX"},
	{"ADD VECTOR", "ADD VECTOR INDEX"},
	{"ADD PRIMARY KEY", NULL},
	{"ADD FOREIGN KEY", NULL},
	{"ADD CHECK", NULL},
	{"ADD PARTITION", NULL},
	{"ADD PERIOD", NULL},
	{"ADD SYSTEM VERSIONING", NULL},
	{"ADD", "ADD COLUMN"},
	{"ALTER INDEX", NULL},
	{"ALTER KEY", "ALTER INDEX"},
	{"ALTER CHECK", NULL},
	{"ALTER CONSTRAINT", NULL},
	{"CHANGE COLUMN", NULL},
	{"CHANGE", "CHANGE COLUMN"},
	{"MODIFY COLUMN", NULL},
	{"MODIFY", "MODIFY COLUMN"},
	{"DROP COLUMN", NULL},
	{"DROP INDEX", NULL},
	{"DROP KEY", "DROP INDEX"},
	{"DROP PRIMARY KEY", NULL},
	{"DROP FOREIGN KEY", NULL},
	{"DROP CONSTRAINT", NULL},
	{"DROP CHECK", NULL},
	{"DROP PARTITION", NULL},
	{"DROP PERIOD", NULL},
	{"DROP SYSTEM VERSIONING", NULL},
	{"DROP", "DROP COLUMN"},
	{"RENAME COLUMN", NULL},
	{"RENAME INDEX", NULL},
	{"RENAME KEY", "RENAME INDEX"},
	{"RENAME", NULL},
	{"CONVERT TO CHARACTER SET", NULL},
	{"CONVERT TO CHARSET", "CONVERT TO CHARACTER SET"},
	{"CONVERT PARTITION", NULL},
	{"CONVERT TABLE", NULL},
	{"DEFAULT CHARACTER SET", NULL},
	{"CHARACTER SET", "DEFAULT CHARACTER SET"},
	{"DEFAULT CHARSET", "DEFAULT CHARACTER SET"},
	{"CHARSET", "DEFAULT CHARACTER SET"},
	{"DEFAULT COLLATE", NULL},
	{"COLLATE", "DEFAULT COLLATE"},
	{"ORDER BY", NULL},
	{"ENABLE KEYS", NULL},
	{"DISABLE KEYS", NULL},
	{"DISCARD TABLESPACE", NULL},
	{"IMPORT TABLESPACE", NULL},
	{"DISCARD PARTITION", NULL},
	{"IMPORT PARTITION", NULL},
	{"TRUNCATE PARTITION", NULL},
	{"COALESCE PARTITION", NULL},
	{"REORGANIZE PARTITION", NULL},
	{"EXCHANGE PARTITION", NULL},
	{"ANALYZE PARTITION", NULL},
	{"CHECK PARTITION", NULL},
	{"OPTIMIZE PARTITION", NULL},
	{"REBUILD PARTITION", NULL},
	{"REPAIR PARTITION", NULL},
	{"REMOVE PARTITIONING", NULL},
	{"PARTITION BY", NULL},
	{"FORCE", NULL},
	{"ENGINE", NULL},
	{"AUTO_INCREMENT", NULL},
	{"COMMENT", NULL},
	{"ROW_FORMAT", NULL},
	{"KEY_BLOCK_SIZE", NULL},
	{"WITH VALIDATION", NULL},
	{"WITHOUT VALIDATION", NULL},
};

/* How it is to be done, not what. */
static void skip_manner(struct my_tokens *w)
{
	for (;;) {
		if (my_next(w, "algorithm") || my_next(w, "lock")) {
			my_next_char(w, '=');
			w->at++;
		} else if (my_next(w, "wait")) {
			w->at++;
		} else if (!my_next(w, "nowait") && !my_next_char(w, ',')) {
			return;
		}
	}
}

/* ALTER [COLUMN] c SET DEFAULT … */
static bool alter_column(struct my_tokens *w, struct sql_statement *s)
{
	struct my_tokens c = *w;
	CLEANUP(cleanup_str) struct str name = {0};

	if (my_at(w, "alter index") || my_at(w, "alter key") || my_at(w, "alter check") ||
		my_at(w, "alter constraint") || !my_next(&c, "alter"))
		return false;
	my_next(&c, "column");
	my_next(&c, "if exists");
	my_next_name(&c, 1, &name);
	my_add_kind(s, "ALTER COLUMN");
	if (my_at(&c, "set default"))
		my_add_kind(s, "SET DEFAULT");
	else if (my_at(&c, "drop default"))
		my_add_kind(s, "DROP DEFAULT");
	else if (my_next(&c, "set"))
		my_add_kind(s, my_at(&c, "visible") ? "SET VISIBLE" : "SET INVISIBLE");
	return true;
}

/* ADD CONSTRAINT c FOREIGN KEY is told as ADD FOREIGN KEY. */
static bool add_constraint(struct my_tokens *w, struct sql_statement *s)
{
	static const struct subcommand types[] = {{"foreign key", "ADD FOREIGN KEY"},
		{"primary key", "ADD PRIMARY KEY"}, {"unique", "ADD UNIQUE INDEX"},
		{"check", "ADD CHECK"}};
	struct my_tokens c = *w;
	CLEANUP(cleanup_str) struct str name = {0};

	if (!my_next(&c, "add constraint"))
		return false;
	my_next(&c, "if not exists");
	for (unsigned named = 0; named < 2; named++) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (my_at(&c, types[i].words)) {
				my_add_kind(s, types[i].kind);
				return true;
			}
		my_next_name(&c, 1, &name);
	}
	my_add_kind(s, "ADD CONSTRAINT");
	return true;
}

void my_read_clause(struct my_tokens *w, struct sql_statement *s)
{
	if (alter_column(w, s) || add_constraint(w, s))
		return;
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (my_at(w, subcommands[i].words)) {
			my_add_kind(s,
				subcommands[i].kind ? subcommands[i].kind : subcommands[i].words);
			return;
		}
}

/* As OPTIMIZE TABLE and REPAIR TABLE: on MyISAM a KILL QUERY leaves the table crashed. */
static bool is_repair(const struct my_tokens *w)
{
	return my_at(w, "enable keys") || my_at(w, "repair partition") ||
		my_at(w, "optimize partition");
}

static void alter_table(struct my_tokens *w, struct sql_statement *s)
{
	size_t start;

	my_next(w, "if exists");
	my_read_object(w, s);
	if (!s->object)
		return;
	my_add_relation(s, s->object);
	skip_manner(w);
	my_read_clause(w, s);
	if (is_repair(w))
		s->flags |= SQL_UNCUT_WORK;
	start = w->at;
	my_collect_references(w, s);
	for (w->at = start; w->at < w->n; w->at++) {
		CLEANUP(cleanup_str) struct str name = {0};

		/* EXCHANGE PARTITION p WITH TABLE t, CONVERT TABLE t TO PARTITION p */
		if ((my_next(w, "with table") || my_next(w, "convert table")) &&
			my_next_name(w, 2, &name))
			my_add_relation(s, str_text(&name));
	}
}

static void alter_view(struct my_tokens *w, struct sql_statement *s)
{
	my_read_tables(w, s);
	my_collect_query(w, s);
}

void my_read_alter(struct my_tokens *w, struct sql_statement *s)
{
	static const char *const named[] = {"DATABASE", "SCHEMA", "EVENT", "PROCEDURE", "FUNCTION",
		"SERVER", "SEQUENCE", "TABLESPACE", "UNDO TABLESPACE", "LOGFILE GROUP", "USER",
		"INSTANCE", NULL};

	my_skip_modifiers(w);
	if (my_next(w, "table")) {
		my_add_kind(s, "TABLE");
		alter_table(w, s);
		return;
	}
	if (my_next(w, "view")) {
		my_add_kind(s, "VIEW");
		alter_view(w, s);
		return;
	}
	for (size_t i = 0; named[i]; i++)
		if (my_next(w, named[i])) {
			my_add_kind(s, strcmp(named[i], "SCHEMA") ? named[i] : "DATABASE");
			my_next(w, "if exists");
			if (strcmp(named[i], "USER") != 0 && strcmp(named[i], "INSTANCE") != 0)
				my_read_object(w, s);
			return;
		}
}
