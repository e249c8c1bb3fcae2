/* The texts that steps are made of. */
#include <string.h>

#include "adapters/mysql/suggest.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define NAME_MAX_CHARACTERS 64

static const char *filling(
	const struct my_filling *fillings, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(fillings[i].name) == len && !strncmp(fillings[i].name, name, len))
			return fillings[i].value;
	return NULL;
}

char *my_filled(const char *template, const struct my_filling *fillings, size_t n)
{
	struct str out = {0};

	while (*template) {
		size_t plain = strcspn(template, "{");
		const char *end = strchr(template + plain, '}');
		const char *value = NULL;

		str_add_n(&out, template, plain);
		template += plain;
		if (end)
			value = filling(fillings, n, template + 1, (size_t)(end - template) - 1);
		if (value) {
			str_add(&out, value);
			template = end + 1;
		} else if (*template) {
			str_add_char(&out, *template ++);
		}
	}
	return str_take(&out);
}

/* In characters, of which names have 64 at most. */
static size_t prefix_bytes(const char *name, size_t characters)
{
	size_t n = 0;

	while (name[n] && (characters || (name[n] & 0xC0) == 0x80))
		characters -= (name[n++] & 0xC0) != 0x80;
	return n;
}

char *my_made_name(const struct my_suggest *s, const char *before, const char *after)
{
	size_t room = NAME_MAX_CHARACTERS - strlen(before) - strlen(after);
	CLEANUP(cleanup_free)
	char *name =
		mem_printf("%s%.*s%s", before, (int)prefix_bytes(s->table, room), s->table, after);
	struct str out = {0};

	str_add(&out, s->schema);
	my_add_name(&out, name, strlen(name));
	return str_take(&out);
}

char *my_tokens_text(const struct my_check *c, size_t first, size_t end)
{
	size_t start = c->w->tokens[first].start;

	return mem_strndup(c->text + start, end > first ? c->w->tokens[end - 1].end - start : 0);
}

/* INSTANT says that there is nothing to lock; MySQL takes no LOCK beside it. */
const char *my_manner(const struct my_suggest *s, const struct my_effect *effect)
{
	if (effect->unknown || effect->lock != MY_LOCK_NONE || s->c->table->myisam)
		return "";
	switch (effect->algorithm) {
	case MY_INSTANT:
		return ", ALGORITHM=INSTANT";
	case MY_COPY:
		return ", ALGORITHM=COPY, LOCK=NONE";
	case MY_INPLACE:
	case MY_REBUILD:
		break;
	}
	return ", ALGORITHM=INPLACE, LOCK=NONE";
}
