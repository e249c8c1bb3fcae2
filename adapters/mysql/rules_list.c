/* The table of rules. */
#include "adapters/mysql/rules.h"

static const char *const both[] = {"mariadb", "mysql", NULL};
static const char *const mariadb[] = {"mariadb", NULL};

#define BOTH both
#define MARIADB mariadb

const struct lint_rule my_rules[MY_N_RULES] = {
#define MY_RULE(symbol, ID, LEVEL, CLASS, STYLE, PRODUCTS, TITLE, DETECTS, WHY, REMEDY, PAGE) \
	[MY_RULE_##symbol] = {                                                                \
		.id = ID,                                                                     \
		.title = TITLE,                                                               \
		.level = RULE_##LEVEL,                                                        \
		.style = STYLE,                                                               \
		.products = PRODUCTS,                                                         \
		.detects = DETECTS,                                                           \
		.why = WHY,                                                                   \
		.remedy = REMEDY,                                                             \
		.link = "https://dev.mysql.com/doc/refman/8.4/en/" PAGE,                      \
	},
#include "adapters/mysql/rules_list.inc"
#undef MY_RULE
};

const enum sql_class my_rule_class[MY_N_RULES] = {
#define MY_RULE(symbol, ID, LEVEL, CLASS, ...) [MY_RULE_##symbol] = SQL_CLASS_##CLASS,
#include "adapters/mysql/rules_list.inc"
#undef MY_RULE
};
