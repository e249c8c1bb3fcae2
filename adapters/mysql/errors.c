/* Texts of errors, and what they tell beside their numbers. */
#include "adapters/mysql/errors.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/mask_text.h"

/* ---- masking by the server's own templates ---- */

/*
 * %n is a name and stays, %d is data and goes, %w is a piece of the statement of which the first
 * word stays when it is one. Data may hold anything, quotation marks and the words that follow it
 * included, so it reaches to the last place where those stand; a name to the first.
 */
static const struct {
	unsigned code;
	const char *template;
} templates[] = {
	{1062, "Duplicate entry '%d' for key '%n'"},
	{1062, "Duplicate entry '%d' for key %n"},
	{1064, "%n near '%w' at line %n"},
	{1231, "Variable '%n' can't be set to the value of '%d'"},
	{1292, "Truncated incorrect %n value: '%d'"},
	{1292, "Incorrect %n value: '%d' for column %n at row %n"},
	{1292, "Incorrect %n value: '%d' for function %n"},
	{1292, "Incorrect %n value: '%d'"},
	{1300, "Invalid %n character string: '%d'"},
	{1366, "Incorrect %n value: '%d' for column %n at row %n"},
	{1367, "Illegal %n '%d' value found during parsing"},
	{1411, "Incorrect %n value: '%d' for function %n"},
	{1525, "Incorrect %n value: '%d'"},
	{1526, "Table has no partition for value %d"},
	{1569,
		"ALTER TABLE causes auto_increment resequencing, resulting in duplicate entry '%d' "
		"for key '%n'"},
	{1586, "Duplicate entry '%d' for key '%n'"},
	{1690, "%n value is out of range in '%d'"},
	{1741, "Key value '%d' was not found in table '%n'"},
	{1761,
		"Foreign key constraint for table '%n', record '%d' would lead to a duplicate "
		"entry in "
		"table '%n', key '%n'"},
	{1762,
		"Foreign key constraint for table '%n', record '%d' would lead to a duplicate "
		"entry in "
		"a child table"},
	{1918, "Encountered illegal value '%d' when converting to %n"},
};

/* Their quotation marks hold names of objects, options and users, or nothing at all. Sorted. */
static const unsigned name_codes[] = {1005, 1007, 1008, 1020, 1022, 1036, 1040, 1044, 1045, 1046,
	1048, 1049, 1050, 1051, 1052, 1053, 1054, 1055, 1056, 1060, 1061, 1063, 1066, 1067, 1071,
	1072, 1074, 1075, 1082, 1091, 1093, 1094, 1099, 1100, 1109, 1110, 1114, 1129, 1130, 1136,
	1137, 1138, 1142, 1143, 1146, 1147, 1153, 1166, 1170, 1176, 1192, 1193, 1194, 1195, 1203,
	1205, 1213, 1226, 1227, 1228, 1229, 1238, 1239, 1247, 1264, 1265, 1273, 1286, 1289, 1290,
	1304, 1305, 1317, 1318, 1327, 1347, 1348, 1356, 1359, 1360, 1364, 1370, 1394, 1396, 1406,
	1412, 1419, 1423, 1442, 1449, 1451, 1452, 1461, 1471, 1524, 1553, 1615, 1698, 1701, 1705,
	1712, 1735, 1785, 1792, 1800, 1801, 1821, 1822, 1824, 1825, 1826, 1828, 1829, 1830, 1832,
	1833, 1834, 1836, 1845, 1846, 1927, 1969, 2002, 2003, 2005, 2006, 2012, 2013, 2026, 2055,
	2057, 2059, 2061, 2068, 3024, 3159, 3572, 3730, 3780, 3819, 3820, 3821, 3822, 3940, 3948,
	3959, 4025, 4092, 4166};

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* Where the template's literal text from `literal` to its next placeholder or end stands in
 * message: the first such place or the last; at the end of the message when it ends the template.
 * NULL: nowhere. */
