/*
 * Connection strings: words (`host=db port=3307 user=app password='a b' dbname=shop`, quoted as for
 * PostgreSQL) or a URI (`mysql://app:secret@db:3307/shop?socket=/run/my.sock`, `mariadb://…`).
 * No file is read; of the environment only MYSQL_PWD, when the string has no password. Passwords
 * never leave these functions in a text.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_CONNINFO_H
#define REHEARSE_ADAPTERS_MYSQL_CONNINFO_H

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/str.h"

enum my_tls {
	MY_TLS_DEFAULT,	 /* what the library does by itself */
	MY_TLS_DISABLED, /* never */
	MY_TLS_REQUIRED, /* encrypted, whoever the server is */
	MY_TLS_VERIFY,	 /* its certificate and name are checked */
};

/* Members are NULL where the string says nothing. */
struct my_conninfo {
	/* With a socket the host is not looked at; without both: the library's own socket. A host
	 * that begins with a slash is a socket. */
	char *host, *socket, *user, *password, *database;
	char *port_text, *tls_text;
	char *tls_ca, *tls_cert, *tls_key;
	unsigned port; /* 0: not given; with a port "localhost" means TCP */
	enum my_tls tls;
};

/* ERR_USAGE when it cannot be read; the error quotes nothing of it but names of options. */
int my_conninfo_parse(const char *dsn, struct my_conninfo *ret, struct err *err);
void my_conninfo_release(struct my_conninfo *info); /* NULL-safe, safe on a zeroed struct */

/* As words with everything but the password; caller frees. */
int my_conninfo_redact(const char *dsn, char **ret, struct err *err);
bool my_conninfo_has_password(const char *dsn);

/* Adds ` name=value` (without the space at the start), quoted where it must be. */
void my_conninfo_add(struct str *out, const char *name, const char *value);

#endif
