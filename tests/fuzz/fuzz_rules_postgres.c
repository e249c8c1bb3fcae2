/* The analyser on any text: places lie within it, a class is told, and nothing crashes. */
#include <string.h>

#include "adapters/postgres/dialect.h"
#include "adapters/postgres/rules.h"
#include "harness/base/mem.h"
#include "tests/fuzz/fuzz.h"

/* The parser's own: an empty string for each block of PL/pgSQL that it refuses. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:pg_query_raw_parse\n";
}

static void check(const struct analysis *a, const struct sql_statement *s)
{
	for (size_t i = 0; i < a->n_hits; i++) {
		const struct rule_hit *hit = &a->hits[i];

		MUST(hit->len && hit->offset >= s->offset);
		MUST(hit->offset + hit->len <= s->offset + s->len);
		MUST(*hit->message && hit->object && hit->remedy);
	}
	for (size_t i = 0; i < a->n_locks; i++)
		MUST(*a->locks[i].object && *a->locks[i].mode);
	MUST(a->class <= SQL_CLASS_EXPAND_CONTRACT);
	MUST(!a->unknown || a->class == SQL_CLASS_EXPAND_CONTRACT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint_target target = {pg_analyser.products, size % 2 ? 100000 : 180000};
	struct analysis_state *state = pg_analyser.open(&target);
	char *text = mem_strndup((const char *)data, size);
	struct sql_script script = {0};
	struct err err = {0};

	MUST(!postgres_dialect.split(text, strlen(text), &script, &err));
	for (size_t i = 0; i < script.n; i++) {
		struct statement_context context = {.in_transaction = i % 3 == 1, .style = true};
		struct analysis a;

		if (i % 5 == 0)
			pg_analyser.begin_migration(state);
		pg_analyser.statement(state, text, &script, i, &context, &a);
		check(&a, &script.statements[i]);
		analysis_release(&a);
	}
	sql_script_release(&script);
	pg_analyser.close(state);
	mem_free(text);
	return 0;
}
