/* SIGINT and SIGTERM as a flag that every wait looks at. The first asks for an orderly undo. */
#ifndef REHEARSE_BASE_INTERRUPT_H
#define REHEARSE_BASE_INTERRUPT_H

#include <stdbool.h>

#include "harness/base/err.h"

void interrupt_install(void); /* also ignores SIGPIPE */
bool interrupt_pending(void); /* async-safe, thread-safe */
int interrupt_fd(void);	      /* readable once a signal came; -1 before interrupt_install() */

/* 0, or -1 with ERR_INTERRUPTED once a signal came. */
int interrupt_check(struct err *err);

/*
 * While undo runs, a pending interrupt must not cut the undo itself short: hold() hides it,
 * release() shows it again. Calls nest.
 */
void interrupt_hold(void);
void interrupt_release(void);

#endif
