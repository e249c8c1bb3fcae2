#include "harness/lint/edit.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

void edits_add(struct edits *e, size_t offset, size_t len, char *text)
{
	size_t i;

	MEM_PUSH(e->items, e->n, e->cap);
	/* Behind those of the same place: they keep their order. */
	for (i = e->n - 1; i > 0 && e->items[i - 1].offset > offset; i--)
		e->items[i] = e->items[i - 1];
	e->items[i] = (struct edit){.offset = offset, .len = len, .text = text};
}

void edits_release(struct edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		mem_free(e->items[i].text);
	mem_free(e->items);
	*e = (struct edits){0};
}

/* [start, end) with the edits first to last made. */
static char *apply(const struct edits *e, size_t first, size_t last, const char *text, size_t start,
	size_t end, size_t *ret_len)
{
	struct str out = {0};

	for (size_t i = first; i < last; i++) {
		str_add_n(&out, text + start, e->items[i].offset - start);
		str_add(&out, e->items[i].text);
		start = e->items[i].offset + e->items[i].len;
	}
	str_add_n(&out, text + start, end - start);
	if (ret_len)
		*ret_len = out.len;
	return str_take(&out);
}

char *edits_apply(const struct edits *e, const char *text, size_t len, size_t *ret_len)
{
	return apply(e, 0, e->n, text, 0, len, ret_len);
}

static size_t line_start(const char *text, size_t at)
{
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const char *text, size_t len, size_t at)
{
	while (at < len && text[at] != '\n')
		at++;
	return at;
}

/* Whole lines that come in, between others that stay. */
static bool is_insertion(const struct edit *edit, const char *text)
{
	size_t n = strlen(edit->text);

	return !edit->len && n && edit->text[n - 1] == '\n' &&
		line_start(text, edit->offset) == edit->offset;
}

static void drop_line_end(char *text)
{
	size_t n = strlen(text);

	if (n && text[n - 1] == '\n')
		text[--n] = '\0';
	if (n && text[n - 1] == '\r')
		text[n - 1] = '\0';
}

static unsigned line_of(const char *text, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

void edits_tell(const struct edits *e, const char *path, const char *text, size_t len,
	struct lint_fixes *fixes)
{
	for (size_t i = 0, next; i < e->n; i = next) {
		const struct edit *edit = &e->items[i];
		struct lint_change *change =
			MEM_PUSH(fixes->changes, fixes->n_changes, fixes->cap_changes);
		size_t start = line_start(text, edit->offset);
		size_t end = line_end(text, len, edit->offset + edit->len);

		change->path = mem_strdup(path);
		change->line = line_of(text, start);
		next = i + 1;
		if (is_insertion(edit, text)) {
			change->before = mem_strdup("");
			change->after = mem_strdup(edit->text);
		} else {
			/* Edits of the same lines are told together. */
			while (next < e->n && e->items[next].offset <= end &&
				!is_insertion(&e->items[next], text)) {
				end = line_end(
					text, len, e->items[next].offset + e->items[next].len);
				next++;
			}
			change->before = mem_strndup(text + start, end - start);
			change->after = apply(e, i, next, text, start, end, NULL);
		}
		drop_line_end(change->before);
		drop_line_end(change->after);
	}
}
