#include "harness/base/golden.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "harness/base/units.h"

#define COMMAND_TIMEOUT_US 300000000
#define END_TIMEOUT_US 120000000
#define STEP_US 20000

void golden_init(struct golden *g, const char *data_dir, const char *stop, const char *start)
{
	*g = (struct golden){.data_dir = mem_strdup(data_dir),
		.part = mem_printf("%s.rehearse-part", data_dir),
		.copy = mem_printf("%s.rehearse-golden", data_dir),
		.spent = mem_printf("%s.rehearse-spent", data_dir),
		.stop = stop,
		.start = start};
}

void golden_release(struct golden *g)
{
	if (!g)
		return;
	free(g->data_dir);
	free(g->part);
	free(g->copy);
	free(g->spent);
	*g = (struct golden){0};
}

bool golden_is_left(const struct golden *g)
{
	return fs_is_dir(g->part) || fs_is_dir(g->copy) || fs_is_dir(g->spent);
}

/* ---- the owner's commands ---- */

static int run_words(const char *words, struct err *err)
{
	wordexp_t w;
	int failed = wordexp(words, &w, WRDE_NOCMD);

	if (failed || !w.we_wordc) {
		if (!failed || failed == WRDE_NOSPACE)
			wordfree(&w);
		return err_set(err, ERR_USAGE,
			"'%s' is not a command: words as in a shell are wanted, without | & ; < > "
			"and without commands inside",
			words);
	}
	failed = proc_run(&(struct proc_spec){.argv = (const char *const *)w.we_wordv,
				  .timeout_us = COMMAND_TIMEOUT_US},
		NULL, err);
	wordfree(&w);
	return failed;
}

/* Both kinds of servers have their data directory as their working directory. */
static bool is_at(const char *pid, const struct stat *dir)
{
	CLEANUP(cleanup_free) char *link = mem_printf("/proc/%s/cwd", pid);
	struct stat st;

	return isdigit((unsigned char)*pid) && stat(link, &st) == 0 && st.st_dev == dir->st_dev &&
		st.st_ino == dir->st_ino;
}

static bool runs(const struct golden *g)
{
	const struct dirent *entry;
	bool found = false;
	struct stat st;
	DIR *proc;

	if (stat(g->data_dir, &st) || !(proc = opendir("/proc")))
		return false;
	while (!found && (entry = readdir(proc)))
		found = is_at(entry->d_name, &st);
	closedir(proc);
	return found;
}

static int stop(const struct golden *g, struct err *err)
{
	uint64_t deadline;

	if (!runs(g))
		return 0;
	if (run_words(g->stop, err))
		return err_prefix(err, "the command that stops the server of '%s'", g->data_dir);
	for (deadline = clock_us() + END_TIMEOUT_US; runs(g); clock_sleep_us(STEP_US)) {
		if (interrupt_check(err))
			return -1;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED, "the server of '%s' still runs after '%s'",
				g->data_dir, g->stop);
	}
	return 0;
}

static int start(const struct golden *g, struct err *err)
{
	if (run_words(g->start, err))
		return err_prefix(err, "the command that starts the server of '%s'", g->data_dir);
	return 0;
}

/* ---- whether it can be ---- */

static char *found_link;

static int stop_at_link(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_SL)
		found_link = mem_strdup(path);
	return type == FTW_SL;
}

static int check_links(const struct golden *g, struct err *err)
{
	CLEANUP(cleanup_free) char *link = NULL;

	found_link = NULL;
	nftw(g->data_dir, stop_at_link, 32, FTW_PHYS);
	link = found_link;
	found_link = NULL;
	if (!link)
		return 0;
	return err_set(err, ERR_REFUSED,
		"a golden copy of '%s' would not be all of the server's data: '%s' is a link (a "
		"tablespace or log elsewhere); leave replica.return out",
		g->data_dir, link);
}

