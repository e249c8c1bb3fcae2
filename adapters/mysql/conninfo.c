#include "adapters/mysql/conninfo.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* The first of each member's names is the one that is shown. */
static const struct {
	const char *name;
	size_t member;
	bool secret;
} options[] = {
	{"host", offsetof(struct my_conninfo, host), false},
	{"port", offsetof(struct my_conninfo, port_text), false},
	{"socket", offsetof(struct my_conninfo, socket), false},
	{"user", offsetof(struct my_conninfo, user), false},
	{"password", offsetof(struct my_conninfo, password), true},
	{"dbname", offsetof(struct my_conninfo, database), false},
	{"database", offsetof(struct my_conninfo, database), false},
	{"ssl-mode", offsetof(struct my_conninfo, tls_text), false},
	{"ssl-ca", offsetof(struct my_conninfo, tls_ca), false},
	{"ssl-cert", offsetof(struct my_conninfo, tls_cert), false},
	{"ssl-key", offsetof(struct my_conninfo, tls_key), false},
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

static char **member(struct my_conninfo *info, size_t option)
{
	return (char **)((char *)info + options[option].member);
}

static int unreadable(struct err *err)
{
	return err_set(err, ERR_USAGE,
		"cannot read the connection string: neither 'host=… dbname=…' nor 'mysql://…'");
}

static int bad_value(const char *name, const char *expected, struct err *err)
{
	return err_set(err, ERR_USAGE, "cannot read the connection string: '%s' must be %s", name,
		expected);
}

/* Takes the value over. The last of several counts. */
static int set(struct my_conninfo *info, const char *name, size_t n, char *value, struct err *err)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (strlen(options[i].name) != n || memcmp(options[i].name, name, n) != 0)
			continue;
		mem_free(*member(info, i));
		*member(info, i) = value;
		return 0;
	}
	mem_free(value);
	/* Only what looks like an option's name is quoted: a stray piece of a password is not. */
	for (size_t i = 0; i < n; i++)
		if (!islower((unsigned char)name[i]) && !strchr("_-", name[i]))
			return unreadable(err);
	return err_set(err, ERR_USAGE, "cannot read the connection string: unknown option '%.*s'",
		(int)n, name);
}

/* ---- words ---- */

/* One value, quoted or not; NULL when its quotation mark is missing. */
static char *take_value(const char **at)
{
	CLEANUP(cleanup_str) struct str text = {0};
	bool quoted = **at == '\'';

	*at += quoted;
	while (**at && (quoted ? **at != '\'' : !isspace((unsigned char)**at))) {
		if (**at == '\\' && (*at)[1])
			(*at)++;
		str_add_char(&text, *(*at)++);
	}
	if (quoted && *(*at)++ != '\'')
		return NULL;
	if (**at && !isspace((unsigned char)**at))
		return NULL;
	return str_take(&text);
}

static int parse_words(const char *at, struct my_conninfo *info, struct err *err)
{
	static const char space[] = " \t\n\r\f\v";

	for (at += strspn(at, space); *at; at += strspn(at, space)) {
		const char *name = at;
		size_t n = strcspn(at, "= \t\n\r\f\v");
		char *value;

		at += n;
		at += strspn(at, space);
		if (!n || *at != '=')
			return unreadable(err);
		at++;
		at += strspn(at, space);
		value = take_value(&at);
		if (!value)
			return unreadable(err);
		if (set(info, name, n, value, err))
			return -1;
	}
	return 0;
}

/* ---- URIs ---- */

/* NULL when a percent sign is not followed by two digits, or hides a NUL. */
static char *decode(const char *text, size_t n)
{
	CLEANUP(cleanup_str) struct str out = {0};

	for (size_t i = 0; i < n; i++) {
		char digits[3] = "";

		if (text[i] != '%') {
			str_add_char(&out, text[i]);
			continue;
		}
		if (n - i < 3 || !isxdigit((unsigned char)text[i + 1]) ||
			!isxdigit((unsigned char)text[i + 2]))
			return NULL;
		memcpy(digits, text + i + 1, 2);
		if (!strcmp(digits, "00"))
			return NULL;
		str_add_char(&out, (char)strtoul(digits, NULL, 16));
		i += 2;
	}
	return str_take(&out);
}

static int set_decoded(struct my_conninfo *info, const char *name, size_t name_len,
	const char *text, size_t n, struct err *err)
{
	char *value = decode(text, n);

	return value ? set(info, name, name_len, value, err) : unreadable(err);
}

/* `user:password@`, when there is an @. */
static int parse_login(const char *start, const char *at, struct my_conninfo *info, struct err *err)
{
	const char *colon = memchr(start, ':', (size_t)(at - start));

	if (colon && set_decoded(info, "password", 8, colon + 1, (size_t)(at - colon) - 1, err))
		return -1;
	if (!colon)
		colon = at;
	return colon > start ? set_decoded(info, "user", 4, start, (size_t)(colon - start), err)
			     : 0;
}

