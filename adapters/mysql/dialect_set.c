/* SET: which of the session's time-outs it changes. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define TIMEOUTS (SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT)

static const struct {
	const char *name;
	unsigned flags;
} settings[] = {
	{"lock_wait_timeout", SQL_SETS_LOCK_TIMEOUT},
	{"innodb_lock_wait_timeout", SQL_SETS_LOCK_TIMEOUT},
	{"max_statement_time", SQL_SETS_STATEMENT_TIMEOUT},
	{"max_execution_time", SQL_SETS_STATEMENT_TIMEOUT},
	{"sql_log_bin", SQL_NO_TRANSACTION},
	{"binlog_format", SQL_NO_TRANSACTION},
};

/* Turned on, it commits what is open; turned off, the next statement opens a transaction. */
static unsigned autocommit(const struct my_tokens *w)
{
	const char *value = w->text + my_peek(w, 0)->start;

	if (*value == '0' || my_at(w, "off") || my_at(w, "false") ||
		!strncasecmp(value, "'off'", 5))
		return SQL_TX_BEGIN;
	return SQL_MAY_COMMIT;
}

/* Its case does not count. */
static bool next_setting(struct my_tokens *w, struct str *name)
{
	const struct my_token *t = my_peek(w, 0);
	size_t quote = t->kind == MY_NAME && !t->open;

	if (!my_at_name(w))
		return false;
	for (size_t i = t->start + quote; i < t->end - quote; i++)
		str_add_char(name, (char)tolower((unsigned char)w->text[i]));
	w->at++;
	return true;
}

/* @@session.name, SESSION name, name; *scope stays what a word of its own said. */
static bool next_variable(struct my_tokens *w, bool *global, bool *ret_global, struct str *name)
{
	static const char *const session[] = {"session", "local", NULL};
	static const char *const others[] = {"global", "persist", "persist_only", NULL};
	unsigned at = 0;
	bool here;

	while (my_next_char(w, '@'))
		at++;
	if (at == 1)
		return false;
	here = at ? false : *global;
	if (my_next_listed(w, others))
		here = true;
	else if (my_next_listed(w, session))
		here = false;
	if (!at)
		*global = here;
	my_next_char(w, '.');
	while (my_next_char(w, '@'))
		;
	*ret_global = here;
	return next_setting(w, name);
}

static void assignment(struct my_tokens *w, struct sql_statement *s, bool *global)
{
	CLEANUP(cleanup_str) struct str name = {0};
	bool elsewhere = false;

	if (!next_variable(w, global, &elsewhere, &name))
		return;
	my_set_object(s, str_text(&name));
	my_next_char(w, ':');
	if (!my_next_char(w, '=') || elsewhere)
		return;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!strcmp(str_text(&name), settings[i].name)) {
			s->flags |= settings[i].flags;
			/* Back to the server's own, and so to whoever sets one by himself. */
			if (settings[i].flags & TIMEOUTS && my_at(w, "default"))
				s->flags |= SQL_RESETS;
		}
	if (!strcmp(str_text(&name), "autocommit"))
		s->flags |= autocommit(w);
}

/* To the comma, or FOR, behind a value. */
static void skip_value(struct my_tokens *w)
{
	while (w->at < w->n && !my_at_char(w, ',') && !my_at(w, "for")) {
		if (my_at_char(w, '('))
			my_skip_parens(w);
		else
			w->at++;
	}
}

static void assignments(struct my_tokens *w, struct sql_statement *s)
{
	bool global = false;

	do {
		assignment(w, s, &global);
		skip_value(w);
	} while (my_next_char(w, ','));
}

/* SET STATEMENT max_statement_time = 5 FOR ALTER …: for that one statement. */
static void set_statement(struct my_tokens *w, struct sql_statement *s)
{
	struct sql_statement own = {0};
	struct my_tokens inner;

	assignments(w, &own);
	mem_free(own.object);
	s->flags |= own.flags & (SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT);
	if (s->flags)
		s->flags |= SQL_SETS_LOCAL;
	if (!my_next(w, "for"))
		return;
	inner = *w;
	inner.tokens += inner.at;
	inner.n -= inner.at;
	inner.at = 0;
	s->kind[0] = '\0';
	my_classify(&inner, s);
}

void my_read_set(struct my_tokens *w, struct sql_statement *s)
{
	static const struct {
		const char *words, *kind;
		unsigned flags;
	} kinds[] = {
		{"NAMES", "NAMES", 0},
		{"CHARACTER SET", "CHARACTER SET", 0},
		{"CHARSET", "CHARACTER SET", 0},
		/* For the next transaction only: refused inside of one. */
		{"TRANSACTION", "TRANSACTION", SQL_NO_TRANSACTION},
		{"SESSION TRANSACTION", "TRANSACTION", 0},
		{"LOCAL TRANSACTION", "TRANSACTION", 0},
		{"GLOBAL TRANSACTION", "TRANSACTION", 0},
		{"PASSWORD", "PASSWORD", SQL_DDL},
		{"DEFAULT ROLE", "DEFAULT ROLE", SQL_DDL},
		{"ROLE", "ROLE", 0},
		{"RESOURCE GROUP", "RESOURCE GROUP", 0},
	};
	size_t start = w->at;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (my_next(w, kinds[i].words)) {
			my_add_kind(s, kinds[i].kind);
			s->flags |= kinds[i].flags;
			return;
		}
	if (my_next(w, "statement")) {
		set_statement(w, s);
		return;
	}
	assignments(w, s);
	w->at = start;
	my_collect_query(w, s);
}
