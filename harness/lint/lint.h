/*
 * Lint: what a team's migration files would do to everybody else, told from their text alone, as
 * findings that name a rule, a place and a remedy. Nothing here talks to a server or prints.
 */
#ifndef REHEARSE_LINT_LINT_H
#define REHEARSE_LINT_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "adapters/engine.h"
#include "adapters/suggest.h"
#include "harness/base/err.h"
#include "harness/formats/formats.h"
#include "harness/scenario/scenario.h"

struct lint_config {
	const struct engine *engine; /* with an analyser */
	struct lint_target target;
	bool style;	/* rules of taste too */
	bool no_header; /* files need no header */
	bool suggest;	/* ask for the safe way to each statement too */
	/* What the runner sets by itself, so that the files need not. */
	bool lock_timeout_set, statement_timeout_set;
	enum transaction_mode transaction; /* for formats whose tool leaves it open */
	/* From and to narrow what is told; all files are read, so that tables are known. */
	struct format_options format;
};

/* `-- rehearse: allow RULE reason="..."` */
struct lint_allow {
	char *rule;
	char *reason;	    /* "" none given */
	bool whole_file;    /* in the comment block of the header; else for one statement */
	size_t statement;   /* which one, into lint_file.statements; n_statements: none follows */
	size_t offset, len; /* of the comment */
	bool used;
};

/* What the file's own comments tell. */
struct lint_directives {
	bool has_class;
	enum sql_class class;
	size_t class_offset, class_len; /* of the comment */
	struct lint_allow *allows;
	size_t n_allows, cap_allows;
};

/* Whose transaction is open around a statement. */
enum lint_transaction {
	LINT_TRANSACTION_NONE,
	LINT_TRANSACTION_FILE, /* the file's own BEGIN */
	LINT_TRANSACTION_TOOL,
	/* The runner's (lint_config.transaction), which leaves out what the server refuses in one.
	 */
	LINT_TRANSACTION_RUNNER,
};

struct lint_statement {
	const struct sql_statement *sql;
	struct analysis analysis;
	enum lint_transaction transaction;
	bool suggested; /* with lint_config.suggest only */
	struct suggestion suggestion;
};

struct lint_file {
	const struct format_file *source;
	struct sql_script script;
	struct lint_statement *statements;
	size_t n_statements;
	size_t *lines; /* offset of each line's first byte */
	size_t n_lines;
	struct lint_directives directives;
	enum sql_class class;		  /* of its worst statement */
	size_t first_finding, n_findings; /* its own, in lint.findings */
	bool told; /* false: read only for what it makes known (--from, --to) */
};

struct lint_finding {
	const struct lint_rule *rule;
	const struct lint_file *file;
	const struct lint_statement *statement;	     /* NULL: about the file */
	size_t offset, len;			     /* into the file */
	unsigned line, column, end_line, end_column; /* from 1, in characters; the end is past */
	char *object;				     /* "" none */
	char *message;				     /* a sentence without a full stop */
	char *remedy;				     /* SQL to write instead; "" the rule's */
	bool allowed;
	char *reason; /* why it is allowed; "" it is not */
};

struct lint {
	const struct lint_config *config; /* borrowed */
	struct format_set set;
	struct lint_file *files;
	size_t n_files;
	struct lint_finding *findings; /* by file and place; allowed ones too */
	size_t n_findings, cap_findings;
};

/* Reads, splits and analyses what the paths name. ERR_USAGE for what cannot be read. */
int lint_run(const char *const *paths, size_t n_paths, const struct lint_config *config,
	struct lint *ret, struct err *err);
void lint_release(struct lint *l);
/* Does the same again with l->set as it is now. */
int lint_again(struct lint *l, struct err *err);

bool lint_fails(const struct lint *l); /* an error or a warning that nobody allowed */
/* "postgres 15", "postgres 15.3", "mariadb 10.11"; caller frees. */
char *lint_server(const struct lint_target *target);
/* Line and column, from 1, of a byte of the file; columns count characters. */
void lint_place(const struct lint_file *f, size_t offset, unsigned *ret_line, unsigned *ret_column);
/* A line's bytes, from 1, without its end. */
const char *lint_line(const struct lint_file *f, unsigned line, size_t *ret_len);

/* ---- rules ---- */

/* The rules about the files themselves, the same for every engine. */
extern const struct lint_rule lint_file_rules[];
extern const size_t lint_n_file_rules;

/* All rules: those of every engine, then those about files. The i-th; NULL at the end. */
const struct lint_rule *lint_rule_at(size_t i);
/* Those of `engine`, which may be NULL, come first. NULL: there is none. */
const struct lint_rule *lint_rule_find(const struct engine *engine, const char *id);
const char *lint_rule_nearest(const char *id); /* NULL: none is near */
bool lint_rule_for(const struct lint_rule *rule, const struct lint_config *config);

#endif
