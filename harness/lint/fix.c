#include "harness/lint/fix.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/formats/outside.h"
#include "harness/lint/edit.h"
#include "harness/lint/excerpt.h"
#include "harness/lint/fix_parts.h"

/* The file's bytes, where they are what was analysed: placeholders are not filled in there. */
static int read_raw(struct fixing *x, const struct lint_file *f, bool *ret_same, struct err *err)
{
	if (fs_read(f->source->path, 0, &x->raw, &x->raw_len, err))
		return -1;
	*ret_same = x->raw_len == f->source->len;
	for (size_t i = 0; *ret_same && i < f->n_statements; i++) {
		const struct sql_statement *s = f->statements[i].sql;

		*ret_same = !memcmp(x->raw + s->offset, f->source->text + s->offset, s->len);
	}
	return 0;
}

static bool has_crlf(const struct fixing *x)
{
	const char *newline = memchr(x->raw, '\n', x->raw_len);

	return newline && newline > x->raw && newline[-1] == '\r';
}

/* New lines end as the file's do. */
static void end_lines(struct edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		struct str out = {0};

		for (const char *c = edits->items[i].text; *c; c++) {
			if (*c == '\n' && (c == edits->items[i].text || c[-1] != '\r'))
				str_add_char(&out, '\r');
			str_add_char(&out, *c);
		}
		mem_free(edits->items[i].text);
		edits->items[i].text = str_take(&out);
	}
}

/* Makes the edits in what will be written and in what will be analysed again. */
static void make(struct fixing *x, struct format_file *source)
{
	char *text;

	if (has_crlf(x))
		end_lines(&x->edits);
	text = edits_apply(&x->edits, source->text, source->len, &source->len);
	mem_free(source->text);
	source->text = text;
	edits_tell(&x->edits, source->path, x->raw, x->raw_len, x->fixes);
	text = edits_apply(&x->edits, x->raw, x->raw_len, &x->raw_len);
	mem_free(x->raw);
	x->raw = text;
	x->changed = true;
	edits_release(&x->edits);
}

/* Lines that must stay the first: their tools look for them there. */
static bool stays_first(const char *line)
{
	static const char *const firsts[] = {"-- no-transaction", "--liquibase formatted sql"};

	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if (!strncmp(line, firsts[i], strlen(firsts[i])))
			return true;
	return false;
}

static char *header_text(enum sql_class class, const char *end)
{
	return mem_printf("-- rehearse: class=%s%s", sql_class_word(class), end);
}

static void fix_header(struct fixing *x, const struct lint_file *f)
{
	const struct lint_directives *d = &f->directives;
	const char *newline = memchr(x->raw, '\n', x->raw_len);
	size_t at = x->raw_len >= 3 && !memcmp(x->raw, "\xEF\xBB\xBF", 3) ? 3 : 0;

	if (x->l->config->no_header || !f->n_statements)
		return;
	if (d->has_class && d->class < f->class)
		edits_add(&x->edits, d->class_offset, d->class_len, header_text(f->class, ""));
	/* One that is there but wrong was meant by somebody: left to them. */
	if (d->has_class || d->class_len)
		return;
	if (newline && stays_first(x->raw + at))
		at = (size_t)(newline - x->raw) + 1;
	edits_add(&x->edits, at, 0, header_text(f->class, "\n"));
}

static bool fails(const struct lint *l, const struct lint_file *f)
{
	for (size_t i = 0; i < f->n_findings; i++) {
		const struct lint_finding *finding = &l->findings[f->first_finding + i];

		if (!finding->allowed && finding->rule->level >= RULE_WARNING)
			return true;
	}
	return false;
}

static int fix_statements_of(struct lint *l, struct fixing *x, size_t i, struct err *err)
{
	const struct lint_file *f = &l->files[i];
	bool same;

	*x = (struct fixing){.l = l, .fixes = x->fixes, .source = &l->set.files[i]};
	if (!f->told)
		return 0;
	if (read_raw(x, f, &same, err))
		return -1;
	x->writable = same;
	if (!same && !fails(l, f))
		return 0;
	if (!same) {
		fix_keep(x, f, 0, "placeholders stand in the file: --fix does not touch it");
		return 0;
	}
	fix_statements(x, f);
	if (x->edits.n)
		make(x, &l->set.files[i]);
	return 0;
}

