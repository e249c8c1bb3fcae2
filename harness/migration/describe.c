#include "harness/migration/migration.h"

#include "harness/base/units.h"

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static const char *timeout(uint64_t us, char buf[static UNITS_TEXT])
{
	return us ? units_duration_exact(us, buf) : "off";
}

static void describe_settings(const struct scenario_migration *s, struct str *out)
{
	char a[UNITS_TEXT], b[UNITS_TEXT];

	str_addf(out, "  time-outs: lock %s, statement %s\n", timeout(s->lock_timeout_us, a),
		timeout(s->statement_timeout_us, b));
	str_addf(out, "  of builds that must not be cut: lock %s, statement %s\n",
		timeout(s->uncut_lock_timeout_us, a), timeout(s->uncut_statement_timeout_us, b));
	str_addf(out, "  attempts: %u", s->attempts);
	if (s->attempts > 1)
		str_addf(out, ", backoff from %s to %s", timeout(s->backoff_us, a),
			timeout(s->backoff_max_us, b));
	str_add(out, "\n");
	if (s->limit_us)
		str_addf(out, "  limit: %s for the whole migration\n", timeout(s->limit_us, a));
}

static void describe_file(const struct migration_file *f, struct str *out)
{
	str_addf(out, "  %s  sha256 %.12s…  %zu statement%s\n", f->path, f->sha256, f->script.n,
		plural(f->script.n));
	if (f->script.error_line)
		str_addf(out, "    line %u does not parse: %s\n", f->script.error_line,
			f->script.error);
}

static void describe_statement(const struct migration_statement *s, struct str *out)
{
	const char *object = s->sql->object ? s->sql->object : "";

	str_addf(out, "    %3u  line %-4u %s%s%s%s\n", s->index, s->sql->line,
		*s->sql->kind ? s->sql->kind : "(unknown)", *object ? "  " : "", object,
		s->sql->flags & SQL_CLIENT ? "  (no server takes this: it will fail)" : "");
}

static void describe_unit(const struct migration *m, size_t i, struct str *out)
{
	const struct migration_unit *u = &m->units[i];
	const struct migration_file *file = NULL;

	str_addf(out, "  %zu. %s%s%s%s\n", i + 1,
		u->transaction || u->explicit_transaction ? "transaction" : "no transaction",
		u->cut_waits	   ? ", its work must not be cut"
			: u->uncut ? ", must not be cut"
				   : "",
		*u->note ? ": " : "", u->note);
	for (size_t k = 0; k < u->n; k++) {
		const struct migration_statement *s = &m->statements[u->first + k];

		if (m->n_files > 1 && s->file != file)
			str_addf(out, "    %s\n", s->file->path);
		file = s->file;
		describe_statement(s, out);
	}
}

static bool says_tool(const struct migration *m)
{
	return m->set.n_files && m->set.files[0].transaction != FORMAT_TRANSACTION_UNSAID;
}

const char *migration_transactions(
	const struct migration *m, const struct scenario_migration *settings)
{
	if (settings->command)
		return "command";
	return says_tool(m) ? format_name(m->set.format)
			    : transaction_mode_name(settings->transaction);
}

static void describe_command(const struct scenario_migration *s, struct str *out)
{
	char limit[UNITS_TEXT];

	str_addf(out, "migration: the command '%s' in '%s'\n", s->command,
		s->working_dir ? s->working_dir : ".");
	str_add(out, "  with DATABASE_URL of the replica, and nothing that leads elsewhere\n");
	str_add(out, "  its statements are learned from the server\n");
	str_addf(out, "  limit: %s for the whole migration\n", timeout(s->limit_us, limit));
}

void migration_describe(
	const struct migration *m, const struct scenario_migration *settings, struct str *out)
{
	const char *format;

	if (settings->command) {
		describe_command(settings, out);
		return;
	}
	format = format_name(m->set.format);

	str_addf(out, "migration: %zu file%s, %zu statement%s, ", m->n_files, plural(m->n_files),
		m->n_statements, plural(m->n_statements));
	str_addf(out, says_tool(m) ? "transactions as %s runs them\n" : "transaction mode '%s'\n",
		migration_transactions(m, settings));
	for (size_t i = 0; i < m->n_files; i++)
		describe_file(&m->files[i], out);
	for (size_t i = 0; i < m->set.n_ignored; i++)
		str_addf(out, "  left out: %s, %s\n", m->set.ignored[i].path,
			m->set.ignored[i].reason);
	if (format_table_of(m->set.format))
		str_addf(out, "  versions that %s's own table says are applied do not run\n",
			format);
	describe_settings(settings, out);
	for (size_t i = 0; i < m->n_units; i++)
		describe_unit(m, i, out);
}
