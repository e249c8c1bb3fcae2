/*
 * Whether a verdict is one of the migration or one of the moment: every scenario again and again at
 * small scale, beside a process that burns one core on and off. BENCH_RUNS (20) times each; with
 * BENCH_SCENARIO one scenario only. Runs for two hours or so.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "harness/base/rng.h"
#include "tests/bench/bench.h"

#define RUNS 20
#define RUN_TIMEOUT_US 300000000
#define BURN_LEAST_MS 100 /* on, or off, for so long at a time */
#define BURN_MOST_MS 1500

struct scenario {
	char *name, *dir, *expected;
	unsigned runs, flips;
};

/* ---- the neighbour ---- */

static void burn(void)
{
	volatile unsigned work = 0;
	struct rng rng;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	rng_seed(&rng, 11);
	for (;;) {
		uint64_t ms = (uint64_t)rng_between(&rng, BURN_LEAST_MS, BURN_MOST_MS);
		uint64_t until = clock_us() + ms * 1000;

		while (clock_us() < until)
			work++;
		clock_sleep_us((uint64_t)rng_between(&rng, BURN_LEAST_MS, BURN_MOST_MS) * 1000);
	}
}

static pid_t start_burner(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		burn();
	if (pid < 0)
		bench_must(-1, &(struct err){.text = "cannot fork"});
	return pid;
}

/* ---- scenarios ---- */

/* "approve", "reject" or "inconclusive"; NULL when it expects none. */
static char *expected_verdict(const char *dir)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, "scenario.yaml");
	CLEANUP(cleanup_free) char *text = bench_output(path);
	const char *expect = strstr(text, "\nexpect:");
	const char *verdict = expect ? strstr(expect, "verdict: ") : NULL;

	if (!verdict)
		return NULL;
	verdict += strlen("verdict: ");
	return mem_strndup(verdict, strcspn(verdict, " \n#"));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct scenario *)a)->name, ((const struct scenario *)b)->name);
}

static struct scenario *find_scenarios(size_t *ret_n)
{
	const char *only = getenv("BENCH_SCENARIO");
	struct scenario *all = NULL;
	size_t n = 0, cap = 0;
	DIR *dir = opendir("scenarios");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		CLEANUP(cleanup_free) char *path = mem_printf("scenarios/%s", entry->d_name);
		CLEANUP(cleanup_free) char *file = fs_join(path, "scenario.yaml");
		char *expected;

		if ((only && strcmp(only, entry->d_name)) || !fs_is_file(file))
			continue;
		expected = expected_verdict(path);
		if (!expected)
			continue;
		*MEM_PUSH(all, n, cap) = (struct scenario){.name = mem_strdup(entry->d_name),
			.dir = mem_strdup(path),
			.expected = expected};
	}
	if (dir)
		closedir(dir);
	if (n == 0)
		bench_must(-1, &(struct err){.text = "no scenarios found"});
	qsort(all, n, sizeof(*all), by_name);
	*ret_n = n;
	return all;
}

/* ---- runs ---- */

static const char *verdict_of(int status)
{
	static const char *const verdicts[] = {"approve", "reject", NULL, NULL, "inconclusive"};
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	return code >= 0 && code <= 4 && verdicts[code] ? verdicts[code] : "none";
}

static int run_once(const char *rehearse, const char *dir, const char *output)
{
	const char *argv[] = {rehearse, "run", "--quiet", "--small", dir, NULL};
	struct proc_spec spec = {.argv = argv, .output = output};
	uint64_t deadline = clock_us() + RUN_TIMEOUT_US;
	int status = -1;
	struct err err = {0};
	pid_t pid;

	unlink(output);
	bench_must(proc_start(&spec, &pid, &err), &err);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_us() > deadline) {
			proc_end(pid, SIGINT, 30000000, &err);
			return -1;
		}
		clock_sleep_us(50000);
	}
	return status;
}

static void rehearse_once(const char *rehearse, struct scenario *s, const char *output)
{
	const char *verdict = verdict_of(run_once(rehearse, s->dir, output));
	CLEANUP(cleanup_free) char *text = NULL;

	s->runs++;
	if (strcmp(verdict, s->expected) == 0)
		return;
	s->flips++;
	text = bench_output(output);
	printf("  flip: %s, run %u: %s instead of %s: %s\n", s->name, s->runs, verdict, s->expected,
		text);
}

static void tell(struct bench *b, struct scenario *all, size_t n)
{
	unsigned flips = 0, runs = 0;

	for (size_t i = 0; i < n; i++) {
		if (all[i].flips)
			bench_told(b, all[i].flips, "", "%s: flips in %u runs", all[i].name,
				all[i].runs);
		flips += all[i].flips;
		runs += all[i].runs;
	}
	bench_told(
		b, runs, "", "rehearsals of %zu scenarios, beside a process that burns a core", n);
	bench_at_most(b, flips, 0, "", "verdicts other than the scenario's");
}

int main(void)
{
	const char *asked = getenv("BENCH_RUNS"), *build = getenv("REHEARSE_BUILD");
	unsigned long runs = asked ? strtoul(asked, NULL, 10) : RUNS;
	CLEANUP(cleanup_free) char *rehearse = mem_printf("%s/rehearse", build ? build : "build");
	CLEANUP(cleanup_free) char *dir = NULL, *output = NULL;
	struct scenario *all;
	struct err err = {0};
	struct bench b;
	pid_t burner;
	size_t n;

	bench_begin(&b, "stability", "the same rehearsals beside a process that burns a core");
	all = find_scenarios(&n);
	bench_must(fs_temp_dir(&dir, &err), &err);
	output = fs_join(dir, "output");
	burner = start_burner();
	for (unsigned long run = 0; run < runs; run++)
		for (size_t i = 0; i < n; i++)
			rehearse_once(rehearse, &all[i], output);
	bench_must(proc_end(burner, SIGKILL, 5000000, &err), &err);
	tell(&b, all, n);
	for (size_t i = 0; i < n; i++) {
		mem_free(all[i].name);
		mem_free(all[i].dir);
		mem_free(all[i].expected);
	}
	mem_free(all);
	bench_must(fs_remove_tree(dir, &err), &err);
	return bench_end(&b);
}
