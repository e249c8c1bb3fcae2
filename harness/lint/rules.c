#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/parts.h"
#include "harness/scenario/keys.h"

static const char *const every[] = {"postgres", "mariadb", "mysql", NULL};

const struct lint_rule lint_file_rules[] = {
	[FILE_HEADER_MISSING] = {.id = "header-missing",
		.title = "The file does not say its class",
		.level = RULE_WARNING,
		.products = every,
		.detects = "no line `-- rehearse: class=...` before the first statement",
		.why = "who reviews or runs the file cannot tell at its top how careful to be, and "
		       "nobody notices when an edit makes it more dangerous",
		.remedy = "put `-- rehearse: class=instant-safe`, `concurrent-build` or "
			  "`expand-contract` on top; `rehearse lint --fix` writes it",
		.link = ""},
	[FILE_HEADER_WRONG] = {.id = "header-class-wrong",
		.title = "The file is more dangerous than its header says",
		.level = RULE_ERROR,
		.products = every,
		.detects = "a class in the header that is milder than that of the file's worst "
			   "statement",
		.why = "the file would be run as if it were harmless",
		.remedy = "split the statement off, rewrite it, or correct the header",
		.link = ""},
	[FILE_HEADER_CAREFUL] = {.id = "header-class-careful",
		.title = "The header is more careful than needed",
		.level = RULE_NOTE,
		.products = every,
		.detects = "a class in the header that is worse than that of every statement",
		.why = "does no harm, but the file could be run more simply",
		.remedy = "correct the header, if the statements are all that there is to it",
		.link = ""},
	[FILE_DIRECTIVE_WRONG] = {.id = "directive-wrong",
		.title = "A `-- rehearse:` comment that says nothing",
		.level = RULE_ERROR,
		.products = every,
		.detects = "an unknown word or class after `-- rehearse:`, a second class, or a "
			   "class behind the first statement",
		.why = "what was meant is not heeded",
		.remedy = "write `-- rehearse: class=CLASS` at the top, or `-- rehearse: allow "
			  "RULE reason=\"...\"` before a statement",
		.link = ""},
	[FILE_ALLOW_WITHOUT_REASON] = {.id = "allow-without-reason",
		.title = "A rule is allowed to be broken without a reason",
		.level = RULE_ERROR,
		.products = every,
		.detects = "`-- rehearse: allow RULE` without reason=\"...\"; it allows nothing",
		.why = "the next reader cannot judge whether it still holds",
		.remedy = "say why: `-- rehearse: allow RULE reason=\"the table has ten rows\"`",
		.link = ""},
	[FILE_ALLOW_UNKNOWN] = {.id = "allow-unknown-rule",
		.title = "A rule is allowed to be broken that does not exist",
		.level = RULE_ERROR,
		.products = every,
		.detects = "`-- rehearse: allow RULE` with a RULE that `rehearse rules` does not "
			   "list",
		.why = "a typing error: the rule that was meant still fails, or never did",
		.remedy = "name a rule of `rehearse rules`",
		.link = ""},
	[FILE_ALLOW_UNUSED] = {.id = "allow-unused",
		.title = "A rule is allowed to be broken that nothing breaks",
		.level = RULE_NOTE,
		.products = every,
		.detects = "`-- rehearse: allow RULE` where nothing breaks RULE",
		.why = "it would hide the next statement that does",
		.remedy = "remove the comment",
		.link = ""},
	[FILE_STATEMENT_UNKNOWN] = {.id = "statement-unknown",
		.title = "A statement that could not be understood",
		.level = RULE_WARNING,
		.products = every,
		.detects = "what the server's grammar does not take, and commands of a client "
			   "program",
		.why = "nobody can say what it does; it counts as the worst class",
		.remedy = "correct it, or rehearse it and allow this rule with what was seen",
		.link = ""},
};
const size_t lint_n_file_rules = sizeof(lint_file_rules) / sizeof(lint_file_rules[0]);

const struct lint_rule *lint_rule_at(size_t i)
{
	for (const struct engine *const *e = engine_all(); *e; e++) {
		if (!(*e)->analyser)
			continue;
		if (i < (*e)->analyser->n_rules)
			return &(*e)->analyser->rules[i];
		i -= (*e)->analyser->n_rules;
	}
	return i < lint_n_file_rules ? &lint_file_rules[i] : NULL;
}

const struct lint_rule *lint_rule_find(const struct engine *engine, const char *id)
{
	const struct lint_rule *rule;

	for (size_t i = 0; engine && i < engine->analyser->n_rules; i++)
		if (!strcmp(engine->analyser->rules[i].id, id))
			return &engine->analyser->rules[i];
	for (size_t i = 0; (rule = lint_rule_at(i)); i++)
		if (!strcmp(rule->id, id))
			return rule;
	return NULL;
}

const char *lint_rule_nearest(const char *id)
{
	const char **ids = NULL;
	const char *nearest;
	const struct lint_rule *rule;
	size_t n = 0, cap = 0;

	for (; (rule = lint_rule_at(n));)
		*MEM_PUSH(ids, n, cap) = rule->id;
	*MEM_PUSH(ids, n, cap) = NULL;
	nearest = key_nearest_word(ids, id);
	mem_free(ids);
	return nearest;
}

bool lint_rule_for(const struct lint_rule *rule, const struct lint_config *config)
{
	unsigned version = config->target.version;

	if ((rule->style && !config->style) || version < rule->since ||
		(rule->until && version >= rule->until))
		return false;
	for (const char *const *p = rule->products; *p; p++)
		if (!strcmp(*p, config->target.product->name))
			return true;
	return false;
}
