#include "harness/scenario/set.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/keys.h"

/* Stands for "not given" in an enum without a default; no name belongs to it. */
#define KIND_UNSET ((enum disturbance_kind) - 1)

static void *at(void *base, size_t offset)
{
	return (char *)base + offset;
}

static const struct key_list *find_list(const char *name, size_t len)
{
	for (size_t i = 0; i < key_list_count; i++) {
		if (strlen(key_lists[i].name) == len && !strncmp(key_lists[i].name, name, len))
			return &key_lists[i];
	}
	return NULL;
}

/* The defaults of the keys that begin with prefix, into base. */
static void set_defaults(void *base, const char *prefix, size_t len)
{
	for (size_t i = 0; i < key_count; i++) {
		const struct key *key = &key_table[i];
		struct err err = {0};
		bool in_list = strchr(key->name, '[') != NULL;

		if (key->fallback && !strncmp(key->name, prefix, len) && in_list == (len > 0))
			key_store(key, at(base, key->offset), key->fallback, NULL, &err);
	}
}

void scenario_set_defaults(struct scenario *s)
{
	set_defaults(s, "", 0);
	/* Which provider it is depends on what else is given. */
	MEM_FREE(s->replica.provider);
}

/* Makes room for one more, zeroed item. */
static void *push(struct scenario *s, const struct key_list *list)
{
	void **items = at(s, list->items);
	size_t *n = at(s, list->n);
	char *item;

	*items = mem_resize(*items, *n + 1, list->size);
	item = (char *)*items + *n * list->size;
	memset(item, 0, list->size);
	(*n)++;
	return item;
}

/* The list's item `index`; the one behind the last is made. */
static void *item_at(struct scenario *s, const struct key_list *list, size_t index, bool *ret_new,
	struct err *err)
{
	size_t n = *(size_t *)at(s, list->n);

	*ret_new = index == n;
	if (index < n)
		return *(char **)at(s, list->items) + index * list->size;
	if (index == n)
		return push(s, list);
	err_set(err, ERR_USAGE, "%s has %zu items, the next would be number %zu", list->name, n, n);
	return NULL;
}

/* Takes a new item away again after a value that cannot be stored. */
static void drop_last(struct scenario *s, const struct key_list *list)
{
	(*(size_t *)at(s, list->n))--;
}

static int set_item(struct scenario *s, const struct key_place *place, const struct key_list *list,
	const char *text, const char *dir, struct err *err)
{
	bool is_new;
	char *item = item_at(s, list, place->index, &is_new, err);

	if (!item)
		return -1;
	if (is_new && list->items == offsetof(struct scenario, disturbances))
		((struct scenario_disturbance *)item)->kind = KIND_UNSET;
	if (is_new)
		set_defaults(item, list->name, strlen(list->name));
	if (!key_store(place->key, item + (strchr(place->key->name, '[') ? place->key->offset : 0),
		    text, dir, err))
		return 0;
	if (is_new)
		drop_last(s, list);
	return -1;
}

static bool name_fits(const char *name, const char *extra)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr(extra, *name))
			return false;
	}
	return true;
}

static int set_map(struct scenario *s, const struct key_place *place, const struct key_list *list,
	const char *text, struct err *err)
{
	/* Variables of the traffic are names in an expression. */
	bool dotted = list->items != offsetof(struct scenario, workload.variables);
	size_t n = *(size_t *)at(s, list->n);
	struct server_setting *pairs = *(struct server_setting **)at(s, list->items);

	if (!name_fits(place->item, dotted ? "_.-" : "_"))
		return err_set(err, ERR_USAGE, "'%s' is not a name (letters, digits and %s)",
			place->item, dotted ? "'_.-'" : "'_'");
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(pairs[i].name, place->item)) {
			mem_free(pairs[i].value);
			pairs[i].value = mem_strdup(text);
			return 0;
		}
	}
	*(struct server_setting *)push(s, list) =
		(struct server_setting){mem_strdup(place->item), mem_strdup(text)};
	return 0;
}

int scenario_add_migration(struct scenario *s, const char *path, struct err *err)
{
	struct scenario_migration *m = &s->migration;

	if (!fs_is_file(path) && !fs_is_dir(path))
		return err_set(err, ERR_USAGE, "migration: no such file: '%s'", path);
	m->files = mem_resize(m->files, m->n_files + 1, sizeof(*m->files));
	m->files[m->n_files++] = mem_strdup(path);
	return 0;
}

static int fail_path(const char *path, enum key_shape shape, struct err *err)
{
	CLEANUP(cleanup_str) struct str nearest = {0};

	if (!*path)
		return err_set(err, ERR_USAGE, "the key is empty");
	if (shape == SHAPE_LIST)
		return err_set(err, ERR_USAGE, "is a list; name an item, as in '%s.0'", path);
	if (shape == SHAPE_MAP)
		return err_set(
			err, ERR_USAGE, "holds keys of its own; name one, as in '%s.KEY'", path);
	key_nearest(path, &nearest);
	if (nearest.len)
		return err_set(
			err, ERR_USAGE, "unknown key; did you mean '%s'?", str_text(&nearest));
	return err_set(err, ERR_USAGE, "unknown key (scenarios/README.md lists all)");
}

int scenario_set(
	struct scenario *s, const char *path, const char *text, const char *dir, struct err *err)
{
	struct key_place place = {0};
	enum key_shape shape = key_shape(path, &place);
	const struct key_list *list;

	if (shape != SHAPE_SCALAR || !*path)
		return fail_path(path, shape, err);
	if (place.key->type == KEY_SMALL)
		return err_set(err, ERR_USAGE, "only a file has a small part; set the key itself");
	list = find_list(place.key->name, strcspn(place.key->name, "["));
	if (place.key->type == KEY_MAP)
		return set_map(s, &place, list, text, err);
	if (list)
		return set_item(s, &place, list, text, dir, err);
	if (key_store(place.key, at(s, place.key->offset), text, dir, err))
		return -1;
	if (place.key->given)
		*(bool *)at(s, place.key->given) = true;
	return 0;
}
