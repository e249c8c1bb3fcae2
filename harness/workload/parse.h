/* Shared by script.c, script_sql.c and script_meta.c: one script being read. */
#ifndef REHEARSE_WORKLOAD_PARSE_H
#define REHEARSE_WORKLOAD_PARSE_H

#include "harness/workload/script.h"

struct branch { /* an open \if */
	unsigned line;
	bool else_seen;
	unsigned unless; /* the jump to be pointed at the next branch, NO_JUMP when none */
	unsigned ends;	 /* jumps to be pointed at \endif, chained through `target` */
};

#define NO_JUMP UINT32_MAX

struct parse {
	const char *at, *end;
	unsigned line; /* of `at` */
	const char *file;
	const struct script_context *context;
	struct script *script;
	bool *defined; /* by slot */
	size_t n_defined, cap_defined;
	char **prefixes; /* of the \gset and \aset seen so far */
	size_t n_prefixes, cap_prefixes;
	struct branch *branches;
	size_t n_branches, cap_branches;
	bool gset_fits; /* the last thing read was an SQL statement */
	struct err *err;
};

int parse_error(struct parse *p, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct command *parse_command(struct parse *p, enum command_kind kind, unsigned line);
/* The slot of a variable that is read; -1 with a bare message when nothing defines it. */
expr_slot parse_variable;
unsigned parse_define(struct parse *p, const char *name, size_t len);
bool parse_name_start(char c);
bool parse_name_char(char c);

/* From `at` to the statement's end: `;`, a backslash command, or the end. Adds a command
 * unless there is nothing but space and comments. */
int parse_sql(struct parse *p);
/* At a backslash: reads the command and its line. */
int parse_meta(struct parse *p);

#endif
