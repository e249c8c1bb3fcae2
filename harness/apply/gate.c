#include <string.h>

#include "harness/apply/apply.h"

static int refuse(const struct apply_config *c, struct err *err, const char *why)
{
	return err_set(err, ERR_REFUSED, "%s: %s", c->result, why);
}

static int same_files(const struct apply_config *c, const struct migration *m,
	const struct result *r, struct err *err)
{
	for (size_t i = 0; i < m->n_files && i < r->n_files; i++)
		if (strcmp(m->files[i].sha256, r->files[i].sha256))
			return err_set(err, ERR_REFUSED,
				"%s: '%s' is not the file that was rehearsed (%s); rehearse it "
				"again",
				c->result, m->files[i].path, r->files[i].path);
	if (m->n_files != r->n_files)
		return err_set(err, ERR_REFUSED, "%s: %zu files were rehearsed, these are %zu",
			c->result, r->n_files, m->n_files);
	return 0;
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
