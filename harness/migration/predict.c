#include "harness/base/cleanup.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/migration/runner.h"

/* Before the audit table and the migration's own session exist: the server is asked about the
 * schema as it stands. */
int runner_predict(struct runner *r, struct err *err)
{
	const struct observer_ops *ops = r->run->engine->observer;

	if (!r->run->observer || !ops->predict)
		return 0;
	for (size_t i = 0; i < r->m->n_statements; i++) {
		const struct migration_statement *m = &r->m->statements[i];
		CLEANUP(cleanup_free)
		char *sql = mem_strndup(m->file->text + m->sql->offset, m->sql->len);
		CLEANUP(cleanup_free) char *note = NULL;
		struct prediction prediction = {0};
		struct err reason = {0};

		if (interrupt_check(err))
			return -1;
		if (!ops->predict(r->run->observer, sql, &prediction, &reason)) {
			record_prediction(&r->result->statements[i], &prediction);
			continue;
		}
		if (reason.kind == ERR_INTERRUPTED) {
			*err = reason;
			return -1;
		}
		note = mem_printf("not predicted: %s", reason.text);
		record_note(&r->result->statements[i], note);
	}
	return 0;
}
