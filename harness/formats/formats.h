/*
 * Migrations as teams keep them: which tool's files these are, in which order they run, which part
 * of each is the migration and in which transaction that tool runs it. Recognised from the files.
 */
#ifndef REHEARSE_FORMATS_FORMATS_H
#define REHEARSE_FORMATS_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include "adapters/engine.h"
#include "harness/base/err.h"

enum format_transaction {
	FORMAT_TRANSACTION_UNSAID, /* the format leaves it to its tool's settings */
	FORMAT_TRANSACTION_FILE,   /* the tool wraps the file in one transaction */
	FORMAT_TRANSACTION_NONE,   /* the file asks to run outside a transaction */
};

/* One migration of the way up. */
struct format_file {
	char *path;    /* as given, or below the folder given */
	char *version; /* "20240102", "3", "1.2"; "" for plain SQL */
	char *title;   /* "add_patient_index"; "" none */
	/* The file's text with everything that is not the way up turned into spaces, so that
	 * offsets and lines are still the file's. */
	char *text;
	size_t len;
	char *down;	 /* the way down, the same way; NULL: there is none */
	char *down_path; /* where it stands; NULL: in the same file, or none */
	enum format_transaction transaction;
	bool repeatable; /* run again whenever it changes, after all versioned ones */
	bool applied;	 /* formats_mark_applied() found it in the tool's table */
};

struct migration_format; /* each one's own: a table of functions in harness/formats/ */
const char *format_name(const struct migration_format *format); /* "golang-migrate", "plain" … */

struct format_set {
	const struct migration_format *format;
	struct format_file *files; /* in the order in which the tool runs them */
	size_t n_files;
};

struct format_options {
	const char *format; /* NULL: recognise it; else its name (ERR_USAGE when unknown) */
	const char *from;   /* NULL, or the first version (inclusive) */
	const char *to;	    /* NULL, or the last version (inclusive) */
	const struct server_setting *placeholders; /* Flyway's ${name}: may be NULL */
	size_t n_placeholders;
};

/*
 * Reads what paths name: files and folders (not below them but where the format has folders).
 * ERR_USAGE, naming file and line: a file that cannot be read, is no text, two files with one
 * version, a directive that is wrong, a version that is not there, files of two formats in one
 * folder.
 */
int formats_read(const char *const *paths, size_t n_paths, const struct format_options *options,
	struct format_set *ret, struct err *err);
void format_set_release(struct format_set *set);

/* Looks into the tool's own table (schema_migrations, goose_db_version, …), where it is there, and
 * marks the files whose versions are applied. ERR_FAILED: the table says that its last migration
 * failed half-way ("dirty"). Only reads. */
int formats_mark_applied(
	struct format_set *set, const struct engine *engine, struct db_conn *conn, struct err *err);

#endif
