#include "adapters/mysql/dialect_mode.h"

#include <string.h>
#include <strings.h>

#include "harness/base/mem.h"

struct set {
	struct my_modes *modes;
	struct my_lexer lexer;
	struct my_token token;
	bool global;
};

static bool is(const struct set *s, const char *word)
{
	return my_token_is(s->lexer.text, &s->token, word);
}

static bool is_char(const struct set *s, char c)
{
	return my_token_char(s->lexer.text, &s->token, c);
}

static void next(struct set *s)
{
	my_lex_solid(&s->lexer, &s->token);
}

static bool names_mode(const char *text, size_t len, const char *const *names)
{
	for (; *names; names++)
		for (size_t n = strlen(*names), i = 0; i + n <= len; i++)
			/* A whole word of the list. */
			if (!strncasecmp(text + i, *names, n) &&
				(i == 0 || strchr(" ,'\"`", text[i - 1])) &&
				(i + n == len || strchr(" ,'\"`", text[i + n])))
				return true;
	return false;
}

static struct my_mode modes_of(const char *text, size_t len)
{
	static const char *const backslash[] = {"NO_BACKSLASH_ESCAPES", NULL};
	static const char *const ansi[] = {
		"ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL", NULL};

	return (struct my_mode){
		.no_backslash = names_mode(text, len, backslash),
		.ansi_quotes = names_mode(text, len, ansi),
	};
}

static struct my_saved_mode *saved(struct my_modes *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->saved[i].name) == len && !strncasecmp(m->saved[i].name, name, len))
			return &m->saved[i];
	return NULL;
}

struct variable {
	struct my_token name;
	bool user;   /* @name */
	bool global; /* not this session's */
};

/* The token is the one behind it afterwards. */
static struct variable variable(struct set *s)
{
	struct variable v = {.global = s->global};
	unsigned at = 0;

	for (; is_char(s, '@'); next(s))
		at++;
	v.user = at == 1;
	if (at > 1)
		v.global = false;
	if (!v.user &&
		(is(s, "global") || is(s, "persist") || is(s, "persist_only") || is(s, "session") ||
			is(s, "local"))) {
		v.global = !is(s, "session") && !is(s, "local");
		/* As a word of its own it holds for what follows, too. */
		if (!at)
			s->global = v.global;
		next(s);
		while (is_char(s, '.') || is_char(s, '@'))
			next(s);
	}
	v.name = s->token;
	next(s);
	return v;
}

static bool at_end(const struct set *s, int parens)
{
	return s->token.kind == MY_END || (parens <= 0 && is_char(s, ','));
}

/* The value: what it makes of the mode, as far as can be told. */
static struct my_mode value(struct set *s)
{
	struct my_mode mode = s->modes->now, found = {0};
	bool first = true, takes_out = is(s, "replace"), joins = is(s, "concat");
	int parens = 0;

	for (; !at_end(s, parens); first = false) {
		const char *text = s->lexer.text + s->token.start;
		size_t len = s->token.end - s->token.start;

		parens += is_char(s, '(') - is_char(s, ')');
		if (first && is(s, "default")) {
			mode = found;
		} else if (is_char(s, '@')) {
			struct variable v = variable(s);
			const struct my_saved_mode *old = v.user && first
				? saved(s->modes, s->lexer.text + v.name.start,
					  v.name.end - v.name.start)
				: NULL;

			if (old)
				mode = old->mode;
			continue;
		} else if (s->token.kind == MY_STRING || (first && s->token.kind == MY_WORD)) {
			found = modes_of(text, len);
			if (takes_out) {
				mode.no_backslash = mode.no_backslash && !found.no_backslash;
				mode.ansi_quotes = mode.ansi_quotes && !found.ansi_quotes;
			} else if (joins) {
				mode.no_backslash = mode.no_backslash || found.no_backslash;
				mode.ansi_quotes = mode.ansi_quotes || found.ansi_quotes;
			} else if (first) {
				mode = found;
			}
		}
		next(s);
	}
	return mode;
}

static void save(struct set *s, struct my_token name, size_t from)
{
	const char *text = s->lexer.text + name.start;
	size_t len = name.end - name.start;
	struct my_saved_mode *old = saved(s->modes, text, len);
	static const char *const self[] = {"@@sql_mode", "@@session.sql_mode", "@@local.sql_mode"};

	for (size_t i = 0; i < sizeof(self) / sizeof(self[0]); i++) {
		size_t n = strlen(self[i]);

		if (s->lexer.len - from < n || strncasecmp(s->lexer.text + from, self[i], n) != 0)
			continue;
		if (!old) {
			old = MEM_PUSH(s->modes->saved, s->modes->n, s->modes->cap);
			old->name = mem_strndup(text, len);
		}
		old->mode = s->modes->now;
	}
}

static void assignment(struct set *s)
{
	struct variable v = variable(s);
	size_t from;

	if (is_char(s, ':'))
		next(s);
	if (!is_char(s, '='))
		return;
	next(s);
	from = s->token.start;
	if (v.user)
		save(s, v.name, from);
	else if (my_token_is(s->lexer.text, &v.name, "sql_mode") && !v.global)
		s->modes->now = value(s);
}

void my_modes_follow(struct my_modes *m, const char *text, size_t len)
{
	struct set s = {.modes = m, .lexer = {.text = text, .len = len, .mode = m->now}};

	next(&s);
	if (!is(&s, "set"))
		return;
	do {
		next(&s);
		if (is(&s, "statement"))
			return;
		assignment(&s);
		value(&s);
	} while (s.token.kind != MY_END);
}

void my_modes_release(struct my_modes *m)
{
	for (size_t i = 0; i < m->n; i++)
		mem_free(m->saved[i].name);
	mem_free(m->saved);
	*m = (struct my_modes){0};
}
