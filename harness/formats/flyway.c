#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/lines.h"
#include "harness/formats/names.h"
#include "harness/formats/placeholders.h"

bool flyway_owns(const struct found *f, unsigned *ret_line)
{
	struct flyway_name name;

	*ret_line = 0;
	return flyway_name(f->name, &name);
}

enum role flyway_read_name(const struct found *f, struct format_file *ret)
{
	struct flyway_name name;

	if (!flyway_name(f->name, &name))
		return ROLE_OTHER;
	if (name.prefix == 'B')
		return ROLE_BASELINE;
	if (name.prefix == 'U')
		return ROLE_DOWN;
	ret->version = mem_strndup(name.version, name.version_len);
	for (char *p = ret->version; *p; p++)
		if (*p == '_')
			*p = '.';
	ret->title = mem_strndup(name.title, name.title_len);
	ret->repeatable = name.prefix == 'R';
	return ROLE_UP;
}

/* The file's own settings, beside it. */
struct settings {
	bool transaction, placeholders;
};

static int read_setting(
	const char *path, const struct line *line, const char *key, bool *ret, struct err *err)
{
	const char *equals = memchr(line->text, '=', line->len);
	struct words name, value, rest;

	if (!equals)
		return 0;
	rest = (struct words){line->text, (size_t)(equals - line->text)};
	words_next(&rest, &name);
	if (!words_are(&name, key))
		return 0;
	rest = (struct words){equals + 1, line->len - (size_t)(equals + 1 - line->text)};
	words_next(&rest, &value);
	if (!words_are(&value, "true") && !words_are(&value, "false"))
		return err_set(
			err, ERR_USAGE, "%s:%u: %s must be true or false", path, line->n, key);
	*ret = words_are(&value, "true");
	return 0;
}

static int read_settings(const char *sql_path, struct settings *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *path = mem_printf("%s.conf", sql_path);
	CLEANUP(cleanup_free) char *text = NULL;
	struct line line = {0};
	struct err reading = {0};
	size_t len;

	*ret = (struct settings){true, true};
	if (!fs_is_file(path))
		return 0;
	if (fs_read(path, 0, &text, &len, &reading))
		return err_set(err, ERR_USAGE, "%s", reading.text);
	while (next_line(text, len, &line))
		if (read_setting(path, &line, "executeInTransaction", &ret->transaction, err) ||
			read_setting(
				path, &line, "placeholderReplacement", &ret->placeholders, err))
			return -1;
	return 0;
}

static int fill(const struct found *f, const struct format_options *options, struct str *out,
	struct err *err)
{
	struct line line = {0};

	while (next_line(f->text, f->len, &line)) {
		if (fill_flyway(f->path, &line, options, out, err))
			return -1;
		if (line.text + line.len < f->text + f->len)
			str_add_char(out, '\n');
	}
	return 0;
}

int flyway_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	CLEANUP(cleanup_str) struct str out = {0};
	struct settings settings;

	if (read_settings(f->path, &settings, err))
		return -1;
	ret->transaction = settings.transaction ? FORMAT_TRANSACTION_FIT : FORMAT_TRANSACTION_NONE;
	if (!settings.placeholders)
		return plain_text(f, options, ret, err);
	if (fill(f, options, &out, err))
		return -1;
	ret->len = out.len;
	ret->text = str_take(&out);
	return 0;
}

/* U1__x.sql beside V1__x.sql. */
int flyway_down(const struct found_list *all, struct format_file *file, struct err *err)
{
	for (size_t i = 0; i < all->n && !file->repeatable && !file->down; i++) {
		struct format_file down = {0};
		struct flyway_name name;
		int failed = 0;

		if (!flyway_name(all->items[i].name, &name) || name.prefix != 'U')
			continue;
		down.version = mem_strndup(name.version, name.version_len);
		if (!compare_dotted(down.version, file->version))
			failed = read_way_down(all->items[i].path, file, err);
		mem_free(down.version);
		if (failed)
			return -1;
	}
	return 0;
}
