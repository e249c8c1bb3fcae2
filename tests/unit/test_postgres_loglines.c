/* What PostgreSQL's logs say about lock waits; lines as a server wrote them. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/flat_json.h"
#include "adapters/postgres/loglines.h"
#include "adapters/postgres/observer_modes.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

/* ---- records ---- */

#define JSON_WAIT                                                                                 \
	"{\"timestamp\":\"2026-11-22 10:38:43.098 UTC\",\"user\":\"u\",\"pid\":11656,"            \
	"\"ps\":\"UPDATE waiting\",\"error_severity\":\"LOG\",\"message\":\"process 11656 still " \
	"waiting for RowExclusiveLock on relation 16384 of database 5 after 20.064 ms\","         \
	"\"detail\":\"Process holding the lock: 11651. Wait queue: 11655, 11656, 11657.\","       \
	"\"statement\":\"/*tx:say \\\"hi\\\"*/ update a set v=v+1\\nwhere id=1\","                \
	"\"application_name\":\"c3\",\"backend_type\":\"client backend\",\"query_id\":0}\n"
#define JSON_ERROR                                                                               \
	"{\"timestamp\":\"2026-11-22 10:38:43.148 UTC\",\"pid\":11656,\"error_severity\":"       \
	"\"ERROR\",\"state_code\":\"57014\",\"message\":\"canceling statement due to statement " \
	"timeout\"}\n"
#define JSON_NOISE                                                                             \
	"{\"timestamp\":\"2026-11-22 10:38:42.836 UTC\",\"pid\":1,\"error_severity\":\"LOG\"," \
	"\"message\":\"database system is ready to accept connections\"}\n"
#define CSV_WAIT                                                                                  \
	"2026-11-22 10:38:43.098 UTC,\"u\",\"d\",11656,\"[local]\",6b02c633.2d88,1,\"UPDATE "     \
	"waiting\",2026-11-22 10:38:43 UTC,5/3,0,LOG,00000,\"process 11656 still waiting for "    \
	"RowExclusiveLock on relation 16384 of database 5 after 20.064 ms\",\"Process holding "   \
	"the lock: 11651. Wait queue: 11655, 11656, 11657.\",,,,,\"/*tx:say \"\"hi\"\"*/ update " \
	"a "                                                                                      \
	"set v=v+1\nwhere id=1\",23,,\"c3\",\"client backend\",,0\n"
#define CSV_ERROR                                                                               \
	"2026-11-22 10:38:43.148 UTC,\"u\",\"d\",11656,\"[local]\",6b02c633.2d88,2,\"UPDATE\"," \
	"2026-11-22 10:38:43 UTC,5/3,0,ERROR,57014,\"canceling statement due to statement "     \
	"timeout\",,,,,,,,,\"c3\",\"client backend\",,0\n"
#define CSV_NOISE                                                                                 \
	"2026-11-22 10:38:42.836 UTC,,,1,,6b02c632.2d68,4,,2026-11-22 10:38:42 UTC,,0,LOG,00000," \
	"\"database system is ready to accept connections\",,,,,,,,,\"\",\"postmaster\",,0\n"

#define AT_US ((uint64_t)1795343923098000) /* 2026-11-22 10:38:43.098 UTC */

struct seen {
	unsigned n, waits, errors;
};

static void see(void *ctx, const struct log_record *record)
{
	struct seen *seen = ctx;

	seen->n++;
	seen->errors += record->error;
	if (strncmp(record->message, "process ", 8) != 0)
		return;
	seen->waits++;
	ck_assert_uint_eq(record->at_us, AT_US);
	ck_assert_uint_eq(record->pid, 11656);
	ck_assert_str_eq(record->application, "c3");
	ck_assert_str_eq(record->statement, "/*tx:say \"hi\"*/ update a set v=v+1\nwhere id=1");
	ck_assert_str_eq(record->detail,
		"Process holding the lock: 11651. Wait queue: 11655, 11656, 11657.");
}

static const struct {
	enum log_format format;
	const char *text;
} streams[] = {
	{LOG_JSON, JSON_NOISE JSON_WAIT JSON_NOISE JSON_ERROR JSON_WAIT},
	{LOG_CSV, CSV_NOISE CSV_WAIT CSV_NOISE CSV_ERROR CSV_WAIT},
};