/* `host:port`, `[::1]:port`, or nothing. */
static int parse_host(const char *start, const char *end, struct my_conninfo *info, struct err *err)
{
	const char *host_end, *port;

	if (start < end && *start == '[') {
		host_end = memchr(start, ']', (size_t)(end - start));
		if (!host_end)
			return unreadable(err);
		start++;
		port = host_end + 1;
		if (port < end && *port != ':')
			return unreadable(err);
	} else {
		host_end = memchr(start, ':', (size_t)(end - start));
		host_end = host_end ? host_end : end;
		port = host_end;
	}
	if (host_end > start &&
		set_decoded(info, "host", 4, start, (size_t)(host_end - start), err))
		return -1;
	return port + 1 < end
		? set_decoded(info, "port", 4, port + 1, (size_t)(end - port) - 1, err)
		: 0;
}

static int parse_query(const char *at, struct my_conninfo *info, struct err *err)
{
	while (*at) {
		size_t n = strcspn(at, "&");
		const char *equals = memchr(at, '=', n);

		if (!equals)
			return unreadable(err);
		if (set_decoded(info, at, (size_t)(equals - at), equals + 1,
			    n - (size_t)(equals - at) - 1, err))
			return -1;
		at += n;
		at += *at == '&';
	}
	return 0;
}

static int parse_uri(const char *at, struct my_conninfo *info, struct err *err)
{
	const char *end = at + strcspn(at, "/?");
	const char *login = memrchr(at, '@', (size_t)(end - at));
	size_t n;

	/* A password with an unescaped slash: its @ comes later. */
	if (!login && strchr(end, '@'))
		return unreadable(err);
	if (login && parse_login(at, login, info, err))
		return -1;
	if (parse_host(login ? login + 1 : at, end, info, err))
		return -1;
	if (*end == '/') {
		end++;
		n = strcspn(end, "?");
		if (n && set_decoded(info, "dbname", 6, end, n, err))
			return -1;
		end += n;
	}
	return *end == '?' ? parse_query(end + 1, info, err) : 0;
}

/* ---- both ---- */

static int read_port(struct my_conninfo *info, struct err *err)
{
	char *end;
	unsigned long port;

	if (!info->port_text)
		return 0;
	port = strtoul(info->port_text, &end, 10);
	if (!isdigit((unsigned char)*info->port_text) || *end || port < 1 || port > 65535)
		return bad_value("port", "a number from 1 to 65535", err);
	info->port = (unsigned)port;
	return 0;
}

static int read_tls(struct my_conninfo *info, struct err *err)
{
	static const struct {
		const char *word;
		enum my_tls tls;
	} words[] = {{"disabled", MY_TLS_DISABLED}, {"preferred", MY_TLS_DEFAULT},
		{"required", MY_TLS_REQUIRED}, {"verify_identity", MY_TLS_VERIFY}};

	for (size_t i = 0; info->tls_text && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(info->tls_text, words[i].word) != 0)
			continue;
		info->tls = words[i].tls;
		return 0;
	}
	return info->tls_text
		? bad_value("ssl-mode", "disabled, preferred, required or verify_identity", err)
		: 0;
}

static int parse(const char *dsn, struct my_conninfo *info, struct err *err)
{
	static const char *const schemes[] = {"mysql://", "mariadb://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncmp(dsn, schemes[i], strlen(schemes[i])))
			return parse_uri(dsn + strlen(schemes[i]), info, err);
	return parse_words(dsn, info, err);
}

int my_conninfo_parse(const char *dsn, struct my_conninfo *ret, struct err *err)
{
	struct my_conninfo info = {0};

	if (parse(dsn ? dsn : "", &info, err) || read_port(&info, err) || read_tls(&info, err)) {
		my_conninfo_release(&info);
		return -1;
	}
	if (info.host && *info.host == '/' && !info.socket) {
		info.socket = info.host;
		info.host = NULL;
	}
	*ret = info;
	return 0;
}

void my_conninfo_release(struct my_conninfo *info)
{
	for (size_t i = 0; info && i < N_OPTIONS; i++)
		MEM_FREE(*member(info, i));
}

void my_conninfo_add(struct str *out, const char *name, const char *value)
{
	bool plain = *value && !strpbrk(value, " \t\n\r\f\v'\\");

	str_addf(out, "%s%s=", out->len ? " " : "", name);
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

int my_conninfo_redact(const char *dsn, char **ret, struct err *err)
{
	CLEANUP(my_conninfo_release) struct my_conninfo info = {0};
	CLEANUP(cleanup_str) struct str out = {0};

	if (my_conninfo_parse(dsn, &info, err))
		return -1;
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const char *value = *member(&info, i);

		if (!value || options[i].secret ||
			(i && options[i].member == options[i - 1].member))
			continue;
		my_conninfo_add(&out, options[i].name, value);
	}
	*ret = str_take(&out);
	return 0;
}

bool my_conninfo_has_password(const char *dsn)
{
	CLEANUP(my_conninfo_release) struct my_conninfo info = {0};

	return !my_conninfo_parse(dsn, &info, NULL) && info.password && *info.password;
}
