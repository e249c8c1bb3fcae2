/* What holds for every text that a dialect splits. */
#ifndef REHEARSE_TESTS_FUZZ_SPLIT_H
#define REHEARSE_TESTS_FUZZ_SPLIT_H

#include <string.h>

#include "adapters/dialect.h"
#include "harness/base/mem.h"
#include "tests/fuzz/fuzz.h"

static inline unsigned line_of(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* Statements stand in order, within the text, on the lines that they tell; masking them works. */
static inline void check_split(const struct dialect *dialect, const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	size_t len = strlen(text), end = 0;
	struct sql_script script = {0};
	struct err err = {0};

	MUST(!dialect->split(text, len, &script, &err));
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *s = &script.statements[i];

		MUST(s->offset >= end && s->len > 0);
		MUST(s->offset + s->len <= len);
		MUST(s->line == line_of(text, s->offset));
		MUST(memchr(s->kind, '\0', sizeof(s->kind)));
		mem_free(dialect->mask(text + s->offset, s->len));
		end = s->offset + s->len;
	}
	sql_script_release(&script);
	mem_free(text);
}

#endif
