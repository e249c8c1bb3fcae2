/*
 * Memory that never comes back NULL: on exhaustion the process aborts with one line. Linux
 * overcommits, so a NULL check on every call would be code that no test can reach; what an abort
 * leaves behind is what `rehearse doctor --clean` clears.
 */
#ifndef REHEARSE_BASE_MEM_H
#define REHEARSE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);			    /* uninitialised */
void *mem_zalloc(size_t size);			    /* zeroed */
void *mem_resize(void *old, size_t n, size_t size); /* n elements of size bytes; checks overflow */
char *mem_strdup(const char *s);		    /* NULL gives NULL */
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes room for one more element in `items` (count n, capacity cap, both size_t lvalues) and
 * evaluates to a pointer to the new, zeroed last element.
 */
#define MEM_PUSH(items, n, cap) \
	((items) = mem_grow((items), (n), &(cap), sizeof(*(items))), &(items)[(n)++])
void *mem_grow(void *items, size_t n, size_t *cap, size_t size);

/* Frees and sets to NULL. */
#define MEM_FREE(p) (mem_free((void *)(p)), (p) = NULL)
void mem_free(void *p);

/* Frees n strings and the array that holds them. */
void mem_free_strings(char **strings, size_t n);

#endif
