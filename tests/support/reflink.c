#include "tests/support/reflink.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

static char *base, *mounted;

static int run(const char *const *argv, struct err *err)
{
	return proc_run(&(struct proc_spec){.argv = argv}, NULL, err);
}

static int make(uint64_t bytes, struct err *err)
{
	CLEANUP(cleanup_free) char *image = NULL;

	if (geteuid() != 0)
		return err_set(err, ERR_FAILED, "only root can mount one");
	if (fs_temp_dir(&base, err))
		return -1;
	image = fs_join(base, "image");
	mounted = fs_join(base, "fs");
	const char *const mkfs[] = {"mkfs.xfs", "-q", "-m", "reflink=1", image, NULL};
	const char *const mnt[] = {"mount", "-o", "loop", image, mounted, NULL};

	if (fs_write(image, "", 0, 0600, err) || truncate(image, (off_t)bytes) || run(mkfs, err) ||
		fs_mkdirs(mounted, 0755, err))
		return -1;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return err_set(err, ERR_FAILED, "no mount namespace: %s", strerror(errno));
	if (run(mnt, err))
		return -1;
	return chmod(base, 0711) || chmod(mounted, 0755)
		? err_set(err, ERR_FAILED, "cannot open it to others")
		: 0;
}

bool test_reflink_mount(uint64_t bytes)
{
	struct err err = {0};

	if (!make(bytes, &err)) {
		setenv("TMPDIR", mounted, 1);
		return true;
	}
	printf("skipped: no file system with reflinks: %s\n", err.text);
	fs_remove_tree(base, NULL);
	MEM_FREE(base);
	MEM_FREE(mounted);
	return false;
}

void test_reflink_unmount(void)
{
	if (!base)
		return;
	unsetenv("TMPDIR");
	/* A server's last child may still be there. */
	for (int i = 0; i < 50 && umount(mounted); i++)
		clock_sleep_us(100000);
	fs_remove_tree(base, NULL);
	MEM_FREE(base);
	MEM_FREE(mounted);
}
