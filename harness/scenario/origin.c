#include "harness/scenario/origin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static bool overridden(const struct origin *o, const char *key)
{
	for (size_t i = 0; i < o->n_overrides; i++) {
		if (!strcmp(o->overrides[i].key, key))
			return true;
	}
	return false;
}

int origin_prefix(const struct origin *o, struct err *err, const char *key)
{
	CLEANUP(cleanup_free) char *small = mem_printf("small.%s", key);

	if (overridden(o, key))
		return err_prefix(err, "--set %s", key);
	if (!o->file)
		return err_prefix(err, "%s", key);
	if (!o->index)
		return err_prefix(err, "%s: %s", o->file, key);
	if (o->small && yaml_index_find(o->index, small))
		key = small;
	return err_prefix(err, "%s:%u: %s", o->file, yaml_index_line(o->index, key), key);
}

int origin_fail(const struct origin *o, struct err *err, const char *key, const char *format, ...)
{
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err_set(err, ERR_USAGE, "%s", text);
	return origin_prefix(o, err, key);
}
