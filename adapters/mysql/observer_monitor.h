/* Row-lock waits in the text of SHOW ENGINE INNODB STATUS. Pure. */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_MONITOR_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct my_monitor_wait {
	uint64_t session;
	uint64_t waited_us;
	bool precise;	  /* false: told in whole seconds, as before MariaDB 10.6 and by MySQL */
	char object[200]; /* "test.a" */
	char mode[64];	  /* "X locks rec but not gap" */
	char tag[64];	  /* the transaction's name in its statement; "" none */
};

/* The next wait from `text` on, which is moved behind it. False: there is no more. */
bool my_monitor_next(const char **text, struct my_monitor_wait *ret);

#endif
