#include "harness/command/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

enum option_id {
	OPTION_SOURCE = 256,
	OPTION_STANDBY,
	OPTION_PROVIDER,
	OPTION_SET,
	OPTION_SMALL,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_CLEAN,
	OPTION_OUTPUT,
	OPTION_FORMAT,
	OPTION_MIGRATION_FORMAT,
	OPTION_FROM,
	OPTION_TO,
	OPTION_TARGET,
	OPTION_COMPARE,
	OPTION_RESULT,
	OPTION_UNREHEARSED,
	OPTION_IN_DOUBT,
	OPTION_DRY_RUN,
};

static const struct option long_options[] = {
	{"source", required_argument, NULL, OPTION_SOURCE},
	{"standby", required_argument, NULL, OPTION_STANDBY},
	{"provider", required_argument, NULL, OPTION_PROVIDER},
	{"set", required_argument, NULL, OPTION_SET},
	{"small", no_argument, NULL, OPTION_SMALL},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"clean", no_argument, NULL, OPTION_CLEAN},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"migration-format", required_argument, NULL, OPTION_MIGRATION_FORMAT},
	{"from", required_argument, NULL, OPTION_FROM},
	{"to", required_argument, NULL, OPTION_TO},
	{"compare", no_argument, NULL, OPTION_COMPARE},
	{"target", required_argument, NULL, OPTION_TARGET},
	{"result", required_argument, NULL, OPTION_RESULT},
	{"without-rehearsal", required_argument, NULL, OPTION_UNREHEARSED},
	{"in-doubt", required_argument, NULL, OPTION_IN_DOUBT},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{0},
};

/* Takes over `key`; `value` is copied. */
static void add_override(struct options *o, char *key, const char *value)
{
	*MEM_PUSH(o->overrides, o->n_overrides, o->cap_overrides) =
		(struct scenario_override){.key = key, .value = mem_strdup(value)};
}

/* So that a password in a DSN does not stay readable in the process list. */
static void add_secret(struct options *o, const char *key, char *value)
{
	add_override(o, mem_strdup(key), value);
	memset(value, 'x', strlen(value));
}

static int add_set(struct options *o, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return err_set(err, ERR_USAGE, "--set '%s': write it as KEY=VALUE", text);
	add_override(o, mem_strndup(text, (size_t)(equals - text)), equals + 1);
	return 0;
}

/* Options that are another way to write --set. */
static const struct {
	int id;
	const char *key;
} shortcuts[] = {
	{OPTION_PROVIDER, "replica.provider"},
	{OPTION_MIGRATION_FORMAT, "migration.format"},
	{OPTION_FROM, "migration.from"},
	{OPTION_TO, "migration.to"},
};

static bool take_shortcut(struct options *o, int id, const char *value)
{
	for (size_t i = 0; i < sizeof(shortcuts) / sizeof(shortcuts[0]); i++)
		if (shortcuts[i].id == id) {
			add_override(o, mem_strdup(shortcuts[i].key), value);
			return true;
		}
	return false;
}

static int take(struct options *o, int id, char *value, struct err *err)
{
	if (take_shortcut(o, id, value))
		return 0;
	switch (id) {
	case OPTION_SOURCE:
		add_secret(o, "replica.source", value);
		return 0;
	case OPTION_STANDBY:
		add_secret(o, "replica.standby", value);
		return 0;
	case OPTION_SET:
		return add_set(o, value, err);
	case OPTION_SMALL:
		o->small = true;
		return 0;
	case OPTION_QUIET:
		o->quiet = true;
		return 0;
	case OPTION_VERBOSE:
		o->verbose = true;
		return 0;
	case OPTION_CLEAN:
		o->clean = true;
		return 0;
	case OPTION_OUTPUT:
		o->output = value;
		return 0;
	case OPTION_COMPARE:
		o->compare = true;
		return 0;
	case OPTION_TARGET:
		o->target = mem_strdup(value);
		memset(value, 'x', strlen(value));
		return 0;
	case OPTION_RESULT:
		o->result = value;
		return 0;
	case OPTION_UNREHEARSED:
		o->unrehearsed = value;
		return 0;
	case OPTION_IN_DOUBT:
		o->in_doubt = value;
		return 0;
	case OPTION_DRY_RUN:
		o->dry_run = true;
		return 0;
	default:
		o->format = value;
		return 0;
	}
}

/* A directory that is not a migration's counts as a scenario's, so that its error names the file.
 */
static bool is_scenario(const char *path)
{
	CLEANUP(cleanup_free) char *inside = fs_join(path, "scenario.yaml");
	const char *dot = strrchr(path, '.');

	if (fs_is_dir(path))
		return fs_is_file(inside);
	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static int split_words(struct options *o, struct err *err)
{
	if (!o->n_files || !is_scenario(o->files[0]))
		return 0;
	o->scenario = *o->files++;
	if (--o->n_files)
		return err_set(err, ERR_USAGE, "'%s' does not go with the scenario '%s'",
			o->files[0], o->scenario);
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
	struct options o = {0};
	int id;

	optind = 0; /* makes getopt start anew, permuting */
	opterr = 0;
	while ((id = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (id == '?' || id == ':') {
			err_set(err, ERR_USAGE, "%s '%s' (see 'rehearse help %s')",
				id == ':' ? "no value for option" : "unknown option",
				argv[optind - 1], argv[0]);
			goto failed;
		}
		if (take(&o, id, optarg, err))
			goto failed;
	}
	o.files = argv + optind;
	o.n_files = (size_t)(argc - optind);
	if (split_words(&o, err))
		goto failed;
	*ret = o;
	return 0;
failed:
	options_release(&o);
	return -1;
}

void options_release(struct options *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n_overrides; i++) {
		free((char *)o->overrides[i].key);
		free((char *)o->overrides[i].value);
	}
	free(o->overrides);
	mem_free(o->target);
	*o = (struct options){0};
}

static bool names_one(const struct options *o, const char *const *keys)
{
	for (size_t i = 0; i < o->n_overrides; i++)
		for (size_t k = 0; keys[k]; k++)
			if (!strcmp(o->overrides[i].key, keys[k]))
				return true;
	return false;
}

/* Without one of these the short form would rehearse on an empty database. */
static bool names_data(const struct options *o)
{
	static const char *const keys[] = {
		"replica.source", "replica.standby", "replica.provider", "replica.fixture", NULL};

	return names_one(o, keys);
}

static bool names_migration(const struct options *o)
{
	static const char *const keys[] = {"migration.command", NULL};

	return o->n_files || names_one(o, keys);
}

int options_scenario(
	const struct options *o, const char *command, struct scenario *ret, struct err *err)
{
	if (o->scenario)
		return scenario_load(o->scenario, o->small, o->overrides, o->n_overrides, ret, err);
	if (!names_migration(o) || !names_data(o))
		return err_set(err, ERR_USAGE,
			"name a scenario, or --source DSN and migration files (see 'rehearse help "
			"%s')",
			command);
	if (scenario_defaults(o->overrides, o->n_overrides, ret, err))
		return -1;
	for (size_t i = 0; i < o->n_files; i++)
		if (scenario_add_migration(ret, o->files[i], err))
			goto failed;
	if (scenario_check(ret, err))
		goto failed;
	return 0;
failed:
	scenario_release(ret);
	return -1;
}
