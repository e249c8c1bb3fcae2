/* The server's log of lock waits as a stream: from its directory, or through SQL. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_LOG_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_LOG_H

#include <sys/types.h>

#include "adapters/postgres/loglines.h"
#include "adapters/postgres/observer_session.h"

struct observer_log {
	struct log_reader reader;
	char *dir;  /* log-file: where; NULL: through SQL */
	char *name; /* as pg_current_logfile() says it */
	char *path; /* log-file */
	int fd;	    /* log-file; -1 closed */
	ino_t inode;
	uint64_t offset;     /* bytes read */
	uint64_t checked_us; /* when the name was last asked for */
};

/*
 * From the end of the log that is written now. dir: the server's log directory, or NULL for SQL.
 * -1: there is no such log, or it cannot be read; err says why.
 */
int observer_log_open(struct observer_log *l, const char *dir, enum log_format format,
	struct observer_session *s, struct err *err);
/* Hands over what was written since the last time; follows rotation and truncation. */
int observer_log_read(struct observer_log *l, struct observer_session *s, log_sink *sink, void *ctx,
	struct err *err);
void observer_log_release(struct observer_log *l); /* NULL-safe, safe on zeroed */

#endif
