/* The table of rules. */
#include "adapters/postgres/rules.h"

static const char *const products[] = {"postgres", NULL};

const struct lint_rule pg_rules[PG_N_RULES] = {
#define PG_RULE(symbol, ID, LEVEL, CLASS, STYLE, SINCE, UNTIL, TITLE, DETECTS, WHY, REMEDY, PAGE) \
	[PG_RULE_##symbol] = {                                                                    \
		.id = ID,                                                                         \
		.title = TITLE,                                                                   \
		.level = RULE_##LEVEL,                                                            \
		.style = STYLE,                                                                   \
		.products = products,                                                             \
		.since = SINCE,                                                                   \
		.until = UNTIL,                                                                   \
		.detects = DETECTS,                                                               \
		.why = WHY,                                                                       \
		.remedy = REMEDY,                                                                 \
		.link = "https://www.postgresql.org/docs/current/" PAGE,                          \
	},
#include "adapters/postgres/rules_list.inc"
#undef PG_RULE
};

const enum sql_class pg_rule_class[PG_N_RULES] = {
#define PG_RULE(symbol, ID, LEVEL, CLASS, ...) [PG_RULE_##symbol] = SQL_CLASS_##CLASS,
#include "adapters/postgres/rules_list.inc"
#undef PG_RULE
};
