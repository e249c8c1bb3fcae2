#include "adapters/postgres/errors.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mask_text.h"

/* ---- classes ---- */

/* SQLSTATEs of five characters before classes of two: the first that fits counts. */
static const struct {
	const char *state;
	enum db_class class;
} classes[] = {
	{"25P02", DB_CLASS_OTHER},	/* in_failed_sql_transaction: an earlier error's echo */
	{"25P03", DB_CLASS_CONNECTION}, /* idle_in_transaction_session_timeout */
	{"40002", DB_CLASS_BREAKAGE},	/* transaction_integrity_constraint_violation */
	{"42501", DB_CLASS_SETUP},	/* insufficient_privilege */
	{"54001", DB_CLASS_RESOURCE},	/* statement_too_complex: the stack's depth */
	{"55006", DB_CLASS_CONTENTION}, /* object_in_use */
	{"55P03", DB_CLASS_CONTENTION}, /* lock_not_available */
	{"55P04", DB_CLASS_BREAKAGE},	/* unsafe_new_enum_value_usage */
	{"57014", DB_CLASS_CONTENTION}, /* query_canceled: time-out or cancel */
	{"57P01", DB_CLASS_CONNECTION}, /* admin_shutdown */
	{"57P02", DB_CLASS_CONNECTION}, /* crash_shutdown */
	{"57P03", DB_CLASS_CONNECTION}, /* cannot_connect_now */
	{"57P04", DB_CLASS_CONNECTION}, /* database_dropped */
	{"57P05", DB_CLASS_CONNECTION}, /* idle_session_timeout */
	{"00", DB_CLASS_NONE}, {"01", DB_CLASS_NONE}, /* warnings */
	{"02", DB_CLASS_NONE},			      /* no data */
	{"08", DB_CLASS_CONNECTION},
	{"0A", DB_CLASS_BREAKAGE}, /* cached plan must not change result type */
	{"0L", DB_CLASS_SETUP},	   /* invalid grantor */
	{"0P", DB_CLASS_SETUP},	   /* invalid role */
	{"21", DB_CLASS_BREAKAGE}, /* cardinality */
	{"22", DB_CLASS_BREAKAGE}, /* data does not fit the type */
	{"23", DB_CLASS_BREAKAGE}, /* constraints */
	{"25", DB_CLASS_SETUP},	   /* transaction state: read-only, not in a block */
	{"28", DB_CLASS_SETUP},	   /* authentication */
	{"2B", DB_CLASS_BREAKAGE}, /* dependent objects */
	{"3D", DB_CLASS_SETUP},	   /* no such database */
	{"3F", DB_CLASS_BREAKAGE}, /* no such schema */
	{"40", DB_CLASS_CONTENTION},
	{"42", DB_CLASS_BREAKAGE}, /* syntax, or names that are not there */
	{"44", DB_CLASS_BREAKAGE}, /* WITH CHECK OPTION */
	{"53", DB_CLASS_RESOURCE},
	{"54", DB_CLASS_BREAKAGE}, /* limits: too many columns, index row too large */
	{"55", DB_CLASS_SETUP}, {"57", DB_CLASS_OTHER}, {"58", DB_CLASS_RESOURCE},
	{"72", DB_CLASS_CONTENTION}, /* snapshot too old */
	{"F0", DB_CLASS_SETUP},	     /* configuration file */
};

enum db_class pg_error_class(const char *sqlstate)
{
	if (!sqlstate || !*sqlstate)
		return DB_CLASS_CONNECTION;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strncmp(sqlstate, classes[i].state, strlen(classes[i].state)))
			return classes[i].class;
	return DB_CLASS_OTHER;
}

bool pg_error_is_lock_timeout(const char *sqlstate)
{
	return sqlstate && !strcmp(sqlstate, "55P03");
}

bool pg_error_is_retryable(const char *sqlstate)
{
	return pg_error_is_lock_timeout(sqlstate) ||
		(sqlstate && (!strcmp(sqlstate, "40001") || !strcmp(sqlstate, "40P01")));
}

/* ---- masking ---- */

/* The quotation marks that the translations of the server's messages use. */
static const struct {
	const char *open, *close;
	bool literal; /* what stands inside is never a name */
} quotes[] = {
	{"\"", "\"", false},
	{"'", "'", true},
	{"\u00ab", "\u00bb", false},
	{"\u00bb", "\u00ab", false},
	{"\u201e", "\u201c", false},
	{"\u201c", "\u201d", false},
};

enum { N_QUOTES = sizeof(quotes) / sizeof(quotes[0]) };

static bool is_word(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_$.", text[i]))
			return false;
	return n > 0 && !isdigit((unsigned char)*text);
}

/* Whether the words before a quotation mark say that a name follows. */
static bool announces_name(const char *message, const char *quote)
{
	static const char *const nouns[] = {"column ", "relation ", "table ", "parameter ", "type ",
		"encoding ", "constraint ", "index ", "function ", "domain ", "sequence ",
		"schema ", "partition ", "view "};

	for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		size_t n = strlen(nouns[i]);

		if ((size_t)(quote - message) >= n && !memcmp(quote - n, nouns[i], n))
			return true;
	}
	return false;
}

/* Data exceptions quote values, syntax errors whatever stood there; all others quote names. */
static bool is_name(
	const char *sqlstate, const char *message, const char *quote, const char *inside, size_t n)
{
	if (!strncmp(sqlstate, "22", 2))
		return announces_name(message, quote);
	if (!strcmp(sqlstate, "42601"))
		return is_word(inside, n);
	return true;
}

