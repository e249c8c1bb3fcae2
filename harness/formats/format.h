/* A format is a row of one table: a function per step. Private to harness/formats. */
#ifndef REHEARSE_FORMATS_FORMAT_H
#define REHEARSE_FORMATS_FORMAT_H

#include "harness/formats/formats.h"

/* A file that may hold a migration. */
struct found {
	char *path;	  /* as it is told */
	const char *name; /* of the file, within path */
	char *folder;	  /* the name of the folder that it is in; "" unknown */
	char *text;
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
	ROLE_DOWN,  /* belongs to another file's way up */
	ROLE_OTHER, /* the tool does not run it */
};

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
};

/* Ends with a row whose name is NULL; the first one is plain SQL. */
extern const struct migration_format format_table[];

/* ---- gather.c ---- */
int found_gather(const char *const *paths, size_t n_paths, struct found_list *ret, struct err *err);
void found_release(struct found_list *list);

#endif