START_TEST(records_are_the_same_wherever_the_stream_is_cut)
{
	size_t len = strlen(streams[_i].text);

	for (size_t step = 1; step <= len; step += step < 40 ? 1 : 37) {
		struct log_reader reader = {.format = streams[_i].format};
		struct seen seen = {0};

		for (size_t at = 0; at < len; at += step)
			log_reader_feed(&reader, streams[_i].text + at,
				len - at < step ? len - at : step, see, &seen);
		ck_assert_uint_eq(seen.waits, 2);
		ck_assert_uint_eq(seen.errors, 1);
		log_reader_release(&reader);
	}
}
END_TEST

START_TEST(a_line_that_is_not_whole_waits_for_its_end)
{
	struct log_reader reader = {.format = streams[_i].format};
	struct seen seen = {0};
	const char *text = _i == 0 ? JSON_WAIT : CSV_WAIT;

	log_reader_feed(&reader, text, strlen(text) - 1, see, &seen);
	ck_assert_uint_eq(seen.n, 0);
	log_reader_feed(&reader, "\n", 1, see, &seen);
	ck_assert_uint_eq(seen.waits, 1);
	log_reader_release(&reader);
}
END_TEST

START_TEST(what_is_no_record_is_passed_over)
{
	static const char *const lines[] = {"", "{", "not a record", "{\"message\":\"process 1",
		"{\"message\":\"process \",\"pid\":\"x\"}", "1,2,3", "\"",
		",,,,,,,,,,,,,,,,,,,,,,,,"};
	struct str store = {0};
	struct log_record record;
	struct lock_message message;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (log_record_parse(LOG_JSON, lines[i], strlen(lines[i]), &store, &record))
			ck_assert(!lock_message_parse(record.message, &message));
		if (log_record_parse(LOG_CSV, lines[i], strlen(lines[i]), &store, &record))
			ck_assert(!lock_message_parse(record.message, &message));
	}
	str_release(&store);
}
END_TEST

START_TEST(a_time_zone_other_than_utc_gives_no_time)
{
	static const char line[] = "{\"timestamp\":\"2026-11-22 10:38:43.098 CET\",\"pid\":1,"
				   "\"error_severity\":\"ERROR\",\"message\":\"x\"}";
	struct str store = {0};
	struct log_record record;

	ck_assert(log_record_parse(LOG_JSON, line, strlen(line), &store, &record));
	ck_assert_uint_eq(record.at_us, 0);
	str_release(&store);
}
END_TEST

START_TEST(both_forms_name_the_user)
{
	static const char csv[] = "2026-11-22 10:38:43.086 UTC,\"app\",\"shop\",7,\"[local]\","
				  "1.1,1,\"SELECT\",2026-11-22 10:38:43 UTC,3/4,0,LOG,00000,"
				  "\"duration: 1.5 ms  statement: SELECT 1\",,,,,,,,,\"tool\","
				  "\"client backend\",,0\n";
	static const char json[] = "{\"user\":\"app\",\"application_name\":\"tool\","
				   "\"message\":\"duration: 1.5 ms  statement: SELECT 1\"}";
	struct str store = {0};
	struct log_record record;

	ck_assert(log_record_parse(LOG_CSV, csv, sizeof(csv) - 1, &store, &record));
	ck_assert_str_eq(record.user, "app");
	ck_assert_str_eq(record.application, "tool");
	ck_assert(log_record_parse(LOG_JSON, json, sizeof(json) - 1, &store, &record));
	ck_assert_str_eq(record.user, "app");
	ck_assert_str_eq(record.message, "duration: 1.5 ms  statement: SELECT 1");
	str_release(&store);
}
END_TEST

/* ---- JSON ---- */

START_TEST(a_name_that_goes_on_behind_a_zero_is_another_name)
{
	static const char line[] = "{\"error_severity\":\"ERROR\",\"message\":\"a\","
				   "\"message\0and more\":\"b\",\"pid\":7}";
	struct str store = {0};
	struct log_record record;

	ck_assert(log_record_parse(LOG_JSON, line, sizeof(line) - 1, &store, &record));
	ck_assert_str_eq(record.message, "a");
	ck_assert_uint_eq(record.pid, 7);
	str_release(&store);
}
END_TEST

