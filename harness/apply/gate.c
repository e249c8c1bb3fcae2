#include "harness/apply/apply.h"

#include <string.h>

#include "harness/base/cleanup.h"

static int refuse(const struct apply_config *c, struct err *err, const char *why)
{
	return err_set(err, ERR_REFUSED, "%s: %s", c->result, why);
}

/* ---- the files ---- */

static bool rehearsed(const struct result *r, const char *sha256)
{
	for (size_t i = 0; i < r->n_files; i++)
		if (!strcmp(r->files[i].sha256, sha256))
			return true;
	return false;
}

static bool pending(const struct migration *m, const char *sha256)
{
	for (size_t i = 0; i < m->n_files; i++)
		if (!strcmp(m->files[i].sha256, sha256))
			return true;
	return false;
}

/* The files that were rehearsed and that the tool has since recorded as applied; "" none. */
static void name_recorded(const struct migration *m, const struct result *r, struct str *out)
{
	for (size_t i = 0; i < m->set.n_files; i++) {
		const struct format_file *f = &m->set.files[i];

		if (f->applied && rehearsed(r, f->sha256) && !pending(m, f->sha256))
			str_addf(out, "%s%s", out->len ? ", " : "",
				*f->version ? f->version : f->path);
	}
}

/* The first rehearsed file that is not to be applied; NULL: all are. */
static const struct result_file *missing(const struct migration *m, const struct result *r)
{
	size_t i = 0;

	while (i < r->n_files && pending(m, r->files[i].sha256))
		i++;
	return i < r->n_files ? &r->files[i] : NULL;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One that was not rehearsed, by its text: because that has changed, or at all. */
static int refuse_file(const struct apply_config *c, const struct migration *m,
	const struct result *r, const char *path, struct err *err)
{
	const struct result_file *gone = missing(m, r);

	for (size_t i = 0; i < r->n_files; i++)
		if (!strcmp(base(r->files[i].path), base(path)))
			return err_set(err, ERR_REFUSED,
				"%s: the text of '%s' has changed since it was rehearsed; rehearse "
				"it again",
				c->result, path);
	if (gone && m->n_files <= r->n_files)
		return err_set(err, ERR_REFUSED,
			"%s: '%s' is not the file that was rehearsed, '%s'; rehearse it again",
			c->result, path, gone->path);
	return err_set(err, ERR_REFUSED,
		"%s: '%s' was not rehearsed: these are %zu files, rehearsed were %zu", c->result,
		path, m->n_files, r->n_files);
}

/* The lists differ. */
static int refuse_files(const struct apply_config *c, const struct migration *m,
	const struct result *r, struct err *err)
{
	const struct result_file *gone = missing(m, r);

	for (size_t i = 0; i < m->n_files; i++)
		if (!rehearsed(r, m->files[i].sha256))
			return refuse_file(c, m, r, m->files[i].path, err);
	if (gone)
		return err_set(err, ERR_REFUSED,
			"%s: '%s' was rehearsed and is not among these files; apply all that was "
			"rehearsed, or rehearse these",
			c->result, gone->path);
	return refuse(c, err, "these files were rehearsed in another order");
}

static int same_files(const struct apply_config *c, const struct migration *m,
	const struct result *r, struct err *err)
{
	CLEANUP(cleanup_str) struct str recorded = {0};
	size_t i = 0;

	name_recorded(m, r, &recorded);
	if (recorded.len)
		return err_set(err, ERR_REFUSED,
			"%s: '%s' says that files which were rehearsed are applied meanwhile: %s; "
			"rehearse the rest",
			c->result, m->set.table, str_text(&recorded));
	while (i < m->n_files && i < r->n_files && !strcmp(m->files[i].sha256, r->files[i].sha256))
		i++;
	return i < m->n_files || i < r->n_files ? refuse_files(c, m, r, err) : 0;
}

static int check(const struct apply_config *c, const struct migration *m, const char *version,
	const struct result *r, struct err *err)
{
	const char *mode = migration_transactions(m, c->settings);

	if (*r->failure)
		return refuse(c, err, "that rehearsal was not carried out");
	if (strcmp(r->verdict, "approve"))
		return err_set(err, ERR_REFUSED, "%s: the verdict is '%s', not 'approve'",
			c->result, *r->verdict ? r->verdict : "none");
	if (strcmp(r->rehearsal.engine, c->engine->name))
		return refuse(c, err, "that rehearsal was on another engine");
	if (same_files(c, m, r, err))
		return -1;
	if (strcmp(r->rehearsal.transaction_mode, mode))
		return err_set(err, ERR_REFUSED,
			"%s: it was rehearsed with migration.transaction '%s', this is '%s'",
			c->result, r->rehearsal.transaction_mode, mode);
	if (strcmp(r->rehearsal.server_version, version))
		return err_set(err, ERR_REFUSED,
			"%s: it was rehearsed on version %s, this server is %s", c->result,
			r->rehearsal.server_version, version);
	return 0;
}

int apply_gate(const struct apply_config *config, const struct migration *m, const char *version,
	struct err *err)
{
	struct result r;
	int failed;

	if (!config->result)
		return 0;
	result_init(&r);
	failed = result_load(config->result, &r, err) || check(config, m, version, &r, err);
	result_release(&r);
	return failed ? -1 : 0;
}
