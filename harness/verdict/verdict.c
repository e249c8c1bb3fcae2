/*
 * The rules, and how findings become a verdict. Precedence, all of it:
 *
 *   1. A rehearsal that could not be carried out has no verdict. What it saw until then is kept
 *      as findings, except that nothing is called inconclusive.
 *   2. Else the worst severity decides: reject, then inconclusive, then approve.
 *   3. So that a rejection is never owed to a sick baseline, rules marked against_baseline lower
 *      their own rejections to inconclusive when the baseline is unfit. What stands by itself is
 * not lowered: a failed statement, a wait traced through its blockers to the migration, a rewrite,
 * an invalid index, and errors of the class breakage, which no load can cause.
 */
#include "harness/verdict/verdict.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/verdict/rules.h"

static const struct verdict_rule rules[] = {
	{"migration-failed", NULL, NULL, "Every statement of the migration succeeds.", false,
		rule_migration_failed},
	{"lock-wait-too-long", "verdict.max_lock_wait", "500ms",
		"No transaction waits longer than this behind a statement of the migration.", false,
		rule_lock_wait_too_long},
	{"new-error-class", "verdict.allow_new_errors", "false",
		"During migration and recovery no transaction fails with a code that it did not "
		"fail with before.",
		true, rule_new_error_class},
	{"pool-timeout", "verdict.max_pool_timeouts", "0",
		"At most so many transactions find no free connection during migration and "
		"recovery.",
		true, rule_pool_timeout},
	{"latency-p99", "verdict.p99_ratio", "5",
		"p99 of the migration phase stays below this multiple of the baseline's, or below "
		"verdict.p99_floor.",
		true, rule_latency_p99},
	{"table-rewritten", "verdict.allow_rewrite", "false",
		"No existing table is rewritten under a lock that blocks reads or writes for "
		"longer "
		"than verdict.max_lock_wait.",
		false, rule_table_rewritten},
	{"invalid-index", "verdict.allow_invalid_index", "false",
		"The migration leaves no index INVALID.", false, rule_invalid_index},
	{"unvalidated-constraint", "verdict.allow_unvalidated_constraint", "false",
		"The migration leaves no constraint NOT VALID.", false,
		rule_unvalidated_constraint},
	{"lock-not-exercised", "verdict.allow_unexercised", "false",
		"A blocking lock held longer than verdict.max_lock_wait is met by the workload; "
		"else "
		"nothing is known about its harm.",
		false, rule_lock_not_exercised},
	{"baseline-unfit", NULL, NULL,
		"The baseline itself keeps the rules: no pool time-outs, errors in at most 1 % of "
		"transactions, no wait beyond verdict.max_lock_wait, at least 50 transactions.",
		false, rule_baseline_unfit},
	{"prediction-contradicted", NULL, NULL,
		"No statement costs more than the server said beforehand on a small copy, or locks "
		"or rewrites what its text and the schema did not foretell.",
		false, rule_prediction_contradicted},
	{"invalid-index-hidden", NULL, NULL,
		"IF NOT EXISTS does not report success over an INVALID index.", false,
		rule_invalid_index_hidden},
	{"lock-kept-for-later", NULL, NULL,
		"A blocking lock is not kept while later statements of the transaction run.", false,
		rule_lock_kept_for_later},
	{"lock-timeout-bounds", NULL, NULL,
		"A lock time-out bounds the waits behind a queued statement; it does not remove "
		"them.",
		false, rule_lock_timeout_bounds},
	{"lock-waits-caused", NULL, NULL,
		"Waits behind the migration that stay within verdict.max_lock_wait are told.",
		false, rule_lock_waits_caused},
	{"migration-waited", NULL, NULL, "Waits and retries of the migration itself are told.",
		false, rule_migration_waited},
	/* Last: what it says depends on whether anything above rejects. */
	{"observation-incomplete", NULL, NULL,
		"Every lock wait was told by the server; from samples alone nothing is approved.",
		false, rule_observation_incomplete},
};

const struct verdict_rule *verdict_rules(size_t *ret_n)
{
	*ret_n = sizeof(rules) / sizeof(rules[0]);
	return rules;
}

static void release_findings(struct result *r)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		mem_free(r->findings[i].id);
		mem_free(r->findings[i].message);
		mem_free(r->findings[i].evidence);
		mem_free(r->findings[i].remedy);
	}
	MEM_FREE(r->findings);
	r->n_findings = 0;
}

void rules_add(const struct verdict_rule *rule, struct result *r, enum severity severity,
	unsigned statement, char *message, char *evidence, char *remedy)
{
	CLEANUP(cleanup_str) struct str why = {0};

	if (rule->against_baseline && severity == SEVERITY_REJECT && rules_baseline_unfit(r, &why))
		severity = SEVERITY_INCONCLUSIVE;
	if (!*rules_text(r->failure) || severity != SEVERITY_INCONCLUSIVE) {
		r->findings = mem_resize(r->findings, r->n_findings + 1, sizeof(*r->findings));
		r->findings[r->n_findings++] = (struct result_finding){.id = mem_strdup(rule->id),
			.severity = severity,
			.statement = statement,
			.message = message ? message : mem_strdup(""),
			.evidence = evidence ? evidence : mem_strdup(""),
			.remedy = remedy ? remedy : mem_strdup("")};
		return;
	}
	mem_free(message);
	mem_free(evidence);
	mem_free(remedy);
}

static bool before(const struct result_finding *a, const struct result_finding *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity;
	return a->statement - 1 < b->statement - 1; /* 0 wraps to the end */
}

/* Insertion: stable, so that the table's order decides the rest. */
static void sort_findings(struct result *r)
{
	for (size_t i = 1; i < r->n_findings; i++) {
		struct result_finding moving = r->findings[i];
		size_t at = i;

		for (; at > 0 && before(&moving, &r->findings[at - 1]); at--)
			r->findings[at] = r->findings[at - 1];
		r->findings[at] = moving;
	}
}

void verdict_judge(struct result *r)
{
	const char *verdict = "approve";

	release_findings(r);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		rules[i].check(&rules[i], r);
	sort_findings(r);
	if (*rules_text(r->failure))
		verdict = "";
	else if (r->n_findings && r->findings[0].severity == SEVERITY_REJECT)
		verdict = "reject";
	else if (r->n_findings && r->findings[0].severity == SEVERITY_INCONCLUSIVE)
		verdict = "inconclusive";
	mem_free(r->verdict);
	r->verdict = mem_strdup(verdict);
}
