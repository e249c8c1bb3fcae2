/* What the names of migration files say. Private to harness/formats. */
#ifndef REHEARSE_FORMATS_NAMES_H
#define REHEARSE_FORMATS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

bool name_ends(const char *name, const char *ending);
/* Whether a file below the folder given belongs to a format that has folders. */
bool names_in_folder(const char *name, unsigned depth);

/* "V1.2__add_index.sql" in its parts; false: not one of Flyway's names. */
struct flyway_name {
	char prefix; /* V, U, B, R */
	const char *version, *title;
	size_t version_len, title_len;
};
bool flyway_name(const char *name, struct flyway_name *ret);

/* Whole numbers of any length, by value. */
int compare_numbers(const char *a, const char *b);
/* "1.10" after "1.9", "1" as "1.0". */
int compare_dotted(const char *a, const char *b);

#endif
