/*
 * The server as an oracle: what it would do with an ALTER, found by doing it to a copy that has the
 * table's definition, its foreign keys and a few of its rows. The clauses ALGORITHM and LOCK are
 * tried from the strictest on until they are accepted; what was done then is looked at, since
 * accepted is not cheap: MariaDB 10.5 and 10.11 accept ALGORITHM=INSTANT for PARTITION BY and copy
 * every row. A refused attempt leaves the copy as it was, so the accepted one moves it on, and the
 * migration's next statement meets what this one made.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_ORACLE_H
#define REHEARSE_ADAPTERS_MYSQL_ORACLE_H

#include "adapters/mysql/observer_tables.h"
#include "adapters/mysql/oracle_statement.h"

#define ORACLE_SCHEMA "rehearse_oracle"

struct oracle {
	const struct replica_info *replica;
	struct observer_session session; /* opened at the first question, with the scratch schema */
	bool mysql;
	bool ready;
	char *settings; /* SET statement: as a session of the migration has it */
	char **copied;	/* tables that were copied, by their names there */
	size_t n_copied, cap_copied;
};

void my_oracle_init(struct oracle *o, const struct replica_info *replica);
int my_oracle_predict(struct oracle *o, const char *sql, struct prediction *ret, struct err *err);
/* Drops the scratch schema. NULL-safe by members; can be asked again afterwards. */
void my_oracle_release(struct oracle *o);

/* oracle_copy.c: makes the copy of [schema.]table, once; *ret false: there is no such table, or it
 * cannot be copied. */
int my_oracle_copy(
	struct oracle *o, const char *schema, const char *table, bool *ret, struct err *err);
int my_oracle_run(struct oracle *o, const char *sql, struct err *err);
bool my_oracle_can(struct oracle *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
