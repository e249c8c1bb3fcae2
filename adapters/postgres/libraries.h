/* Libraries that a server preloads: which of them act on the world by themselves. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_LIBRARIES_H
#define REHEARSE_ADAPTERS_POSTGRES_LIBRARIES_H

#include <stddef.h>

/* Why a replica must not run it; NULL when nothing is known against it. */
const char *pg_library_danger(const char *library);

/* Splits "a, \"b\", $libdir/c" into bare names; free with mem_free_strings(). */
char **pg_library_list(const char *text, size_t *ret_n);

#endif
