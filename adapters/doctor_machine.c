#include "adapters/doctor_machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/fixture.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "harness/base/units.h"

#define LOW_DISK ((uint64_t)2 << 30)
#define LOW_MEMORY ((uint64_t)1 << 30)

/* " (package postgresql-15)" where dpkg knows; caller frees. */
char *doctor_package_of(const char *path)
{
	CLEANUP(cleanup_str) struct str out = {0};
	const char *const argv[] = {"dpkg-query", "-S", path, NULL};
	const char *end;

	if (proc_run(&(struct proc_spec){.argv = argv}, &out, NULL))
		return mem_strdup("");
	end = strchrnul(str_text(&out), ':');
	return mem_printf(" (package %.*s)", (int)(end - str_text(&out)), str_text(&out));
}

/* The first directory on the way to `path` that the servers' user cannot pass; NULL: none. */
static char *closed_parent(const char *path)
{
	CLEANUP(cleanup_free) char *copy = mem_strdup(path);
	struct stat st;

	for (char *p = copy + 1;; p++) {
		char was = *p;

		if (was && was != '/')
			continue;
		*p = '\0';
		if (stat(copy, &st) == 0 && !(st.st_mode & S_IXOTH))
			return mem_strdup(copy);
		*p = was;
		if (!was)
			return NULL;
	}
}

static void look_at_path(const char *dir, const char *socket, struct doctor_report *report)
{
	size_t len = strlen(dir) + strlen("/rehearse-XXXXXX/primary/") + strlen(socket) + 1;
	struct sockaddr_un address;

	if (len > sizeof(address.sun_path))
		doctor_add(report, DOCTOR_PROBLEM, "socket path", "set TMPDIR to a shorter path",
			"'%s' is too long for a Unix socket: %zu of %zu bytes", dir, len,
			sizeof(address.sun_path));
}

void doctor_temp(const char *socket, struct doctor_report *report)
{
	const char *dir = run_dir_base();
	CLEANUP(cleanup_free) char *closed = geteuid() == 0 ? closed_parent(dir) : NULL;
	struct err err = {0};
	char text[UNITS_TEXT];
	uint64_t bytes = 0;

	look_at_path(dir, socket, report);
	if (closed)
		doctor_add(report, DOCTOR_PROBLEM, "run directory",
			"set TMPDIR to a directory that everybody may pass",
			"the servers' user cannot pass '%s'", closed);
	if (fs_free_bytes(dir, &bytes, &err))
		doctor_add(report, DOCTOR_PROBLEM, "run directory", "set TMPDIR to a directory",
			"%s", err.text);
	else
		doctor_add(report, bytes < LOW_DISK ? DOCTOR_WARNING : DOCTOR_OK, "run directory",
			bytes < LOW_DISK ? "make room, or set TMPDIR to a larger place" : NULL,
			"%s has %s free", dir, units_size_text(bytes, text));
}

void doctor_cache(const char *engine, struct doctor_report *report)
{
	CLEANUP(cleanup_free) char *cache = fs_cache_dir();
	CLEANUP(cleanup_free) char *dir = fs_join(cache, engine);
	unsigned n = fixture_count(cache, engine);
	char text[UNITS_TEXT];

	doctor_add(report, DOCTOR_OK, "fixture cache", NULL, "%u built fixture%s, %s, in %s", n,
		n == 1 ? "" : "s", units_size_text(fs_tree_bytes(dir), text), dir);
}

void doctor_memory(struct doctor_report *report)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * page;
	char text[UNITS_TEXT];
	bool low = all < LOW_MEMORY;

	doctor_add(report, low ? DOCTOR_WARNING : DOCTOR_OK, "memory",
		low ? "use a machine with 1 GB or more, or small buffers" : NULL,
		"%s, %ld processors", units_size_text(all, text), sysconf(_SC_NPROCESSORS_ONLN));
}
