#include "harness/formats/formats.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/names.h"

const char *format_name(const struct migration_format *format)
{
	return format->name;
}

const char *format_table_of(const struct migration_format *format)
{
	return format->ledgers[0] ? format->ledgers[0]->table : NULL;
}

static int find_format(const char *name, const struct migration_format **ret, struct err *err)
{
	CLEANUP(cleanup_str) struct str all = {0};

	for (const struct migration_format *f = format_table; f->name; f++) {
		if (!strcmp(f->name, name)) {
			*ret = f;
			return 0;
		}
		str_addf(&all, "%s%s", f == format_table ? "" : ", ", f->name);
	}
	return err_set(
		err, ERR_USAGE, "'%s' is no migration format: one of %s", name, str_text(&all));
}

/* ---- recognising ---- */

/* The file that shows the format, and the line. */
struct proof {
	const struct migration_format *format;
	const struct found *file;
	unsigned line; /* 0: its name */
};

static struct proof format_of(const struct found *f)
{
	struct proof ret = {.file = f};

	for (ret.format = format_table; ret.format->name; ret.format++)
		if (ret.format->owns(f, &ret.line))
			return ret;
	return (struct proof){.file = f, .format = format_table};
}

static const char *place(const struct proof *p, char buf[static 32])
{
	if (!p->line)
		return "its name";
	snprintf(buf, 32, "line %u", p->line);
	return buf;
}

/* One family's highest rank is all theirs; plain files are what the others make of them. */
static int recognise(
	const struct found_list *list, const struct migration_format **ret, struct err *err)
{
	struct proof best = {.format = format_table};
	char a[32], b[32];

	for (size_t i = 0; i < list->n; i++) {
		struct proof p = {.format = format_table};

		if (list->items[i].text)
			p = format_of(&list->items[i]);
		if (p.format == format_table || p.format == best.format)
			continue;
		if (best.format != format_table && p.format->family != best.format->family)
			return err_set(err, ERR_USAGE,
				"files of two formats: '%s' is %s (%s), '%s' is %s (%s); name one "
				"of them as the format",
				best.file->path, best.format->name, place(&best, a), p.file->path,
				p.format->name, place(&p, b));
		if (best.format == format_table || p.format->rank > best.format->rank)
			best = p;
	}
	*ret = best.format;
	return 0;
}

/* ---- reading ---- */

static void file_release(struct format_file *f)
{
	mem_free(f->path);
	mem_free(f->version);
	mem_free(f->title);
	mem_free(f->text);
	mem_free(f->down);
	mem_free(f->down_path);
}

void format_set_release(struct format_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n_files; i++)
		file_release(&set->files[i]);
	for (size_t i = 0; i < set->n_ignored; i++)
		mem_free(set->ignored[i].path);
	mem_free(set->files);
	mem_free(set->ignored);
	*set = (struct format_set){0};
}

struct reading {
	const struct format_options *options;
	struct format_set set;
	size_t cap_files, cap_ignored;
};

static const char *const reasons[] = {
	[ROLE_OTHER] = "not named as a migration",
	[ROLE_BASELINE] = "a baseline, which is for an empty schema",
};

static int ignore(struct reading *r, const struct found *f, enum role role, struct err *err)
{
	struct format_ignored *ignored;

	if (f->given)
		return err_set(err, ERR_USAGE, "'%s' %s", f->path,
			role == ROLE_DOWN ? "is a way down: name its way up"
					  : "is not named as a migration of this format is");
	if (role == ROLE_DOWN || r->set.format == format_table ||
		(!f->text && strcmp(r->set.format->name, "goose")))
		return 0;
	ignored = MEM_PUSH(r->set.ignored, r->set.n_ignored, r->cap_ignored);
	ignored->path = mem_strdup(f->path);
	ignored->reason = !f->text ? "not in SQL: cannot be run here" : reasons[role];
	return 0;
}

static int read_one(
	struct reading *r, const struct found_list *list, const struct found *f, struct err *err)
{
	struct format_file file = {0};
	enum role role = ROLE_OTHER;

	if (f->text)
		role = r->set.format->read_name(f, &file);
	if (role != ROLE_UP) {
		file_release(&file);
		return ignore(r, f, role, err);
	}
	file.path = mem_strdup(f->path);
	fs_sha256(f->text, f->len, file.sha256);
	if (r->set.format->read_text(f, r->options, &file, err) ||
		(r->set.format->find_down && r->set.format->find_down(list, &file, err))) {
		file_release(&file);
		return -1;
	}
	*MEM_PUSH(r->set.files, r->set.n_files, r->cap_files) = file;
	return 0;
}

