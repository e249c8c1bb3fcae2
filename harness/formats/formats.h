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
#include "harness/base/fs.h"

/* How the tool runs a file. */
enum format_transaction {
	FORMAT_TRANSACTION_UNSAID, /* the format leaves it to its tool's settings */
	/* In one transaction: what the server refuses there fails. */
	FORMAT_TRANSACTION_FILE,
	/* In one transaction, or statement by statement when one of them cannot run in one. */
	FORMAT_TRANSACTION_FIT,
	/* Sent as one text: one transaction where the server makes that of several statements
	 * (dialect.text_is_transaction), else none. */
	FORMAT_TRANSACTION_TEXT,
	FORMAT_TRANSACTION_NONE, /* statement by statement: the file asks for no transaction */
};

/* One migration of the way up. */
struct format_file {
	char *path;		     /* as given, or below the folder given */
	char *version;		     /* "20240102", "3", "1.2"; "" for plain SQL */
	char *title;		     /* "add_patient_index"; "" none */
	char sha256[FS_SHA256_TEXT]; /* of the file's bytes */
	/* The file's text with everything that is not the way up turned into spaces, so that
	 * offsets and lines are still the file's. Comments before the way up are kept. Where
	 * placeholders are filled in, only the lines are still the file's. */
	char *text;
	size_t len;
	char *down;	 /* the way down, the same way; NULL: there is none */
	char *down_path; /* where it stands; NULL: in the same file, or none */
	enum format_transaction transaction;
	bool repeatable; /* run again whenever it changes, after all versioned ones */
	bool applied;	 /* formats_mark_applied() found it in the tool's table */
};

/* A file of a folder that the tool does not run. */
struct format_ignored {
	char *path;
	const char *reason; /* "not named as goose names a migration"; static */
};

struct migration_format; /* each one's own: a row of the table in harness/formats/table.c */
const char *format_name(const struct migration_format *format); /* "golang-migrate", "plain" … */
/* The tool's own table of what is applied, "goose_db_version"; NULL: it has none. */
const char *format_table_of(const struct migration_format *format);
/* Names of all formats, NULL-terminated. */
extern const char *const format_words[];

struct format_set {
	const struct migration_format *format;
	struct format_file *files; /* in the order in which the tool runs them */
	size_t n_files;
	struct format_ignored *ignored;
	size_t n_ignored;
	const char *table; /* formats_mark_applied() found versions there; NULL: it did not */
};

struct format_options {
	const char *format; /* NULL: recognise it; else its name (ERR_USAGE when unknown) */
	const char *from;   /* NULL, or the first version (inclusive) */
	const char *to;	    /* NULL, or the last version (inclusive) */
	const struct server_setting *placeholders; /* ${name} of Flyway and goose: may be NULL */
	size_t n_placeholders;
};

/*
 * Reads what paths name: files and folders (not below them but where the format has folders).
 * ERR_USAGE, naming file and line: a file that cannot be read, is no text, two files with one
 * version, a directive that is wrong, a version that is not there, files of two formats.
 */
int formats_read(const char *const *paths, size_t n_paths, const struct format_options *options,
	struct format_set *ret, struct err *err);
void format_set_release(struct format_set *set); /* NULL-safe */
/* Leaves out what comes before, or after, a version. ERR_USAGE: it is not there. */
int formats_from(struct format_set *set, const char *version, struct err *err);
int formats_to(struct format_set *set, const char *version, struct err *err);

/* Looks into the tool's own table (schema_migrations, goose_db_version, …), where it is there, and
 * marks the files whose versions are applied. ERR_FAILED: the table says that its last migration
 * failed half-way ("dirty"). Only reads. */
int formats_mark_applied(
	struct format_set *set, const struct engine *engine, struct db_conn *conn, struct err *err);

#endif
