/* Short blocking SQL for the control plane: providers, interlock, quarantine, doctor. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CONTROL_H
#define REHEARSE_ADAPTERS_POSTGRES_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/db.h"
#include "harness/base/err.h"

/* A session with every time-out off and a search_path of pg_catalog alone. */
int pg_control_open(const char *dsn, const char *database, struct db_conn **ret, struct err *err);
void pg_control_close(struct db_conn **conn); /* for CLEANUP, too */

int pg_control_exec(struct db_conn *conn, const char *sql, struct err *err);
int pg_control_text(struct db_conn *conn, const char *sql, char **ret, struct err *err);
int pg_control_true(struct db_conn *conn, const char *sql, bool *ret, struct err *err);
int pg_control_number(struct db_conn *conn, const char *sql, int64_t *ret, struct err *err);
/* Runs a query; its rows stay readable through pg_control_value() until the next one. */
int pg_control_rows(struct db_conn *conn, const char *sql, unsigned *ret_rows, struct err *err);
const char *pg_control_value(struct db_conn *conn, unsigned row, unsigned column); /* never NULL */

/* "a ""b""" and 'it''s' (standard_conforming_strings is on in these sessions); caller frees. */
char *pg_quote_name(const char *name);
char *pg_quote_literal(const char *text);

/*
 * Asks until the boolean query says true. ERR_FAILED "WHAT did not happen within 60 s" after the
 * time-out; ends at once on an interrupt.
 */
int pg_control_wait(struct db_conn *conn, const char *sql, uint64_t timeout_us, const char *what,
	struct err *err);

#endif
