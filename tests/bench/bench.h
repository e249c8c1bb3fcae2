/*
 * What every part of the benchmark shares: figures beside their goals, medians, the cost of
 * children. A part is a program `part_NAME.c`; README.md here says how to add one.
 */
#ifndef REHEARSE_TESTS_BENCH_H
#define REHEARSE_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "harness/base/err.h"

/* ---- figures ---- */

struct bench {
	const char *part;
	uint64_t start_us;
	double load; /* of the machine, over the minute before */
	json_t *figures;
	unsigned reached, missed;
};

void bench_begin(struct bench *b, const char *part, const char *about);

/* One figure: printed at once and kept for the files. `unit` may be "". */
void bench_told(struct bench *b, double value, const char *unit, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void bench_at_most(struct bench *b, double value, double goal, const char *unit, const char *format,
	...) __attribute__((format(printf, 5, 6)));
void bench_at_least(struct bench *b, double value, double goal, const char *unit,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Writes rehearse-results/bench/PART.json and PART.md (a table fit for the README) and returns
 * main()'s exit code: 0 however many goals were missed, for a figure is a figure.
 */
int bench_end(struct bench *b);

/* Ends the process with the error's text when a step of the measurement itself failed. */
void bench_must(int result, const struct err *err);

/* ---- runs ---- */

#define BENCH_RUNS_MAX 64

/* What the interleaved runs of one contestant gave, for one measure. */
struct bench_series {
	double values[BENCH_RUNS_MAX];
	size_t n;
};

void bench_add(struct bench_series *s, double value); /* beyond BENCH_RUNS_MAX: dropped */
double bench_median(const struct bench_series *s);    /* 0 when empty */

/* ---- what it costs ---- */

struct bench_cost {
	double cpu_s;  /* user and system, of the process and of the children it waited for */
	double wall_s; /* from its start to its end */
	/* What it had to do, in user and kernel, which neighbours on the machine change less than
	 * its time; 0: the machine does not count. */
	double instructions;
	uint64_t rss_kb;
	int status; /* as from waitpid() */
};

/* Starts a program, its output appended to the file `output`, and waits for it. Fails unless it
 * exits 0. */
void bench_program(
	const char *const *argv, const char *output, struct bench_cost *ret, struct err *err);

/*
 * Runs work(ctx, shared) in a forked child and waits; `shared` is memory of `size` bytes, zeroed,
 * that both see, and what work() left there is copied to `ret`. Fork before threads start.
 */
typedef void bench_work(void *ctx, void *shared);
void bench_fork(bench_work *work, void *ctx, void *ret, size_t size, struct bench_cost *ret_cost);

/* CPU seconds that a process and all its descendants have used until now (resolution 10 ms). */
double bench_tree_cpu(pid_t pid);
double bench_thread_cpu(pid_t pid, pid_t thread);

/* The whole of a file that a program wrote; caller frees. */
char *bench_output(const char *path);
/* The number that follows `label` in `text`; ends the process when there is none. */
double bench_number_after(const char *text, const char *label);

#endif
