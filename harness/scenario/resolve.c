#include "harness/scenario/resolve.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/dsn.h"
#include "harness/scenario/set.h"

/* Never shows the variable's value: it is the place for passwords. */
static int resolve_dsn(char **dsn, const char *key, const struct origin *o, struct err *err)
{
	const char *name = *dsn ? dsn_env_name(*dsn) : NULL;
	const char *value = name ? getenv(name) : NULL;

	if (name && (!value || !*value))
		return origin_fail(o, err, key, "the environment variable '%s' is not set", name);
	if (name || !*dsn) {
		char *resolved = mem_strdup(name ? value : "");

		mem_free(*dsn);
		*dsn = resolved;
	}
	return 0;
}

static char *fixture_in(const char *root, const struct scenario *s)
{
	char *path = mem_printf(
		"%s/fixtures/%s/%s", strcmp(root, "/") ? root : "", s->replica.fixture, s->engine);

	if (!fs_is_dir(path))
		MEM_FREE(path);
	return path;
}

/* In the directory of the file, or the one above it, and so on. */
static char *fixture_above(const char *dir, const struct scenario *s)
{
	char real[PATH_MAX];

	if (!realpath(dir, real))
		return NULL;
	for (;;) {
		char *found = fixture_in(real, s);
		char *slash = strrchr(real, '/');

		if (found || !real[1])
			return found;
		slash[slash == real] = '\0';
	}
}

/* PREFIX/bin/rehearse has its fixtures in PREFIX/share/rehearse, wherever PREFIX is. */
static char *fixture_installed(const struct scenario *s)
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (n <= 0)
		return NULL;
	program[n] = '\0';
	CLEANUP(cleanup_free) char *bin = fs_dirname(program);
	CLEANUP(cleanup_free) char *prefix = fs_dirname(bin);
	CLEANUP(cleanup_free) char *share = mem_printf("%s/share/rehearse", prefix);

	return fixture_in(share, s);
}

static int resolve_fixture(struct scenario *s, const struct origin *o, struct err *err)
{
	static const char key[] = "replica.fixture";
	CLEANUP(cleanup_free) char *dir = o->file ? fs_dirname(o->file) : mem_strdup(".");
	char *path;

	if (!s->replica.fixture)
		return 0;
	if (strchr(s->replica.fixture, '/')) {
		if (!fs_is_dir(s->replica.fixture))
			return origin_fail(
				o, err, key, "no such directory: '%s'", s->replica.fixture);
		return 0;
	}
	path = fixture_above(dir, s);
	if (!path)
		path = fixture_installed(s);
	if (!path)
		return origin_fail(o, err, key,
			"there is no 'fixtures/%s/%s' in or above '%s', nor with the installed "
			"program "
			"(a path needs a slash)",
			s->replica.fixture, s->engine, dir);
	mem_free(s->replica.fixture);
	s->replica.fixture = path;
	return 0;
}

/* "scripts/book.sql" -> "book" */
static char *script_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	size_t len = strlen(base);

	if (len > 4 && !strcmp(base + len - 4, ".sql"))
		len -= 4;
	return mem_strndup(base, len);
}

static char *scenario_name(const struct scenario *s)
{
	char real[PATH_MAX];
	char *slash;

	if (!s->file || !realpath(s->file, real))
		return mem_strdup("ad-hoc");
	slash = strrchr(real, '/');
	*slash = '\0';
	slash = strrchr(real, '/');
	return mem_strdup(slash && slash[1] ? slash + 1 : "ad-hoc");
}

static void resolve_names(struct scenario *s)
{
	if (!s->name || !*s->name) {
		mem_free(s->name);
		s->name = scenario_name(s);
	}
	if (!s->description)
		s->description = mem_strdup("");
	for (size_t i = 0; i < s->workload.n_scripts; i++) {
		struct scenario_script *script = &s->workload.scripts[i];

		if (!script->name && script->file)
			script->name = script_name(script->file);
	}
	for (size_t i = 0; i < s->n_disturbances; i++) {
		struct scenario_disturbance *d = &s->disturbances[i];

		if (!d->name)
			d->name = mem_printf("%s %zu", disturbance_kind_name(d->kind), i + 1);
	}
}

int scenario_resolve(struct scenario *s, const struct origin *o, struct err *err)
{
	if (resolve_dsn(&s->replica.source, "replica.source", o, err) ||
		resolve_dsn(&s->replica.standby, "replica.standby", o, err))
		return -1;
	if (!s->replica.provider)
		s->replica.provider = mem_strdup(*s->replica.source ? "clone" : "embedded");
	resolve_names(s);
	return scenario_check_engine(s, o, err) || resolve_fixture(s, o, err) ? -1 : 0;
}
