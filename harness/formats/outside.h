/* How a file asks its tool to run it outside a transaction. */
#ifndef REHEARSE_FORMATS_OUTSIDE_H
#define REHEARSE_FORMATS_OUTSIDE_H

#include "harness/formats/formats.h"

/* Text to be put in; nothing is taken out. */
struct format_insertion {
	size_t offset;
	char *text;		      /* caller frees */
	enum format_transaction then; /* how the tool runs the file with it */
};
/* false: the format has no such words, or the file's text does not show where they belong. */
bool format_ask_outside(const struct migration_format *format, const char *text, size_t len,
	struct format_insertion *ret);

#endif
