/*
 * A golden copy of a stopped server's data directory, beside it, from which the directory is given
 * back as it was. The server is another's: it is stopped and started by its owner's commands.
 *
 *   DATA.rehearse-part    the copy while it is made
 *   DATA.rehearse-golden  the copy, whole
 *   DATA.rehearse-spent   what the rehearsal used, until the server runs on the copy
 *
 * What is there says how far a killed run came: golden_return() goes on from any of these states.
 */
#ifndef REHEARSE_BASE_GOLDEN_H
#define REHEARSE_BASE_GOLDEN_H

#include <stdbool.h>

#include "harness/base/err.h"

struct golden {
	char *data_dir, *part, *copy, *spent;
	const char *stop, *start; /* borrowed: words as in a shell, which is not used */
};
void golden_init(struct golden *g, const char *data_dir, const char *stop, const char *start);
void golden_release(struct golden *g); /* NULL-safe, safe on a zeroed struct */

/*
 * ERR_REFUSED when the directory could not be put back: links in it, a mount point, no right to
 * rename it, something of an earlier run beside it. `reflinks`: also when its file system has
 * none; else when there is no room for a full copy.
 */
int golden_check(const struct golden *g, bool reflinks, struct err *err);

/* Stops the server, copies, starts it again; it may take a while to answer. When the copy fails,
 * nothing of it is left and the server is started all the same. */
int golden_take(const struct golden *g, struct err *err);
/* Stops the server if it runs, puts the copy in its place, starts it. No copy: starts the server
 * unless it runs. */
int golden_return(const struct golden *g, struct err *err);
/* The copy is not needed: the server was not touched. */
int golden_drop(const struct golden *g, struct err *err);

/* Something of it is left; for what looks after killed runs. */
bool golden_is_left(const struct golden *g);

#endif
