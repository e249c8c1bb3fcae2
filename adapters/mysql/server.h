/*
 * A private MariaDB or MySQL server: its own directory, an unprivileged user, a Unix socket and
 * nothing else (skip-networking). Used by the providers that start servers, and by tests.
 *
 *   DIR/data         the data directory
 *   DIR/my.cnf       all settings; no other file of defaults is read
 *   DIR/s.sock       the socket; DIR is 0700, so only its owner and root get in, root without
 *                    a password
 *   DIR/log/error.log, DIR/start.log  the server's log; what it said before it had one
 *   DIR/tmp          its temporary files
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_SERVER_H
#define REHEARSE_ADAPTERS_MYSQL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "adapters/mysql/flavour.h"
#include "adapters/private_server.h"
#include "adapters/provider.h"
#include "harness/base/err.h"

/* Paths of programs; NULL where one is not installed, but for the server and, with MariaDB,
 * install_db. */
struct my_programs {
	char *server;	  /* mariadbd, mysqld */
	char *install_db; /* mariadb-install-db; NULL with MySQL, whose server does that itself */
	char *client;	  /* mariadb, mysql */
	char *dump;	  /* mariadb-dump, mysqldump */
	char *backup;	  /* mariabackup; NULL with MySQL */
	char *binlog;	  /* mariadb-binlog, mysqlbinlog */
	char *basedir;	  /* what the server's own files are under */
	struct my_flavour flavour;
};
/* Finds them: under bin_dir when given (also in its neighbours sbin, bin, scripts), else in PATH
 * and the usual places, MariaDB before MySQL. ERR_FAILED names the package to install. */
int my_programs_find(const char *bin_dir, struct my_programs *ret, struct err *err);
void my_programs_release(struct my_programs *p);

struct my_server {
	const struct my_programs *programs; /* borrowed */
	union {
		struct private_server base;
		struct {
			PRIVATE_SERVER_MEMBERS;
		};
	};
	char *socket;
	const char *admin; /* borrowed: who logs in through the socket; NULL: "root" */
};

/* Makes `dir` (absolute) and gives it to the server's user. Fails when the socket's path would be
 * too long. */
int my_server_open(struct my_server *s, const struct my_programs *programs, const char *dir,
	struct journal *journal, struct err *err);
/*
 * Writes my.cnf: what a private server needs, then `settings` (last wins; a value of NULL writes
 * the bare name). Among the first: performance_schema with nothing but metadata-lock waits, no
 * events, no binary log, replication that does not start by itself. A primary's settings are for
 * instance log-bin, server-id, gtid-domain-id, binlog-format.
 */
int my_server_configure(
	struct my_server *s, const struct server_setting *settings, size_t n, struct err *err);
/* Makes the data directory, with the settings written before; root has no password. */
int my_server_install(struct my_server *s, struct err *err);
/* Starts and waits until it answers or dies; the error quotes the log's last line. */
int my_server_start(struct my_server *s, uint64_t timeout_us, struct err *err);
/* The same in two steps. */
int my_server_begin(struct my_server *s, struct err *err);
int my_server_wait(struct my_server *s, uint64_t timeout_us, struct err *err);
/* Orderly shutdown, then SIGKILL after 30 s. No error when not running. */
int my_server_stop(struct my_server *s, struct err *err);
/* SIGKILL, for a server whose directory goes with it: no page is written that nobody reads. */
int my_server_quit(struct my_server *s, struct err *err);
bool my_server_alive(const struct my_server *s);
/* Stops it if needed, frees members; does not remove the directory. NULL-safe, safe on zeroed. */
void my_server_release(struct my_server *s);

/* "socket=DIR/s.sock user=ADMIN dbname=DATABASE" (without the last one for NULL); caller frees. */
char *my_server_dsn(const struct my_server *s, const char *database);
/* Runs a program (programs->dump …) as the server's user; argv[0] is replaced by it. A program
 * that is NULL is an error that names argv[0]. No client program reads a file of defaults unless
 * argv[1] is `--no-defaults` or `--defaults-file=…`: that is the caller's to say. */
int my_server_run(const struct my_server *s, const char *program, const char *const *argv,
	const char *input, struct str *ret_out, struct err *err);

#endif
