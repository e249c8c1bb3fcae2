/* ${name} in migrations. Private to harness/formats. */
#ifndef REHEARSE_FORMATS_PLACEHOLDERS_H
#define REHEARSE_FORMATS_PLACEHOLDERS_H

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/formats/formats.h"
#include "harness/formats/lines.h"

/*
 * Adds the line to `out`, Flyway's ${name} replaced; in comments an unknown one stays. ERR_USAGE,
 * naming file and line: one without a value.
 */
int fill_flyway(const char *path, const struct line *line, const struct format_options *options,
	struct str *out, struct err *err);

/*
 * The same for goose's $NAME, ${NAME}, ${NAME-word} and ${NAME:-word}; a name that is not among
 * the placeholders is looked for in the environment, as goose does. ERR_UNSUPPORTED: other forms.
 */
int fill_environment(const char *path, const struct line *line,
	const struct format_options *options, struct str *out, struct err *err);

#endif
