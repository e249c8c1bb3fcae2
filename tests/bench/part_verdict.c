/*
 * Time to a verdict: what a rehearsal takes beside its own phases (warm-up, baseline, migration,
 * recovery), from the program's start to its end. Fixtures are in the cache, as for all rehearsals
 * but the very first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/bench/bench.h"
#include "tests/support/reflink.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define ROUNDS 7
#define GB (1024 * 1024 * 1024.0)

static const char *const own_phases[] = {"warm-up", "baseline", "migration", "recovery"};
static const char *const stages[] = {
	"provision", "promote", "verify", "observe", "connect", "collect", "undo"};

struct contestant {
	const char *name, *scenario;
	double goal_s; /* 0: none */
	char *sets[2]; /* --set; NULL none */
	struct bench_series all, stage[N(stages)];
	double bytes;
};

static char *out_dir, *cache_env, *temp_env, *state_env;

/* ---- one run ---- */

static void read_result(struct contestant *c, double wall_s, bool counts)
{
	CLEANUP(cleanup_free) char *file = fs_join(out_dir, "result.json");
	json_t *result = json_load_file(file, 0, NULL), *stage;
	double own = 0;
	size_t i;

	if (!result)
		bench_must(-1, &(struct err){.text = "a rehearsal left no result"});
	c->bytes = json_number_value(
		json_object_get(json_object_get(result, "rehearsal"), "database_bytes"));
	json_array_foreach(json_object_get(result, "stages"), i, stage)
	{
		const char *name = json_string_value(json_object_get(stage, "name"));
		double s = json_number_value(json_object_get(stage, "duration_us")) / 1e6;

		for (size_t k = 0; k < N(own_phases); k++)
			if (!strcmp(name, own_phases[k]))
				own += s;
		for (size_t k = 0; counts && k < N(stages); k++)
			if (!strcmp(name, stages[k]))
				bench_add(&c->stage[k], s);
	}
	json_decref(result);
	unlink(file);
	if (counts)
		bench_add(&c->all, wall_s - own);
}

static void run(const char *const *argv, const char *what)
{
	const char *const env[] = {cache_env, temp_env, state_env, NULL};
	CLEANUP(cleanup_free) char *log = fs_join(out_dir, "log");
	struct proc_spec spec = {.argv = argv, .env = env, .output = log};
	struct err err = {0};
	int status;
	pid_t pid;

	bench_must(proc_start(&spec, &pid, &err), &err);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* Any verdict will do. */
	if (WIFEXITED(status) && WEXITSTATUS(status) != 2 && WEXITSTATUS(status) != 3)
		return;
	fprintf(stderr, "bench: '%s' failed, its output is in '%s'\n", what, log);
	exit(EXIT_FAILURE);
}

static void rehearse(struct contestant *c, bool counts)
{
	const char *build = getenv("REHEARSE_BUILD");
	CLEANUP(cleanup_free) char *program = mem_printf("%s/rehearse", build ? build : "build");
	const char *argv[32] = {program, "run", c->scenario, "--quiet", "--output", out_dir,
		"--set", "phases.warm_up=200ms", "--set", "phases.baseline=1s", "--set",
		"phases.recovery=200ms", "--set", "phases.migration_min=200ms"};
	size_t n = 14;
	uint64_t start;

	for (size_t i = 0; i < N(c->sets) && c->sets[i]; i++) {
		argv[n++] = "--set";
		argv[n++] = c->sets[i];
	}
	start = clock_us();
	run(argv, c->scenario);
	read_result(c, (double)(clock_us() - start) / 1e6, counts);
}

static void tell_stages(struct bench *b, const struct contestant *c)
{
	for (size_t k = 0; k < N(stages); k++)
		if (bench_median(&c->stage[k]) >= 0.05)
			bench_told(b, bench_median(&c->stage[k]), "s", "  of which %s", stages[k]);
}

/* ---- where everybody runs it: the disk's own file system, the examples' full size ---- */

static void defaults(struct bench *b)
{
	struct contestant list[] = {
		{.name = "embedded PostgreSQL",
			.scenario = "scenarios/add-column-now-default",
			.goal_s = 5},
		{.name = "embedded MariaDB",
			.scenario = "scenarios/opendental-varchar-widen",
			.goal_s = 8},
	};

	for (size_t i = 0; i < N(list); i++) {
		double first;

		rehearse(&list[i], false); /* builds the fixture unless it is cached */
		rehearse(&list[i], true);
		first = list[i].all.values[0];
		bench_at_most(b, first, list[i].goal_s, "s", "%s, %.1f GB, all but the phases",
			list[i].name, list[i].bytes / GB);
		list[i].all.n = 0;
		for (size_t k = 0; k < N(stages); k++)
			list[i].stage[k].n = 0;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < N(list); i++)
			rehearse(&list[i], true);
	for (size_t i = 0; i < N(list); i++) {
		bench_at_most(b, bench_median(&list[i].all), 3, "s",
			"%s: a further rehearsal on the same fixture", list[i].name);
		tell_stages(b, &list[i]);
	}
}

