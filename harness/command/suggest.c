#include "harness/suggest/suggest.h"

#include <stdio.h>

#include "harness/base/cleanup.h"
#include "harness/command/command.h"
#include "harness/command/lint_options.h"

const char command_suggest_help[] =
	"usage: rehearse suggest PATH... [-o DIR] [options]\n"
	"\n"
	"Writes the same migration in steps that nobody has to wait for. PostgreSQL: indexes\n"
	"CONCURRENTLY, constraints NOT VALID and validated later, renames and type changes as\n"
	"expand and contract with a batched backfill. MariaDB and MySQL: the algorithm and the "
	"lock\n"
	"said in the statement, so that the server refuses rather than blocks; where it would "
	"copy,\n"
	"a second table that triggers keep alike and that takes the name over; renames with both\n"
	"names for a time. Statements without a safer form are taken over.\n"
	"`rehearse run --compare` rehearses both and shows them side by side.\n"
	"\n"
	"  -o, --output DIR        where expand/ and contract/ go (default suggested)\n"
	"  --server NAME:VERSION   what they will run on, say postgres:15\n"
	"  --migration-format NAME, --from V, --to V, --placeholder NAME=VAL   as for 'lint'\n"
	"\n"
	"Exit codes: 0 written, 2 it could not be done.\n";

static int add_files(struct suggest_plan *plan, const struct lint_options *o, struct err *err)
{
	struct format_set set;
	int failed = 0;

	if (formats_read(o->paths, o->n_paths, &o->config.format, &set, err))
		return -1;
	for (size_t i = 0; i < set.n_files && !failed; i++)
		failed = suggest_add(
			plan, set.files[i].path, set.files[i].text, set.files[i].len, err);
	format_set_release(&set);
	return failed;
}

static int suggest(const struct lint_options *o, struct err *err)
{
	const char *dir = o->output ? o->output : "suggested";
	CLEANUP(cleanup_str) struct str text = {0};
	struct suggest_plan plan;

	if (suggest_begin(&plan, o->config.engine, &o->config.target, err))
		return -1;
	if (add_files(&plan, o, err) || suggest_write(&plan, dir, err)) {
		suggest_release(&plan);
		return -1;
	}
	suggest_describe(&plan, dir, &text);
	fputs(str_text(&text), stdout);
	suggest_release(&plan);
	return EXIT_APPROVE;
}

int command_suggest(int argc, char **argv, struct err *err)
{
	struct lint_options o;
	int code;

	if (lint_options_parse(argc, argv, &o, err))
		return -1;
	code = suggest(&o, err);
	lint_options_release(&o);
	return code;
}
