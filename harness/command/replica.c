#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/engine.h"
#include "adapters/pool.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/units.h"
#include "harness/command/command.h"
#include "harness/command/options.h"

const char command_replica_help[] =
	"usage: rehearse replica pool fill N SCENARIO [--small] [--set KEY=VALUE]\n"
	"       rehearse replica pool list\n"
	"       rehearse replica pool drain [SCENARIO [--small] [--set KEY=VALUE]]\n"
	"\n"
	"Keeps copies of a scenario's fixture ready in the cache, so that rehearsals on it (a\n"
	"matrix of versions, of rates) do not wait for one: a run takes them by renaming.\n"
	"'fill' makes copies until N rehearsals find theirs; all scenarios with the same fixture,\n"
	"scale and server version share them. 'drain' removes them, without a scenario all.\n"
	"Only provider 'embedded' has something to keep ready. Cache and TMPDIR must be on one\n"
	"file system; where that has reflinks, a copy takes no time and no space, and a pool is\n"
	"not needed.\n";

static void on_progress(void *ctx, const char *text)
{
	if (!*(bool *)ctx)
		fprintf(stderr, "%s\n", text);
}

static int change_pool(const struct scenario *s, const struct provider_env *env,
	unsigned rehearsals, struct err *err)
{
	const struct engine *engine = engine_find(s->engine);
	const struct provider *provider =
		engine ? engine_provider(engine, s->replica.provider) : NULL;
	struct provider_config config;

	if (!provider || !provider->pool)
		return err_set(err, ERR_UNSUPPORTED,
			"a pool is not supported for provider '%s' on %s: only 'embedded' starts "
			"from files that can be kept ready",
			s->replica.provider, s->engine);
	scenario_provider_config(s, &config);
	return provider->pool(&config, env, rehearsals, err);
}

static int drain_all(const struct provider_env *env, struct err *err)
{
	struct pool *pools;
	size_t n;
	int result = pool_list(env->cache_dir, &pools, &n, err);

	for (size_t i = 0; i < n && !result; i++)
		result = pool_drain(pools[i].dir, env, err);
	pool_free(pools, n);
	return result;
}

static int print_pools(const char *cache_dir, struct err *err)
{
	struct pool *pools;
	char size[UNITS_TEXT];
	size_t n;

	if (pool_list(cache_dir, &pools, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%-9s %s: ready for %u rehearsal%s, %s\n", pools[i].engine, pools[i].about,
			pools[i].rehearsals, pools[i].rehearsals == 1 ? "" : "s",
			units_size_text(pools[i].bytes, size));
	if (!n)
		puts("no copies are ready");
	pool_free(pools, n);
	return 0;
}

/* argv[0] stands before the scenario. 0 rehearsals: none are to be ready. */
static int with_scenario(
	int argc, char **argv, const char *what, unsigned rehearsals, struct err *err)
{
	CLEANUP(cleanup_free) char *cache = fs_cache_dir();
	struct provider_env env = {.cache_dir = cache, .progress = on_progress};
	struct options o;
	struct scenario s;
	int result;

	if (options_parse(argc, argv, &o, err))
		return -1;
	env.ctx = &o.quiet;
	if (!rehearsals && !o.scenario && !o.n_files) {
		result = drain_all(&env, err);
	} else if (!(result = options_scenario(&o, what, &s, err))) {
		if (!(result = journal_open(&env.journal, err)))
			result = change_pool(&s, &env, rehearsals, err);
		journal_close(env.journal);
		scenario_release(&s);
	}
	options_release(&o);
	return result ? -1 : print_pools(cache, err);
}

/* 1 to 1000; 0: it is no such number. */
static unsigned number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end && n <= 1000 ? (unsigned)n : 0;
}

int command_replica(int argc, char **argv, struct err *err)
{
	const char *word = argc > 2 ? argv[2] : "";
	int result;

	if (argc < 3 || strcmp(argv[1], "pool") != 0)
		return err_set(err, ERR_USAGE, "say 'replica pool fill', 'list' or 'drain'");
	if (strcmp(word, "list") == 0 && argc == 3) {
		CLEANUP(cleanup_free) char *cache = fs_cache_dir();

		result = print_pools(cache, err);
	} else if (strcmp(word, "drain") == 0) {
		result = with_scenario(argc - 2, argv + 2, "replica pool drain", 0, err);
	} else if (strcmp(word, "fill") == 0) {
		if (argc < 5 || !number(argv[3]))
			return err_set(err, ERR_USAGE,
				"'replica pool fill' needs a number of rehearsals (1 to 1000) and "
				"a scenario");
		result = with_scenario(
			argc - 3, argv + 3, "replica pool fill", number(argv[3]), err);
	} else {
		return err_set(err, ERR_USAGE, "say 'replica pool fill', 'list' or 'drain'");
	}
	return result ? -1 : EXIT_APPROVE;
}
