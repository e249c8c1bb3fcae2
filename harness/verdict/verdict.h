/* Pure: a result and its rules in, findings and a verdict out. The rules are one table. */
#ifndef REHEARSE_VERDICT_VERDICT_H
#define REHEARSE_VERDICT_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/measure/result.h"

/* Replaces r->findings (worst first, then by statement, those without one last) and r->verdict,
 * which stays "" when the rehearsal was not carried out (r->failure). */
void verdict_judge(struct result *r);

struct verdict_rule {
	const char *id;	      /* of its findings */
	const char *key;      /* the scenario key that sets it, NULL when it has none */
	const char *fallback; /* the default as text: "500ms" */
	const char *summary;  /* one line for documentation */
	/* It compares with the baseline: when that is unfit its rejections are inconclusive. */
	bool against_baseline;
	void (*check)(const struct verdict_rule *rule, struct result *r);
};
const struct verdict_rule *verdict_rules(size_t *ret_n);

#endif
