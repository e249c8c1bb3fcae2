/*
 * A private PostgreSQL server: its own directory, an unprivileged user, a Unix socket and nothing
 * else (listen_addresses=''). Used by the providers that start servers, and by tests.
 *
 *   DIR/data              the data directory
 *   DIR/postgresql.conf   all settings (the data directory's own postgresql.conf is not read)
 *   DIR/pg_hba.conf       local trust; DIR is 0700, so only its owner and root get in
 *   DIR/log/              the server's logs; DIR/start.log what it said before it had one
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_SERVER_H
#define REHEARSE_ADAPTERS_POSTGRES_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "adapters/private_server.h"
#include "adapters/provider.h"
#include "harness/base/err.h"
#include "harness/base/journal.h"
#include "harness/base/proc.h"

#define PG_SERVER_PORT 5432 /* names the socket file only */

struct pg_programs {
	char *dir;	  /* "/usr/lib/postgresql/15/bin" */
	unsigned version; /* 150018 */
	char text[16];	  /* "15.18" */
};
/* Finds initdb, postgres, pg_basebackup of one version: in bin_dir when given, else of `major`
 * (0: the newest) under the usual places and PATH. ERR_FAILED names the package to install. */
int pg_programs_find(const char *bin_dir, unsigned major, struct pg_programs *ret, struct err *err);
void pg_programs_release(struct pg_programs *p);

struct pg_server {
	const struct pg_programs *programs; /* borrowed */
	union {
		struct private_server base;
		struct {
			PRIVATE_SERVER_MEMBERS;
		};
	};
	const char *admin; /* borrowed: the superuser to log in as; NULL: "postgres" */
};

/* Makes `dir` (absolute) and gives it to the server's user. Fails when the socket's path would be
 * too long. */
int pg_server_open(struct pg_server *s, const struct pg_programs *programs, const char *dir,
	struct journal *journal, struct err *err);
/* initdb with checksums, superuser "postgres", UTF8, C.UTF-8. */
int pg_server_initdb(struct pg_server *s, struct err *err);
/* Writes postgresql.conf and pg_hba.conf: what a private server needs, then `settings` (last wins).
 */
int pg_server_configure(
	struct pg_server *s, const struct server_setting *settings, size_t n, struct err *err);
/* Starts and waits until it answers or dies; the error quotes the log's last line. */
int pg_server_start(struct pg_server *s, uint64_t timeout_us, struct err *err);
/* The same in two steps. */
int pg_server_begin(struct pg_server *s, struct err *err);
int pg_server_wait(struct pg_server *s, uint64_t timeout_us, struct err *err);
/* Fast shutdown, then SIGKILL after 30 s. No error when not running. */
int pg_server_stop(struct pg_server *s, struct err *err);
/* Immediate shutdown, for a server whose directory goes with it: no checkpoint to wait for. */
int pg_server_quit(struct pg_server *s, struct err *err);
bool pg_server_alive(const struct pg_server *s);
/* Stops it if needed, frees members; does not remove the directory. NULL-safe, safe on zeroed. */
void pg_server_release(struct pg_server *s);

/* Adds a value in quotes, as conninfo strings and settings files want it. */
void pg_conninfo_value(struct str *out, const char *value);
/* "host='DIR' port=5432 user='ADMIN' dbname='DATABASE'"; caller frees. */
char *pg_server_dsn(const struct pg_server *s, const char *database);
/* Runs one of its programs (pg_basebackup, psql …) as its user; argv[0] is the bare name. */
int pg_server_run(const struct pg_server *s, const char *const *argv, const char *const *env,
	const char *input, struct str *ret_out, struct err *err);

#endif
