#include "adapters/postgres/libraries.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static const struct {
	const char *name, *why;
} dangers[] = {
	{"pg_cron", "runs scheduled jobs, which may reach other systems"},
	{"pg_net", "sends HTTP requests"},
	{"pglogical", "replicates from and to other servers"},
	{"bdr", "replicates from and to other servers"},
	{"spock", "replicates from and to other servers"},
	{"citus", "runs statements on the other nodes of its cluster"},
	{"repmgr", "tells a fail-over manager about this server"},
	{"pg_failover_slots", "copies slots from the primary"},
	{"bgw_replstatus", "listens on a port, and load balancers ask there"},
	{"pg_timetable", "runs scheduled jobs"},
};

const char *pg_library_danger(const char *library)
{
	for (size_t i = 0; i < sizeof(dangers) / sizeof(dangers[0]); i++)
		if (strcmp(dangers[i].name, library) == 0)
			return dangers[i].why;
	return NULL;
}

char **pg_library_list(const char *text, size_t *ret_n)
{
	CLEANUP(cleanup_free) char *copy = mem_strdup(text);
	char **names = NULL, *save = NULL;
	size_t n = 0, cap = 0;

	for (char *one = strtok_r(copy, ", \"", &save); one; one = strtok_r(NULL, ", \"", &save)) {
		char *slash = strrchr(one, '/');
		char *name = slash ? slash + 1 : one;
		char *dot = strstr(name, ".so");

		if (dot)
			*dot = '\0';
		*MEM_PUSH(names, n, cap) = mem_strdup(name);
	}
	*ret_n = n;
	return names;
}
