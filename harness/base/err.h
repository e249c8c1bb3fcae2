/*
 * Errors as values. A function that can fail returns 0 or a negative number and takes
 * `struct err *` as its last argument. On success `err` is untouched. The text is lower case,
 * without a full stop, with the subject in single quotes; only commands print it, once.
 */
#ifndef REHEARSE_BASE_ERR_H
#define REHEARSE_BASE_ERR_H

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,	 /* wrong words, keys, files: exit 2, nothing was touched */
	ERR_UNSUPPORTED, /* asked for something that is not built: exit 2 */
	ERR_REFUSED,	 /* an interlock said no: exit 3, nothing was written */
	ERR_FAILED,	 /* the rehearsal could not be carried out: exit 3 */
	ERR_INTERRUPTED, /* SIGINT or SIGTERM: exit 3 after the undo */
};

struct err {
	enum err_kind kind;
	char text[1024];
};

/* Sets kind and text; always returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text; returns -1. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *err);

#endif
