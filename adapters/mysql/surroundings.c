#include "adapters/mysql/surroundings.h"

#include <stdlib.h>

#include "adapters/mysql/control.h"
#include "embed.h"
#include "harness/base/cleanup.h"

int my_surroundings_note(struct db_conn *conn, struct replica_info *info, struct err *err)
{
	CLEANUP(cleanup_free) char *init = NULL;
	unsigned rows = 0;

	if (my_control_exec(conn, "SET SESSION group_concat_max_len = 4000", err) ||
		my_control_rows(conn, sql_mysql_surroundings, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		replica_note(info, my_control_value(conn, i, 0), false, "%s",
			my_control_value(conn, i, 1));
	if (my_control_variable(conn, "init_connect", &init, err))
		return -1;
	if (*init)
		replica_note(info, "init-connect", false,
			"init_connect is set: the server runs it for every session without "
			"administrative rights");
	return 0;
}
