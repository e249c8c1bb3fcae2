#include <errno.h>
#include <stdio.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/command/command.h"
#include "harness/command/lint_options.h"
#include "harness/command/progress.h"
#include "harness/lint/fix.h"

const char command_lint_help[] =
	"usage: rehearse lint PATH... [options]\n"
	"\n"
	"Reads migration files as they are (plain SQL, or those of a migration tool, which is\n"
	"recognised) and tells, from their text alone, which statements lock, rewrite, scan or\n"
	"break, and what to write instead. `rehearse run` measures the same.\n"
	"\n"
	"  --server NAME:VERSION   what they will run on: postgres:15, mariadb:10.11, mysql:8.4\n"
	"                          (default: the newest PostgreSQL that the rules know)\n"
	"  --source DSN            asks that server for its version; --server may name the "
	"product\n"
	"  --format NAME           text (default), json, sarif, junit, github, gitlab\n"
	"  --json                  --format json\n"
	"  -o, --output FILE       there instead of on the terminal\n"
	"  --fix                   rewrites the files: the header, and the safe form of a "
	"statement\n"
	"                          where that needs nobody's judgement; shows what it changed.\n"
	"                          For files that were not applied yet: tools check their sums\n"
	"  --style                 rules of taste too\n"
	"  --no-header             files need no '-- rehearse: class=...' at their top\n"
	"  --runner-timeouts WHICH time-outs that your runner sets itself, so that files need\n"
	"                          not: both (default, as rehearse does), lock, statement, none\n"
	"  --transaction MODE      how your runner runs a file whose tool does not say:\n"
	"                          statement (default, each by itself), file, all\n"
	"  --migration-format NAME whose files these are, instead of recognising it\n"
	"  --from V, --to V        tell of these versions only; the others are still read\n"
	"  --placeholder NAME=VAL  fills in ${NAME}\n"
	"  --quiet                 no notes\n"
	"  --verbose               every statement with its class and locks\n"
	"\n"
	"In the files:\n"
	"  -- rehearse: class=CLASS               at the top; instant-safe, concurrent-build or\n"
	"                                         expand-contract\n"
	"  -- rehearse: allow RULE reason=\"...\"   before a statement, or right below the class\n"
	"                                         for the whole file\n"
	"\n"
	"Exit codes: 0 clean (notes and what is allowed do not fail), 1 errors or warnings, 2 it\n"
	"could not be done.\n";

static int write_out(const struct lint *l, const struct lint_options *o, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};
	struct lint_output_options options = {.colour = !o->output && progress_colour(stdout),
		.width = progress_width(stdout),
		.verbose = o->verbose,
		.quiet = o->quiet,
		.server_note =
			o->server_named ? NULL : "(the newest known: --server names another)"};

	o->format->render(l, &options, &text);
	if (o->output)
		return fs_write(o->output, str_text(&text), text.len, 0644, err);
	fwrite(str_text(&text), 1, text.len, stdout);
	/* A reader that has seen enough is no failure. */
	if (fflush(stdout) && errno != EPIPE)
		return err_set(err, ERR_FAILED, "cannot write to stdout");
	return 0;
}

/* What was changed goes before the report, and beside one that a program reads. */
static int fix(struct lint *l, const struct lint_options *o, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};
	FILE *out = !o->output && o->format == lint_output_find("text") ? stdout : stderr;
	struct canvas c = {
		.out = &text, .width = progress_width(out), .colour = progress_colour(out)};
	struct lint_fixes fixes;

	if (lint_fix(l, &fixes, err))
		return -1;
	draw_fixes(&c, &fixes);
	fputs(str_text(&text), out);
	lint_fixes_release(&fixes);
	return 0;
}

static int run(const struct lint_options *o, struct err *err)
{
	struct lint l;
	int code;

	if (lint_run(o->paths, o->n_paths, &o->config, &l, err))
		return -1;
	if (o->fix && fix(&l, o, err)) {
		lint_release(&l);
		return -1;
	}
	code = lint_fails(&l) ? EXIT_FINDINGS : EXIT_APPROVE;
	if (write_out(&l, o, err))
		code = -1;
	lint_release(&l);
	return code;
}

int command_lint(int argc, char **argv, struct err *err)
{
	struct lint_options o;
	int code = lint_options_parse(argc, argv, &o, err);

	if (!code) {
		code = run(&o, err);
		lint_options_release(&o);
	}
	/* For lint, whatever could not be done is a 2: 3 is for rehearsals. */
	if (code < 0 && err->kind != ERR_INTERRUPTED)
		err->kind = ERR_USAGE;
	return code;
}