static void fix_header_of(struct lint *l, struct fixing *x, size_t i)
{
	if (!x->writable)
		return;
	fix_header(x, &l->files[i]);
	if (x->edits.n)
		make(x, &l->set.files[i]);
}

/* A link stays a link, and the file keeps its mode. */
static int replace_file(const char *path, const char *text, size_t len, struct err *err)
{
	CLEANUP(cleanup_free) char *real = realpath(path, NULL);
	struct stat st;

	if (!real || stat(real, &st))
		return err_set(err, ERR_FAILED, "cannot write '%s': it is gone", path);
	if (fs_write(real, text, len, st.st_mode & 0777, err))
		return -1;
	/* The process's mask took some of it away. */
	if (chmod(real, st.st_mode & 07777))
		return err_set(err, ERR_FAILED, "cannot give '%s' its mode", path);
	return 0;
}

static int write_all(
	const struct lint *l, const struct fixing *all, struct lint_fixes *fixes, struct err *err)
{
	for (size_t i = 0; i < l->n_files; i++) {
		if (!all[i].changed)
			continue;
		if (replace_file(l->set.files[i].path, all[i].raw, all[i].raw_len, err))
			return -1;
		fixes->n_files++;
	}
	return 0;
}

static int fix_all(struct lint *l, struct fixing *all, struct lint_fixes *fixes, struct err *err)
{
	for (size_t i = 0; i < l->n_files; i++) {
		all[i].fixes = fixes;
		if (fix_statements_of(l, &all[i], i, err))
			return -1;
	}
	if (lint_again(l, err))
		return -1;
	for (size_t i = 0; i < l->n_files; i++)
		fix_header_of(l, &all[i], i);
	return write_all(l, all, fixes, err) || lint_again(l, err) ? -1 : 0;
}

int lint_fix(struct lint *l, struct lint_fixes *ret, struct err *err)
{
	struct fixing *all = mem_zalloc((l->n_files + 1) * sizeof(*all));
	int failed;

	*ret = (struct lint_fixes){0};
	failed = fix_all(l, all, ret, err);
	for (size_t i = 0; i < l->n_files; i++) {
		mem_free(all[i].raw);
		edits_release(&all[i].edits);
	}
	mem_free(all);
	if (failed)
		lint_fixes_release(ret);
	return failed;
}

void lint_fixes_release(struct lint_fixes *fixes)
{
	for (size_t i = 0; i < fixes->n_changes; i++) {
		mem_free(fixes->changes[i].path);
		mem_free(fixes->changes[i].before);
		mem_free(fixes->changes[i].after);
	}
	mem_free(fixes->changes);
	for (size_t i = 0; i < fixes->n_kept; i++)
		mem_free(fixes->kept[i].path);
	mem_free(fixes->kept);
	*fixes = (struct lint_fixes){0};
}

static void draw_lines(const struct canvas *c, const char *mark, enum tone tone, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		CLEANUP(cleanup_free) char *plain = excerpt_text(text, n);
		CLEANUP(cleanup_free) char *line = mem_printf("%s%s", mark, plain);

		draw_text(c, tone, line);
		draw_end(c);
		text += n + (text[n] == '\n');
	}
}

void draw_fixes(const struct canvas *c, const struct lint_fixes *fixes)
{
	for (size_t i = 0; i < fixes->n_changes; i++) {
		const struct lint_change *change = &fixes->changes[i];
		CLEANUP(cleanup_free) char *place = mem_printf("%s:%u", change->path, change->line);

		draw_text(c, TONE_STRONG, place);
		draw_end(c);
		draw_lines(c, "- ", TONE_BAD, change->before);
		draw_lines(c, "+ ", TONE_GOOD, change->after);
	}
	for (size_t i = 0; i < fixes->n_kept; i++) {
		const struct lint_kept *kept = &fixes->kept[i];
		CLEANUP(cleanup_free)
		char *text = mem_printf(
			"%s:%u  left as it is: %s", kept->path, kept->line, kept->reason);

		draw_paragraph(c, 0, "", TONE_PLAIN, 4, text);
	}
	str_addf(c->out, fixes->n_files == 1 ? "%zu file changed\n\n" : "%zu files changed\n\n",
		fixes->n_files);
}
