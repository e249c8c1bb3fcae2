/*
 * PostgreSQL's structured logs (jsonlog, csvlog) as records, and what its messages about lock waits
 * say. Pure: bytes in, structs out; no server, no clock.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_LOGLINES_H
#define REHEARSE_ADAPTERS_POSTGRES_LOGLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/str.h"

enum log_format { LOG_JSON, LOG_CSV };

struct log_record {
	uint64_t at_us; /* since 1970, UTC; 0 when the log's time zone is another one */
	uint64_t pid;
	uint64_t leader; /* of a parallel worker; else 0 */
	bool error;	 /* ERROR, FATAL or PANIC */
	const char *code, *message, *detail, *statement, *application, *user; /* "" when absent */
};

/* One record: a line of jsonlog, or a csvlog record (which may span lines). False: not one. The
 * strings live in `store`, until its next use. */
bool log_record_parse(enum log_format format, const char *line, size_t len, struct str *store,
	struct log_record *ret);

/* Cuts a stream of bytes, which may end anywhere, into records. Zeroed with a format set is ready.
 */
struct log_reader {
	enum log_format format;
	struct str pending; /* the incomplete record at the end */
	size_t scanned;	    /* bytes of it that were looked at */
	bool quoted;	    /* csv: within quotes there */
	struct str store;
};
typedef void log_sink(void *ctx, const struct log_record *record);
void log_reader_feed(struct log_reader *r, const char *bytes, size_t n, log_sink *sink, void *ctx);
void log_reader_clear(struct log_reader *r); /* forgets an incomplete record */
void log_reader_release(struct log_reader *r);

enum lock_step {
	LOCK_STILL_WAITING,
	LOCK_ACQUIRED,
	LOCK_DEADLOCK,	 /* found by this process; its ERROR follows */
	LOCK_REARRANGED, /* a deadlock avoided by rearranging the queue; the wait goes on or ends */
	LOCK_GIVEN_UP,	 /* "failed to acquire" */
};

enum lock_kind { LOCK_RELATION, LOCK_EXTEND, LOCK_PAGE, LOCK_TUPLE, LOCK_OTHER };

/* What a process waits for. */
struct lock_target {
	enum lock_kind kind;
	uint32_t relation, database; /* but for LOCK_OTHER */
	char mode[32];
	char text[112]; /* as the server says it: "tuple (0,1) of relation 16384 of database 5" */
};

struct lock_message {
	enum lock_step step;
	uint64_t pid;
	struct lock_target target;
	uint64_t waited_us;
};
/* False: the message is about something else. */
bool lock_message_parse(const char *message, struct lock_message *ret);

/* "Process holding the lock: 1. Wait queue: 2, 3." Caller frees both; NULL when empty. */
void lock_detail_parse(const char *detail, uint64_t **ret_holders, size_t *ret_n_holders,
	uint64_t **ret_queue, size_t *ret_n_queue);

/* NAME of a statement that begins with the comment tx:NAME; NULL otherwise; caller frees. */
char *log_tag(const char *statement);

#endif
