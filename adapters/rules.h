/*
 * The contract of an analyser: what a statement will do to everybody else, predicted from its text
 * and from what the statements before it left behind. Pure: no server, no files. A prediction is
 * never trusted alone: a rehearsal measures what the statement did.
 *
 * The life of a state: open() -> begin_migration() -> statement() for each statement, in order,
 * with transaction_ended() wherever the runner commits -> begin_migration() for the next ->
 * close(). Tables created since begin_migration() are new: nobody uses them yet, so nothing that is
 * done to them harms. What tables look like (columns, types, keys) is known across migrations.
 */
#ifndef REHEARSE_ADAPTERS_RULES_H
#define REHEARSE_ADAPTERS_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "adapters/dialect.h"
#include "harness/base/err.h"

/* From careless to careful: the class of a statement is that of the worst thing it does. */
enum sql_class {
	SQL_CLASS_INSTANT_SAFE,	    /* takes no lock that others would feel for long */
	SQL_CLASS_CONCURRENT_BUILD, /* safe in its concurrent form, not as it stands or slow */
	SQL_CLASS_EXPAND_CONTRACT,  /* needs the old and the new shape side by side; or unknown */
};
/* "instant-safe", "concurrent-build eligible", "expand-contract required" */
const char *sql_class_name(enum sql_class class);
/* As written in a header: "instant-safe", "concurrent-build", "expand-contract", or the full name;
 * false: neither. */
bool sql_class_find(const char *word, size_t len, enum sql_class *ret);
const char *sql_class_word(enum sql_class class); /* the header's short form */

enum rule_level {
	RULE_NOTE,    /* told, never a failure */
	RULE_WARNING, /* harms under conditions that the text does not tell */
	RULE_ERROR,   /* harms: locks, rewrites, breaks clients, breaks the migration itself */
};
const char *rule_level_name(enum rule_level level); /* "note", "warning", "error" */

/* One rule. Strings are static, plain English, without a final newline. */
struct lint_rule {
	const char *id;	   /* "index-without-concurrently" */
	const char *title; /* "CREATE INDEX without CONCURRENTLY" */
	enum rule_level level;
	bool style; /* an opinion: asked for with --style only */
	/* Server versions as in replica_info.version_number: 150000, MariaDB 101100, MySQL 80400.
	 * 0: no bound; `until` is the first version that the rule is not for. */
	const char *const *products; /* NULL-terminated: "postgres" or "mariadb", "mysql" */
	unsigned since, until;
	const char *detects; /* what is looked for */
	const char *why;     /* the harm */
	const char *remedy;  /* what to write instead */
	const char *link;    /* the server's own documentation */
};

/* A kind of server that an analyser's rules know, as in the targets "postgres:15", "mysql:8.4". */
struct lint_product {
	const char *name;
	unsigned oldest, newest; /* version numbers */
	unsigned version_parts;	 /* 2: 15.3 is 150003; 3: 10.11.4 is 101104 */
};

/* "15", "15.3", "10.11", "10.11.4"; caller frees. */
char *lint_version_text(const struct lint_product *product, unsigned version);

/* The server that the migration is for. */
struct lint_target {
	const struct lint_product *product; /* static */
	unsigned version;
};

struct predicted_lock {
	char *object; /* "public.a" as the text names it; existing relations only */
	char *mode;   /* the server's own word: "AccessExclusiveLock", "SHARED_NO_WRITE" */
	bool blocks_reads, blocks_writes;
};

/* A rule that a statement breaks. */
struct rule_hit {
	const struct lint_rule *rule;
	char *object;  /* "public.a", "a.col"; "" none */
	char *message; /* about this very statement, in a sentence without a full stop */
	char *remedy;  /* the SQL to write instead where it can be told; "" the rule's */
	size_t offset; /* bytes into the script: where the caret stands */
	size_t len;    /* bytes under the caret, at least 1 */
};

struct analysis {
	enum sql_class class;
	bool unknown; /* could not be classified: expand-contract required, and said so */
	struct predicted_lock *locks; /* on relations that existed before this migration */
	size_t n_locks;
	char **rewritten; /* tables whose rows are written anew */
	size_t n_rewritten;
	char **scanned; /* tables that are read whole while a lock is held */
	size_t n_scanned;
	char algorithm[32]; /* MySQL family, as struct prediction; "" not told */
	struct rule_hit *hits;
	size_t n_hits;
};
void analysis_init(struct analysis *a);
void analysis_release(struct analysis *a);
/* For analysers: copies of the strings are made. */
void analysis_lock(struct analysis *a, const char *object, const char *mode, bool blocks_reads,
	bool blocks_writes); /* the same object and mode once */
void analysis_rewrite(struct analysis *a, const char *table);
void analysis_scan(struct analysis *a, const char *table);
struct rule_hit *analysis_hit(struct analysis *a, const struct lint_rule *rule, const char *object,
	size_t offset, size_t len, const char *format, ...)
	__attribute__((format(printf, 6, 7))); /* valid until the next one */

/* How the runner runs a statement: part of what is right and wrong about it. */
struct statement_context {
	bool in_transaction; /* the runner, or the file, has a transaction open around it */
	/* What the runner sets by itself, so that the file need not. */
	bool lock_timeout_set, statement_timeout_set;
	bool style; /* rules of taste too */
};

struct analysis_state; /* each analyser's own */

struct suggestion; /* adapters/suggest.h */

struct analyser {
	const struct lint_product *products; /* ends with a NULL name */
	const struct lint_rule *rules;
	size_t n_rules;
	/* A query whose one value is the server's own name for lint_target_parse(); NULL: none. */
	const char *target_sql;
	/* A query whose rows are statements that would make the schema as it stands: shown to a
	 * state as a migration, it knows what tables look like. NULL: none, and then nobody
	 * compares its predictions with what a rehearsal measures. */
	const char *schema_sql;

	struct analysis_state *(*open)(const struct lint_target *target);
	void (*begin_migration)(struct analysis_state *state);
	/* Analyses script->statements[i] of `text` and remembers what it changes. ret is
	 * initialised by the call. Never fails on odd SQL: what is not understood is `unknown`. */
	void (*statement)(struct analysis_state *state, const char *text,
		const struct sql_script *script, size_t i, const struct statement_context *context,
		struct analysis *ret);
	void (*transaction_ended)(struct analysis_state *state);
	/* Optional (may be NULL). The safe way to what script->statements[i] wants; to be asked
	 * before statement() is told about it. false: none is needed or known, ret is untouched. */
	bool (*suggest)(struct analysis_state *state, const char *text,
		const struct sql_script *script, size_t i, struct suggestion *ret);
	void (*close)(struct analysis_state *state); /* NULL-safe */
};

/* "postgres:15", "postgres:15.3", "mariadb:10.11", "mysql:8.4"; without a version: the newest that
 * is known. ERR_USAGE otherwise, with the words that would be right. */
struct engine;
int lint_target_parse(const char *text, const struct engine **ret_engine, struct lint_target *ret,
	struct err *err);

#endif
