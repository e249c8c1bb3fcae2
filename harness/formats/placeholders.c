#include "harness/formats/placeholders.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static const char *value_of(const struct format_options *o, const char *name, size_t len)
{
	for (size_t i = 0; i < o->n_placeholders; i++)
		if (strlen(o->placeholders[i].name) == len &&
			!memcmp(o->placeholders[i].name, name, len))
			return o->placeholders[i].value;
	return NULL;
}

/* ---- Flyway ---- */

int fill_flyway(const char *path, const struct line *line, const struct format_options *options,
	struct str *out, struct err *err)
{
	const char *at = line->text, *end = at + line->len, *open, *close;

	while ((open = memmem(at, (size_t)(end - at), "${", 2)) &&
		(close = memchr(open, '}', (size_t)(end - open)))) {
		const char *name = open + 2;
		const char *value = value_of(options, name, (size_t)(close - name));

		if (!value && !line_is_comment(line))
			return err_set(err, ERR_USAGE,
				"%s:%u: the placeholder '%.*s' has no value: give it in "
				"migration.placeholders",
				path, line->n, (int)(close + 1 - open), open);
		str_add_n(out, at, (size_t)(open - at));
		if (value)
			str_add(out, value);
		else
			str_add_n(out, open, (size_t)(close + 1 - open));
		at = close + 1;
	}
	str_add_n(out, at, (size_t)(end - at));
	return 0;
}

/* ---- goose ---- */

static size_t name_len(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end && (isalnum((unsigned char)at[n]) || at[n] == '_'))
		n++;
	return n && !isdigit((unsigned char)*at) ? n : 0;
}

struct reference {
	const char *name, *word; /* word: what stands for it; NULL: nothing */
	size_t name_len, word_len;
	bool also_empty; /* the word stands for an empty value too */
	const char *end; /* behind it */
};

/* What begins with the `$` at `at`; false: a form that is not known. */
static bool read_reference(const char *at, const char *end, struct reference *ret)
{
	bool braces = at + 1 < end && at[1] == '{';
	const char *p = at + 1 + braces;

	*ret = (struct reference){.name = p, .name_len = name_len(p, end)};
	p += ret->name_len;
	if (ret->name_len && braces && p < end && *p != '}') {
		const char *close = memchr(p, '}', (size_t)(end - p));

		ret->also_empty = *p == ':';
		p += ret->also_empty;
		if (!close || p >= close || *p != '-')
			return false;
		ret->word = p + 1;
		ret->word_len = (size_t)(close - ret->word);
		p = close;
	}
	ret->end = p + braces;
	return ret->name_len && (!braces || (p < end && *p == '}'));
}

static void add_value(
	const struct reference *r, const struct format_options *options, struct str *out)
{
	CLEANUP(cleanup_free) char *name = mem_strndup(r->name, r->name_len);
	const char *value = value_of(options, name, r->name_len);

	if (!value)
		value = getenv(name);
	if (r->word && (!value || (r->also_empty && !*value)))
		str_add_n(out, r->word, r->word_len);
	else
		str_add(out, value ? value : "");
}

int fill_environment(const char *path, const struct line *line,
	const struct format_options *options, struct str *out, struct err *err)
{
	const char *at = line->text, *end = at + line->len, *open;

	while ((open = memchr(at, '$', (size_t)(end - at)))) {
		struct reference r;

		if (!read_reference(open, end, &r))
			return err_set(err, ERR_UNSUPPORTED,
				"%s:%u: between ENVSUB ON and OFF only $NAME, ${NAME}, "
				"${NAME-word} and ${NAME:-word} are supported",
				path, line->n);
		str_add_n(out, at, (size_t)(open - at));
		add_value(&r, options, out);
		at = r.end;
	}
	str_add_n(out, at, (size_t)(end - at));
	return 0;
}