/* ---- where files share their blocks: small against large ---- */

static void write_text(const char *path, const char *text)
{
	struct err err = {0};

	bench_must(fs_write(path, text, strlen(text), 0644, &err), &err);
}

/* A fixture of a gigabyte at scale 1, and a scenario on it. */
static char *make_scenario(const char *dir)
{
	CLEANUP(cleanup_free) char *fixture = fs_join(dir, "filler/postgres");
	CLEANUP(cleanup_free) char *sql = fs_join(fixture, "01.sql");
	CLEANUP(cleanup_free) char *migration = fs_join(dir, "migration.sql");
	CLEANUP(cleanup_free) char *script = fs_join(dir, "read.sql");
	CLEANUP(cleanup_free)
	char *text = mem_printf("replica: {fixture: %s}\nmigration: {files: [%s]}\n"
				"workload:\n  scripts: [{file: %s}]\n",
		fixture, migration, script);
	char *scenario = fs_join(dir, "scenario.yaml");
	struct err err = {0};

	bench_must(fs_mkdirs(fixture, 0755, &err), &err);
	write_text(sql,
		"CREATE TABLE filler AS SELECT i AS id, repeat(md5(i::text), 31) AS text "
		"FROM generate_series(1, (:scale * 1000000)::int) AS i;\n"
		"ALTER TABLE filler ADD PRIMARY KEY (id);\n");
	write_text(migration, "ALTER TABLE filler ADD COLUMN note text;\n");
	write_text(script, "SELECT id FROM filler WHERE id = 1;\n");
	write_text(scenario, text);
	return scenario;
}

static void sizes(struct bench *b)
{
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *scenario = NULL;
	struct contestant list[2] = {{.name = "1 GB"}, {.name = "8 GB"}};
	struct err err = {0};

	if (!test_reflink_mount((uint64_t)40 << 30))
		return; /* it has said why */
	bench_must(fs_temp_dir(&dir, &err), &err);
	free(cache_env);
	free(temp_env);
	cache_env = mem_printf("XDG_CACHE_HOME=%s/cache", dir);
	temp_env = mem_printf("TMPDIR=%s", getenv("TMPDIR"));
	/* The servers' user has to come in. */
	bench_must(chmod(dir, 0755), &(struct err){.text = "cannot open a directory"});
	scenario = make_scenario(dir);
	for (size_t i = 0; i < N(list); i++) {
		list[i].scenario = scenario;
		list[i].sets[0] = mem_printf("replica.scale=%d", i ? 8 : 1);
		rehearse(&list[i], false);
	}
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < N(list); i++)
			rehearse(&list[i], true);
	for (size_t i = 0; i < N(list); i++) {
		bench_told(b, bench_median(&list[i].all), "s", "with reflinks (XFS), %.1f GB",
			list[i].bytes / GB);
		tell_stages(b, &list[i]);
		free(list[i].sets[0]);
	}
	bench_at_most(b, bench_median(&list[1].all) / bench_median(&list[0].all), 1.2, "",
		"%.1f GB against %.1f GB", list[1].bytes / GB, list[0].bytes / GB);
	fs_remove_tree(dir, NULL);
	test_reflink_unmount();
}

int main(void)
{
	CLEANUP(cleanup_free) char *build = realpath("build", NULL);
	CLEANUP(cleanup_free) char *state = NULL;
	struct err err = {0};
	struct bench b;

	bench_begin(&b, "verdict", "time to a verdict: what a rehearsal takes beside its phases");
	bench_must(fs_temp_dir(&out_dir, &err), &err);
	state = fs_join(out_dir, "state");
	cache_env = mem_printf("XDG_CACHE_HOME=%s/test-cache", build ? build : "build");
	temp_env = mem_printf("TMPDIR=%s", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	state_env = mem_printf("XDG_STATE_HOME=%s", state);
	defaults(&b);
	sizes(&b);
	fs_remove_tree(out_dir, NULL);
	free(out_dir);
	free(cache_env);
	free(temp_env);
	free(state_env);
	return bench_end(&b);
}
