/* Comments that speak to lint: `-- rehearse: class=CLASS`, `-- rehearse: allow RULE reason="..."`.
 */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/parts.h"

#define MARK "rehearse:"

/* A line of the text between two statements. */
struct comment {
	size_t offset, len; /* from its dashes to the last solid character */
	const char *said;   /* behind the mark */
	size_t said_len;
	size_t next;	  /* the statement that follows; n_statements: none */
	size_t statement; /* the one that it is about */
	unsigned block;	  /* counts blank lines, so lines of one block have one number */
};

struct reader {
	struct lint *l;
	struct lint_file *f;
	unsigned block, class_block;
	unsigned *allow_blocks;
	size_t cap_blocks;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void trim(const char **text, size_t *len)
{
	while (*len && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len && is_blank((*text)[*len - 1]))
		(*len)--;
}

static bool takes(const char **text, size_t *len, const char *word)
{
	size_t n = strlen(word);

	if (*len < n || strncmp(*text, word, n) != 0)
		return false;
	*text += n;
	*len -= n;
	return true;
}

static void complain(
	const struct reader *r, const struct comment *c, enum file_rule rule, const char *text)
{
	finding_add(r->l, &lint_file_rules[rule], r->f, c->offset, c->len, "%s", text);
}

static void read_class(struct reader *r, const struct comment *c, const char *word, size_t len)
{
	struct lint_directives *d = &r->f->directives;
	enum sql_class class;

	trim(&word, &len);
	if (!sql_class_find(word, len, &class)) {
		finding_add(r->l, &lint_file_rules[FILE_DIRECTIVE_WRONG], r->f, c->offset, c->len,
			"'%.*s' is no class: say %s, %s or %s", (int)len, word,
			sql_class_word(SQL_CLASS_INSTANT_SAFE),
			sql_class_word(SQL_CLASS_CONCURRENT_BUILD),
			sql_class_word(SQL_CLASS_EXPAND_CONTRACT));
	} else if (d->has_class) {
		complain(r, c, FILE_DIRECTIVE_WRONG, "the file says its class twice");
	} else if (c->next > 0) {
		complain(r, c, FILE_DIRECTIVE_WRONG,
			"the class stands behind the first statement, where nobody looks for it");
	} else {
		d->has_class = true;
		d->class = class;
		d->class_offset = c->offset;
		d->class_len = c->len;
		r->class_block = c->block;
		return;
	}
	/* Whoever wrote one meant to have one: not reported as missing besides. */
	if (!d->class_len) {
		d->class_offset = c->offset;
		d->class_len = c->len;
	}
}

/* reason="..." to its last quote; a quote within may be written \". "" when it is not there or
 * empty. */
static char *read_reason(const char *text, size_t len)
{
	struct str reason = {0};

	trim(&text, &len);
	if (!takes(&text, &len, "reason="))
		return mem_strdup("");
	if (len < 2 || *text != '"' || text[len - 1] != '"')
		return mem_strdup("");
	text++;
	len -= 2;
	trim(&text, &len);
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\\' || i + 1 == len || text[i + 1] != '"')
			str_add_char(&reason, text[i]);
	return str_take(&reason);
}

static void check_allow(struct reader *r, const struct comment *c, const struct lint_allow *a)
{
	const char *nearest;

	if (!lint_rule_find(r->l->config->engine, a->rule)) {
		nearest = lint_rule_nearest(a->rule);
		finding_add(r->l, &lint_file_rules[FILE_ALLOW_UNKNOWN], r->f, c->offset, c->len,
			nearest ? "no rule '%s': did you mean '%s'?"
				: "no rule '%s' (see 'rehearse rules')%s",
			a->rule, nearest ? nearest : "");
	} else if (!*a->reason) {
		finding_add(r->l, &lint_file_rules[FILE_ALLOW_WITHOUT_REASON], r->f, c->offset,
			c->len, "'%s' is allowed without reason=\"...\": it stays forbidden",
			a->rule);
	}
}

static void read_allow(struct reader *r, const struct comment *c, const char *text, size_t len)
{
	struct lint_directives *d = &r->f->directives;
	struct lint_allow *a;
	size_t n = 0, blocks = d->n_allows;

	trim(&text, &len);
	while (n < len && !is_blank(text[n]))
		n++;
	if (!n) {
		complain(r, c, FILE_DIRECTIVE_WRONG, "'allow' names no rule");
		return;
	}
	*MEM_PUSH(r->allow_blocks, blocks, r->cap_blocks) = c->next ? 0 : c->block;
	a = MEM_PUSH(d->allows, d->n_allows, d->cap_allows);
	*a = (struct lint_allow){.rule = mem_strndup(text, n),
		.reason = read_reason(text + n, len - n),
		.statement = c->statement,
		.offset = c->offset,
		.len = c->len};
	check_allow(r, c, a);
}

static void read_directive(struct reader *r, const struct comment *c)
{
	const char *text = c->said;
	size_t len = c->said_len;

	trim(&text, &len);
	if (takes(&text, &len, "class="))
		read_class(r, c, text, len);
	else if (takes(&text, &len, "allow") && (!len || is_blank(*text)))
		read_allow(r, c, text, len);
	else
		complain(r, c, FILE_DIRECTIVE_WRONG,
			"neither 'class=CLASS' nor 'allow RULE reason=\"...\"'");
}

/* One line of a gap; `tail`: the rest of a line that a statement ends on. */
static void read_line(struct reader *r, size_t start, size_t end, size_t next, bool tail)
{
	const char *text = r->f->source->text;
	struct comment c = {.next = next, .statement = tail && next ? next - 1 : next};
	const char *at;

	while (start < end && (is_blank(text[start]) || text[start] == ';'))
		start++;
	while (end > start && is_blank(text[end - 1]))
		end--;
	if (start == end && !tail)
		r->block++;
	c.block = r->block;
	c.offset = start;
	c.len = end - start;
	at = text + start;
	c.said_len = c.len;
	if (!takes(&at, &c.said_len, "--"))
		return;
	trim(&at, &c.said_len);
	if (!takes(&at, &c.said_len, MARK))
		return;
	c.said = at;
	read_directive(r, &c);
}

static void read_gap(struct reader *r, size_t start, size_t end, size_t next)
{
	const char *text = r->f->source->text;
	bool tail = next > 0;

	while (start < end) {
		const char *newline = memchr(text + start, '\n', end - start);
		size_t stop = newline ? (size_t)(newline - text) : end;

		/* What stands before a statement on its own line is no line of the gap. */
		if (newline || next == r->f->n_statements)
			read_line(r, start, stop, next, tail);
		tail = false;
		start = stop + 1;
	}
}

void directives_read(struct lint *l, struct lint_file *f)
{
	struct reader r = {.l = l, .f = f, .block = 1};
	struct lint_directives *d = &f->directives;
	const char *text = f->source->text;
	/* A byte order mark is not part of the first line. */
	size_t at = f->source->len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;

	for (size_t i = 0; i <= f->n_statements; i++) {
		const struct sql_statement *s = i < f->n_statements ? f->statements[i].sql : NULL;

		read_gap(&r, at, s ? s->offset : f->source->len, i);
		at = s ? s->offset + s->len : at;
	}
	for (size_t i = 0; i < d->n_allows; i++)
		d->allows[i].whole_file = r.class_block && r.allow_blocks[i] == r.class_block;
	mem_free(r.allow_blocks);
}

void directives_release(struct lint_directives *d)
{
	for (size_t i = 0; i < d->n_allows; i++) {
		mem_free(d->allows[i].rule);
		mem_free(d->allows[i].reason);
	}
	mem_free(d->allows);
	*d = (struct lint_directives){0};
}

/* The first statement that makes the file what it is. */
static const struct lint_statement *worst(const struct lint_file *f)
{
	for (size_t i = 0; i < f->n_statements; i++)
		if (f->statements[i].analysis.class == f->class)
			return &f->statements[i];
	return NULL;
}

void header_check(struct lint *l, const struct lint_file *f)
{
	const struct lint_directives *d = &f->directives;
	const struct lint_statement *s = worst(f);

	/* A file that does nothing needs no class. */
	if (l->config->no_header || !s)
		return;
	if (!d->has_class && !d->class_len)
		finding_add(l, &lint_file_rules[FILE_HEADER_MISSING], f, 0, 0,
			"no header; it would be: -- " MARK " class=%s", sql_class_word(f->class));
	else if (d->has_class && d->class < f->class)
		finding_add(l, &lint_file_rules[FILE_HEADER_WRONG], f, d->class_offset,
			d->class_len, "the header says %s, but line %u is %s%s",
			sql_class_word(d->class), s->sql->line, sql_class_name(f->class),
			s->analysis.unknown ? ", since nobody can tell what it does" : "");
	else if (d->has_class && d->class > f->class)
		finding_add(l, &lint_file_rules[FILE_HEADER_CAREFUL], f, d->class_offset,
			d->class_len, "the header says %s, %s would do", sql_class_word(d->class),
			sql_class_word(f->class));
}
