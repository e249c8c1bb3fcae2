/* A checker for the part of JSON Schema that the published schemas use. */
#ifndef REHEARSE_TESTS_JSON_SCHEMA_H
#define REHEARSE_TESTS_JSON_SCHEMA_H

#include <jansson.h>

/* Fails the test when the text is no JSON. */
json_t *schema_parse(const char *text);
/* The first complaint about a JSON text, "" when there is none; `name` is what it is. Caller
 * frees. */
char *schema_complaint(const char *schema, const char *text, const char *name);
/* The other way round: what the schema names must be in a full text, and be described. */
void schema_is_used(const char *schema, const char *text, const char *name);

#endif
