/*
 * Real migration histories: recognised as their tool's, in its order, ways down left out. They are
 * other people's data and not part of this repository: without them there is nothing to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/formats.h"
#include "tests/support/suite.h"

/* Not here: the torture corpora, which are no migrations; Temporal's and Ranger's, whose order
 * stands in files that only their own tools read. */
static const struct {
	const char *corpus, *format;
	const char *asked; /* the format that has to be named; NULL: it is recognised */
} cases[] = {
	{"authelia-mysql", "pairs", NULL},
	{"authelia-postgres", "pairs", NULL},
	/* It has one version twice, which golang-migrate itself refuses. */
	{"concourse-postgres", "pairs", "pairs"},
	{"conductor-postgres", "flyway", NULL},
	{"cratesio-postgres", "diesel", NULL},
	{"harbor-postgres", "golang-migrate", NULL},
	{"hatchet-postgres", "goose", NULL},
	{"ncps-mysql", "goose", NULL},
	{"ncps-postgres", "goose", NULL},
	{"openfga-mysql", "goose", NULL},
	{"openfga-postgres", "goose", NULL},
	{"supabase-auth-postgres", "golang-migrate", NULL},
	{"uaa-mysql", "flyway", NULL},
	{"uaa-postgres", "flyway", NULL},
	{"umami-mysql", "prisma", NULL},
	{"umami-postgres", "prisma", NULL},
};

static char *corpora; /* NULL: absent */

/* A line of ORDER.tsv. */
struct expected {
	char path[256];
	unsigned first, last, no_transaction;
};

static bool is_kept(const struct expected *e, unsigned line)
{
	return line >= e->first && line <= e->last;
}

/* NULL: as it should be. Of the lines outside of the way up only comments may be left. */
static char *wrong_text(const struct format_file *f, const struct expected *e, const char *whole)
{
	const char *ours = f->text, *theirs = whole;

	for (unsigned line = 1; *ours || *theirs; line++) {
		size_t n = strcspn(ours, "\n"), m = strcspn(theirs, "\n");
		size_t blank = strspn(ours, " \t\r");

		if (is_kept(e, line) && (n != m || strncmp(ours, theirs, n) != 0))
			return mem_printf("line %u is changed", line);
		if (!is_kept(e, line) && blank < n && strncmp(ours + blank, "--", 2) != 0)
			return mem_printf("line %u is no part of the way up", line);
		ours += n + (ours[n] == '\n');
		theirs += m + (theirs[m] == '\n');
	}
	return NULL;
}

static void check_file(const struct format_file *f, const struct expected *e, const char *root)
{
	CLEANUP(cleanup_free) char *whole = NULL;
	CLEANUP(cleanup_free) char *wrong = NULL;
	struct err err = {0};
	bool none = f->transaction == FORMAT_TRANSACTION_NONE ||
		f->transaction == FORMAT_TRANSACTION_TEXT;
	bool said = f->transaction != FORMAT_TRANSACTION_UNSAID;

	ck_assert_msg(!strcmp(f->path + strlen(root) + 1, e->path), "'%s' comes before '%s'",
		f->path, e->path);
	ck_ok(fs_read(f->path, 0, &whole, NULL, &err), err);
	wrong = wrong_text(f, e, whole);
	ck_assert_msg(!wrong, "%s: %s", f->path, wrong);
	if (e->no_transaction)
		ck_assert_msg(said && none, "%s asks for no transaction", f->path);
	else
		ck_assert_msg(!said || f->transaction != FORMAT_TRANSACTION_NONE,
			"%s does not ask for no transaction", f->path);
}

START_TEST(each_is_what_it_is)
{
	CLEANUP(cleanup_free) char *root = NULL;
	CLEANUP(cleanup_free) char *order = NULL;
	const struct format_options options = {.format = cases[_i].asked};
	struct format_set set = {0};
	struct err err = {0};
	char line[1024];
	FILE *file;
	size_t n = 0;

	if (!corpora) {
		if (!_i)
			printf("skipped: no migration corpora beside the checkout "
			       "(../shared/corpora)\n");
		return;
	}
	root = mem_printf("%s/%s/migrations", corpora, cases[_i].corpus);
	order = mem_printf("%s/%s/ORDER.tsv", corpora, cases[_i].corpus);
	ck_ok(formats_read((const char *const *)&root, 1, &options, &set, &err), err);
	ck_assert_str_eq(format_name(set.format), cases[_i].format);
	file = fopen(order, "re");
	ck_assert_msg(file && fgets(line, sizeof(line), file), "cannot read '%s'", order);
	for (; fgets(line, sizeof(line), file); n++) {
		struct expected e;

		ck_assert_msg(sscanf(line, "%*[^\t]\t%*[^\t]\t%255[^\t]\t%u %u %u", e.path,
				      &e.first, &e.last, &e.no_transaction) == 4,
			"%s: %s", order, line);
		ck_assert_uint_lt(n, set.n_files);
		check_file(&set.files[n], &e, root);
	}
	fclose(file);
	ck_assert_uint_eq(n, set.n_files);
	format_set_release(&set);
}
END_TEST

int main(void)
{
	const char *shared = getenv("REHEARSE_SHARED");
	Suite *suite = suite_create("format corpora");
	TCase *tc = tcase_create("corpora");

	corpora = mem_printf("%s/corpora", shared ? shared : "../shared");
	if (!fs_is_dir(corpora))
		MEM_FREE(corpora);
	tcase_add_loop_test(tc, each_is_what_it_is, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
