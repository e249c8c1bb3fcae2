/*
 * A migration rewritten: for each statement that others would have to wait for the steps that reach
 * the same end, as files in the order in which they are to be run. What has no safe form, or needs
 * none, is taken over as it is.
 */
#ifndef REHEARSE_SUGGEST_SUGGEST_H
#define REHEARSE_SUGGEST_SUGGEST_H

#include <stddef.h>

#include "adapters/engine.h"
#include "adapters/suggest.h"
#include "harness/base/err.h"
#include "harness/base/str.h"

struct suggest_file {
	enum suggest_phase phase;
	char *name; /* "003_build_the_index_beside_the_traffic.sql" */
	char *text; /* its class on the first line, then what and why, then the SQL */
	char *title;
	char *harm; /* of a statement that no safe steps are written for; "" none */
	enum sql_class class;
	bool no_transaction;
};

struct suggest_plan {
	struct suggest_file *files;
	size_t n_files, cap_files;
	unsigned numbers[2]; /* files of each phase so far */
	size_t n_statements; /* of the migration */
	size_t n_rewritten;  /* those of them that became safe steps */
	char **applications; /* what the application must do between the phases */
	size_t n_applications;
	/* Working state. */
	const struct engine *engine;
	struct analysis_state *state;
};

/* ERR_UNSUPPORTED where the engine has no suggestions yet. */
int suggest_begin(struct suggest_plan *plan, const struct engine *engine,
	const struct lint_target *target, struct err *err);
/* A schema that is there before the migration: what is known of tables makes better steps. */
int suggest_learn(struct suggest_plan *plan, const char *text, size_t len, struct err *err);
/* The next file of the migration. */
int suggest_add(
	struct suggest_plan *plan, const char *path, const char *text, size_t len, struct err *err);
void suggest_release(struct suggest_plan *plan);

/* Writes the files into DIR/expand and, where there are any, DIR/contract. ERR_USAGE when DIR holds
 * either already. */
int suggest_write(const struct suggest_plan *plan, const char *dir, struct err *err);
/* For a terminal: the files with their classes, and what the application must do. */
void suggest_describe(const struct suggest_plan *plan, const char *dir, struct str *out);

#endif
