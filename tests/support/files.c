#include "tests/support/files.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "tests/support/suite.h"

void test_files_write(const char *dir, const struct test_file *files)
{
	struct err err = {0};

	for (size_t i = 0; i < TEST_FILES_MAX && files[i].path; i++) {
		CLEANUP(cleanup_free) char *path = fs_join(dir, files[i].path);
		CLEANUP(cleanup_free) char *parent = fs_dirname(path);

		ck_ok(fs_mkdirs(parent, 0755, &err), err);
		ck_ok(fs_write(path, files[i].text, strlen(files[i].text), 0644, &err), err);
	}
}
