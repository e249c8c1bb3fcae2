#include "tests/bench/bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

#define RESULTS "rehearse-results/bench"
#define LINE 160

enum goal { GOAL_NONE, GOAL_AT_MOST, GOAL_AT_LEAST };

static const char *const goal_signs[] = {"", "<=", ">="};

void bench_must(int result, const struct err *err)
{
	if (result == 0)
		return;
	fprintf(stderr, "bench: %s\n", err->text);
	exit(EXIT_FAILURE);
}

void bench_begin(struct bench *b, const char *part, const char *about)
{
	*b = (struct bench){.part = part, .start_us = clock_us(), .figures = json_array()};
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getloadavg(&b->load, 1) != 1)
		b->load = 0;
	printf("%s: %s\n", part, about);
}

/* Three significant digits; counts whole. */
static void write_value(double value, const char *unit, char out[static LINE])
{
	int digits = 0;

	if (fabs(value - round(value)) > 1e-9 && fabs(value) < 100)
		digits = fabs(value) < 1 ? 3 : fabs(value) < 10 ? 2 : 1;
	snprintf(out, LINE, "%.*f%s%s", digits, value, *unit ? " " : "", unit);
}

static void figure(struct bench *b, double value, enum goal sign, double goal, const char *unit,
	const char *what)
{
	bool reached = sign == GOAL_AT_MOST ? value <= goal : value >= goal;
	char text[LINE], wanted[LINE] = "";
	json_t *json;

	write_value(value, unit, text);
	if (sign == GOAL_NONE) {
		printf("  %-74s %14s\n", what, text);
	} else {
		write_value(goal, unit, wanted);
		printf("  %-74s %14s  goal %s %-10s %s\n", what, text, goal_signs[sign], wanted,
			reached ? "reached" : "missed");
		b->reached += reached;
		b->missed += !reached;
	}
	json = json_pack("{s:s, s:s, s:f, s:s, s:s}", "what", what, "text", text, "value", value,
		"unit", unit, "goal", wanted);
	if (sign != GOAL_NONE) {
		json_object_set_new(json, "sign", json_string(goal_signs[sign]));
		json_object_set_new(json, "reached", json_boolean(reached));
	}
	json_array_append_new(b->figures, json);
}

#define FORMATTED(what)                              \
	char what[LINE];                             \
	va_list args;                                \
	va_start(args, format);                      \
	vsnprintf(what, sizeof(what), format, args); \
	va_end(args)

void bench_told(struct bench *b, double value, const char *unit, const char *format, ...)
{
	FORMATTED(what);
	figure(b, value, GOAL_NONE, 0, unit, what);
}

void bench_at_most(
	struct bench *b, double value, double goal, const char *unit, const char *format, ...)
{
	FORMATTED(what);
	figure(b, value, GOAL_AT_MOST, goal, unit, what);
}

void bench_at_least(
	struct bench *b, double value, double goal, const char *unit, const char *format, ...)
{
	FORMATTED(what);
	figure(b, value, GOAL_AT_LEAST, goal, unit, what);
}

/* ---- files ---- */

static void write_file(const char *part, const char *suffix, const char *text)
{
	CLEANUP(cleanup_free) char *path = mem_printf("%s/%s.%s", RESULTS, part, suffix);
	struct err err = {0};

	bench_must(fs_write(path, text, strlen(text), 0644, &err), &err);
}

static void write_markdown(const struct bench *b)
{
	CLEANUP(cleanup_str) struct str out = {0};
	json_t *figure;
	size_t i;

	str_addf(&out, "| %s | measured | goal | |\n|---|---|---|---|\n", b->part);
	json_array_foreach(b->figures, i, figure)
	{
		const json_t *reached = json_object_get(figure, "reached");
		const char *sign = json_string_value(json_object_get(figure, "sign"));

		str_addf(&out, "| %s | %s | %s%s%s | %s |\n",
			json_string_value(json_object_get(figure, "what")),
			json_string_value(json_object_get(figure, "text")), sign ? sign : "",
			sign ? " " : "", json_string_value(json_object_get(figure, "goal")),
			!reached			? ""
				: json_is_true(reached) ? "reached"
							: "missed");
	}
	write_file(b->part, "md", str_text(&out));
}

int bench_end(struct bench *b)
{
	double seconds = (double)(clock_us() - b->start_us) / 1e6;
	struct err err = {0};
	json_t *all = json_pack("{s:s, s:f, s:f, s:i, s:i, s:i, s:O}", "part", b->part, "seconds",
		seconds, "load", b->load, "cores", (int)sysconf(_SC_NPROCESSORS_ONLN), "reached",
		(int)b->reached, "missed", (int)b->missed, "figures", b->figures);
	char *text = json_dumps(all, JSON_INDENT(2));

	bench_must(fs_mkdirs(RESULTS, 0755, &err), &err);
	write_file(b->part, "json", text);
	write_markdown(b);
	printf("%s: %u goals reached, %u missed, %.0f s\n", b->part, b->reached, b->missed,
		seconds);
	free(text);
	json_decref(all);
	json_decref(b->figures);
	return EXIT_SUCCESS;
}

/* ---- runs ---- */

void bench_add(struct bench_series *s, double value)
{
	if (s->n < BENCH_RUNS_MAX)
		s->values[s->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_median(const struct bench_series *s)
{
	struct bench_series sorted = *s;

	if (s->n == 0)
		return 0;
	qsort(sorted.values, sorted.n, sizeof(*sorted.values), by_value);
	return (sorted.values[(s->n - 1) / 2] + sorted.values[s->n / 2]) / 2;
}
