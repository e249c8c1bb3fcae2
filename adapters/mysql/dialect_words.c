#include "adapters/mysql/dialect_words.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

void my_tokens_init(struct my_tokens *w, const char *text, size_t len, struct my_mode mode)
{
	struct my_lexer lexer = {.text = text, .len = len, .mode = mode};
	struct my_token token;
	size_t cap = 0, all = 0;

	*w = (struct my_tokens){.text = text};
	do {
		my_lex_solid(&lexer, &token);
		w->open = w->open || token.open;
		if (all++ < MY_TOKENS_MAX || token.kind == MY_END)
			*MEM_PUSH(w->tokens, w->n, cap) = token;
	} while (token.kind != MY_END);
	w->n--;
	w->open = w->open || lexer.in_cond;
}

void my_tokens_release(struct my_tokens *w)
{
	mem_free(w->tokens);
	*w = (struct my_tokens){0};
}

const struct my_token *my_peek(const struct my_tokens *w, size_t ahead)
{
	return &w->tokens[w->at + ahead < w->n ? w->at + ahead : w->n];
}

/* How many tokens match; 0: not all do. */
static size_t match(const struct my_tokens *w, const char *words)
{
	size_t n = 0;

	while (*words) {
		char word[32];
		size_t len = strcspn(words, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		if (!my_token_is(w->text, my_peek(w, n), word))
			return 0;
		n++;
		words += len;
		words += *words == ' ';
	}
	return n;
}

bool my_at(const struct my_tokens *w, const char *words)
{
	return match(w, words) > 0;
}

bool my_at_char(const struct my_tokens *w, char c)
{
	return my_token_char(w->text, my_peek(w, 0), c);
}

bool my_next(struct my_tokens *w, const char *words)
{
	size_t n = match(w, words);

	w->at += n;
	return n > 0;
}

bool my_next_char(struct my_tokens *w, char c)
{
	bool is = my_at_char(w, c);

	w->at += is;
	return is;
}

bool my_next_listed(struct my_tokens *w, const char *const *words)
{
	for (; *words; words++)
		if (my_next(w, *words))
			return true;
	return false;
}

void my_skip_parens(struct my_tokens *w)
{
	int depth = 0;

	do {
		depth += my_at_char(w, '(') - my_at_char(w, ')');
		w->at++;
	} while (depth > 0 && w->at < w->n);
}

bool my_at_name(const struct my_tokens *w)
{
	enum my_token_kind kind = my_peek(w, 0)->kind;

	return kind == MY_NAME || kind == MY_WORD;
}

void my_add_name(struct str *out, const char *name, size_t len)
{
	bool plain = len > 0, digits = true;

	for (size_t i = 0; i < len; i++) {
		bool digit = name[i] >= '0' && name[i] <= '9';

		/* Upper case counts on most servers, and who reads the name may fold it. */
		plain = plain &&
			(digit || (name[i] >= 'a' && name[i] <= 'z') || name[i] == '_' ||
				name[i] == '$');
		digits = digits && digit;
	}
	if (plain && !digits && !my_reserved(name, len)) {
		str_add_n(out, name, len);
		return;
	}
	str_add_char(out, '`');
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '`')
			str_add_char(out, '`');
		str_add_char(out, name[i]);
	}
	str_add_char(out, '`');
}

static void add_token_name(const struct my_tokens *w, const struct my_token *t, struct str *out)
{
	CLEANUP(cleanup_str) struct str name = {0};
	size_t start = t->start, end = t->end;
	char quote = w->text[start];

	if (t->kind != MY_NAME) {
		my_add_name(out, w->text + start, end - start);
		return;
	}
	end -= !t->open;
	for (size_t i = start + 1; i < end; i++) {
		str_add_char(&name, w->text[i]);
		i += w->text[i] == quote && i + 1 < end && w->text[i + 1] == quote;
	}
	my_add_name(out, str_text(&name), name.len);
}

bool my_next_name(struct my_tokens *w, unsigned parts, struct str *out)
{
	if (!my_at_name(w))
		return false;
	add_token_name(w, my_peek(w, 0), out);
	w->at++;
	while (--parts && my_at_char(w, '.') &&
		(my_peek(w, 1)->kind == MY_NAME || my_peek(w, 1)->kind == MY_WORD)) {
		str_add_char(out, '.');
		add_token_name(w, my_peek(w, 1), out);
		w->at += 2;
	}
	return true;
}

void my_skip_account(struct my_tokens *w)
{
	w->at++;
	if (my_next_char(w, '@'))
		w->at++;
	else if (my_at_char(w, '('))
		my_skip_parens(w);
	if (w->at > w->n)
		w->at = w->n;
}

void my_add_kind(struct sql_statement *s, const char *words)
{
	size_t n = strlen(s->kind);

	if (*words)
		snprintf(s->kind + n, sizeof(s->kind) - n, "%s%s", n ? " " : "", words);
}

void my_add_relation(struct sql_statement *s, const char *name)
{
	size_t cap = s->n_relations;

	/* Every server has them, and no migration changes them. */
	if (!strncmp(name, "information_schema.", 19) || !strncmp(name, "performance_schema.", 19))
		return;
	for (size_t i = 0; i < s->n_relations; i++)
		if (!strcmp(s->relations[i], name))
			return;
	*MEM_PUSH(s->relations, s->n_relations, cap) = mem_strdup(name);
}

void my_set_object(struct sql_statement *s, const char *name)
{
	if (!s->object && *name)
		s->object = mem_strdup(name);
}
