/* What the rules share: looking things up in a result, wording, adding findings. */
#ifndef REHEARSE_VERDICT_RULES_H
#define REHEARSE_VERDICT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/str.h"
#include "harness/measure/result.h"
#include "harness/verdict/verdict.h"

/* The checks of the table in verdict.c. */
void rule_lock_wait_too_long(const struct verdict_rule *rule, struct result *r);
void rule_lock_waits_caused(const struct verdict_rule *rule, struct result *r);
void rule_lock_not_exercised(const struct verdict_rule *rule, struct result *r);
void rule_migration_waited(const struct verdict_rule *rule, struct result *r);
void rule_lock_timeout_bounds(const struct verdict_rule *rule, struct result *r);
void rule_lock_kept_for_later(const struct verdict_rule *rule, struct result *r);
void rule_migration_failed(const struct verdict_rule *rule, struct result *r);
void rule_new_error_class(const struct verdict_rule *rule, struct result *r);
void rule_latency_p99(const struct verdict_rule *rule, struct result *r);
void rule_pool_timeout(const struct verdict_rule *rule, struct result *r);
void rule_baseline_unfit(const struct verdict_rule *rule, struct result *r);
void rule_observation_incomplete(const struct verdict_rule *rule, struct result *r);
void rule_invalid_index(const struct verdict_rule *rule, struct result *r);
void rule_invalid_index_hidden(const struct verdict_rule *rule, struct result *r);
void rule_unvalidated_constraint(const struct verdict_rule *rule, struct result *r);
void rule_prediction_contradicted(const struct verdict_rule *rule, struct result *r);
void rule_table_rewritten(const struct verdict_rule *rule, struct result *r);

/* Adds a finding and takes over the three texts (NULL: ""). */
void rules_add(const struct verdict_rule *rule, struct result *r, enum severity severity,
	unsigned statement, char *message, char *evidence, char *remedy);

/* NULL when the phase never began. */
const struct result_phase *rules_phase(const struct result *r, enum phase_id id);
const struct result_statement *rules_statement(const struct result *r, unsigned index);

/* Why the baseline cannot be compared with, added to `why` as a list; false: it can. */
bool rules_baseline_unfit(const struct result *r, struct str *why);

/* "statement 1 (CREATE INDEX, migration.sql:3)" */
void rules_name(const struct result_statement *s, struct str *out);
/* "1 transaction", "1,204 transactions" */
void rules_count(uint64_t n, const char *noun, struct str *out);
const char *rules_text(const char *s); /* NULL is "" */

/* The lock that made others wait: the longest blocking one on what they waited for most, else the
 * longest blocking one; NULL when it held none on anything that existed before. */
const struct result_lock *rules_blocking_lock(
	const struct result *r, const struct result_statement *s);
/* The migration's own wait, with that outcome (NULL: any), while others queued behind the
 * statement; NULL none. */
const struct result_wait *rules_held_up(
	const struct result *r, const struct result_statement *s, const char *outcome);
/* A later statement that ran while `lock` was still held; NULL none. */
const struct result_statement *rules_ran_under(
	const struct result *r, const struct result_statement *s, const struct result_lock *lock);

/* What to do instead of the statement as it stands; caller frees. */
char *rules_remedy(const struct result *r, const struct result_statement *s);

#endif
