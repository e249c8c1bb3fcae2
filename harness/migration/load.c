#include "harness/migration/migration.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/migration/units.h"

static int load_file(const char *path, const struct dialect *dialect, struct migration_file *ret,
	struct err *err)
{
	const char *nul;

	ret->path = mem_strdup(path);
	if (fs_read(path, 0, &ret->text, &ret->len, err)) {
		if (err && err->kind != ERR_INTERRUPTED)
			err->kind = ERR_USAGE;
		return -1;
	}
	nul = memchr(ret->text, '\0', ret->len);
	if (nul)
		return err_set(err, ERR_USAGE, "'%s' is not text: byte %zu is zero", path,
			(size_t)(nul - ret->text) + 1);
	fs_sha256(ret->text, ret->len, ret->sha256);
	if (dialect->split(ret->text, ret->len, &ret->script, err))
		return err_prefix(err, "'%s'", path);
	if (!ret->len)
		return err_set(err, ERR_USAGE, "migration '%s' is empty", path);
	if (!ret->script.n)
		return err_set(err, ERR_USAGE, "migration '%s' holds no statement", path);
	return 0;
}

static void add_tables(struct migration *m, const struct sql_statement *s, size_t *cap)
{
	for (size_t i = 0; i < s->n_relations; i++) {
		bool known = false;

		for (size_t k = 0; k < m->n_tables && !known; k++)
			known = !strcmp(m->tables[k], s->relations[i]);
		if (!known)
			*MEM_PUSH(m->tables, m->n_tables, *cap) = mem_strdup(s->relations[i]);
	}
}

static void list_statements(struct migration *m)
{
	size_t cap = 0, cap_tables = 0;

	for (size_t i = 0; i < m->n_files; i++)
		for (size_t k = 0; k < m->files[i].script.n; k++) {
			struct migration_statement *s =
				MEM_PUSH(m->statements, m->n_statements, cap);

			s->file = &m->files[i];
			s->sql = &m->files[i].script.statements[k];
			s->index = (unsigned)m->n_statements;
			add_tables(m, s->sql, &cap_tables);
		}
}

int migration_load(const struct scenario_migration *settings, const struct dialect *dialect,
	struct migration *ret, struct err *err)
{
	struct migration m = {0};

	if (!settings->n_files)
		return err_set(err, ERR_USAGE, "no migration file given");
	m.files = mem_zalloc(settings->n_files * sizeof(*m.files));
	for (; m.n_files < settings->n_files; m.n_files++)
		if (load_file(settings->files[m.n_files], dialect, &m.files[m.n_files], err)) {
			m.n_files++;
			migration_release(&m);
			return -1;
		}
	list_statements(&m);
	migration_group(&m, settings->transaction);
	*ret = m;
	return 0;
}

void migration_release(struct migration *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_files; i++) {
		mem_free(m->files[i].path);
		mem_free(m->files[i].text);
		sql_script_release(&m->files[i].script);
	}
	mem_free(m->files);
	mem_free(m->statements);
	mem_free(m->units);
	mem_free_strings(m->tables, m->n_tables);
	*m = (struct migration){0};
}