static int check_place(const struct golden *g, const char *parent, struct err *err)
{
	struct stat dir, above;

	if (stat(g->data_dir, &dir) || stat(parent, &above))
		return err_set(
			err, ERR_REFUSED, "cannot look at '%s': %s", g->data_dir, strerror(errno));
	if (dir.st_dev != above.st_dev)
		return err_set(err, ERR_REFUSED,
			"'%s' is a mount point, which cannot be put back by renaming: leave "
			"replica.return out, or move the data into a directory below it",
			g->data_dir);
	if (access(parent, W_OK) || (geteuid() != 0 && geteuid() != dir.st_uid))
		return err_set(err, ERR_REFUSED,
			"'%s' cannot be put back by this user: run as its owner, who must be able "
			"to write to '%s', or as root",
			g->data_dir, parent);
	if (golden_is_left(g))
		return err_set(err, ERR_REFUSED,
			"there is a copy of an earlier run beside '%s': look at %s.rehearse-* "
			"(`rehearse doctor --clean` gives back what a killed run left)",
			g->data_dir, g->data_dir);
	return 0;
}

static int check_room(const struct golden *g, const char *parent, struct err *err)
{
	char need[UNITS_TEXT], have[UNITS_TEXT];
	uint64_t bytes = fs_tree_bytes(g->data_dir), room = 0;

	if (fs_free_bytes(parent, &room, err))
		return -1;
	if (room >= bytes)
		return 0;
	return err_set(err, ERR_REFUSED, "a copy of '%s' needs %s, and %s are free there",
		g->data_dir, units_size_text(bytes, need), units_size_text(room, have));
}

int golden_check(const struct golden *g, bool reflinks, struct err *err)
{
	CLEANUP(cleanup_free) char *parent = fs_dirname(g->data_dir);

	if (check_links(g, err) || check_place(g, parent, err))
		return -1;
	if (!reflinks)
		return check_room(g, parent, err);
	if (fs_has_reflinks(parent))
		return 0;
	return err_set(err, ERR_REFUSED,
		"the file system of '%s' has no reflinks (XFS and Btrfs have): replica.return: "
		"copy makes a full copy instead, while the server is down; or leave "
		"replica.return out",
		g->data_dir);
}

/* ---- the steps ---- */

static int copy(const struct golden *g, struct err *err)
{
	if (fs_copy_tree(g->data_dir, g->part, err))
		return err_prefix(err, "cannot copy '%s'", g->data_dir);
	if (rename(g->part, g->copy))
		return err_set(err, ERR_FAILED, "cannot rename '%s': %s", g->part, strerror(errno));
	return 0;
}

int golden_take(const struct golden *g, struct err *err)
{
	struct err start_err = {0};
	int failed = stop(g, err) || copy(g, err);

	/* Also after an interrupt: nobody's server stays down. */
	interrupt_hold();
	if (failed)
		fs_remove_tree(g->part, NULL);
	if (!runs(g) && start(g, &start_err)) {
		if (!failed)
			err_set(err, start_err.kind, "%s", start_err.text);
		failed = -1;
	}
	interrupt_release();
	return failed ? -1 : 0;
}

static int swap(const struct golden *g, struct err *err)
{
	if (fs_is_dir(g->data_dir) &&
		(fs_remove_tree(g->spent, err) ||
			(rename(g->data_dir, g->spent) &&
				err_set(err, ERR_FAILED, "cannot rename '%s': %s", g->data_dir,
					strerror(errno)))))
		return -1;
	if (rename(g->copy, g->data_dir))
		return err_set(err, ERR_FAILED, "cannot rename '%s': %s", g->copy, strerror(errno));
	return 0;
}

int golden_return(const struct golden *g, struct err *err)
{
	if (fs_is_dir(g->copy) && (stop(g, err) || swap(g, err)))
		return -1;
	if (fs_remove_tree(g->part, err) || (!runs(g) && start(g, err)))
		return -1;
	return fs_remove_tree(g->spent, err);
}

int golden_drop(const struct golden *g, struct err *err)
{
	return fs_remove_tree(g->part, err) || fs_remove_tree(g->copy, err) ? -1 : 0;
}
