/* The Open Dental fixture on a private MariaDB server, for suites. */
#ifndef REHEARSE_TESTS_OPENDENTAL_H
#define REHEARSE_TESTS_OPENDENTAL_H

#include "adapters/db.h"
#include "tests/support/mariadb.h"

extern struct test_mariadb od_server;

void od_start(void);
void od_stop(void);

/* A database of that name from fixtures/FIXTURE/mysql, as a provider builds it; a database that is
 * there is left alone. */
void od_build(const char *fixture, const char *database, const char *scale);
/* Runs a file with the client program; the file is not expected to print anything. */
void od_file(const char *database, const char *path, const char *init);

/* What the statement returns: values with tabs between, rows with line ends; caller frees. Each
 * call has a session of its own. */
char *od_query(const char *database, const char *sql);
void od_expect(const char *database, const char *sql, const char *expected, const char *comment);

/* "../shared/opendental" or what REHEARSE_SHARED names, NULL (and a line that says so) when it is
 * not there; caller frees. */
char *od_vendor(const char *file);

/* Splits a line of a facts file at its tabs, in place; the number of fields, at most n. */
size_t od_fields(char *line, char **fields, size_t n);
/* The next line of `*at` without its end, in place; NULL at the end. */
char *od_line(char **at);

#endif
