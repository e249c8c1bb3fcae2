/*
 * A private primary, and the private replica that replicates from it for as long as it takes to
 * prove that it does.
 *
 * A MariaDB replica connects by TCP only: a source named "localhost" is connected by TCP as well,
 * and there is no option for a socket. So the primary listens on a port of 127.0.0.1 while the
 * replica is provisioned, for one account that may do nothing but replicate, from 127.0.0.1, with a
 * random password; the account never reaches the replica. The replica itself never listens.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_PAIR_H
#define REHEARSE_ADAPTERS_MYSQL_PAIR_H

#include "adapters/mysql/server.h"
#include "adapters/mysql/settings.h"

/* Writes the primary's settings and starts it on a free port; its data directory is there. */
int my_pair_start_primary(struct my_server *primary, const struct my_settings *settings,
	unsigned *ret_port, struct err *err);
/* Sets the started replica up to replicate from the primary, writes a row there and sees it come
 * over, and waits until nothing is left to apply. The replica is read-only from then on. */
int my_pair_replicate(const struct my_server *primary, unsigned port,
	const struct my_server *replica, struct err *err);
/* As my_identity(), of a running private server; caller frees. */
int my_pair_identity(const struct my_server *s, char **ret, struct err *err);
/* Drains and ends the replication; the replica can be written to. */
int my_pair_promote(const struct my_server *replica, struct err *err);

#endif
