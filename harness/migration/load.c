#include "harness/migration/migration.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/migration/units.h"

static bool holds(const struct sql_script *script, unsigned flag)
{
	for (size_t i = 0; i < script->n; i++)
		if (script->statements[i].flags & flag)
			return true;
	return false;
}

/* As the file's tool runs it, whatever the setting is for files whose tool does not say. */
static void set_transaction(
	struct migration_file *f, enum transaction_mode mode, const struct dialect *dialect)
{
	bool one;

	switch (f->source->transaction) {
	case FORMAT_TRANSACTION_UNSAID:
		f->transaction = mode;
		return;
	case FORMAT_TRANSACTION_FILE:
		one = f->strict = true;
		break;
	case FORMAT_TRANSACTION_FIT:
		one = !holds(&f->script, SQL_NO_TRANSACTION);
		break;
	case FORMAT_TRANSACTION_TEXT:
		one = f->strict = dialect->text_is_transaction && f->script.n > 1;
		break;
	default:
		one = false;
	}
	f->transaction = one ? TRANSACTION_FILE : TRANSACTION_STATEMENT;
}

static int load_file(const struct format_file *source, bool plain, enum transaction_mode mode,
	const struct dialect *dialect, struct migration_file *ret, struct err *err)
{
	*ret = (struct migration_file){.path = source->path,
		.text = source->text,
		.sha256 = source->sha256,
		.source = source};
	if (dialect->split(source->text, source->len, &ret->script, err))
		return err_prefix(err, "'%s'", source->path);
	if (plain && !source->len)
		return err_set(err, ERR_USAGE, "migration '%s' is empty", source->path);
	if (plain && !ret->script.n)
		return err_set(err, ERR_USAGE, "migration '%s' holds no statement", source->path);
	set_transaction(ret, mode, dialect);
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

static int load_files(struct migration *m, enum transaction_mode mode,
	const struct dialect *dialect, struct err *err)
{
	bool plain = !strcmp(format_name(m->set.format), format_words[0]);

	m->files = mem_zalloc(m->set.n_files * sizeof(*m->files));
	while (m->n_files < m->set.n_files) {
		size_t i = m->n_files++;

		if (load_file(&m->set.files[i], plain, mode, dialect, &m->files[i], err))
			return -1;
	}
	list_statements(m);
	if (!m->n_statements)
		return err_set(err, ERR_USAGE, "no statement in any migration");
	migration_group(m);
	return 0;
}

int migration_load(const struct scenario_migration *settings, const struct dialect *dialect,
	struct migration *ret, struct err *err)
{
	const struct format_options options = scenario_format_options(settings);
	struct migration m = {0};

	*ret = m;
	if (settings->command)
		return 0;
	if (!settings->n_files)
		return err_set(err, ERR_USAGE, "no migration file given");
	if (formats_read(
		    (const char *const *)settings->files, settings->n_files, &options, &m.set, err))
		return -1;
	if (load_files(&m, settings->transaction, dialect, err)) {
		migration_release(&m);
		return -1;
	}
	*ret = m;
	return 0;
}

/* The files that are not applied, their statements and units counted anew. */
static void keep_rest(struct migration *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_files; i++)
		if (m->files[i].source->applied)
			sql_script_release(&m->files[i].script);
		else
			m->files[n++] = m->files[i];
	m->n_files = n;
	MEM_FREE(m->statements);
	MEM_FREE(m->units);
	mem_free_strings(m->tables, m->n_tables);
	m->tables = NULL;
	m->n_statements = m->n_units = m->n_tables = 0;
	list_statements(m);
	migration_group(m);
}

int migration_skip_applied(struct migration *m, const struct engine *engine, struct db_conn *conn,
	char **ret_note, struct err *err)
{
	size_t applied = 0;

	*ret_note = mem_strdup("");
	if (formats_mark_applied(&m->set, engine, conn, err))
		return -1;
	for (size_t i = 0; i < m->set.n_files; i++)
		applied += m->set.files[i].applied;
	if (!applied)
		return 0;
	keep_rest(m);
	if (!m->n_statements)
		return err_set(err, ERR_FAILED, "all %zu versions are applied already: %s",
			m->set.n_files, m->set.table);
	mem_free(*ret_note);
	*ret_note = mem_printf("%zu of %zu versions are applied already: %s", applied,
		m->set.n_files, m->set.table);
	return 0;
}

void migration_release(struct migration *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_files; i++)
		sql_script_release(&m->files[i].script);
	mem_free(m->files);
	mem_free(m->statements);
	mem_free(m->units);
	mem_free_strings(m->tables, m->n_tables);
	format_set_release(&m->set);
	*m = (struct migration){0};
}
