#include "harness/formats/format.h"

#include "harness/base/mem.h"

static bool plain_owns(const struct found *f, unsigned *ret_line)
{
	(void)f;
	(void)ret_line;
	return false;
}

static enum role plain_name(const struct found *f, struct format_file *ret)
{
	(void)f;
	ret->version = mem_strdup("");
	ret->title = mem_strdup("");
	return ROLE_UP;
}

static int plain_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	(void)options;
	(void)err;
	ret->text = mem_strndup(f->text, f->len);
	ret->len = f->len;
	return 0;
}

const struct migration_format format_table[] = {
	{"plain", 0, 0, plain_owns, plain_name, plain_text, NULL},
	{0},
};
