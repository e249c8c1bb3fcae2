/*
 * A file is loaded into an array of slots, one per key, as the texts that were written; the table
 * knows what each text must be. Keys of one section stand together in the table, so that a section
 * is a stretch of slots, and an item of a list is a stretch of its own memory.
 */
#include "harness/scenario/schema.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

struct slot {
	void *value; /* char *; of a list: char ** or struct slot * of all its items */
	unsigned n;  /* of a list */
};

#define KEYS_MAX 96
#define PARTS_MAX 32 /* sections and lists */

/* The names of sections and fields are kept in `words`, since the table has only whole paths. */
struct schema {
	cyaml_schema_field_t fields[KEYS_MAX + 2 * PARTS_MAX];
	cyaml_schema_value_t items[PARTS_MAX];
	cyaml_schema_value_t root;
	size_t n_fields, n_items;
	struct {
		char *words[KEYS_MAX + PARTS_MAX];
		size_t n;
	} names;
};

static const cyaml_schema_value_t text_item = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};

/* Part of the table: keys that begin with the first `prefix` bytes of the first one's name. */
struct stretch {
	size_t first, n, prefix;
};

/* How far the word at `at` goes, and whether it is a list of maps ("scripts[]."). */
static size_t word_len(const char *name, size_t at)
{
	return strcspn(name + at, ".[");
}

/* The keys from `first` on that share the first `prefix` bytes, within `part`. */
static struct stretch sub_stretch(struct stretch part, size_t first, size_t prefix)
{
	struct stretch ret = {first, 0, prefix};
	size_t end = part.first + part.n;

	while (first + ret.n < end &&
		!strncmp(key_table[first].name, key_table[first + ret.n].name, prefix))
		ret.n++;
	return ret;
}

static void leaf_value(cyaml_schema_field_t *field, const struct key *key)
{
	field->value.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL;
	field->value.data_size = sizeof(char *);
	if (key->type == KEY_MAP || key->type == KEY_SMALL) {
		/* Free names: no schema can list them, they are read from the index. */
		field->value.type = CYAML_IGNORE;
		field->value.flags = CYAML_FLAG_OPTIONAL;
	} else if (key->type == KEY_TEXTS || key->type == KEY_PATHS) {
		field->value.type = CYAML_SEQUENCE;
		field->value.sequence.entry = &text_item;
		field->value.sequence.max = CYAML_UNLIMITED;
	} else {
		field->value.type = CYAML_STRING;
		field->value.string.max = CYAML_UNLIMITED;
	}
}

static const cyaml_schema_field_t *build_fields(struct schema *s, struct stretch part);

/* A section, or a list whose items have keys of their own. */
static void branch_value(
	struct schema *s, cyaml_schema_field_t *field, struct stretch part, bool list)
{
	const cyaml_schema_field_t *fields = build_fields(s, part);

	field->value.flags = CYAML_FLAG_OPTIONAL;
	field->value.type = CYAML_MAPPING;
	field->value.data_size = (uint32_t)(part.n * sizeof(struct slot));
	field->value.mapping.fields = fields;
	if (list) {
		cyaml_schema_value_t *item = &s->items[s->n_items++];

		*item = field->value;
		item->flags = CYAML_FLAG_DEFAULT;
		field->value = (cyaml_schema_value_t){.type = CYAML_SEQUENCE,
			.flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
			.data_size = item->data_size,
			.sequence = {item, 0, CYAML_UNLIMITED}};
	}
}

