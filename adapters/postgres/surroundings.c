#include "adapters/postgres/surroundings.h"

#include "adapters/postgres/control.h"
#include "embed.h"

int pg_surroundings_note(struct db_conn *conn, struct replica_info *info, struct err *err)
{
	unsigned rows = 0;

	if (pg_control_rows(conn, sql_postgres_surroundings, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		replica_note(info, pg_control_value(conn, i, 0), false, "%s",
			pg_control_value(conn, i, 1));
	return 0;
}
