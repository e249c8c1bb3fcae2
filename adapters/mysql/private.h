/* MariaDB's and MySQL's part of a replica whose server the harness starts. */
#ifndef REHEARSE_ADAPTERS_MYSQL_PRIVATE_H
#define REHEARSE_ADAPTERS_MYSQL_PRIVATE_H

#include "adapters/mysql/server.h"
#include "adapters/mysql/settings.h"
#include "adapters/private_replica.h"
#include "adapters/provider.h"

struct my_private {
	union {
		struct private_replica base;
		struct {
			PRIVATE_REPLICA_MEMBERS;
		};
	};
	struct my_programs programs;
	struct my_server replica, primary; /* the latter is zeroed where there is none */
	unsigned primary_port;
	struct my_settings settings; /* of the replica */
};

/* Its functions take the base of a struct my_private. */
extern const struct private_engine my_private_engine;

/* What of the server's settings moves the figures most, as a note. */
int my_note_durability(struct db_conn *conn, struct replica_info *info, struct err *err);
/* Version, size and identity; for a server of the harness's or not. */
int my_fill_info(struct db_conn *conn, const struct my_flavour *flavour, const char *database,
	struct replica_info *info, struct err *err);

#endif
