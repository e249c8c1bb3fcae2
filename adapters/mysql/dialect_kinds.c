/* One row per kind of statement; the rows' readers fill in what it names. */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"

#define DDL SQL_DDL
#define DATA SQL_DATA
#define COMMITS SQL_MAY_COMMIT
/* Runs what is not known here, maybe a change of the schema. */
#define ANY (SQL_DDL | SQL_MAY_COMMIT)

typedef void reader(struct my_tokens *w, struct sql_statement *s);

static void read_query(struct my_tokens *w, struct sql_statement *s)
{
	w->at = 0;
	my_collect_query(w, s);
}

static void read_with(struct my_tokens *w, struct sql_statement *s)
{
	static const struct {
		const char *word, *kind;
		unsigned flags;
	} verbs[] = {{"select", "SELECT", 0}, {"update", "UPDATE", DATA},
		{"delete", "DELETE", DATA}, {"insert", "INSERT", DATA},
		{"replace", "REPLACE", DATA}};

	for (; w->at < w->n && !*s->kind; w->at++) {
		if (my_at_char(w, '('))
			my_skip_parens(w);
		for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
			if (!*s->kind && my_at(w, verbs[i].word)) {
				my_add_kind(s, verbs[i].kind);
				s->flags |= verbs[i].flags;
			}
	}
	read_query(w, s);
}

static void read_rename(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str made = {0};

	my_next(w, "if exists");
	do {
		CLEANUP(cleanup_str) struct str old = {0}, new = {0}, mark = {0};

		if (!my_next_name(w, 2, &old))
			return;
		if (my_next(w, "wait"))
			w->at++;
		my_next(w, "nowait");
		if (!my_next(w, "to") || !my_next_name(w, 2, &new))
			return;
		my_set_object(s, str_text(&old));
		/* a TO b, b TO c: b came into being here. */
		str_addf(&mark, "\n%s\n", str_text(&old));
		if (!strstr(str_text(&made), str_text(&mark)))
			my_add_relation(s, str_text(&old));
		str_addf(&made, "\n%s\n", str_text(&new));
	} while (my_next_char(w, ','));
}

/* ANALYZE [LOCAL] TABLE; without TABLE it runs a statement to tell how (MariaDB). */
static void read_maintenance(struct my_tokens *w, struct sql_statement *s)
{
	static const char *const modifiers[] = {"no_write_to_binlog", "local", NULL};
	static const char *const tables[] = {"table", "tables", NULL};

	my_next_listed(w, modifiers);
	if (my_next_listed(w, tables)) {
		my_add_kind(s, "TABLE");
		my_read_tables(w, s);
	} else if (my_next(w, "view")) {
		my_add_kind(s, "VIEW");
		my_read_tables(w, s);
	} else {
		for (size_t i = w->at; i < w->n && i < w->at + 4; i++)
			if (my_token_is(w->text, &w->tokens[i], "update") ||
				my_token_is(w->text, &w->tokens[i], "delete") ||
				my_token_is(w->text, &w->tokens[i], "insert") ||
				my_token_is(w->text, &w->tokens[i], "replace"))
				s->flags |= DATA;
		my_collect_query(w, s);
	}
}

static void read_locks(struct my_tokens *w, struct sql_statement *s)
{
	do {
		CLEANUP(cleanup_str) struct str name = {0};

		if (!my_next_name(w, 2, &name))
			return;
		my_set_object(s, str_text(&name));
		my_add_relation(s, str_text(&name));
		while (w->at < w->n && !my_at_char(w, ','))
			w->at++;
	} while (my_next_char(w, ','));
}

static void read_flush(struct my_tokens *w, struct sql_statement *s)
{
	static const char *const modifiers[] = {"no_write_to_binlog", "local", NULL};
	static const char *const tables[] = {"tables", "table", NULL};

	my_next_listed(w, modifiers);
	if (!my_next_listed(w, tables))
		return;
	my_add_kind(s, "TABLES");
	if (!my_at(w, "with"))
		my_read_tables(w, s);
}

static void read_grant(struct my_tokens *w, struct sql_statement *s)
{
	static const char *const kinds[] = {"table", "procedure", "function", "package", NULL};
	CLEANUP(cleanup_str) struct str name = {0};
	bool table;

	while (w->at < w->n && !my_next(w, "on"))
		w->at++;
	table = my_at(w, "table") || !my_next_listed(w, kinds);
	my_next(w, "table");
	/* db.* and *.* are no tables. */
	if (!my_next_name(w, 2, &name) || my_at_char(w, '.'))
		return;
	my_set_object(s, str_text(&name));
	if (table)
		my_add_relation(s, str_text(&name));
}