static const struct {
	const char *json, *text; /* of the member "x"; NULL: not whole, or not flat */
} values[] = {
	{"{\"x\":\"plain\"}", "plain"},
	{" { \"a\" : 1 , \"x\" : \"spaced\" } ", "spaced"},
	{"{\"x\":\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"}", "\b\f\n\r\t\"\\/"},
	{"{\"x\":\"ends with \\\\\",\"y\":\"\"}", "ends with \\"},
	{"{\"x\":\"\\u0001|\\u00e9|\\u20AC\"}", "\001|\303\251|\342\202\254"},
	{"{\"x\":\"no \\u12 code\"}", "no 12 code"},
	{"{\"x\":-1.5e3,\"y\":null}", "-1.5e3"},
	{"{\"x\":\"\"}", ""},
	{"{\"x\":\"cut", NULL},
	{"{\"x\":\"cut\"", NULL},
	{"{\"x\":\"more\"} {", NULL},
	{"{\"x\":{\"y\":1}}", NULL},
	{"{\"x\":[1]}", NULL},
	{"{\"x\":}", NULL},
	{"{\"x\" \"y\"}", NULL},
	{"[]", NULL},
	{"", NULL},
};

START_TEST(a_flat_object_is_walked)
{
	struct flat_json walk = {values[_i].json, values[_i].json + strlen(values[_i].json)};
	struct flat_member m;
	struct str text = {0};
	enum flat_step step;

	while ((step = flat_json_next(&walk, &m)) == FLAT_MEMBER)
		if (m.name_len == 1 && *m.name == 'x')
			flat_json_text(&m, &text);
	ck_assert_int_eq(step, values[_i].text ? FLAT_END : FLAT_BROKEN);
	if (values[_i].text)
		ck_assert_str_eq(str_text(&text), values[_i].text);
	str_release(&text);
}
END_TEST

/* ---- messages ---- */

static const struct {
	const char *text;
	enum lock_step step;
	enum lock_kind kind;
	const char *mode, *object;
	uint64_t waited_us;
} messages[] = {
	{"process 7 still waiting for AccessShareLock on relation 16402 of database 5 after 10.067 "
	 "ms",
		LOCK_STILL_WAITING, LOCK_RELATION, "AccessShareLock",
		"relation 16402 of database 5", 10067},
	{"process 7 acquired AccessShareLock on relation 16402 of database 5 after 373.387 ms",
		LOCK_ACQUIRED, LOCK_RELATION, "AccessShareLock", "relation 16402 of database 5",
		373387},
	{"process 7 acquired ShareLock on transaction 726 after 46.275 ms", LOCK_ACQUIRED,
		LOCK_OTHER, "ShareLock", "transaction 726", 46275},
	{"process 7 still waiting for ExclusiveLock on tuple (0,1) of relation 16402 of database 5 "
	 "after 20.021 ms",
		LOCK_STILL_WAITING, LOCK_TUPLE, "ExclusiveLock",
		"tuple (0,1) of relation 16402 of database 5", 20021},
	{"process 7 still waiting for ShareLock on virtual transaction 3/10 after 20.068 ms",
		LOCK_STILL_WAITING, LOCK_OTHER, "ShareLock", "virtual transaction 3/10", 20068},
	{"process 7 still waiting for ExclusiveLock on extension of relation 16402 of database 5 "
	 "after 1.000 ms",
		LOCK_STILL_WAITING, LOCK_EXTEND, "ExclusiveLock",
		"extension of relation 16402 of database 5", 1000},
	{"process 7 still waiting for ExclusiveLock on page 3 of relation 16402 of database 5 "
	 "after "
	 "1.000 ms",
		LOCK_STILL_WAITING, LOCK_PAGE, "ExclusiveLock",
		"page 3 of relation 16402 of database 5", 1000},
	{"process 7 still waiting for ExclusiveLock on advisory lock [5,0,5,1] after 20.048 ms",
		LOCK_STILL_WAITING, LOCK_OTHER, "ExclusiveLock", "advisory lock [5,0,5,1]", 20048},
	{"process 7 detected deadlock while waiting for ShareLock on transaction 730 after 20.067 "
	 "ms",
		LOCK_DEADLOCK, LOCK_OTHER, "ShareLock", "transaction 730", 20067},
	{"process 7 avoided deadlock for ShareLock on relation 16402 of database 5 by rearranging "
	 "queue order after 9.5 ms",
		LOCK_REARRANGED, LOCK_RELATION, "ShareLock", "relation 16402 of database 5", 9500},
	{"process 7 failed to acquire ShareLock on relation 16402 of database 5 after 3600000.001 "
	 "ms",
		LOCK_GIVEN_UP, LOCK_RELATION, "ShareLock", "relation 16402 of database 5",
		3600000001},
};

