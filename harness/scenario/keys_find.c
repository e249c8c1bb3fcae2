/* From a path to its key, and to the nearest one when there is none. */
#include <ctype.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/scenario/keys.h"

/* Reads ".12" off a path. */
static bool read_index(const char **path, size_t *ret)
{
	const char *p = *path;
	size_t value = 0, digits = 0;

	if (*p++ != '.')
		return false;
	for (; isdigit((unsigned char)*p); p++, digits++)
		value = value * 10 + (size_t)(*p - '0');
	if (digits < 1 || digits > 4 || (*p && *p != '.'))
		return false;
	*path = p;
	*ret = value;
	return true;
}

/*
 * Walks a key's name and a path together. NULL when they part; else what is left of the name, with
 * *path at what is left of the path: at most one of the two is not empty.
 */
static const char *walk(const struct key *key, const char **path, size_t *ret_index)
{
	const char *name = key->name;

	while (*name && **path) {
		if (*name == '[') {
			if (!read_index(path, ret_index))
				return NULL;
			name += 2;
		} else if (*name++ != *(*path)++) {
			return NULL;
		}
	}
	return name;
}

static enum key_shape leaf_shape(const struct key *key, const char *rest, struct key_place *ret)
{
	switch (key->type) {
	case KEY_TEXTS:
	case KEY_PATHS:
		if (!*rest)
			return SHAPE_LIST;
		return read_index(&rest, &ret->index) && !*rest ? SHAPE_SCALAR : SHAPE_UNKNOWN;
	case KEY_MAP:
	case KEY_SMALL:
		if (!*rest)
			return SHAPE_MAP;
		ret->item = rest + 1;
		return *rest == '.' && rest[1] ? SHAPE_SCALAR : SHAPE_UNKNOWN;
	default:
		return *rest ? SHAPE_UNKNOWN : SHAPE_SCALAR;
	}
}

enum key_shape key_shape(const char *path, struct key_place *ret)
{
	if (!*path)
		return SHAPE_MAP;
	for (size_t i = 0; i < key_count; i++) {
		struct key_place place = {.key = &key_table[i]};
		const char *rest = path;
		const char *name = walk(place.key, &rest, &place.index);
		enum key_shape shape = SHAPE_UNKNOWN;

		if (!name)
			continue;
		if (!*name)
			shape = leaf_shape(place.key, rest, &place);
		else if (*name == '.' || *name == '[')
			shape = *name == '.' ? SHAPE_MAP : SHAPE_LIST;
		if (shape == SHAPE_SCALAR && ret)
			*ret = place;
		if (shape != SHAPE_UNKNOWN)
			return shape;
	}
	return SHAPE_UNKNOWN;
}

#define DISTANCE_MAX 64

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance; letters' case does not count. */
static size_t distance(const char *a, const char *b)
{
	size_t row[DISTANCE_MAX + 1], n = strlen(b);

	if (strlen(a) > DISTANCE_MAX || n > DISTANCE_MAX)
		return DISTANCE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t same = tolower((unsigned char)a[i - 1]) ==
				tolower((unsigned char)b[j - 1]);
			size_t next = min3(row[j] + 1, row[j - 1] + 1, diagonal + !same);

			diagonal = row[j];
			row[j] = next;
		}
	}
	return row[n];
}

/* Two typing errors in a long word, one in a short one. */
static bool near(const char *text, size_t d)
{
	size_t len = strlen(text);

	return d <= (len <= 3 ? 1 : len <= 8 ? 2 : 3);
}

const char *key_nearest_word(const char *const *words, const char *text)
{
	const char *best = NULL;
	size_t best_distance = DISTANCE_MAX;

	for (; *words; words++) {
		size_t d = distance(text, *words);

		if (d < best_distance && near(text, d)) {
			best = *words;
			best_distance = d;
		}
	}
	return best;
}

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* "workload.scripts.0.weigth" -> "workload.scripts[].weigth", to compare with names. */
static char *as_name(const char *path)
{
	struct str out = {0};

	while (*path) {
		size_t index;

		if (read_index(&path, &index))
			str_add(&out, "[]");
		else
			str_add_char(&out, *path++);
	}
	return str_take(&out);
}

/*
 * How far a name is from an unknown one. One typing error is nearest, then the right word in the
 * wrong place, then two errors, then both.
 */
static size_t key_distance(const char *unknown, const char *name)
{
	size_t whole = distance(unknown, name);
	size_t word = distance(last_part(unknown), last_part(name));

	if (near(last_part(unknown), whole))
		return word == 0 && whole > 1 ? 3 : 2 * whole;
	if (word == 0)
		return 3;
	return near(last_part(unknown), word) ? 8 + word : DISTANCE_MAX;
}

/* Sections can be misspelt too: every leading part of every name is a candidate. */
static void consider(const char *unknown, const char *name, char **best, size_t *best_distance)
{
	for (const char *end = name;; end++) {
		if (*end && *end != '.' && *end != '[')
			continue;
		CLEANUP(cleanup_free) char *part = mem_strndup(name, (size_t)(end - name));
		size_t d = key_distance(unknown, part);

		if (d < *best_distance) {
			*best_distance = d;
			mem_free(*best);
			*best = mem_strdup(part);
		}
		if (!*end)
			return;
	}
}

void key_nearest(const char *path, struct str *out)
{
	CLEANUP(cleanup_free) char *unknown = as_name(path);
	CLEANUP(cleanup_free) char *best = NULL;
	size_t best_distance = DISTANCE_MAX;
	size_t parent = (size_t)(last_part(unknown) - unknown);

	for (size_t i = 0; i < key_count; i++)
		consider(unknown, key_table[i].name, &best, &best_distance);
	if (!best)
		return;
	/* In the same list item, the item's number is kept. */
	if (parent && !strncmp(best, unknown, parent) && last_part(best) == best + parent)
		str_add_n(out, path, (size_t)(last_part(path) - path));
	else
		parent = 0;
	str_add(out, best + parent);
}
