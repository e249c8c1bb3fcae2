#include "harness/command/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/str.h"
#include "harness/base/units.h"

#define REDRAW_US 100000
#define BAR_CELLS 24
#define WIDTH_DEFAULT 100
#define WIDTH_LEAST 60

static bool is_terminal(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

bool progress_colour(FILE *out)
{
	const char *none = getenv("NO_COLOR");

	return is_terminal(out) && !(none && *none);
}

unsigned progress_width(FILE *out)
{
	struct winsize size;

	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 &&
		size.ws_col >= WIDTH_LEAST)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

void progress_init(struct progress *p, FILE *out, bool quiet, bool verbose)
{
	*p = (struct progress){.out = out,
		.quiet = quiet,
		.verbose = verbose,
		.colour = progress_colour(out),
		.terminal = is_terminal(out)};
}

static void clear_line(struct progress *p)
{
	if (p->line_open)
		fputs("\r\033[K", p->out);
	p->line_open = false;
}

static void add_bar(struct str *line, const struct rehearsal_live *live)
{
	uint64_t done = live->elapsed_us < live->expected_us ? live->elapsed_us : live->expected_us;
	uint64_t cells = done * BAR_CELLS / live->expected_us;
	char left[UNITS_TEXT];

	for (uint64_t i = 0; i < BAR_CELLS; i++)
		str_add(line, i < cells ? "█" : "░");
	units_duration_text((live->expected_us - done) / 100000 * 100000, left);
	str_addf(line, " %s left", left);
}

static void add_numbers(struct str *line, const struct rehearsal_live *live)
{
	if (!(live->rate > 0) && !live->in_flight)
		return;
	str_addf(line, "  %.0f tx/s", live->rate);
	if (live->waiting_now)
		str_addf(line, "  %u waiting", live->waiting_now);
	if (live->pool_timeouts)
		str_addf(line, "  %" PRIu64 " pool time-outs", live->pool_timeouts);
	if (live->errors)
		str_addf(line, "  %" PRIu64 " errors", live->errors);
}

static void draw(struct progress *p, const struct rehearsal_live *live)
{
	CLEANUP(cleanup_str) struct str line = {0};
	char elapsed[UNITS_TEXT];

	p->drawn_us = clock_us();
	if (live->expected_us)
		add_bar(&line, live);
	else
		str_add(&line, units_duration_text(live->elapsed_us / 100000 * 100000, elapsed));
	if (live->detail && *live->detail)
		str_addf(&line, "  %s", live->detail);
	add_numbers(&line, live);
	clear_line(p);
	fprintf(p->out, "\r%s%-10s%s %s", p->colour ? "\033[1m" : "", live->stage,
		p->colour ? "\033[0m" : "", str_text(&line));
	fflush(p->out);
	p->line_open = true;
}

static void on_stage(void *ctx, const struct rehearsal_live *live)
{
	struct progress *p = ctx;
	char took[UNITS_TEXT];

	if (p->quiet)
		return;
	if (*p->stage && p->verbose) {
		clear_line(p);
		fprintf(p->out, "%-10s done in %s\n", p->stage,
			units_duration_text(clock_us() - p->stage_began_us, took));
	}
	snprintf(p->stage, sizeof(p->stage), "%s", live->stage);
	p->detail[0] = '\0';
	p->stage_began_us = clock_us();
	if (p->terminal)
		draw(p, live);
	else if (!p->verbose)
		fprintf(p->out, "%s\n", live->stage);
	fflush(p->out);
}

static void on_tick(void *ctx, const struct rehearsal_live *live)
{
	struct progress *p = ctx;

	if (p->quiet)
		return;
	if (p->terminal) {
		if (clock_us() - p->drawn_us >= REDRAW_US)
			draw(p, live);
		return;
	}
	if (live->detail && *live->detail && strcmp(p->detail, live->detail) != 0) {
		snprintf(p->detail, sizeof(p->detail), "%s", live->detail);
		fprintf(p->out, "%s: %s\n", live->stage, live->detail);
		fflush(p->out);
	}
}

static void on_note(void *ctx, const char *text)
{
	struct progress *p = ctx;

	clear_line(p);
	fprintf(p->out, "rehearse: %s\n", text);
	fflush(p->out);
}

struct rehearsal_watch progress_watch(struct progress *p)
{
	return (struct rehearsal_watch){
		.ctx = p, .stage = on_stage, .tick = on_tick, .note = on_note};
}

void progress_end(struct progress *p)
{
	clear_line(p);
	fflush(p->out);
}
