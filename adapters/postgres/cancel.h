/* Cancelling a statement from any thread, within a bounded time. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CANCEL_H
#define REHEARSE_ADAPTERS_POSTGRES_CANCEL_H

#include <libpq-fe.h>
#include <stdint.h>

#include "harness/base/err.h"

struct pg_cancel;

struct pg_cancel *pg_cancel_new(PGconn *pg); /* pg is connected */
void pg_cancel_free(struct pg_cancel *c);    /* NULL-safe */
/* Returns when the server took the request, or with -1 after timeout_us. Thread-safe. */
int pg_cancel_send(struct pg_cancel *c, uint64_t timeout_us, struct err *err);

#endif
