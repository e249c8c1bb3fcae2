/*
 * A transaction's script in pgbench's language, parsed once: SQL statements whose `:name` became
 * parameters, meta-commands with their expressions, and \if turned into jumps.
 *
 * Beyond pgbench: `\sample name table.column` sets a real value drawn from the replica at the
 * start. Unlike pgbench, variables live for one run of one script (a connection is anybody's), an
 * unknown variable is an error before anything is sent, and a `:name` in quotes or comments is left
 * alone.
 */
#ifndef REHEARSE_WORKLOAD_SCRIPT_H
#define REHEARSE_WORKLOAD_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/scenario/scenario.h"
#include "harness/workload/expression.h"
#include "harness/workload/sample.h"

enum command_kind {
	COMMAND_SQL,
	COMMAND_SET,
	COMMAND_SAMPLE,
	COMMAND_SLEEP,
	COMMAND_JUMP,
	COMMAND_JUMP_UNLESS, /* \if, \elif */
};

enum gset_kind { GSET_NONE, GSET_ONE, GSET_LAST }; /* \gset, \aset */

struct command {
	enum command_kind kind;
	unsigned line;
	struct expr *expr; /* SET, SLEEP, JUMP_UNLESS */
	unsigned slot;	   /* SET, SAMPLE */
	unsigned target;   /* JUMP, JUMP_UNLESS: index of a command */
	size_t sample;	   /* SAMPLE: index into the set */
	uint64_t unit_us;  /* SLEEP */

	/* SQL */
	unsigned statement; /* number of the prepared statement, unique over all scripts */
	bool text;	    /* sent as text: it cannot be prepared */
	char *sql;	    /* with placeholders */
	char **pieces;	    /* the same text around the parameters: n_params + 1 */
	unsigned *params;   /* slots */
	unsigned n_params;
	enum gset_kind gset;
	char *prefix; /* of the variables that \gset sets */
};

struct script {
	char *name; /* fit for a comment */
	char *file; /* for messages */
	unsigned weight;
	bool read_only;
	uint64_t statement_timeout_us;
	struct command *commands;
	size_t n_commands, cap_commands;
	/* Variables by slot: name, and value at the start of each run. */
	char **names;
	struct value *initial;
	size_t n_slots, cap_names, cap_initial;
	unsigned client_id, scale; /* their slots, SLOT_NONE when not used */
	unsigned scale_line;	   /* where :scale is used first */
	unsigned most_params;
};

#define SLOT_NONE UINT32_MAX

struct script_context {
	const struct scenario_workload *settings; /* variables, seed */
	bool question_marks;			  /* placeholders are `?` */
	struct sample_set *samples;
	unsigned *next_statement;
};

/* ERR_USAGE `FILE:LINE: ...`; ret is untouched on failure. `file` is named in messages only. */
int script_parse(const char *text, size_t len, const char *file, const char *name,
	const struct script_context *context, struct script *ret, struct err *err);
void script_release(struct script *s); /* NULL-safe, safe on zeroed */
/* Slot of a name, SLOT_NONE when the script does not use it. */
unsigned script_slot(const struct script *s, const char *prefix, const char *name);

#endif
