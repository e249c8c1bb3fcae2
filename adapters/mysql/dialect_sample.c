/* Values drawn at random; see the contract of sample(), and sql/sample.sql. */
#include <string.h>

#include "adapters/mysql/dialect_lex.h"
#include "adapters/mysql/dialect_text.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Fewer rows than that are read whole. */
#define LIMIT_ROWS 20000
/* Of a table without a usable index: LIMIT_ROWS / 2 values, from eight times as many rows. */
#define FIRST_ROWS 10000
/* An index is entered at so many points. */
#define POINTS_MIN 8
#define POINTS_MAX 32
/* More than are wanted: NULLs are left out, and a point may lie behind the last text. */
#define SPARE 4

struct hole {
	const char *name, *text;
};

static char *number(unsigned n)
{
	return mem_printf("%u", n);
}

/* `{name}` becomes the text of that name; the last one is {NULL, NULL}. */
static char *fill(const char *template, const struct hole *holes)
{
	struct str out = {0};

	while (*template) {
		const struct hole *hole = holes;
		size_t n = 0;

		for (; *template == '{' && hole->name; hole++) {
			n = strlen(hole->name);
			if (!strncmp(template + 1, hole->name, n) && template[n + 1] == '}')
				break;
		}
		if (*template == '{' && hole->name) {
			str_add(&out, hole->text);
			template += n + 2;
		} else {
			str_add_char(&out, *template ++);
		}
	}
	return str_take(&out);
}

/* `s`.`t` as the catalog has it: two literals. */
static void name_parts(const char *table, char **ret_schema, char **ret_name)
{
	struct my_lexer lexer = {.text = table, .len = strlen(table)};
	struct my_token token;
	char *parts[2] = {NULL, NULL};
	unsigned n = 0;

	for (my_lex_solid(&lexer, &token); token.kind != MY_END && n < 2;
		my_lex_solid(&lexer, &token)) {
		CLEANUP(cleanup_str) struct str name = {0};
		bool quoted = token.kind == MY_NAME && !token.open;

		if (token.kind == MY_OTHER)
			continue;
		for (size_t i = token.start + quoted; i < token.end - quoted; i++) {
			str_add_char(&name, table[i]);
			i += quoted && table[i] == '`';
		}
		parts[n++] = my_sql_literal(str_text(&name));
	}
	*ret_schema = n == 2 ? parts[0] : mem_strdup("DATABASE()");
	*ret_name = n ? parts[n - 1] : mem_strdup("''");
}

static char *all_points(const char *value, unsigned points, unsigned rows)
{
	CLEANUP(cleanup_free) char *count = number(rows);
	const struct hole holes[] = {{"value", value}, {"rows", count}, {NULL, NULL}};
	CLEANUP(cleanup_free) char *point = fill(sql_mysql_sample_point, holes);
	struct str out = {0};

	for (unsigned i = 0; i < points; i++)
		str_addf(&out, "%s%s", i ? ", ' UNION ALL ', " : "", point);
	return str_take(&out);
}

char *my_sample(const char *table, const char *column, unsigned n)
{
	unsigned points = n < POINTS_MIN ? POINTS_MIN : n > POINTS_MAX ? POINTS_MAX : n;
	CLEANUP(cleanup_free) char *schema = NULL, *name = NULL;
	CLEANUP(cleanup_free) char *from = my_sql_literal(table);
	CLEANUP(cleanup_free) char *value = my_sql_literal(column);
	CLEANUP(cleanup_free) char *limit = number(LIMIT_ROWS), *first = number(FIRST_ROWS);
	CLEANUP(cleanup_free) char *count = number(n);
	CLEANUP(cleanup_free) char *drawn = all_points(value, points, SPARE * (n / points + 1));

	name_parts(table, &schema, &name);
	return fill(sql_mysql_sample,
		(const struct hole[]){{"from", from}, {"schema", schema}, {"name", name},
			{"table", table}, {"limit", limit}, {"value", value}, {"first", first},
			{"points", drawn}, {"n", count}, {NULL, NULL}});
}