static const cyaml_schema_field_t *build_fields(struct schema *s, struct stretch part)
{
	struct stretch subs[KEYS_MAX];
	cyaml_schema_field_t *fields = &s->fields[s->n_fields];
	size_t n = 0, end = part.first + part.n;

	for (size_t i = part.first; i < end; i = subs[n].first + subs[n].n, n++)
		subs[n] = sub_stretch(
			part, i, part.prefix + word_len(key_table[i].name, part.prefix) + 1);
	s->n_fields += n + 1; /* the last, empty one ends the array */
	for (size_t i = 0; i < n; i++) {
		const struct key *key = &key_table[subs[i].first];
		size_t len = word_len(key->name, part.prefix);
		const char *rest = key->name + part.prefix + len;
		size_t offset = (subs[i].first - part.first) * sizeof(struct slot);

		s->names.words[s->names.n] = mem_strndup(key->name + part.prefix, len);
		fields[i].key = s->names.words[s->names.n++];
		fields[i].data_offset = (uint32_t)(offset + offsetof(struct slot, value));
		fields[i].count_offset = (uint32_t)(offset + offsetof(struct slot, n));
		fields[i].count_size = sizeof(unsigned);
		if (!*rest) {
			leaf_value(&fields[i], key);
			continue;
		}
		subs[i].prefix = part.prefix + len + (*rest == '[' ? 3 : 1);
		if (*rest == '.')
			fields[i].data_offset = (uint32_t)offset;
		branch_value(s, &fields[i], subs[i], *rest == '[');
	}
	return fields;
}

static void cleanup_schema(struct schema *s)
{
	for (size_t i = 0; i < s->names.n; i++)
		mem_free(s->names.words[i]);
}

static void build(struct schema *s)
{
	struct stretch all = {0, key_count, 0};

	s->root = (cyaml_schema_value_t){.type = CYAML_MAPPING,
		.flags = CYAML_FLAG_POINTER,
		.data_size = (uint32_t)(key_count * sizeof(struct slot))};
	s->root.mapping.fields = build_fields(s, all);
}

static const char *shape_text(enum key_shape shape)
{
	switch (shape) {
	case SHAPE_LIST:
		return "a list (lines that begin with '- ')";
	case SHAPE_MAP:
		return "a map of keys";
	default:
		return "a single value";
	}
}

static int fail_unknown(const char *file, const struct yaml_node *node, struct err *err)
{
	CLEANUP(cleanup_str) struct str nearest = {0};

	key_nearest(node->path, &nearest);
	if (nearest.len)
		return err_set(err, ERR_USAGE, "%s:%u: %s: unknown key; did you mean '%s'?", file,
			node->line, node->path, str_text(&nearest));
	return err_set(err, ERR_USAGE, "%s:%u: %s: unknown key (scenarios/README.md lists all)",
		file, node->line, node->path);
}

/*
 * The first value that does not fit, in words: the library's own message has neither the whole
 * path nor what would fit. Names in a map are not the library's business; they are checked here.
 */
static int explain(const char *file, const struct yaml_index *index, struct err *err)
{
	for (size_t i = 0; i < index->n; i++) {
		const struct yaml_node *node = &index->nodes[i];
		struct key_place place = {0};
		enum key_shape want = key_shape(node->path, &place);

		if (want == SHAPE_UNKNOWN)
			return fail_unknown(file, node, err);
		if (want != node->shape)
			return err_set(err, ERR_USAGE, "%s:%u: %s: must be %s, not %s", file,
				node->line, node->path, shape_text(want), shape_text(node->shape));
		if (strchr(node->key, '.') && !place.item)
			return err_set(err, ERR_USAGE,
				"%s:%u: %s: dotted keys are for `small:` only; nest it", file,
				node->line, node->path);
	}
	return 0;
}

struct log {
	char first[256];
	unsigned line;
};

/* Keeps the library's first error and the innermost line of its backtrace. */
static void __attribute__((format(printf, 3, 0)))
keep_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct log *log = ctx;
	char text[256];
	const char *line;

	(void)level;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	line = strstr(text, "(line: ");
	if (!*log->first)
		snprintf(log->first, sizeof(log->first), "%s",
			strncmp(text, "Load: ", 6) ? text : text + 6);
	if (line && !log->line)
		sscanf(line, "(line: %u", &log->line);
}

