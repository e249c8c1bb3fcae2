#include "adapters/mask_text.h"

#include <stdbool.h>
#include <string.h>

void mask_text_put(struct mask_text *t, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && t->len + 1 < t->size; i++) {
		bool control = (unsigned char)bytes[i] < ' ';

		t->data[t->len++] = control ? ' ' : bytes[i];
	}
	if (t->size)
		t->data[t->len] = '\0';
}

void mask_text_add(struct mask_text *t, const char *text)
{
	mask_text_put(t, text, strlen(text));
}

void mask_text_trim(struct mask_text *t)
{
	size_t start = t->len;

	while (start && ((unsigned char)t->data[start - 1] & 0xc0) == 0x80)
		start--;
	if (start && (unsigned char)t->data[start - 1] >= 0xc0) {
		unsigned char lead = (unsigned char)t->data[start - 1];
		size_t needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

		if (t->len - (start - 1) < needed)
			t->len = start - 1;
	}
	if (t->size)
		t->data[t->len] = '\0';
}
