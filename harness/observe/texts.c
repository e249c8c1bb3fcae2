#include "harness/observe/texts.h"

#include <string.h>

#include "harness/base/mem.h"

#define ARENA_MAX ((size_t)1 << 30)

static size_t hash(const char *text)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static size_t place(const struct texts *t, const char *text)
{
	size_t i = hash(text) & (t->slots - 1);

	while (t->table[i] && strcmp(texts_get(t, t->table[i]), text) != 0)
		i = (i + 1) & (t->slots - 1);
	return i;
}

static void grow(struct texts *t)
{
	struct texts old = *t;

	t->slots = old.slots ? old.slots * 2 : 256;
	t->table = mem_zalloc(t->slots * sizeof(*t->table));
	for (size_t i = 0; i < old.slots; i++)
		if (old.table[i])
			t->table[place(t, texts_get(t, old.table[i]))] = old.table[i];
	mem_free(old.table);
}

uint32_t texts_intern(struct texts *t, const char *text)
{
	size_t at;

	if (!text)
		return 0;
	if (!t->arena.max)
		t->arena.max = ARENA_MAX;
	if (t->n * 2 >= t->slots)
		grow(t);
	at = place(t, text);
	if (!t->table[at]) {
		t->table[at] = (uint32_t)t->arena.len + 1;
		t->n++;
		str_add_n(&t->arena, text, strlen(text) + 1);
	}
	return t->table[at];
}

const char *texts_get(const struct texts *t, uint32_t number)
{
	return number ? t->arena.data + number - 1 : NULL;
}

void texts_release(struct texts *t)
{
	str_release(&t->arena);
	mem_free(t->table);
	*t = (struct texts){0};
}
