/* Texts of any bytes as JSON, which takes UTF-8 only. */
#ifndef REHEARSE_BASE_JSON_TEXT_H
#define REHEARSE_BASE_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

/* A new string; what is no UTF-8 becomes U+FFFD. NULL is "". */
json_t *json_text(const char *text);
json_t *json_text_n(const char *text, size_t n); /* ends at a NUL too */
/* The same bytes for others who take UTF-8 only; caller frees. */
char *utf8_text(const char *text, size_t n);

#endif
