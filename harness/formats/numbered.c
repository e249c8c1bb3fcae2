/*
 * Names that begin with a number: goose's, dbmate's, and those of pairs NNN_x.up.sql and
 * NNN_x.down.sql.
 */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/lines.h"
#include "harness/formats/names.h"

#define DIGITS "0123456789"
#define UP ".up.sql"
#define DOWN ".down.sql"
#define NO_TRANSACTION "no-transaction"

static enum role set_name(
	struct format_file *ret, const char *version, size_t n, const char *title, size_t title_len)
{
	ret->version = mem_strndup(version, n);
	ret->title = mem_strndup(title, title_len);
	return ROLE_UP;
}

/* "12_title" followed by what is left out. */
static enum role numbered_name(const char *name, const char *ending, struct format_file *ret)
{
	size_t n = strspn(name, DIGITS), end = strlen(name) - strlen(ending);

	if (!n || name[n] != '_')
		return ROLE_OTHER;
	return set_name(ret, name, n, name + n + 1, end - n - 1);
}

enum role goose_name(const struct found *f, struct format_file *ret)
{
	return numbered_name(f->name, ".sql", ret);
}

/* dbmate takes any name that begins with a digit. */
enum role dbmate_name(const struct found *f, struct format_file *ret)
{
	size_t n = strspn(f->name, DIGITS), end = strlen(f->name) - strlen(".sql");
	size_t title = n + (f->name[n] == '_');

	return n ? set_name(ret, f->name, n, f->name + title, end - title) : ROLE_OTHER;
}

/* sql-migrate knows a migration by its whole name. */
enum role sql_migrate_name(const struct found *f, struct format_file *ret)
{
	return set_name(ret, f->name, strlen(f->name), "", 0);
}

/* By the number that the names begin with, then by the names. */
int compare_names(const char *a, const char *b)
{
	size_t n_a = strspn(a, DIGITS), n_b = strspn(b, DIGITS);
	CLEANUP(cleanup_free) char *x = mem_strndup(a, n_a), *y = mem_strndup(b, n_b);
	int order = n_a && n_b ? compare_numbers(x, y) : 0;

	return order ? order : strcmp(a, b);
}

/* ---- pairs ---- */

static enum role pair_role(const char *name)
{
	if (name_ends(name, DOWN))
		return ROLE_DOWN;
	return name_ends(name, UP) ? ROLE_UP : ROLE_OTHER;
}

enum role golang_migrate_name(const struct found *f, struct format_file *ret)
{
	enum role role = pair_role(f->name);

	return role == ROLE_UP ? numbered_name(f->name, UP, ret) : role;
}

bool golang_migrate_owns(const struct found *f, unsigned *ret_line)
{
	size_t n = strspn(f->name, DIGITS);

	*ret_line = 0;
	return n && f->name[n] == '_' && pair_role(f->name) != ROLE_OTHER;
}

/* Pairs of no tool that is known here: the version is all before the first `_`, `.` or `-`. */
enum role pair_name(const struct found *f, struct format_file *ret)
{
	enum role role = pair_role(f->name);
	size_t n = strcspn(f->name, "_.-"), end = strlen(f->name) - strlen(UP);

	if (role != ROLE_UP)
		return role;
	return set_name(ret, f->name, n, f->name + n + (n < end), end - n - (n < end));
}

bool pair_owns(const struct found *f, unsigned *ret_line)
{
	*ret_line = 0;
	return pair_role(f->name) != ROLE_OTHER;
}

/* "V0002" before "V10": the letters, then the number, then the rest. */
int compare_lettered(const char *a, const char *b)
{
	size_t n = strcspn(a, DIGITS);

	if (n == strcspn(b, DIGITS) && !memcmp(a, b, n))
		return compare_names(a + n, b + n);
	return strcmp(a, b);
}

/* The way down stands beside the way up. */
static int read_down(const struct found *f, struct format_file *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (!name_ends(f->path, UP))
		return 0;
	path = mem_printf("%.*s" DOWN, (int)(strlen(f->path) - strlen(UP)), f->path);
	return read_way_down(path, ret, err);
}

int golang_migrate_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	if (plain_text(f, options, ret, err))
		return -1;
	ret->transaction = FORMAT_TRANSACTION_TEXT;
	return read_down(f, ret, err);
}

int pair_text(const struct found *f, const struct format_options *options, struct format_file *ret,
	struct err *err)
{
	return plain_text(f, options, ret, err) ? -1 : read_down(f, ret, err);
}

/* ---- sqlx ---- */

static bool says_no_transaction(const struct found *f)
{
	struct line line = {0};
	struct words words;

	return next_line(f->text, f->len, &line) && line_directive(&line, NO_TRANSACTION, &words);
}

/* A folder "migrations" of a Rust package. */
static bool in_package(const struct found *f)
{
	CLEANUP(cleanup_free) char *dir = NULL, *file = NULL;

	if (strncmp(f->folder, "migrations", strlen("migrations")))
		return false;
	dir = fs_dirname(f->path);
	file = fs_join(dir, "../Cargo.toml");
	return fs_is_file(file);
}

enum role sqlx_name(const struct found *f, struct format_file *ret)
{
	enum role role = pair_role(f->name);
	const char *ending = role == ROLE_UP ? UP : ".sql";

	if (role == ROLE_DOWN)
		return role;
	if (name_ends(f->name, "." NO_TRANSACTION UP))
		ending = "." NO_TRANSACTION UP;
	else if (name_ends(f->name, "." NO_TRANSACTION ".sql"))
		ending = "." NO_TRANSACTION ".sql";
	return numbered_name(f->name, ending, ret);
}

bool sqlx_owns(const struct found *f, unsigned *ret_line)
{
	size_t n = strspn(f->name, DIGITS);

	*ret_line = 0;
	if (!n || f->name[n] != '_')
		return false;
	*ret_line = says_no_transaction(f);
	return *ret_line || strstr(f->name, "." NO_TRANSACTION ".") || in_package(f);
}

int sqlx_text(const struct found *f, const struct format_options *options, struct format_file *ret,
	struct err *err)
{
	bool none = says_no_transaction(f) || strstr(f->name, "." NO_TRANSACTION ".");

	if (plain_text(f, options, ret, err))
		return -1;
	ret->transaction = none ? FORMAT_TRANSACTION_TEXT : FORMAT_TRANSACTION_FILE;
	return read_down(f, ret, err);
}
