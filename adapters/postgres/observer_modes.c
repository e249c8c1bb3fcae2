#include "adapters/postgres/observer_modes.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned conflicts; /* bit n: the mode at place n */
} modes[] = {
	{"AccessShareLock", 1u << 7},
	{"RowShareLock", 1u << 6 | 1u << 7},
	{"RowExclusiveLock", 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
	{"ShareUpdateExclusiveLock", 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
	{"ShareLock", 1u << 2 | 1u << 3 | 1u << 5 | 1u << 6 | 1u << 7},
	{"ShareRowExclusiveLock", 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
	{"ExclusiveLock", 0xfe},
	{"AccessExclusiveLock", 0xff},
};

static int place(const char *mode)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, mode) == 0)
			return (int)i;
	return -1;
}

bool lock_modes_conflict(const char *a, const char *b)
{
	int i = place(a), k = place(b);

	return i < 0 || k < 0 || (modes[i].conflicts >> k & 1);
}

bool lock_mode_blocks_reads(const char *mode)
{
	return place(mode) >= 0 && lock_modes_conflict(mode, "AccessShareLock");
}

bool lock_mode_blocks_writes(const char *mode)
{
	return place(mode) >= 0 && lock_modes_conflict(mode, "RowExclusiveLock");
}
