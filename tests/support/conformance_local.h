/* Shared by the conformance suite's files. */
#ifndef REHEARSE_TESTS_CONFORMANCE_LOCAL_H
#define REHEARSE_TESTS_CONFORMANCE_LOCAL_H

#include "tests/support/conformance.h"

extern const struct conformance *conf;
extern struct err conf_err; /* for ck_ok() */

struct db_conn *conf_open_target(const struct db_target *target);
struct db_conn *conf_open(void); /* with the DSN and nothing else */
void conf_exec(struct db_conn *conn, const char *sql);
void conf_expect_text(struct db_conn *conn, const char *sql, const char *expected);
/* Runs what may fail; the server's error. */
const struct db_error *conf_run_failing(struct db_conn *conn, const char *sql);
void conf_expect_usable(struct db_conn *conn);
/* Steps to the end, waiting only for what wants() names; fails when that does not come. */
enum db_step conf_drive(struct db_conn *conn);
void conf_fill(struct db_conn *conn); /* a new table of two rows */

void conformance_add_data(TCase *tc);	/* conformance_data.c */
void conformance_add_faults(TCase *tc); /* conformance_faults.c */

#endif