/* ---- order ---- */

static int by_version(const void *a, const void *b, void *compare)
{
	int (*const *order)(const char *, const char *) = compare;
	const struct format_file *x = a, *y = b;

	if (x->repeatable != y->repeatable)
		return x->repeatable ? 1 : -1;
	if (x->repeatable)
		return strcmp(x->title, y->title);
	if ((*order)(x->version, y->version))
		return (*order)(x->version, y->version);
	return strcmp(x->path, y->path);
}

static bool is_same(const struct migration_format *format, const struct format_file *a,
	const struct format_file *b)
{
	if (a->repeatable || b->repeatable)
		return a->repeatable && b->repeatable && !strcmp(a->title, b->title);
	return !format->compare(a->version, b->version);
}

static int check_twice(const struct format_set *set, struct err *err)
{
	for (size_t i = 1; i < set->n_files; i++) {
		const struct format_file *a = &set->files[i - 1], *b = &set->files[i];

		if (is_same(set->format, a, b))
			return err_set(err, ERR_USAGE, "'%s' and '%s' have the same %s, '%s'",
				a->path, b->path, a->repeatable ? "name" : "version",
				a->repeatable ? a->title : a->version);
	}
	return 0;
}

static int find_version(
	const struct format_set *set, const char *version, size_t *ret, struct err *err)
{
	if (!set->format->compare)
		return err_set(err, ERR_USAGE, "'%s': plain SQL files have no versions", version);
	for (*ret = 0; *ret < set->n_files; ++*ret)
		if (!set->files[*ret].repeatable &&
			!set->format->compare(set->files[*ret].version, version))
			return 0;
	return err_set(err, ERR_USAGE, "'%s': there is no such version among the files", version);
}

/* Versioned files [first, last], and all that are repeatable. */
static void keep(struct format_set *set, size_t first, size_t last)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_files; i++)
		if (set->files[i].repeatable || (i >= first && i <= last))
			set->files[n++] = set->files[i];
		else
			file_release(&set->files[i]);
	set->n_files = n;
}

int formats_from(struct format_set *set, const char *version, struct err *err)
{
	size_t first;

	if (find_version(set, version, &first, err))
		return -1;
	keep(set, first, set->n_files);
	return 0;
}

int formats_to(struct format_set *set, const char *version, struct err *err)
{
	size_t last;

	if (find_version(set, version, &last, err))
		return -1;
	keep(set, 0, last);
	return 0;
}

static int cut_range(struct format_set *set, const struct format_options *o, struct err *err)
{
	if (o->from && formats_from(set, o->from, err))
		return err_prefix(err, "from");
	if (o->to && formats_to(set, o->to, err))
		return err_prefix(err, "to");
	return 0;
}

static int arrange(struct reading *r, struct err *err)
{
	struct format_set *set = &r->set;

	if (!set->n_files)
		return err_set(
			err, ERR_USAGE, "no migration among the files (as %s)", set->format->name);
	if (set->format->compare) {
		int (*order)(const char *, const char *) = set->format->compare;

		qsort_r(set->files, set->n_files, sizeof(*set->files), by_version, &order);
		if (!set->format->twice && check_twice(set, err))
			return -1;
	}
	return cut_range(set, r->options, err);
}

static int read_all(struct reading *r, const struct found_list *list, struct err *err)
{
	for (size_t i = 0; i < list->n; i++)
		if (read_one(r, list, &list->items[i], err))
			return -1;
	return arrange(r, err);
}

int formats_read(const char *const *paths, size_t n_paths, const struct format_options *options,
	struct format_set *ret, struct err *err)
{
	static const struct format_options none;
	CLEANUP(found_release) struct found_list list = {0};
	struct reading r = {.options = options ? options : &none};

	if (found_gather(paths, n_paths, &list, err))
		return -1;
	if (r.options->format ? find_format(r.options->format, &r.set.format, err)
			      : recognise(&list, &r.set.format, err))
		return -1;
	if (read_all(&r, &list, err)) {
		format_set_release(&r.set);
		return -1;
	}
	*ret = r.set;
	return 0;
}