static void read_explain(struct my_tokens *w, struct sql_statement *s)
{
	static const char *const verbs[] = {"select", "insert", "update", "delete", "replace",
		"with", "extended", "partitions", "format", "analyze", "for", "(", NULL};
	struct my_tokens copy = *w;
	CLEANUP(cleanup_str) struct str name = {0};

	if (!my_next_listed(&copy, verbs) && my_next_name(w, 2, &name)) {
		my_set_object(s, str_text(&name));
		my_add_relation(s, str_text(&name));
		return;
	}
	my_collect_query(w, s);
}

static void read_chain(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str name = {0};

	my_next(w, "work");
	if (my_next(w, "to")) {
		my_next(w, "savepoint");
		my_add_kind(s, "TO SAVEPOINT");
		s->flags &= ~(unsigned)SQL_TX_ROLLBACK;
		if (my_next_name(w, 1, &name))
			my_set_object(s, str_text(&name));
	} else if (my_next(w, "and chain")) {
		/* The next transaction is already open. */
		my_add_kind(s, "AND CHAIN");
		s->flags |= SQL_TX_BEGIN;
	}
	my_next(w, "and no chain");
	if (my_next(w, "release"))
		s->flags |= SQL_ENDS_SESSION;
}

static void read_one_table(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str name = {0};

	if (!my_next_name(w, 2, &name))
		return;
	my_set_object(s, str_text(&name));
	my_add_relation(s, str_text(&name));
}

/* The first row that fits counts. */
static const struct rule {
	const char *words;
	const char *kind; /* NULL: the words */
	unsigned flags;
	reader *read;
} rules[] = {
	{"CREATE", NULL, DDL, my_read_create},
	{"ALTER", NULL, DDL, my_read_alter},
	{"DROP PREPARE", "DEALLOCATE PREPARE", SQL_SESSION, my_read_object},
	{"DROP", NULL, DDL, my_read_drop},
	{"RENAME TABLE", NULL, DDL, read_rename},
	{"RENAME TABLES", "RENAME TABLE", DDL, read_rename},
	{"RENAME USER", NULL, DDL, NULL},
	{"TRUNCATE TABLE", NULL, DDL, read_one_table},
	{"TRUNCATE", "TRUNCATE TABLE", DDL, read_one_table},
	/* KILL QUERY leaves a MyISAM table crashed, so that nobody can read it; only while it still
	 * waits for its locks it does no harm. Every other change of the schema is rolled back. */
	{"OPTIMIZE", NULL, DDL | SQL_UNCUT_WORK, read_maintenance},
	{"REPAIR", NULL, DDL | SQL_UNCUT_WORK, read_maintenance},
	/* They only read, but commit. */
	{"ANALYZE", NULL, COMMITS, read_maintenance},
	{"CHECK", NULL, COMMITS, read_maintenance},
	{"CHECKSUM", NULL, 0, read_maintenance},
	{"GRANT", NULL, DDL, read_grant},
	{"REVOKE", NULL, DDL, read_grant},
	{"INSTALL", NULL, DDL, NULL},
	{"UNINSTALL", NULL, DDL, NULL},
	{"IMPORT TABLE", NULL, DDL, NULL},
	/* data */
	{"INSERT", NULL, DATA, read_query},
	{"REPLACE", NULL, DATA, read_query},
	{"UPDATE", NULL, DATA, read_query},
	{"DELETE", NULL, DATA, read_query},
	{"LOAD DATA", NULL, DATA, read_query},
	{"LOAD XML", NULL, DATA, read_query},
	{"LOAD INDEX", NULL, COMMITS, NULL},
	{"SELECT", NULL, 0, read_query},
	{"WITH", "", 0, read_with},
	{"VALUES", NULL, 0, read_query},
	{"TABLE", NULL, 0, read_one_table},
	{"DO", NULL, 0, read_query},
	{"HANDLER", NULL, SQL_SESSION, read_one_table},
	{"EXPLAIN", NULL, 0, read_explain},
	{"DESCRIBE", "EXPLAIN", 0, read_explain},
	{"DESC", "EXPLAIN", 0, read_explain},
	/* programs */
	{"CALL", NULL, ANY, my_read_object},
	{"BEGIN NOT ATOMIC", NULL, ANY, read_query},
	{"IF", NULL, ANY, read_query},
	{"CASE", NULL, ANY, read_query},
	{"LOOP", NULL, ANY, read_query},
	{"WHILE", NULL, ANY, read_query},
	{"REPEAT", NULL, ANY, read_query},
	{"FOR", NULL, ANY, read_query},
	{"EXECUTE IMMEDIATE", NULL, ANY, NULL},
	{"EXECUTE", NULL, ANY, my_read_object},
	{"PREPARE", NULL, SQL_SESSION, my_read_object},
	{"DEALLOCATE PREPARE", NULL, SQL_SESSION, my_read_object},
	{"SIGNAL", NULL, 0, NULL},
	{"RESIGNAL", NULL, 0, NULL},
	{"GET", NULL, 0, NULL},
	/* transactions */
	{"BEGIN", NULL, SQL_TX_BEGIN, NULL},
	{"START TRANSACTION", NULL, SQL_TX_BEGIN, NULL},
	{"COMMIT", NULL, SQL_TX_COMMIT, read_chain},
	{"ROLLBACK", NULL, SQL_TX_ROLLBACK, read_chain},
	{"SAVEPOINT", NULL, SQL_SESSION, my_read_object},
	{"RELEASE SAVEPOINT", NULL, SQL_SESSION, my_read_object},
	{"XA START", NULL, SQL_TX_BEGIN, NULL},
	{"XA BEGIN", "XA START", SQL_TX_BEGIN, NULL},
	{"XA COMMIT", NULL, SQL_TX_COMMIT, NULL},
	{"XA ROLLBACK", NULL, SQL_TX_ROLLBACK, NULL},
	{"XA", NULL, 0, NULL},
	{"LOCK TABLES", NULL, COMMITS | SQL_SESSION, read_locks},
	{"LOCK TABLE", "LOCK TABLES", COMMITS | SQL_SESSION, read_locks},
	{"LOCK", NULL, COMMITS | SQL_SESSION, NULL},
	{"UNLOCK TABLES", NULL, COMMITS | SQL_SESSION, NULL},
	{"UNLOCK TABLE", "UNLOCK TABLES", COMMITS | SQL_SESSION, NULL},
	{"UNLOCK", NULL, COMMITS | SQL_SESSION, NULL},
	/* the session and the server */
	{"SET", NULL, SQL_SESSION, my_read_set},
	{"USE", NULL, SQL_ENDS_SESSION | SQL_SESSION, my_read_object},
	{"SHOW", NULL, SQL_SESSION, NULL},
	{"HELP", NULL, SQL_SESSION, NULL},
	{"KILL", NULL, 0, NULL},
	{"FLUSH", NULL, COMMITS, read_flush},
	{"RESET", NULL, COMMITS, NULL},
	{"CACHE INDEX", NULL, COMMITS, NULL},
	{"START", NULL, COMMITS, NULL},
	{"STOP", NULL, COMMITS, NULL},
	{"CHANGE", NULL, COMMITS, NULL},
	{"BACKUP", NULL, COMMITS, NULL},
	{"PURGE", NULL, 0, NULL},
	{"BINLOG", NULL, DATA, NULL},
	{"CLONE", NULL, COMMITS, NULL},
	{"RESTART", NULL, 0, NULL},
	{"SHUTDOWN", NULL, 0, NULL},
};

