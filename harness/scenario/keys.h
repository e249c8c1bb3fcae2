/*
 * The one table of scenario keys: name, type, default, range, place in the struct, and help. The
 * schema for the YAML library, the reading of values, `--set`, the defaults and the check of
 * scenarios/README.md all come from it.
 *
 * Names are dotted; `[]` stands for the number of a list's item: "workload.scripts[].weight" is
 * reached as the path "workload.scripts.0.weight".
 */
#ifndef REHEARSE_SCENARIO_KEYS_H
#define REHEARSE_SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/str.h"

enum key_type {
	KEY_TEXT,     /* char * */
	KEY_PATH,     /* char *, relative to the file */
	KEY_FIXTURE,  /* char *, a bare name or a path */
	KEY_DSN,      /* char *, or env:NAME; in a file without a password */
	KEY_CHOICE,   /* char *, one of words */
	KEY_ENUM,     /* an enum, the position in words */
	KEY_BOOL,     /* bool */
	KEY_DURATION, /* uint64_t, microseconds */
	KEY_RATE,     /* double, per second */
	KEY_REAL,     /* double */
	KEY_UNSIGNED, /* unsigned */
	KEY_COUNT,    /* uint64_t */
	KEY_TEXTS,    /* char **, a list */
	KEY_PATHS,    /* char **, a list, relative to the file */
	KEY_MAP,      /* array of {char *name, *value} */
	KEY_SMALL,    /* not stored: path -> value, for the small variant */
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;	      /* in struct scenario, or in the list's item when the name has [] */
	const char *fallback; /* the default as a file would hold it; NULL: none */
	const char *const *words; /* KEY_CHOICE, KEY_ENUM; NULL-terminated */
	double low, high;	  /* inclusive, in the field's unit; high 0: no range is checked */
	bool zero;		  /* 0 is allowed although it is below low */
	size_t given;		  /* offset of a bool that is set with the key; 0: none */
	const char *help;	  /* one or two sentences of Markdown */
};

/* An array in struct scenario: of strings, of name and value, or of items with keys of their own.
 */
struct key_list {
	const char *name; /* "workload.scripts" */
	size_t items, n;  /* offsets of the pointer and of the size_t count */
	size_t size;	  /* of an item */
};

extern const struct key key_table[];
extern const size_t key_count;
extern const struct key_list key_lists[];
extern const size_t key_list_count;

extern const char *const key_words_transaction[], *const key_words_kind[],
							  *const key_words_verdict[];

/* What a path names. */
struct key_place {
	const struct key *key;
	size_t index;	  /* of the list's item, when the key is in a list or is one */
	const char *item; /* KEY_MAP: the name in the map, part of the path */
};

enum key_shape { SHAPE_UNKNOWN, SHAPE_SCALAR, SHAPE_LIST, SHAPE_MAP };

/* What must stand at a path; *ret is set for SHAPE_SCALAR. "" is the whole file, a map. */
enum key_shape key_shape(const char *path, struct key_place *ret);
/* Adds the nearest known key to `out`, as a path like the one given; nothing when none is near. */
void key_nearest(const char *path, struct str *out);
/* The nearest word, NULL when none is near. */
const char *key_nearest_word(const char *const *words, const char *text);

/* "duration", "one of `open`, `closed`": the type for README.md. */
void key_type_text(const struct key *key, struct str *out);

/*
 * Converts text and stores it at `field`; relative paths are joined to `dir`. On failure the field
 * is unchanged and err has the reason without the key's name.
 */
int key_store(
	const struct key *key, void *field, const char *text, const char *dir, struct err *err);

#endif
