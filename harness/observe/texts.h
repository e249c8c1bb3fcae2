/* Strings kept once, known by number, so that a million waits stay small. Not thread-safe. */
#ifndef REHEARSE_OBSERVE_TEXTS_H
#define REHEARSE_OBSERVE_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/str.h"

struct texts {
	struct str arena; /* NUL-terminated, one after the other; number = offset + 1 */
	uint32_t *table;  /* open addressing of numbers; 0: free */
	size_t slots, n;
};

/* 0 stands for NULL. */
uint32_t texts_intern(struct texts *t, const char *text);
const char *texts_get(
	const struct texts *t, uint32_t number); /* NULL for 0; until the next intern */
void texts_release(struct texts *t);

#endif
