#include "adapters/run_dir.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/journal.h"
#include "harness/base/units.h"

#define REMOVE_ATTEMPTS 50
#define REMOVE_STEP_US 100000

const char *run_dir_base(void)
{
	const char *base = getenv("TMPDIR");

	return base && *base == '/' ? base : "/tmp";
}

int run_dir_make(struct journal *journal, char **ret, struct err *err)
{
	if (fs_temp_dir(ret, err))
		return -1;
	if (journal && journal_dir(journal, *ret, err))
		return -1;
	if (chmod(*ret, 0711))
		return err_set(err, ERR_FAILED, "cannot change the mode of '%s'", *ret);
	return 0;
}

int run_dir_remove(const char *dir, struct journal *journal, struct err *err)
{
	if (!dir)
		return 0;
	/* A server's last children may still write for a moment after its main process is gone. */
	for (int i = 1; fs_remove_tree(dir, i < REMOVE_ATTEMPTS ? NULL : err); i++) {
		if (i >= REMOVE_ATTEMPTS)
			return -1;
		clock_sleep_us(REMOVE_STEP_US);
	}
	return journal ? journal_drop(journal, dir, 0, err) : 0;
}

int run_dir_check_space(const char *what, uint64_t needed, struct err *err)
{
	const char *dir = run_dir_base();
	char need[UNITS_TEXT], have[UNITS_TEXT];
	uint64_t bytes = 0;

	if (fs_free_bytes(dir, &bytes, err))
		return -1;
	if (bytes >= needed)
		return 0;
	return err_set(err, ERR_REFUSED,
		"%s needs %s of disk, and '%s' has %s free: make room, or set TMPDIR to a larger "
		"place",
		what, units_size_text(needed, need), dir, units_size_text(bytes, have));
}
