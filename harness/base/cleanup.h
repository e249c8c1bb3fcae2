/* Scoped cleanup: `CLEANUP(cleanup_fd) int fd = -1;` closes what is still open at scope end. */
#ifndef REHEARSE_BASE_CLEANUP_H
#define REHEARSE_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/base/str.h"

#define CLEANUP(f) __attribute__((cleanup(f)))

static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* For any pointer variable that free() may take. */
static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_str(struct str *s)
{
	str_release(s);
}

#endif
