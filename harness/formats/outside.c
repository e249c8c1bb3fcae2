#include "harness/formats/outside.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/formats/lines.h"

static const struct {
	const char *format;
	const char *mark,
		*word; /* the line `-- MARK WORD` that the text goes to; NULL: the first */
	bool behind;   /* at that line's end; else as a line before it */
	const char *text;
	enum format_transaction then;
} askings[] = {
	{"goose", "+goose", "Up", false, "-- +goose NO TRANSACTION", FORMAT_TRANSACTION_NONE},
	{"sql-migrate", "+migrate", "Up", true, " notransaction", FORMAT_TRANSACTION_NONE},
	{"dbmate", "migrate:up", "", true, " transaction:false", FORMAT_TRANSACTION_TEXT},
	{"sqlx", NULL, NULL, false, "-- no-transaction", FORMAT_TRANSACTION_TEXT},
};

static bool find_line(
	const char *text, size_t len, const char *mark, const char *word, struct line *ret)
{
	struct words words;

	*ret = (struct line){0};
	while (next_line(text, len, ret))
		if (!mark || (line_directive(ret, mark, &words) && words_are(&words, word)))
			return true;
	return false;
}

bool format_ask_outside(const struct migration_format *format, const char *text, size_t len,
	struct format_insertion *ret)
{
	for (size_t i = 0; i < sizeof(askings) / sizeof(askings[0]); i++) {
		struct line line;
		size_t end, start;

		if (strcmp(askings[i].format, format_name(format)) != 0)
			continue;
		if (!find_line(text, len, askings[i].mark, askings[i].word, &line))
			return false;
		start = (size_t)(line.text - text);
		end = start + line.len;
		while (end > start && strchr(" \t\r", text[end - 1]))
			end--;
		*ret = (struct format_insertion){.offset = askings[i].behind ? end : start,
			.text = mem_printf("%s%s", askings[i].text, askings[i].behind ? "" : "\n"),
			.then = askings[i].then};
		return true;
	}
	return false;
}
