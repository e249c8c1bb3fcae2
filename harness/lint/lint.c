#include "harness/lint/lint.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/parts.h"

static void index_lines(struct lint_file *f)
{
	size_t cap = 0;

	*MEM_PUSH(f->lines, f->n_lines, cap) = 0;
	for (size_t i = 0; i < f->source->len; i++)
		if (f->source->text[i] == '\n')
			*MEM_PUSH(f->lines, f->n_lines, cap) = i + 1;
}

static int split_file(struct lint *l, struct lint_file *f, struct err *err)
{
	index_lines(f);
	if (l->config->engine->dialect->split(f->source->text, f->source->len, &f->script, err))
		return err_prefix(err, "'%s'", f->source->path);
	f->n_statements = f->script.n;
	f->statements = mem_zalloc((f->script.n + 1) * sizeof(*f->statements));
	for (size_t i = 0; i < f->script.n; i++)
		f->statements[i].sql = &f->script.statements[i];
	return 0;
}

/* Findings of files that are not told are dropped: they were read for what they make known. */
static void drop_findings(struct lint *l, size_t first)
{
	for (size_t i = first; i < l->n_findings; i++) {
		mem_free(l->findings[i].object);
		mem_free(l->findings[i].message);
		mem_free(l->findings[i].remedy);
		mem_free(l->findings[i].reason);
	}
	l->n_findings = first;
}

static void lint_file(struct lint *l, struct lint_file *f, struct analysis_state *state)
{
	size_t first = l->n_findings;

	directives_read(l, f);
	walk_file(l, f, state);
	header_check(l, f);
	findings_allow(l, f, first);
	findings_sort(l, first);
	if (!f->told)
		drop_findings(l, first);
	f->first_finding = first;
	f->n_findings = l->n_findings - first;
}

static void tell_all(struct lint *l)
{
	for (size_t i = 0; i < l->n_files; i++)
		l->files[i].told = true;
}

/* With --from or --to: the formats know which files those are. */
static int tell_some(struct lint *l, const char *const *paths, size_t n_paths, struct err *err)
{
	struct format_set some;

	if (formats_read(paths, n_paths, &l->config->format, &some, err))
		return -1;
	for (size_t i = 0; i < l->n_files; i++)
		for (size_t k = 0; k < some.n_files && !l->files[i].told; k++)
			l->files[i].told = !strcmp(l->files[i].source->path, some.files[k].path);
	format_set_release(&some);
	return 0;
}

static int read_files(struct lint *l, const char *const *paths, size_t n_paths, struct err *err)
{
	struct format_options all = l->config->format;

	all.from = all.to = NULL;
	if (formats_read(paths, n_paths, &all, &l->set, err))
		return -1;
	l->files = mem_zalloc((l->set.n_files + 1) * sizeof(*l->files));
	for (; l->n_files < l->set.n_files; l->n_files++)
		l->files[l->n_files].source = &l->set.files[l->n_files];
	if (l->config->format.from || l->config->format.to)
		return tell_some(l, paths, n_paths, err);
	tell_all(l);
	return 0;
}

static void forget_file(struct lint_file *f)
{
	for (size_t k = 0; k < f->n_statements; k++) {
		analysis_release(&f->statements[k].analysis);
		if (f->statements[k].suggested)
			suggestion_release(&f->statements[k].suggestion);
	}
	mem_free(f->statements);
	mem_free(f->lines);
	directives_release(&f->directives);
	sql_script_release(&f->script);
	*f = (struct lint_file){.source = f->source, .told = f->told};
}

int lint_again(struct lint *l, struct err *err)
{
	struct analysis_state *state;

	drop_findings(l, 0);
	for (size_t i = 0; i < l->n_files; i++) {
		forget_file(&l->files[i]);
		if (split_file(l, &l->files[i], err))
			return -1;
	}
	state = l->config->engine->analyser->open(&l->config->target);
	for (size_t i = 0; i < l->n_files; i++)
		lint_file(l, &l->files[i], state);
	l->config->engine->analyser->close(state);
	return 0;
}

int lint_run(const char *const *paths, size_t n_paths, const struct lint_config *config,
	struct lint *ret, struct err *err)
{
	struct lint l = {.config = config};

	if (!read_files(&l, paths, n_paths, err) && !lint_again(&l, err)) {
		*ret = l;
		return 0;
	}
	lint_release(&l);
	return -1;
}

void lint_release(struct lint *l)
{
	drop_findings(l, 0);
	for (size_t i = 0; i < l->n_files; i++)
		forget_file(&l->files[i]);
	mem_free(l->files);
	mem_free(l->findings);
	format_set_release(&l->set);
	*l = (struct lint){0};
}

bool lint_fails(const struct lint *l)
{
	for (size_t i = 0; i < l->n_findings; i++)
		if (!l->findings[i].allowed && l->findings[i].rule->level >= RULE_WARNING)
			return true;
	return false;
}

char *lint_server(const struct lint_target *target)
{
	CLEANUP(cleanup_free) char *version = lint_version_text(target->product, target->version);

	return mem_printf("%s %s", target->product->name, version);
}

/* The line that holds the byte, from 0. */
static size_t line_index(const struct lint_file *f, size_t offset)
{
	size_t lo = 0, hi = f->n_lines;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->lines[mid] <= offset)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

void lint_place(const struct lint_file *f, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
	size_t line = line_index(f, offset);
	unsigned column = 1;

	for (size_t i = f->lines[line]; i < offset; i++)
		column += (f->source->text[i] & 0xC0) != 0x80;
	*ret_line = (unsigned)line + 1;
	*ret_column = column;
}

const char *lint_line(const struct lint_file *f, unsigned line, size_t *ret_len)
{
	size_t start, end;

	*ret_len = 0;
	if (!line || line > f->n_lines)
		return "";
	start = f->lines[line - 1];
	end = line < f->n_lines ? f->lines[line] - 1 : f->source->len;
	if (end > start && f->source->text[end - 1] == '\r')
		end--;
	*ret_len = end - start;
	return f->source->text + start;
}
