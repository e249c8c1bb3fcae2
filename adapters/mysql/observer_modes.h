/*
 * Which lock is in whose way: metadata locks by the names that performance_schema.metadata_locks
 * gives their types, table locks by those of table_handles and of the wait.
 * sys.schema_table_lock_waits is a cross product and blames sessions that are in nobody's way. Pure
 * functions.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_MODES_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_MODES_H

#include <stdbool.h>

/* `object_type` is metadata_locks.OBJECT_TYPE: "TABLE", "SCHEMA", "BACKUP"... A lock type that is
 * not known conflicts with every exclusive one only. */

/* A request for `wanted` has to wait while another session holds `held`. */
bool my_mode_conflicts(const char *object_type, const char *wanted, const char *held);
/* It has to wait even for `pending`, which another session only asks for: the queue. */
bool my_mode_yields(const char *object_type, const char *wanted, const char *pending);

/* Whom a granted lock on a table makes wait. */
bool my_mode_blocks_reads(const char *mode);
bool my_mode_blocks_writes(const char *mode);

/* `operation` is that of the wait ("read normal", "write allow write"), `held` the INTERNAL_LOCK of
 * another session's handle ("READ", "WRITE"). */
bool my_table_lock_conflicts(const char *operation, const char *held);
bool my_table_lock_writes(const char *operation);

#endif
