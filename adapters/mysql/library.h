/*
 * The one file that tells the client libraries apart, when it is compiled: MariaDB Connector/C,
 * whose every call has a non-blocking form, and MySQL's own libmysqlclient, which has some. What
 * the others see is the same: a call is started, and continued whenever the socket is ready, until
 * it is done.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_LIBRARY_H
#define REHEARSE_ADAPTERS_MYSQL_LIBRARY_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>

#include "adapters/mysql/conninfo.h"

#ifdef MARIADB_BASE_VERSION
#define MY_LIBRARY_NAME "MariaDB Connector/C"
#define MY_LIBRARY_FLAG my_bool
/* The binary protocol's calls have a non-blocking form; else statements are prepared by text. */
enum { MY_LIBRARY_STATEMENTS = 1 };
#else
#define MY_LIBRARY_NAME "libmysqlclient"
#define MY_LIBRARY_FLAG bool
enum { MY_LIBRARY_STATEMENTS = 0 };
#endif

enum my_call {
	MY_CALL_NONE,
	MY_CALL_CONNECT,    /* info, database */
	MY_CALL_QUERY,	    /* text */
	MY_CALL_STORE,	    /* -> rows, NULL on an error */
	MY_CALL_NEXT,	    /* -> failed: > 0 an error, 0 another result, < 0 there is none */
	MY_CALL_STATUS,	    /* nothing but the server's status */
	MY_CALL_PREPARE,    /* stmt, text */
	MY_CALL_EXECUTE,    /* stmt */
	MY_CALL_STMT_STORE, /* stmt */
	MY_CALL_STMT_NEXT,  /* stmt -> failed as MY_CALL_NEXT */
	MY_CALL_STMT_RESET, /* stmt: reads what is left of its rows */
};

struct my_library {
	MYSQL *mysql;
	enum my_call call; /* under way */
	unsigned calls;	   /* of it, since the last answer; libmysqlclient's */
	/* What the calls are given; borrowed until they are done. */
	const struct my_conninfo *info;
	const char *database;
	const char *text;
	size_t len;
	MYSQL_STMT *stmt;
	/* What they leave. */
	MYSQL_RES *rows;
	MYSQL *connected;
	int failed;
	MY_LIBRARY_FLAG flag;
};

/* A handle with everything set that does not depend on the server. */
void my_library_init(struct my_library *l, const struct my_conninfo *info, const char *application);
/* Ends what is under way without waiting and closes; never blocks for an answer. */
void my_library_release(struct my_library *l);

/* What the socket is to be ready for (DB_WANT_*) before my_library_continue(); 0: it is done, and
 * `failed` tells how, non-zero with mysql_errno() or mysql_stmt_errno(). */
unsigned my_library_start(struct my_library *l, enum my_call call);
unsigned my_library_continue(struct my_library *l, unsigned ready);
int my_library_fd(const struct my_library *l); /* -1: none yet */
/* More results follow those of the statement that was executed. */
bool my_library_more(const struct my_library *l);

#endif
