/*
 * The two ways in which a clone gets its source's data, neither of which leaves anything there:
 * mariabackup, which copies the files and must run where they are, and a dump.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_CLONE_COPY_H
#define REHEARSE_ADAPTERS_MYSQL_CLONE_COPY_H

#include "adapters/mysql/private.h"
#include "adapters/mysql/source.h"

/* Copies the files into the replica's data directory, which is absent so far, and makes them
 * consistent: the server can be started on them. */
int my_copy_files(const struct my_private *p, const struct my_source *s, struct err *err);
/* Dumps all databases of the source and loads them into the replica, which runs. Accounts too
 * where they may be read; *ret_accounts: whether they were. */
int my_copy_dump(const struct my_private *p, const struct my_source *s, struct db_conn *source,
	struct db_conn *clone, bool *ret_accounts, struct err *err);

/* How the dump is consistent: tables without transactions must be locked for as long as it takes.
 */
bool my_dump_locks(const struct my_source *s);

#endif