/* Copies or masks one quoted piece at p; returns what follows it. */
static const char *mask_quoted(const char *sqlstate, const char *message, const char *p,
	size_t kind, struct mask_text *out)
{
	const char *inside = p + strlen(quotes[kind].open);
	const char *end = strstr(inside, quotes[kind].close);

	/* Two marks in a row: what is quoted holds a quotation mark itself, so its end is unknown.
	 */
	if (!end || end == inside) {
		mask_text_put(out, quotes[kind].open, strlen(quotes[kind].open));
		mask_text_put(out, "?", 1);
		mask_text_put(out, quotes[kind].close, strlen(quotes[kind].close));
		return p + strlen(p);
	}
	mask_text_put(out, quotes[kind].open, strlen(quotes[kind].open));
	if (!quotes[kind].literal && is_name(sqlstate, message, p, inside, (size_t)(end - inside)))
		mask_text_put(out, inside, (size_t)(end - inside));
	else
		mask_text_put(out, "?", 1);
	mask_text_put(out, quotes[kind].close, strlen(quotes[kind].close));
	return end + strlen(quotes[kind].close);
}

/* An apostrophe inside a word ("can't", "n'existe") opens nothing. */
static bool opens(const char *message, const char *p, size_t kind)
{
	if (strncmp(p, quotes[kind].open, strlen(quotes[kind].open)) != 0)
		return false;
	return !quotes[kind].literal || p == message || !isalpha((unsigned char)p[-1]);
}

static void mask(const char *sqlstate, const char *message, struct mask_text *out)
{
	const char *p = message;

	while (*p) {
		size_t kind = 0;

		while (kind < N_QUOTES && !opens(message, p, kind))
			kind++;
		if (kind < N_QUOTES) {
			p = mask_quoted(sqlstate, message, p, kind, out);
		} else if (!strncmp(p, ")=(", 3)) { /* a key's values: (id)=(17) */
			mask_text_put(out, ")=(?)", 5);
			p = strchr(p + 3, ')') ? strchr(p + 3, ')') + 1 : p + strlen(p);
		} else if (!strncmp(p, "0x", 2)) { /* a value's bytes */
			mask_text_put(out, "?", 1);
			p += 2;
			p += strspn(p, "0123456789abcdefABCDEF");
		} else {
			mask_text_put(out, p++, 1);
		}
	}
}

void pg_error_mask(const char *sqlstate, const char *message, bool raised, char *ret, size_t size)
{
	static const char whole[] = "raised by a function of the database (text masked)";
	struct mask_text out = {.data = ret, .size = size};

	if (!size)
		return;
	*ret = '\0';
	if (raised || !strncmp(sqlstate, "P0001", 5) || !strncmp(sqlstate, "38", 2))
		mask_text_put(&out, whole, sizeof(whole) - 1);
	else
		mask(sqlstate, message, &out);
	mask_text_trim(&out);
}

/* ---- failed connection attempts ---- */

/* Finds `:  28P01: ` and points behind the state's own colon; NULL when the server named none. */
static const char *find_state(const char *line, size_t len, char state[static 6])
{
	for (const char *p = line; p + 10 <= line + len; p++) {
		bool fits = !strncmp(p, ":  ", 3) && !strncmp(p + 8, ": ", 2);

		for (int i = 3; fits && i < 8; i++)
			fits = isdigit((unsigned char)p[i]) || isupper((unsigned char)p[i]);
		if (!fits)
			continue;
		memcpy(state, p + 3, 5);
		state[5] = '\0';
		return p + 10;
	}
	return NULL;
}

/* What libpq itself finds wrong, without a word from the server: its own words, never translated
 * here. */
static bool is_client_setup(const char *message)
{
	static const char *const phrases[] = {"invalid ", "SSL was required", "certificate",
		"no password supplied", "authentication method", "requires ", "session is ",
		"server is ", "private key", "not supported", "could not match "};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strstr(message, phrases[i]))
			return true;
	return false;
}

/* `connection to server … failed: FATAL:  28P01: text` without severity and state. */
static void put_line(struct mask_text *out, const char *line, size_t len, char state[static 6])
{
	const char *text = find_state(line, len, state);
	const char *failed = memmem(line, len, "failed: ", 8);

	if (out->len)
		mask_text_put(out, "; ", 2);
	if (!text) {
		mask_text_put(out, line, len);
		return;
	}
	if (failed)
		mask_text_put(out, line, (size_t)(failed + 8 - line));
	mask_text_put(out, text, (size_t)(line + len - text));
}

void pg_error_from_connect(const char *message, struct db_error *ret)
{
	static const char start[] = "connection to server";
	struct mask_text out = {.data = ret->text, .size = sizeof(ret->text)};
	char state[6] = "";

	ret->text[0] = '\0';
	for (const char *line = message; *line;) {
		size_t len = strcspn(line, "\n");

		/* One line per host that was tried; the rest is hints and places in the source. */
		if (line == message || !strncmp(line, start, sizeof(start) - 1))
			put_line(&out, line, len, state);
		line += len;
		line += *line == '\n';
	}
	mask_text_trim(&out);
	if (state[0])
		ret->class = pg_error_class(state);
	else
		ret->class = is_client_setup(message) ? DB_CLASS_SETUP : DB_CLASS_CONNECTION;
	snprintf(ret->code, sizeof(ret->code), "%s", state[0] ? state : "lost");
}
