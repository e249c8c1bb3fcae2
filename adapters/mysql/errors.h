/* What the errors of MariaDB and MySQL mean to a rehearsal, and their texts without anybody's data.
 * Pure functions. */
#ifndef REHEARSE_ADAPTERS_MYSQL_ERRORS_H
#define REHEARSE_ADAPTERS_MYSQL_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/db.h"

/* By number; numbers above 1900 mean different things to MariaDB and to MySQL. A number that is not
 * known goes by its SQLSTATE (may be NULL), then it is DB_CLASS_OTHER. */
enum db_class my_error_class(unsigned code, const char *sqlstate, bool mariadb);
/* A lock was refused by lock_wait_timeout, innodb_lock_wait_timeout, WAIT n or NOWAIT. */
bool my_error_is_lock_timeout(unsigned code);
/* A refused lock, a deadlock, a snapshot that is too old: run again, it may succeed. */
bool my_error_is_retryable(unsigned code);
/* One that the client library made up: the server said nothing. */
bool my_error_is_client(unsigned code);

/*
 * A message on one line with what may be data replaced by `?`: values in quotes, what follows the
 * first word of the place where the syntax is wrong, and all of what a stored program raised.
 * Identifiers stay. Cut at a character's border.
 */
void my_error_mask(
	unsigned code, const char *sqlstate, const char *message, char *ret, size_t size);

/* The number of the error that a row of OPTIMIZE, ANALYZE, CHECK or REPAIR TABLE tells in words;
 * 1105 (unknown error) when it is none of the usual ones. */
unsigned my_error_of_row(const char *message);

/* Where the syntax error is: characters into `sql`, from 1; 0 when the message does not tell. */
uint32_t my_error_position(unsigned code, const char *message, const char *sql);

/*
 * Which lock 1205 was waiting for. Neither number, text, SQLSTATE nor SHOW WARNINGS tells: the
 * message is the same, and whether it is there once or twice depends on the kind of statement. What
 * tells is which limit had passed: lock_wait_timeout bounds metadata and table locks,
 * innodb_lock_wait_timeout row locks. So a session that wants to know keeps the two apart by more
 * than what a statement takes by itself; statements that only ever wait for metadata locks are
 * known without.
 */
enum my_lock_wait { MY_LOCK_WAIT_UNKNOWN, MY_LOCK_WAIT_TABLE, MY_LOCK_WAIT_ROW };
enum my_lock_wait my_error_lock_wait(const char *sql, uint64_t elapsed_us,
	uint64_t lock_wait_timeout_us, uint64_t innodb_lock_wait_timeout_us);

#endif
