#include "harness/scenario/dsn.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* `password=`, `password = ` and sslpassword; an empty value is no secret. */
static bool has_keyword(const char *dsn)
{
	static const char word[] = "password";

	for (const char *p = dsn; (p = strcasestr(p, word)); p += sizeof(word) - 1) {
		const char *value = p + sizeof(word) - 1;

		value += strspn(value, " \t\n");
		if (*value++ != '=')
			continue;
		value += strspn(value, " \t\n");
		if (*value && *value != '&' && strncmp(value, "''", 2) != 0)
			return true;
	}
	return false;
}

/* An unescaped slash in the password does not hide it: all up to the last `@` is looked at. */
static bool has_userinfo_password(const char *dsn)
{
	const char *user = strstr(dsn, "://");
	const char *at = NULL, *colon;

	if (!user)
		return false;
	user += 3;
	for (const char *p = user; *p && *p != '?'; p++) {
		if (*p == '@')
			at = p;
	}
	if (!at)
		return false;
	colon = memchr(user, ':', (size_t)(at - user));
	return colon && colon + 1 < at;
}

bool dsn_has_password(const char *dsn)
{
	return has_keyword(dsn) || has_userinfo_password(dsn);
}

const char *dsn_env_name(const char *dsn)
{
	return strncmp(dsn, "env:", 4) ? NULL : dsn + 4;
}