static const char *find_literal(
	const char *message, const char *literal, size_t n, bool last, bool ends)
{
	const char *end = message + strlen(message), *found = NULL;

	if (ends) {
		if ((size_t)(end - message) < n || memcmp(end - n, literal, n) != 0)
			return NULL;
		return end - n;
	}
	for (const char *p = message; (size_t)(end - p) >= n; p++) {
		if (memcmp(p, literal, n) != 0)
			continue;
		found = p;
		if (!last)
			break;
	}
	return found;
}

static size_t literal_len(const char *template)
{
	return (size_t)(strchrnul(template, '%') - template);
}

static void put_piece(struct mask_text *out, char kind, const char *piece, size_t n)
{
	size_t word = 0;

	if (kind == 'n') {
		mask_text_put(out, piece, n);
		return;
	}
	while (kind == 'w' && word < n &&
		(isalnum((unsigned char)piece[word]) || piece[word] == '_'))
		word++;
	/* `'Miller'`, `4711`: no word. `Miller'`: the rest of a literal. */
	if (word && !isdigit((unsigned char)*piece) &&
		(word == n || strchr(" (,;=.", piece[word]))) {
		mask_text_put(out, piece, word);
		if (word < n)
			mask_text_add(out, " ?");
		return;
	}
	mask_text_add(out, n ? "?" : "");
}

/* True when the message is one of the template; then `out` has it masked. */
static bool apply(const char *template, const char *message, struct mask_text *out)
{
	size_t n = literal_len(template);

	if (strncmp(message, template, n) != 0)
		return false;
	mask_text_put(out, message, n);
	message += n;
	template += n;
	while (*template) {
		char kind = template[1];
		const char *next;

		template += 2;
		n = literal_len(template);
		next = find_literal(message, template, n, kind != 'n', !template[n]);
		if (!next)
			return false;
		put_piece(out, kind, message, (size_t)(next - message));
		mask_text_put(out, next, n);
		message = next + n;
		template += n;
	}
	return true;
}

/* ---- masking what no template fits ---- */

/* A quotation mark that is no apostrophe ("can't"). */
static bool is_quote(const char *message, const char *p)
{
	if (*p != '\'' && *p != '"')
		return false;
	return p == message || !isalpha((unsigned char)p[-1]) || !isalpha((unsigned char)p[1]);
}

/* All from the first quotation mark to the last: between them anything may be data. */
static void mask_quoted(const char *message, struct mask_text *out)
{
	const char *first = NULL, *last = NULL;

	for (const char *p = message; *p; p++) {
		if (!is_quote(message, p))
			continue;
		first = first ? first : p;
		last = p;
	}
	if (!first) {
		mask_text_add(out, message);
		return;
	}
	mask_text_put(out, message, (size_t)(first - message) + 1);
	mask_text_add(out, "?");
	mask_text_put(out, first, 1);
	if (last > first)
		mask_text_add(out, last + 1);
}

static void mask(unsigned code, const char *message, struct mask_text *out)
{
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		if (templates[i].code != code)
			continue;
		if (apply(templates[i].template, message, out))
			return;
		out->len = 0;
	}
	if (bsearch(&code, name_codes, sizeof(name_codes) / sizeof(name_codes[0]), sizeof(code),
		    compare))
		mask_text_add(out, message);
	else
		mask_quoted(message, out);
}

/* What the steps of suggestions say when they stop; they hold no values of rows. */
static bool is_own(const char *message)
{
	static const char *const own[] = {
		"the table has triggers, which its copy would lack",
		"the table has foreign keys, or others refer to it",
		"the table has other columns than were known",
		"the copy has not all rows: its keys take some for equal",
		"rows break the foreign key: put them right first",
		"rows that break the foreign key came in between: put them right",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(message, own[i]))
			return true;
	return false;
}

void my_error_mask(unsigned code, const char *sqlstate, const char *message, char *ret, size_t size)
{
	struct mask_text out = {.data = ret, .size = size};
	bool raised = code >= 1642 && code <= 1644; /* SIGNAL without a number of its own */

	if (!size)
		return;
	*ret = '\0';
	if ((raised || (sqlstate && !strncmp(sqlstate, "45", 2))) && is_own(message))
		mask_text_add(&out, message);
	else if (raised || (sqlstate && !strncmp(sqlstate, "45", 2)))
		mask_text_add(&out, "raised by a stored program (text masked)");
	else
		mask(code, message, &out);
	mask_text_trim(&out);
}

