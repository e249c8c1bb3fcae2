#include "adapters/postgres/conninfo.h"

#include <libpq-fe.h>
#include <string.h>

#include "harness/base/cleanup.h"

static void cleanup_options(PQconninfoOption **options)
{
	PQconninfoFree(*options);
}

/* libpq marks what must not be shown: password, sslpassword. */
static bool is_secret(const PQconninfoOption *option)
{
	return strchr(option->dispchar, '*') || strstr(option->keyword, "password");
}

/* libpq's words quote pieces of the string, which may be pieces of a password: only a misspelt
 * option's name is passed on. */
static int unreadable(const char *words, struct err *err)
{
	static const char bad_option[] = "invalid connection option \"";
	const char *name = words ? strstr(words, bad_option) : NULL;
	size_t n;

	if (name) {
		name += sizeof(bad_option) - 1;
		n = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
		if (n && name[n] == '"')
			return err_set(err, ERR_USAGE,
				"cannot read the connection string: unknown option '%.*s'", (int)n,
				name);
	}
	return err_set(err, ERR_USAGE,
		"cannot read the connection string: neither 'host=… dbname=…' nor "
		"'postgresql://…'");
}

static PQconninfoOption *parse(const char *dsn, struct err *err)
{
	char *words = NULL;
	PQconninfoOption *options = PQconninfoParse(dsn ? dsn : "", &words);

	if (!options)
		unreadable(words, err);
	PQfreemem(words);
	return options;
}

int pg_conninfo_check(const char *dsn, struct err *err)
{
	CLEANUP(cleanup_options) PQconninfoOption *options = parse(dsn, err);

	return options ? 0 : -1;
}

static void add_value(struct str *out, const char *value)
{
	bool plain = *value && !strpbrk(value, " \t\n\r\f\v'\\");

	if (plain) {
		str_add(out, value);
		return;
	}
	str_add_char(out, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			str_add_char(out, '\\');
		str_add_char(out, *value);
	}
	str_add_char(out, '\'');
}

int pg_conninfo_redact(const char *dsn, char **ret, struct err *err)
{
	CLEANUP(cleanup_options) PQconninfoOption *options = parse(dsn, err);
	CLEANUP(cleanup_str) struct str out = {0};

	if (!options)
		return -1;
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		if (!o->val || is_secret(o))
			continue;
		str_addf(&out, "%s%s=", out.len ? " " : "", o->keyword);
		add_value(&out, o->val);
	}
	*ret = str_take(&out);
	return 0;
}

bool pg_conninfo_has_password(const char *dsn)
{
	CLEANUP(cleanup_options) PQconninfoOption *options = parse(dsn, NULL);

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (o->val && *o->val && is_secret(o))
			return true;
	return false;
}
