/* Defaults, then the file, then its small part, then the overrides; then the whole is checked. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/dsn.h"
#include "harness/scenario/resolve.h"
#include "harness/scenario/schema.h"
#include "harness/scenario/set.h"

#define FILE_MAX ((size_t)1 << 20)
#define SMALL "small."

struct source {
	char *text;
	size_t len;
	struct yaml_index index;
};

static void cleanup_source(struct source *source)
{
	mem_free(source->text);
	yaml_index_release(&source->index);
}

struct target {
	struct scenario *s;
	const struct origin *o;
	const char *dir; /* of the file */
};

/* Files are committed. A flag is the caller's own business. */
static int refuse_password(const char *path, const char *text, struct err *err)
{
	struct key_place place = {0};

	if (key_shape(path, &place) != SHAPE_SCALAR || place.key->type != KEY_DSN ||
		!dsn_has_password(text))
		return 0;
	return err_set(err, ERR_USAGE,
		"the DSN holds a password, and files get committed; leave it out and give it in "
		"PGPASSWORD or a pgpass file, or write env:NAME and put the whole DSN into that "
		"variable");
}

/* `place` is where the value stands in the file, when it is not the key itself. */
static int set_from_file(
	struct target *t, const char *path, const char *place, const char *text, struct err *err)
{
	const struct origin o = {.file = t->o->file, .index = t->o->index};

	if (refuse_password(path, text, err) || scenario_set(t->s, path, text, t->dir, err))
		return origin_prefix(&o, err, place);
	return 0;
}

static int set_value(void *ctx, const char *path, const char *text, struct err *err)
{
	return set_from_file(ctx, path, path, text, err);
}

static int set_small(struct target *t, struct err *err)
{
	const struct yaml_index *index = t->o->index;

	for (size_t i = 0; i < index->n; i++) {
		const char *path = index->nodes[i].path;

		if (!strncmp(path, SMALL, strlen(SMALL)) &&
			set_from_file(t, path + strlen(SMALL), path, index->nodes[i].value, err))
			return -1;
	}
	return 0;
}

static int set_overrides(struct scenario *s, const struct origin *o, struct err *err)
{
	for (size_t i = 0; i < o->n_overrides; i++) {
		if (scenario_set(s, o->overrides[i].key, o->overrides[i].value, NULL, err))
			return err_prefix(err, "--set %s", o->overrides[i].key);
	}
	return 0;
}

static int set_file(
	struct scenario *s, const struct source *source, const struct origin *o, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = fs_dirname(o->file);
	struct target t = {s, o, dir};

	s->file = mem_strdup(o->file);
	scenario_set_defaults(s);
	if (schema_load(o->file, source->text, source->len, &source->index, set_value, &t, err))
		return -1;
	return o->small ? set_small(&t, err) : 0;
}

/* A small part that is wrong is told even when it is not asked for. */
static int try_small(const struct source *source, const struct origin *o, struct err *err)
{
	struct scenario s = {0};
	struct origin small = {.file = o->file, .index = o->index, .small = true};
	int failed = set_file(&s, source, &small, err);

	scenario_release(&s);
	return failed;
}

static char *file_of(const char *path)
{
	CLEANUP(cleanup_free) char *dir = mem_strdup(path);
	size_t len = strlen(dir);

	if (!fs_is_dir(path))
		return mem_strdup(path);
	while (len > 1 && dir[len - 1] == '/')
		dir[--len] = '\0';
	return strcmp(dir, ".") ? fs_join(dir, "scenario.yaml") : mem_strdup("scenario.yaml");
}

static int read_source(const char *file, struct source *ret, struct err *err)
{
	if (fs_read(file, FILE_MAX, &ret->text, &ret->len, err)) {
		err->kind = ERR_USAGE;
		return -1;
	}
	return yaml_index_read(file, ret->text, ret->len, &ret->index, err);
}

static int finish(struct scenario *s, const struct origin *o, struct scenario *ret, struct err *err)
{
	if (scenario_resolve(s, o, err) || scenario_check_at(s, o, err))
		return -1;
	*ret = *s;
	*s = (struct scenario){0};
	return 0;
}

/* Values are quoted in errors: what would break the line or drive a terminal is taken out. */
static int one_line(struct err *err)
{
	for (char *p = err ? err->text : ""; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	}
	return -1;
}

int scenario_load(const char *path, bool small, const struct scenario_override *overrides,
	size_t n_overrides, struct scenario *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *file = file_of(path);
	CLEANUP(cleanup_source) struct source source = {0};
	CLEANUP(scenario_release) struct scenario s = {0};
	const struct origin o = {file, &source.index, small, overrides, n_overrides};

	if (read_source(file, &source, err) || try_small(&source, &o, err) ||
		set_file(&s, &source, &o, err) || set_overrides(&s, &o, err) ||
		finish(&s, &o, ret, err))
		return one_line(err);
	return 0;
}

int scenario_defaults(const struct scenario_override *overrides, size_t n_overrides,
	struct scenario *ret, struct err *err)
{
	CLEANUP(scenario_release) struct scenario s = {0};
	const struct origin o = {.overrides = overrides, .n_overrides = n_overrides};

	scenario_set_defaults(&s);
	if (set_overrides(&s, &o, err) || scenario_resolve(&s, &o, err))
		return one_line(err);
	*ret = s;
	s = (struct scenario){0};
	return 0;
}