/* SELECT … FOR UPDATE NOWAIT, ALTER TABLE t WAIT 5: a lock time-out of the statement's own. */
static bool has_wait(const struct my_tokens *words)
{
	static const char *const names[] = {
		"add", "column", "drop", "change", "modify", "as", NULL};
	struct my_tokens w = *words;

	for (w.at = 1; w.at < w.n; w.at++) {
		struct my_tokens before = w;

		if (my_at_char(&w, '('))
			my_skip_parens(&w);
		before.at = w.at - 1;
		if (my_at_char(&before, '.') || my_at_char(&before, ',') ||
			my_next_listed(&before, names))
			continue;
		if (my_at(&w, "nowait") || (my_at(&w, "wait") && my_peek(&w, 1)->kind == MY_NUMBER))
			return true;
	}
	return false;
}

static bool may_wait(const struct sql_statement *s)
{
	static const char *const verbs[] = {"ALTER TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX",
		"CREATE FULLTEXT INDEX", "CREATE SPATIAL INDEX", "DROP INDEX", "DROP TABLE",
		"LOCK TABLES", "OPTIMIZE TABLE", "RENAME TABLE", "TRUNCATE TABLE", "SELECT"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strncmp(s->kind, verbs[i], strlen(verbs[i])))
			return true;
	return false;
}

void my_classify(struct my_tokens *w, struct sql_statement *s)
{
	size_t start = w->at;

	while (my_at_char(w, '('))
		w->at++;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if (!my_next(w, rule->words))
			continue;
		my_add_kind(s, rule->kind ? rule->kind : rule->words);
		s->flags |= rule->flags;
		if (rule->read)
			rule->read(w, s);
		w->at = start;
		if (may_wait(s) && has_wait(w))
			s->flags |= SQL_SETS_LOCK_TIMEOUT | SQL_SETS_LOCAL;
		return;
	}
	s->flags |= SQL_UNKNOWN;
}

void my_read_object(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str name = {0};

	if (my_next_name(w, 2, &name))
		my_set_object(s, str_text(&name));
}

void my_read_tables(struct my_tokens *w, struct sql_statement *s)
{
	do {
		CLEANUP(cleanup_str) struct str name = {0};

		if (!my_next_name(w, 2, &name))
			return;
		my_set_object(s, str_text(&name));
		my_add_relation(s, str_text(&name));
	} while (my_next_char(w, ','));
}
