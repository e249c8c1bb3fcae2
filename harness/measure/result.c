#include "harness/measure/result.h"

#include <string.h>

#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/measure/result_fields.h"

const char *phase_name(enum phase_id id)
{
	return phase_words[id];
}

const char *cause_kind_name(enum cause_kind kind)
{
	return cause_words[kind];
}

const char *severity_name(enum severity severity)
{
	return severity_words[severity];
}

static void set_up(const struct field_shape *shape, char *base)
{
	for (const struct field *f = shape->fields; f->name; f++) {
		if (f->type == FIELD_STRING)
			*(char **)(base + f->offset) = mem_strdup("");
		else if (f->type == FIELD_STRUCT)
			set_up(f->shape, base + f->offset);
		for (size_t i = 0; f->type == FIELD_INLINE && i < f->max; i++)
			set_up(f->shape, base + f->offset + i * f->shape->size);
	}
}

static void tear_down(const struct field_shape *shape, char *base)
{
	for (const struct field *f = shape->fields; f->name; f++) {
		char *at = base + f->offset;
		char *items = f->type == FIELD_ITEMS ? *(char **)at : at;
		size_t n = f->type == FIELD_ITEMS ? *(size_t *)(base + f->n_offset) : 0;

		if (f->type == FIELD_STRING)
			mem_free(*(char **)at);
		else if (f->type == FIELD_STRINGS)
			mem_free_strings(*(char ***)at, *(size_t *)(base + f->n_offset));
		else if (f->type == FIELD_STRUCT)
			n = 1;
		else if (f->type == FIELD_INLINE)
			n = f->max;
		for (size_t i = 0; i < n; i++)
			tear_down(f->shape, items + i * f->shape->size);
		if (f->type == FIELD_ITEMS)
			mem_free(items);
	}
}

void result_init(struct result *r)
{
	memset(r, 0, sizeof(*r));
	set_up(&result_shape, (char *)r);
}

void result_release(struct result *r)
{
	if (!r)
		return;
	tear_down(&result_shape, (char *)r);
	memset(r, 0, sizeof(*r));
}

int result_save(const struct result *r, const char *path, struct err *err)
{
	CLEANUP(cleanup_free) char *text = result_to_json(r);

	return fs_write(path, text, strlen(text), 0644, err);
}

int result_load(const char *path, struct result *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t len = 0;

	if (fs_read(path, 0, &text, &len, err)) {
		err->kind = ERR_USAGE; /* the path was the caller's word */
		return -1;
	}
	return result_from_json(text, len, path, ret, err);
}

const char *result_schema(void)
{
	return json_result_schema;
}
