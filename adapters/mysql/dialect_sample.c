/* Values drawn at random; see the contract of sample(). */
#include <string.h>

#include "adapters/mysql/dialect_text.h"
#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Up to so many rows are read whole. */
#define SMALL 20000
/* A larger table is entered at so many points of an index. */
#define POINTS_MIN 8
#define POINTS_MAX 32

/* `s`.`t` as the catalog has it: two literals. */
static void name_parts(const char *table, char **ret_schema, char **ret_name)
{
	struct my_lexer lexer = {.text = table, .len = strlen(table)};
	struct my_token token;
	char *parts[2] = {NULL, NULL};
	unsigned n = 0;

	for (my_lex_solid(&lexer, &token); token.kind != MY_END; my_lex_solid(&lexer, &token)) {
		CLEANUP(cleanup_str) struct str name = {0};
		bool quoted = token.kind == MY_NAME;

		if (token.kind == MY_OTHER || n == 2)
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

/*
 * The column that leads an index that random points can be laid into: of the primary key if it
 * may be, else of the index that tells rows apart best. With what MIN and MAX of it, as dynamic
 * SQL, say: its kind (n a number, c text, b bytes), lowest and highest value.
 */
static void add_choice(struct str *out, const char *table, const char *schema, const char *name)
{
	str_addf(out,
		"SET @rehearse_k = NULL, @rehearse_t = NULL, @rehearse_lo = NULL, @rehearse_hi = "
		"NULL;\n"
		"SELECT CONCAT('`', REPLACE(s.column_name, '`', '``'), '`'), "
		"CASE WHEN c.data_type LIKE '%%char' THEN 'c' "
		"WHEN c.data_type LIKE '%%binary' THEN 'b' ELSE 'n' END "
		"INTO @rehearse_k, @rehearse_t FROM information_schema.statistics s "
		"JOIN information_schema.columns c ON c.table_schema = s.table_schema "
		"AND c.table_name = s.table_name AND c.column_name = s.column_name "
		"WHERE s.table_schema = %s AND s.table_name = %s AND s.seq_in_index = 1 "
		"AND s.index_type = 'BTREE' AND s.sub_part IS NULL AND c.data_type IN "
		"('tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float', "
		"'double', 'char', 'varchar', 'binary', 'varbinary') "
		"ORDER BY s.index_name = 'PRIMARY' DESC, s.non_unique, s.cardinality DESC, "
		"s.index_name LIMIT 1;\n"
		"SET @rehearse_n = (SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT %d) s);\n"
		"SET @rehearse_q = IF(@rehearse_k IS NULL, 'DO 0', CONCAT('SELECT MIN(', "
		"@rehearse_k, '), MAX(', @rehearse_k, ') INTO @rehearse_lo, @rehearse_hi FROM ', "
		"@rehearse_from));\n",
		schema, name, table, SMALL + 1);
}

/* A point, as text of SQL: between the lowest and the highest. */
static const char point[] =
	"CASE @rehearse_t WHEN 'n' THEN CAST(FLOOR(@rehearse_lo * 1e0 + RAND() * "
	"(@rehearse_hi * 1e0 - @rehearse_lo * 1e0)) AS DECIMAL(40, 0)) "
	"ELSE CONCAT(IF(@rehearse_t = 'c', '_latin1 X''', 'X'''), "
	"LPAD(HEX(FLOOR(ORD(LEFT(@rehearse_lo, 1)) + RAND() * (ORD(LEFT(@rehearse_hi, 1)) - "
	"ORD(LEFT(@rehearse_lo, 1)) + 1))), 2, '0'), HEX(48 + FLOOR(RAND() * 74)), "
	"HEX(48 + FLOOR(RAND() * 74)), '''') END";

static void add_points(struct str *out, const char *column, unsigned points, unsigned rows)
{
	for (unsigned i = 0; i < points; i++)
		str_addf(out,
			"%sCONCAT('(SELECT ', %s, ' AS v FROM ', @rehearse_from, ' WHERE ', "
			"@rehearse_k, ' >= ', %s, ' ORDER BY ', @rehearse_k, ' LIMIT %u)')",
			i ? ", ' UNION ALL ', " : "", column, point, rows);
}

char *my_sample(const char *table, const char *column, unsigned n)
{
	CLEANUP(cleanup_free) char *schema = NULL, *name = NULL;
	CLEANUP(cleanup_free) char *from = my_sql_literal(table);
	CLEANUP(cleanup_free) char *value = my_sql_literal(column);
	unsigned points = n < POINTS_MIN ? POINTS_MIN : n > POINTS_MAX ? POINTS_MAX : n;
	struct str out = {0};

	name_parts(table, &schema, &name);
	str_addf(&out, "SET @rehearse_from = %s;\n", from);
	add_choice(&out, table, schema, name);
	str_add(&out, "PREPARE rehearse FROM @rehearse_q;\nEXECUTE rehearse;\n");
	/* Neighbours come along, twice as many as are wanted, as NULLs are left out. */
	str_addf(&out,
		"SET @rehearse_q = CONCAT('SELECT v FROM (', CASE WHEN @rehearse_n <= %d "
		"THEN CONCAT('SELECT ', %s, ' AS v FROM ', @rehearse_from) "
		/* No index to enter by: of the first rows one in eight. */
		"WHEN @rehearse_k IS NULL OR @rehearse_lo IS NULL THEN CONCAT('SELECT ', %s, "
		"' AS v FROM ', @rehearse_from, ' WHERE RAND() < 0.125 LIMIT %d') "
		"ELSE CONCAT(",
		SMALL, value, value, SMALL / 2);
	add_points(&out, value, points, 2 * (n / points + 1));
	str_addf(&out,
		") END, ') s WHERE v IS NOT NULL AND LOCATE(X''00'', v) = 0 "
		"ORDER BY RAND() LIMIT %u');\n"
		"PREPARE rehearse FROM @rehearse_q;\nEXECUTE rehearse;\n"
		"DEALLOCATE PREPARE rehearse",
		n);
	return str_take(&out);
}
