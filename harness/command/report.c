#include <stdio.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/command/command.h"
#include "harness/command/options.h"
#include "harness/command/progress.h"
#include "harness/report/report.h"

const char command_report_help[] = "usage: rehearse report RESULT.json [options]\n"
				   "\n"
				   "Draws a saved result again.\n"
				   "\n"
				   "  --format NAME   text (default), line, markdown, json\n"
				   "  --output FILE   there instead of on the terminal\n"
				   "  --verbose       everything that was measured\n";

static int draw(const struct options *o, const struct report_format *format, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};
	struct report_options options = {.colour = !o->output && progress_colour(stdout),
		.verbose = o->verbose,
		.width = progress_width(stdout)};
	struct result r;

	result_init(&r);
	if (result_load(o->files[0], &r, err)) {
		result_release(&r);
		return -1;
	}
	format->render(&r, &options, &text);
	result_release(&r);
	if (o->output)
		return fs_write(o->output, str_text(&text), text.len, 0644, err);
	fputs(str_text(&text), stdout);
	return 0;
}

int command_report(int argc, char **argv, struct err *err)
{
	const struct report_format *format;
	struct options o;
	int failed;

	if (options_parse(argc, argv, &o, err))
		return -1;
	format = report_find(o.format ? o.format : "text");
	if (!format)
		failed = err_set(err, ERR_USAGE,
			"--format '%s': not one of text, line, markdown, json", o.format);
	else if (o.n_files != 1 || o.n_overrides)
		failed = err_set(
			err, ERR_USAGE, "name one saved result (see 'rehearse help report')");
	else
		failed = draw(&o, format, err);
	options_release(&o);
	return failed ? -1 : EXIT_APPROVE;
}