/* ---- what else a text tells ---- */

unsigned my_error_of_row(const char *message)
{
	static const struct {
		const char *words;
		unsigned code;
	} rows[] = {
		{"Lock wait timeout exceeded", 1205},
		{"Deadlock found", 1213},
		{"max_statement_time exceeded", 1969},
		{"interrupted", 1317},
		{"doesn't exist in engine", 1932},
		{"doesn't exist", 1146},
		{"Unknown table", 1051},
		{"is not of type", 1347},
		{"is not BASE TABLE", 1347},
		{"Duplicate entry", 1062},
		{"Incorrect key file", 1034},
		{"orrupt", 1034},
		{"Data truncated", 1265},
		{"is full", 1114},
		{"Disk full", 1021},
		{"No space left", 1021},
		{"errno: 28", 1021},
		{"is marked as crashed", 1194},
		{"Connection was killed", 1927},
		{"read only", 1036},
		{"read-only", 1290},
		{"command denied", 1142},
		{"Unknown storage engine", 1286},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(message, rows[i].words))
			return rows[i].code;
	return 1105;
}

/* The message quotes what is left of the statement, cut at 80 bytes. */
uint32_t my_error_position(unsigned code, const char *message, const char *sql)
{
	static const char before[] = " near '", after[] = "' at line ";
	const char *rest = code == 1064 ? strstr(message, before) : NULL, *end = NULL, *at;
	uint32_t position = 1;
	size_t n, len = strlen(sql);

	for (const char *p = rest; p && (p = strstr(p, after)); p++)
		end = p;
	if (!end)
		return 0;
	rest += sizeof(before) - 1;
	n = (size_t)(end - rest);
	if (n <= len && !memcmp(sql + len - n, rest, n)) {
		at = sql + len - n; /* all that was left */
	} else {
		at = n ? memmem(sql, len, rest, n) : NULL;
		/* Found twice: better no place than a wrong one. */
		if (!at || memmem(at + 1, strlen(at + 1), rest, n))
			return 0;
	}
	for (const char *p = sql; p < at; p++)
		position += ((unsigned char)*p & 0xc0) != 0x80;
	return position;
}

/* ---- which lock ---- */

/* Past comments, which may carry a transaction's name. */
static const char *first_word(const char *sql)
{
	for (;;) {
		sql += strspn(sql, " \t\r\n(");
		if (!strncmp(sql, "/*", 2) && sql[2] != '!' && strncmp(sql, "/*M!", 4) != 0) {
			sql = strstr(sql + 2, "*/") ? strstr(sql + 2, "*/") + 2 : "";
		} else if (*sql == '#' || !strncmp(sql, "-- ", 3)) {
			sql += strcspn(sql, "\n");
		} else {
			return sql;
		}
	}
}

/* Statements that wait for no row: whatever they waited for is a table's. */
static bool waits_for_tables_only(const char *sql)
{
	static const char *const words[] = {"ALTER", "DROP", "TRUNCATE", "RENAME", "LOCK", "FLUSH",
		"OPTIMIZE", "ANALYZE", "REPAIR", "CHECK", "CREATE INDEX", "CREATE UNIQUE",
		"CREATE TRIGGER", "CREATE DATABASE", "CREATE FULLTEXT", "CREATE SPATIAL"};
	const char *start = first_word(sql);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncasecmp(start, words[i], strlen(words[i])))
			return true;
	return false;
}

enum my_lock_wait my_error_lock_wait(const char *sql, uint64_t elapsed_us,
	uint64_t lock_wait_timeout_us, uint64_t innodb_lock_wait_timeout_us)
{
	/* A time-out fires a little late, seldom early: timers of whole ticks. */
	uint64_t waited = elapsed_us + 20000;
	bool table = waited >= lock_wait_timeout_us, row = waited >= innodb_lock_wait_timeout_us;

	if (waits_for_tables_only(sql) || (table && !row))
		return MY_LOCK_WAIT_TABLE;
	if (row && !table)
		return MY_LOCK_WAIT_ROW;
	return MY_LOCK_WAIT_UNKNOWN;
}