START_TEST(a_message_about_a_lock_is_understood)
{
	struct lock_message m;

	ck_assert(lock_message_parse(messages[_i].text, &m));
	ck_assert_int_eq(m.step, messages[_i].step);
	ck_assert_uint_eq(m.pid, 7);
	ck_assert_int_eq(m.target.kind, messages[_i].kind);
	ck_assert_str_eq(m.target.mode, messages[_i].mode);
	ck_assert_str_eq(m.target.text, messages[_i].object);
	ck_assert_uint_eq(m.waited_us, messages[_i].waited_us);
	if (m.target.kind != LOCK_OTHER) {
		ck_assert_uint_eq(m.target.relation, 16402);
		ck_assert_uint_eq(m.target.database, 5);
	}
}
END_TEST

START_TEST(other_messages_are_not_about_locks)
{
	static const char *const others[] = {"", "process ", "process 7", "process x acquired",
		"process 7 acquired ShareLock", "process 7 acquired ShareLock on transaction 1",
		"process 7 acquired ShareLock on transaction 1 after soon", "checkpoint starting"};
	struct lock_message m;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!lock_message_parse(others[i], &m), "%s", others[i]);
}
END_TEST

START_TEST(a_tag_is_the_comment_at_the_start)
{
	static const struct {
		const char *statement, *tag;
	} cases[] = {{"/*tx:book*/ SELECT 1", "book"}, {"  \n/*tx:a b*/x", "a b"}, {"/*tx:*/", ""},
		{"SELECT /*tx:book*/ 1", NULL}, {"/*tx:cut", NULL}, {"/* tx:book */", NULL},
		{"", NULL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *tag = log_tag(cases[i].statement);

		if (cases[i].tag)
			ck_assert_str_eq(tag, cases[i].tag);
		else
			ck_assert_ptr_null(tag);
		mem_free(tag);
	}
}
END_TEST

START_TEST(lock_modes_conflict_as_documented)
{
	static const char *const names[] = {"AccessShareLock", "RowShareLock", "RowExclusiveLock",
		"ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock",
		"AccessExclusiveLock"};
	/* Table 13.2 of the manual: # for a conflict. */
	static const char *const table[] = {".......#", "......##", "....####", "...#####",
		"..##.###", "..######", ".#######", "########"};

	for (int i = 0; i < 8; i++)
		for (int k = 0; k < 8; k++)
			ck_assert_msg(
				lock_modes_conflict(names[i], names[k]) == (table[i][k] == '#'),
				"%s, %s", names[i], names[k]);
	ck_assert(lock_modes_conflict("FutureLock", "AccessShareLock"));
	ck_assert(!lock_mode_blocks_reads("ShareRowExclusiveLock"));
	ck_assert(lock_mode_blocks_writes("ShareLock"));
	ck_assert(!lock_mode_blocks_writes("ShareUpdateExclusiveLock"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_loglines");
	TCase *lines = tcase_create("lines");

	tcase_add_loop_test(lines, records_are_the_same_wherever_the_stream_is_cut, 0, 2);
	tcase_add_loop_test(lines, a_line_that_is_not_whole_waits_for_its_end, 0, 2);
	tcase_add_test(lines, what_is_no_record_is_passed_over);
	tcase_add_test(lines, a_time_zone_other_than_utc_gives_no_time);
	tcase_add_test(lines, a_name_that_goes_on_behind_a_zero_is_another_name);
	tcase_add_test(lines, both_forms_name_the_user);
	tcase_add_loop_test(lines, a_flat_object_is_walked, 0, sizeof(values) / sizeof(values[0]));
	tcase_add_loop_test(lines, a_message_about_a_lock_is_understood, 0,
		sizeof(messages) / sizeof(messages[0]));
	tcase_add_test(lines, other_messages_are_not_about_locks);
	tcase_add_test(lines, a_tag_is_the_comment_at_the_start);
	tcase_add_test(lines, lock_modes_conflict_as_documented);
	suite_add_tcase(suite, lines);
	return suite_run(suite);
}
