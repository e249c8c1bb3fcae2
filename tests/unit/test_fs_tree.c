/* harness/base/fs: whole trees. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

static struct err err;
static char *dir; /* of the test; removed after it */

static void make_dir(void)
{
	ck_ok(fs_temp_dir(&dir, &err), err);
}

static void remove_dir(void)
{
	ck_ok(fs_remove_tree(dir, &err), err);
	mem_free(dir);
}

START_TEST(trees_are_made_copied_and_removed)
{
	char *deep = fs_join(dir, "a/b/c"), *file = fs_join(deep, "f"),
	     *copy = fs_join(dir, "copy");
	char *copied = fs_join(copy, "b/c/f"), *from = fs_join(dir, "a");

	ck_ok(fs_mkdirs(deep, 0700, &err), err);
	ck_ok(fs_mkdirs(deep, 0700, &err), err);
	ck_assert(fs_is_dir(deep) && !fs_is_file(deep));
	ck_ok(fs_write(file, "x", 1, 0644, &err), err);
	ck_assert(fs_is_file(file) && !fs_is_dir(file));
	ck_assert_int_eq(fs_mkdirs(file, 0700, &err), -1);
	ck_assert_int_eq(fs_mkdirs("", 0700, &err), -1);
	ck_ok(fs_copy_tree(from, copy, &err), err);
	ck_assert(fs_is_file(copied));
	ck_assert_uint_gt(fs_tree_bytes(copy), 0);
	ck_ok(fs_remove_tree(copy, &err), err);
	ck_assert(!fs_is_dir(copy));
	ck_ok(fs_remove_tree(copy, &err), err);
	ck_assert_uint_eq(fs_tree_bytes(copy), 0);
	mem_free(deep);
	mem_free(file);
	mem_free(copy);
	mem_free(copied);
	mem_free(from);
}
END_TEST

/* More files than one thread takes; links, holes, modes and times come over. */
START_TEST(a_large_tree_is_copied_as_it_is)
{
	char *from = fs_join(dir, "large"), *to = fs_join(dir, "large-copy");
	char *hole = fs_join(from, "hole"), *link = fs_join(from, "link");
	char *copied_hole = fs_join(to, "hole"), *copied_link = fs_join(to, "link");
	const struct timespec times[] = {{1000, 0}, {2000, 500}};
	struct stat a, b;
	char text[16];

	ck_ok(fs_mkdirs(from, 0750, &err), err);
	for (int i = 0; i < 500; i++) {
		char *file = mem_printf("%s/%d", from, i);
		char *content = mem_printf("%d", i);

		ck_ok(fs_write(file, content, strlen(content), 0640, &err), err);
		mem_free(file);
		mem_free(content);
	}
	ck_ok(fs_write(hole, "x", 1, 0600, &err), err);
	ck_assert_int_eq(truncate(hole, 64 << 20), 0);
	ck_assert_int_eq(symlink("nowhere", link), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, from, times, 0), 0);
	ck_ok(fs_copy_tree(from, to, &err), err);
	for (int i = 0; i < 500; i++) {
		char *file = mem_printf("%s/%d", to, i), *content = NULL;

		ck_ok(fs_read(file, 0, &content, NULL, &err), err);
		ck_assert_int_eq((int)strtol(content, NULL, 10), i);
		ck_assert_int_eq(stat(file, &a), 0);
		ck_assert_uint_eq(a.st_mode & 07777, 0640);
		mem_free(file);
		mem_free(content);
	}
	ck_assert_int_eq(stat(copied_hole, &a), 0);
	ck_assert_int_eq(a.st_size, 64 << 20);
	ck_assert_int_lt(a.st_blocks * 512, 1 << 20);
	ck_assert_int_eq(readlink(copied_link, text, sizeof(text)), 7);
	ck_assert(stat(from, &a) == 0 && stat(to, &b) == 0);
	ck_assert_uint_eq(b.st_mode & 07777, 0750);
	ck_assert(a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec);

	/* A second copy onto it is not made. */
	ck_assert_int_eq(fs_copy_tree(from, to, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "large-copy"));
	ck_ok(fs_remove_tree(to, &err), err);
	ck_assert(!fs_is_dir(to));
	mem_free(from);
	mem_free(to);
	mem_free(hole);
	mem_free(link);
	mem_free(copied_hole);
	mem_free(copied_link);
}
END_TEST

START_TEST(removing_a_tree_follows_no_link)
{
	char *keep = fs_join(dir, "keep"), *file = fs_join(keep, "f"), *go = fs_join(dir, "go");
	char *link = fs_join(go, "link");

	ck_ok(fs_mkdirs(keep, 0700, &err), err);
	ck_ok(fs_mkdirs(go, 0700, &err), err);
	ck_ok(fs_write(file, "x", 1, 0644, &err), err);
	ck_assert_int_eq(symlink(keep, link), 0);
	ck_ok(fs_remove_tree(go, &err), err);
	ck_assert(fs_is_file(file) && !fs_is_dir(go));
	mem_free(keep);
	mem_free(file);
	mem_free(go);
	mem_free(link);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fs_tree");
	TCase *tests = tcase_create("fs_tree");

	tcase_add_checked_fixture(tests, make_dir, remove_dir);
	tcase_add_test(tests, trees_are_made_copied_and_removed);
	tcase_add_test(tests, a_large_tree_is_copied_as_it_is);
	tcase_add_test(tests, removing_a_tree_follows_no_link);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
