/* A format is a row of one table: a function per step. Private to harness/formats. */
#ifndef REHEARSE_FORMATS_FORMAT_H
#define REHEARSE_FORMATS_FORMAT_H

#include "harness/formats/formats.h"

/* A file that may hold a migration. */
struct found {
	char *path;	  /* as it is told */
	const char *name; /* of the file, within path */
	char *folder;	  /* the name of the folder that it is in; "" unknown */
	char *text;	  /* NULL: no SQL, known by its name alone */
	size_t len;
	bool given; /* named by itself: then it must be a migration */
};

struct found_list {
	struct found *items;
	size_t n, cap;
};

/* What a file's name says. */
enum role {
	ROLE_UP,
	ROLE_DOWN,     /* belongs to another file's way up */
	ROLE_OTHER,    /* the tool does not run it */
	ROLE_BASELINE, /* stands for all up to it, where nothing is there yet */
};

/*
 * A tool's table of what is applied. Columns of the query, read in order: the version (or the
 * file's name for one that is repeatable), whether it is applied (a later row decides), whether it
 * failed half-way, whether all versions up to it are applied too, the checksum of one that is
 * repeatable.
 */
struct ledger {
	const char *table, *query;
};
#define LEDGERS_MAX 3

struct migration_format {
	const char *name;
	/* Formats of one family share their names; the highest rank among the files is all
	 * theirs. */
	unsigned family, rank;
	/* Whether this file shows that its folder is of this format. *ret_line: where; 0: its
	 * name. */
	bool (*owns)(const struct found *f, unsigned *ret_line);
	/* Sets version, title and repeatable from the name. */
	enum role (*read_name)(const struct found *f, struct format_file *ret);
	/* Sets text, down and transaction. */
	int (*read_text)(const struct found *f, const struct format_options *options,
		struct format_file *ret, struct err *err);
	/* Orders versions; NULL: there are none, and files stay in the order given. */
	int (*compare)(const char *a, const char *b);
	bool twice; /* files may share a version; then they go by name */
	/* Finds the way down among all files; NULL: read_text() does. */
	int (*find_down)(const struct found_list *all, struct format_file *ret, struct err *err);
	/* The first one that is there counts. */
	const struct ledger *ledgers[LEDGERS_MAX];
};

/* Ends with a row whose name is NULL; the first one is plain SQL. */
extern const struct migration_format format_table[];

/* ---- gather.c ---- */
int found_gather(const char *const *paths, size_t n_paths, struct found_list *ret, struct err *err);
void found_release(struct found_list *list);

/* ---- table.c: steps that several formats take ---- */
/* The whole file, in whatever transaction. */
int plain_text(const struct found *f, const struct format_options *options, struct format_file *ret,
	struct err *err);
/* The whole file is the way down, when it is there. */
int read_way_down(const char *path, struct format_file *ret, struct err *err);

/* ---- sections.c, numbered.c, folders.c, flyway.c: the steps of each format ---- */
typedef bool format_owns(const struct found *f, unsigned *ret_line);
typedef enum role format_read_name(const struct found *f, struct format_file *ret);
typedef int format_read_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err);
typedef int format_compare(const char *a, const char *b);

format_owns goose_owns, sql_migrate_owns, dbmate_owns, golang_migrate_owns, pair_owns, sqlx_owns,
	diesel_owns, prisma_owns, flyway_owns;
format_read_name goose_name, sql_migrate_name, dbmate_name, golang_migrate_name, pair_name,
	sqlx_name, diesel_name, prisma_name, flyway_read_name;
format_read_text goose_text, sql_migrate_text, dbmate_text, golang_migrate_text, pair_text,
	sqlx_text, diesel_text, prisma_text, flyway_text;
format_compare compare_names, compare_lettered, compare_stamps;
int flyway_down(const struct found_list *all, struct format_file *file, struct err *err);

#endif