struct walk {
	schema_value *each;
	void *ctx;
	struct str path;
};

static int give(struct walk *w, const char *text, struct err *err)
{
	return text ? w->each(w->ctx, str_text(&w->path), text, err) : 0;
}

static int give_texts(struct walk *w, const struct slot *slot, struct err *err)
{
	size_t len = w->path.len;

	for (unsigned i = 0; i < slot->n; i++) {
		w->path.len = len;
		str_addf(&w->path, ".%u", i);
		if (give(w, ((char **)slot->value)[i], err))
			return -1;
	}
	return 0;
}

/* A key that is in no list of maps. */
static int give_leaf(struct walk *w, const struct key *key, const char *name,
	const struct slot *slot, struct err *err)
{
	str_add(&w->path, name);
	if (key->type == KEY_MAP || key->type == KEY_SMALL)
		return 0;
	if (key->type == KEY_TEXTS || key->type == KEY_PATHS)
		return give_texts(w, slot, err);
	return give(w, slot->value, err);
}

/* All items of the list whose keys begin at key_table[first]; *ret_n: how many keys an item has. */
static int give_items(
	struct walk *w, size_t first, const struct slot *slot, size_t *ret_n, struct err *err)
{
	const char *name = key_table[first].name;
	size_t len = strcspn(name, "[");
	struct stretch part = sub_stretch((struct stretch){0, key_count, 0}, first, len + 3);
	const struct slot *items = slot->value;

	*ret_n = part.n;
	for (unsigned i = 0; i < slot->n; i++) {
		for (size_t k = 0; k < part.n; k++) {
			str_clear(&w->path);
			str_add_n(&w->path, name, len);
			str_addf(&w->path, ".%u", i);
			if (give_leaf(w, &key_table[first + k], key_table[first + k].name + len + 2,
				    &items[i * part.n + k], err))
				return -1;
		}
	}
	return 0;
}

static int give_all(struct walk *w, const struct slot *slots, struct err *err)
{
	size_t n;

	for (size_t i = 0; i < key_count; i += n) {
		const struct key *key = &key_table[i];
		int failed;

		n = 1;
		str_clear(&w->path);
		failed = strchr(key->name, '[') ? give_items(w, i, &slots[i], &n, err)
						: give_leaf(w, key, key->name, &slots[i], err);
		if (failed)
			return -1;
	}
	return 0;
}

/* settings, variables: the index's values under "replica.settings." and the like. */
static int give_maps(struct walk *w, const struct yaml_index *index, struct err *err)
{
	for (size_t i = 0; i < index->n; i++) {
		struct key_place place = {0};
		const struct yaml_node *node = &index->nodes[i];

		if (key_shape(node->path, &place) == SHAPE_SCALAR && place.key->type == KEY_MAP &&
			w->each(w->ctx, node->path, node->value, err))
			return -1;
	}
	return 0;
}

int schema_load(const char *file, const char *text, size_t len, const struct yaml_index *index,
	schema_value *each, void *ctx, struct err *err)
{
	CLEANUP(cleanup_schema) struct schema schema = {0};
	struct log log = {0};
	const cyaml_config_t config = {.log_fn = keep_log,
		.log_ctx = &log,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS};
	struct walk w = {each, ctx, {0}};
	void *slots = NULL;
	cyaml_err_t failed;
	int ret;

	build(&schema);
	failed = cyaml_load_data((const uint8_t *)text, len, &config, &schema.root, &slots, NULL);
	ret = explain(file, index, err);
	if (failed && !ret)
		ret = err_set(err, ERR_USAGE, "%s:%u: %s", file, log.line ? log.line : 1,
			*log.first ? log.first : cyaml_strerror(failed));
	if (!ret)
		ret = slots ? give_all(&w, slots, err) : 0;
	if (!ret)
		ret = give_maps(&w, index, err);
	cyaml_free(&config, &schema.root, slots, 0);
	str_release(&w.path);
	return ret;
}
