/* The lines of `rehearse doctor` about this machine that are the same for every engine. */
#ifndef REHEARSE_ADAPTERS_DOCTOR_MACHINE_H
#define REHEARSE_ADAPTERS_DOCTOR_MACHINE_H

#include "adapters/provider.h"

/* " (package mariadb-server)" where dpkg knows, else ""; caller frees. */
char *doctor_package_of(const char *path);
/* Where runs have their directories: room, rights, and whether `socket`, a server's longest name
 * of one, fits into a Unix socket's path there. */
void doctor_temp(const char *socket, struct doctor_report *report);
void doctor_cache(const char *engine, struct doctor_report *report);
void doctor_memory(struct doctor_report *report);

#endif
