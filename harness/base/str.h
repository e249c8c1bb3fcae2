/* A growable string with a ceiling: what would pass `max` bytes is dropped and `cut` is set. */
#ifndef REHEARSE_BASE_STR_H
#define REHEARSE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
	char *data; /* NUL-terminated once anything was added; NULL before */
	size_t len; /* bytes, without the NUL */
	size_t cap;
	size_t max; /* bytes; 0 means STR_MAX_DEFAULT */
	bool cut;
};

#define STR_MAX_DEFAULT ((size_t)64 << 20)

void str_init(struct str *s, size_t max);
void str_release(struct str *s); /* NULL-safe, safe on a zeroed struct */
void str_clear(struct str *s);	 /* keeps the memory */
void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *bytes, size_t n);
void str_add_char(struct str *s, char c);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *str_text(const struct str *s); /* never NULL */
char *str_take(struct str *s);		   /* hands the memory over; never NULL; s is empty again */

#endif
