/* A server's message as it is written without anybody's data: one line in a fixed buffer. */
#ifndef REHEARSE_ADAPTERS_MASK_TEXT_H
#define REHEARSE_ADAPTERS_MASK_TEXT_H

#include <stddef.h>

struct mask_text {
	char *data; /* NUL-terminated after the first call */
	size_t len, size;
};

/* Adds what fits; control characters become spaces. */
void mask_text_put(struct mask_text *t, const char *bytes, size_t n);
void mask_text_add(struct mask_text *t, const char *text);
/* Takes back half a character at the end of a text that filled its buffer. */
void mask_text_trim(struct mask_text *t);

#endif
