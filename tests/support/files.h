/* Small folders of files, made for one test. */
#ifndef REHEARSE_TESTS_FILES_H
#define REHEARSE_TESTS_FILES_H

#define TEST_FILES_MAX 6

struct test_file {
	const char *path; /* below the directory; NULL ends the list */
	const char *text;
};

/* Writes up to TEST_FILES_MAX files, with the folders that they need. */
void test_files_write(const char *dir, const struct test_file *files);

#endif
