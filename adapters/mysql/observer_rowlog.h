/*
 * Row-lock waits of MariaDB one by one. Two things that cost nothing where nobody waits tell them
 * together: whoever begins to wait for a row takes a certain mutex of InnoDB's, and so does whoever
 * lets go of a row that is waited for, which performance_schema times; and the slow log has each
 * statement that took long. Of one such statement, a wait began at its session's event, and ended
 * at the last event of another session before it went on.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_ROWLOG_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_ROWLOG_H

#include "adapters/mysql/observer_ring.h"

struct my_row_event {
	uint64_t thread, ps, at_us; /* the server's timer; wall */
};

/* A wait as it was put together. */
struct my_row_told {
	uint64_t session, start_us, end_us;
	uint64_t holder;	  /* session; 0 unknown */
	const char *schema, *sql; /* the statement's */
	bool granted;		  /* by another session; else it was given up */
	bool surely_ended;	  /* the statement went on at once */
};

typedef void my_row_sink(void *ctx, const struct my_row_told *told);

struct my_row_statement {
	uint64_t thread, session, start_us, end_us; /* wall */
	char *schema, *sql;
};

/* A statement of a session of MY_COMMAND_ACCOUNT, as the log has it, in full. */
struct my_told_statement {
	uint64_t session, start_us, end_us; /* wall */
	const char *sql;
};

typedef void my_told_sink(void *ctx, const struct my_told_statement *statement);

struct my_row_log {
	bool on, failed;
	uint64_t min_wait_us; /* at the opening */
	uint64_t skew_us;     /* harness clock = server clock + this (modulo 2^64) */
	uint64_t clock_us;    /* how long the question took that told it */
	uint64_t next_us;     /* when it may be read again */
	uint64_t read_us;     /* when it was read last */
	uint64_t from_us;     /* statements that ended before are nobody's */
	uint64_t youngest_ps;
	struct my_row_event *events; /* the latest, by time */
	size_t n, cap;
	uint64_t read; /* rows of the slow log that were read */
	struct my_row_statement *statements;
	size_t n_statements, cap_statements;
	const uint64_t *own; /* the observer's own sessions */
	size_t n_own;
	/* Who is told what a command's sessions send, on MySQL, too. */
	my_told_sink *told;
	void *told_ctx;
};

/* The account of a migration that a command runs. */
#define MY_COMMAND_ACCOUNT "rehearse_command"

/* The settings by which the server logs statements to its table; waits are not touched. */
bool my_row_log_set_up(struct observer_session *s, uint64_t min_us);
/* From now on, or no more: all that the account's sessions send goes to the sink, from within
 * my_row_log_read(). */
void my_row_log_tell(struct my_row_log *l, bool tell, my_told_sink *sink, void *ctx);

/* Sets the server up; `on` says whether that worked. */
void my_row_log_open(struct my_row_log *l, struct observer_session *s, uint64_t min_wait_us);
/* Reads what is new, unless it was read just now. It is closed where waits are looked for that are
 * much longer than what the server logs, since estimates are then good enough, and when it cannot
 * be read, which `failed` tells. */
void my_row_log_read(struct my_row_log *l, struct observer_session *s,
	const struct my_timer_clock *clock, struct my_threads *threads, uint64_t min_wait_us,
	my_row_sink *sink, void *ctx);
/* The server logs no more, and nothing more is read. */
void my_row_log_close(struct my_row_log *l, struct observer_session *s);
void my_row_log_release(struct my_row_log *l);

/* The waits of one statement; talks to no server. */
void my_row_log_judge(const struct my_row_log *l, const struct my_row_statement *statement,
	const struct my_threads *threads, my_row_sink *sink, void *ctx);

#endif
