/* Suggestions on a real server: the steps end in the schema that the statement itself makes. */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "adapters/suggest.h"
#include "harness/base/cleanup.h"
#include "harness/suggest/suggest.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suggest_tables.h"
#include "tests/support/suite.h"

static struct db_conn *conn;

static const char *const rows[] = {
	"INSERT INTO clinic VALUES (1, 'a'), (2, 'b')",
	"INSERT INTO visit (clinic_id, note, fee, code, Seen) SELECT 1 + seq % 2, CONCAT('n', seq),"
	" seq, seq, '2021-01-01' FROM seq_1_to_3000",
	"INSERT INTO pair (a, b, n) SELECT seq, CONCAT('b', seq % 7), seq FROM seq_1_to_3000",
	"INSERT INTO isam SELECT seq, seq, seq FROM seq_1_to_3000",
	"INSERT INTO words SELECT seq, CONCAT('word ', seq) FROM seq_1_to_200",
};

static void setup(void)
{
	conn = rig_session("suggest");
}

static void teardown(void)
{
	db->close(conn);
}

static char *query(const char *text)
{
	char *got;
	struct err err = {0};

	ck_assert_msg(!db_text(db, conn, text, &got, &err), "%s\n%s", err.text, text);
	return got;
}

static void sql(const char *text)
{
	rig_run(conn, text);
}

/* Statement by statement, as the runner sends them. */
static void run_text(const char *text)
{
	struct sql_script script;
	struct err err = {0};

	ck_ok(mysql_dialect.split(text, strlen(text), &script, &err), err);
	for (size_t i = 0; i < script.n; i++) {
		CLEANUP(cleanup_free)
		char *one =
			mem_strndup(text + script.statements[i].offset, script.statements[i].len);

		sql(one);
	}
	sql_script_release(&script);
}

static void fresh(void)
{
	sql("DROP VIEW IF EXISTS visits");
	sql("DROP TABLE IF EXISTS child, parent, visits, visit, clinic, pair, isam, words, keyless,"
	    " _visit_new, _visit_old");
	run_text(suggest_tables);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sql(rows[i]);
}

static void plan_of(const char *server_name, const char *statement, struct suggest_plan *plan)
{
	const struct engine *engine;
	struct lint_target target;
	struct err err = {0};

	ck_ok(lint_target_parse(server_name, &engine, &target, &err), err);
	ck_ok(suggest_begin(plan, engine, &target, &err), err);
	ck_ok(suggest_learn(plan, suggest_tables, strlen(suggest_tables), &err), err);
	ck_ok(suggest_add(plan, "m.sql", statement, strlen(statement), &err), err);
}

/* For the server that is there. */
static void plan_for(const char *statement, struct suggest_plan *plan)
{
	CLEANUP(cleanup_free)
	char *name = query("SELECT CONCAT(IF(VERSION() LIKE '%MariaDB%', 'mariadb:', 'mysql:'),"
			   " REGEXP_SUBSTR(VERSION(), '[0-9]+[.][0-9]+[.][0-9]+'))");

	plan_of(name, statement, plan);
}

static void run_phase(const struct suggest_plan *plan, enum suggest_phase phase)
{
	for (size_t i = 0; i < plan->n_files; i++)
		if (plan->files[i].phase == phase)
			run_text(plan->files[i].text);
}

/* All that a client sees of the schema, the order of columns too. */
static char *schema(void)
{
	static const char *const names[] = {
		"clinic", "visit", "visits", "pair", "isam", "words", "keyless", "parent", "child"};
	struct str out = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CLEANUP(cleanup_free)
		char *sum = mem_printf("SELECT CONCAT_WS(' ', TABLE_TYPE, ENGINE, TABLE_COLLATION,"
				       " CREATE_OPTIONS, TABLE_COMMENT) FROM"
				       " information_schema.TABLES WHERE TABLE_SCHEMA = 'test' AND"
				       " TABLE_NAME = '%s'",
			names[i]);
		CLEANUP(cleanup_free) char *got = query(sum);

		str_addf(&out, "%s: %s\n", names[i], got ? got : "");
	}
	return str_take(&out);
}

static char *details(void)
{
	sql("SET SESSION group_concat_max_len = 1000000");
	return query(
		"SELECT GROUP_CONCAT(line ORDER BY line SEPARATOR '\n') FROM ("
		" SELECT CONCAT_WS(' ', TABLE_NAME, LPAD(ORDINAL_POSITION, 2, '0'), COLUMN_NAME,"
		"  COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME,"
		"  COLUMN_COMMENT) AS line FROM information_schema.COLUMNS"
		"  WHERE TABLE_SCHEMA = 'test' AND TABLE_NAME NOT LIKE 'seq%'"
		" UNION ALL SELECT CONCAT_WS(' ', 'index', TABLE_NAME, INDEX_NAME, NON_UNIQUE,"
		"  SEQ_IN_INDEX, COLUMN_NAME, INDEX_TYPE) FROM information_schema.STATISTICS"
		"  WHERE TABLE_SCHEMA = 'test'"
		" UNION ALL SELECT CONCAT_WS(' ', 'constraint', TABLE_NAME, CONSTRAINT_NAME,"
		"  CONSTRAINT_TYPE) FROM information_schema.TABLE_CONSTRAINTS"
		"  WHERE TABLE_SCHEMA = 'test'"
		" UNION ALL SELECT CONCAT('trigger ', TRIGGER_NAME) FROM"
		"  information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'test'"
		" UNION ALL SELECT CONCAT('routine ', ROUTINE_NAME) FROM"
		"  information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'test'"
		" UNION ALL SELECT CONCAT('partition ', TABLE_NAME, ' ', PARTITION_NAME) FROM"
		"  information_schema.PARTITIONS WHERE TABLE_SCHEMA = 'test' AND PARTITION_NAME IS"
		"  NOT NULL) AS s");
}

/* Every row of the tables that are changed: nothing is lost, nothing is touched. */
static char *sums(void)
{
	return query("SELECT CONCAT_WS(' ', (SELECT CONCAT(COUNT(*), ' ', SUM(id), ' ',"
		     " MAX(changed)) FROM visit), (SELECT SUM(n) FROM pair),"
		     " (SELECT SUM(n) + COUNT(s) FROM isam), (SELECT SUM(id) FROM words))");
}

static const struct {
	const char *statement;
	unsigned expand, contract; /* files */
	const char *comment;
} cases[] = {
	{"ALTER TABLE visit ADD INDEX i (clinic_id, fee)", 1, 0, "index"},
	{"CREATE UNIQUE INDEX i ON visit (id, fee)", 1, 0, "unique index"},
	{"DROP INDEX by_note ON visit", 1, 0, "index dropped"},
	{"ALTER TABLE visit ADD COLUMN extra int NOT NULL DEFAULT 7", 1, 0, "column"},
	{"ALTER TABLE visit ADD extra varchar(20) AFTER note", 1, 0, "column in the middle"},
	{"ALTER TABLE visit ADD COLUMN extra int, ADD INDEX (extra)", 2, 0,
		"apart they are instant and a build"},
	{"ALTER TABLE visit MODIFY fee int NOT NULL", 1, 0, "not null: in place"},
	{"ALTER TABLE visit FORCE", 1, 0, "rebuild: in place"},
	{"OPTIMIZE TABLE visit", 2, 0, "the same by another name"},
	{"ALTER TABLE visit MODIFY fee bigint", 7, 0, "type"},
	{"ALTER TABLE visit MODIFY id bigint NOT NULL AUTO_INCREMENT", 7, 0, "type of the key"},
	{"ALTER TABLE visit CHANGE COLUMN fee fee decimal(10,2) NOT NULL DEFAULT 1 AFTER id,"
	 " ADD INDEX i (clinic_id), MODIFY code varchar(300) NOT NULL COMMENT 'c'",
		7, 0, "several changes, one copy"},
	{"ALTER TABLE pair MODIFY n bigint NOT NULL", 7, 0,
		"a key of two columns, a generated column"},
	{"ALTER TABLE visit CONVERT TO CHARACTER SET utf8mb4", 7, 0, "character set"},
	{"ALTER TABLE visit ADD CONSTRAINT positive CHECK (fee > 0)", 7, 0, "check"},
	{"ALTER TABLE visit PARTITION BY HASH (id) PARTITIONS 3", 7, 0, "partitions"},
	{"ALTER TABLE visit ADD FULLTEXT INDEX ft (note)", 7, 0, "full text"},
	{"ALTER TABLE words ADD COLUMN n int", 7, 0, "beside a full text index"},
	{"ALTER TABLE isam ENGINE=InnoDB", 6, 0, "engine"},
	{"ALTER TABLE isam ADD COLUMN x int NOT NULL DEFAULT 3, ADD INDEX (n)", 6, 0, "MyISAM"},
	{"CREATE INDEX i ON isam (n)", 6, 0, "MyISAM, an index"},
	{"OPTIMIZE TABLE isam", 7, 0, "MyISAM, written anew"},
	{"ALTER TABLE visit ADD COLUMN u char(36) NOT NULL DEFAULT (uuid()) AFTER note", 4, 0,
		"a default that differs"},
	{"ALTER TABLE pair ADD u char(36) DEFAULT (uuid())", 4, 0, "and may be NULL"},
	{"ALTER TABLE visit ADD CONSTRAINT f FOREIGN KEY (clinic_id) REFERENCES clinic (id)", 3, 0,
		"foreign key"},
	{"ALTER TABLE visit RENAME COLUMN note TO Remark", 4, 2, "column renamed"},
	{"ALTER TABLE visit CHANGE clinic_id office int", 3, 1, "one without an index"},
	{"ALTER TABLE visit RENAME COLUMN Seen TO `Seen at`", 3, 1, "to a name in quotes"},
	{"RENAME TABLE visit TO visits", 1, 1, "table renamed"},
	{"ALTER TABLE visit RENAME AS visits", 1, 1, "in the other form"},
	{"ALTER TABLE visit DROP COLUMN code", 1, 1, "column dropped"},
	{"ALTER TABLE visit DROP fee", 0, 1, "one that may be left out already"},
};

START_TEST(the_steps_end_in_the_same_schema)
{
	CLEANUP(cleanup_free) char *wanted = NULL;
	CLEANUP(cleanup_free) char *wanted_details = NULL;
	CLEANUP(cleanup_free) char *got = NULL;
	CLEANUP(cleanup_free) char *got_details = NULL;
	CLEANUP(cleanup_free) char *before = NULL;
	CLEANUP(cleanup_free) char *after = NULL;
	struct suggest_plan plan;

	fresh();
	before = sums();
	/* MySQL refuses a default for its log that its replicas would fill otherwise. */
	sql("SET SESSION sql_log_bin = 0");
	sql(cases[_i].statement);
	sql("SET SESSION sql_log_bin = 1");
	wanted = schema();
	wanted_details = details();
	fresh();
	plan_for(cases[_i].statement, &plan);
	ck_assert_uint_eq(plan.n_rewritten, 1);
	ck_assert_uint_eq(plan.numbers[SUGGEST_EXPAND], cases[_i].expand);
	ck_assert_uint_eq(plan.numbers[SUGGEST_CONTRACT], cases[_i].contract);
	ck_assert_int_eq(plan.n_applications, cases[_i].contract > 0);
	run_phase(&plan, SUGGEST_EXPAND);
	after = sums();
	ck_assert_str_eq(after, before);
	run_phase(&plan, SUGGEST_CONTRACT);
	got = schema();
	got_details = details();
	ck_assert_msg(!strcmp(got, wanted) && !strcmp(got_details, wanted_details),
		"%s: %s\nis\n%s%s\nnot\n%s%s", cases[_i].comment, cases[_i].statement, got,
		got_details, wanted, wanted_details);
	suggest_release(&plan);
}
END_TEST

/* ---- beside the traffic ---- */

/* Inserts, changes, moves and deletes until it is told to stop. */
struct writer {
	struct db_conn *conn;
	pthread_t thread;
	unsigned number;
	_Atomic bool stop;
	char error[160];
};

static const char *const writes[] = {
	"INSERT INTO visit (clinic_id, note, fee, code) VALUES (1, 'w', @i, 'c')",
	"UPDATE visit SET fee = fee + 1, note = CONCAT(note, 'x')"
	" WHERE id BETWEEN @i * 37 % 3000 AND @i * 37 % 3000 + 3",
	"UPDATE visit SET id = -@i WHERE id = @i * 53 % 3000",
	"DELETE FROM visit WHERE id = @i * 71 % 3000",
};

static void write_one(struct writer *w, const char *text)
{
	const struct db_error *e;

	db_run(db, w->conn, text, NULL, NULL);
	e = &db->result(w->conn)->error;
	/* A deadlock is everyday life of clients; nothing else is. */
	if (e->class != DB_CLASS_NONE && !e->retryable)
		snprintf(w->error, sizeof(w->error), "%.80s: %.16s", text, e->code);
}

static void *write_on(void *arg)
{
	struct writer *w = arg;

	for (unsigned i = w->number; !w->stop && !*w->error; i += 2) {
		CLEANUP(cleanup_free) char *number = mem_printf("SET @i = %u", i);

		write_one(w, number);
		for (size_t k = 0; k < sizeof(writes) / sizeof(writes[0]); k++)
			write_one(w, writes[k]);
	}
	return NULL;
}

static void writers_start(struct writer *writers, size_t n, unsigned first)
{
	for (size_t i = 0; i < n; i++) {
		writers[i] = (struct writer){
			.conn = rig_session("writer"), .number = first + (unsigned)i};
		ck_assert_int_eq(
			pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
	}
	clock_sleep_us(SETTLE_US);
}

static void writers_stop(struct writer *writers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		writers[i].stop = true;
		pthread_join(writers[i].thread, NULL);
		ck_assert_msg(!*writers[i].error, "%s", writers[i].error);
		db->close(writers[i].conn);
	}
}

static size_t file_titled(const struct suggest_plan *plan, const char *words)
{
	for (size_t i = 0; i < plan->n_files; i++)
		if (!strncmp(plan->files[i].title, words, strlen(words)))
			return i;
	ck_abort_msg("no file '%s'", words);
}

static char *rows_of(const char *table)
{
	CLEANUP(cleanup_free)
	char *text = mem_printf("SELECT CONCAT_WS(' ', COUNT(*), SUM(id), SUM(fee), SUM(CRC32("
				"CONCAT_WS(',', id, note, fee, code, Seen)))) FROM %s",
		table);

	return query(text);
}

START_TEST(a_copy_follows_whoever_writes_meanwhile)
{
	CLEANUP(cleanup_free) char *original = NULL;
	CLEANUP(cleanup_free) char *copy = NULL;
	struct writer writers[2];
	struct suggest_plan plan;
	size_t exchange;

	fresh();
	plan_for("ALTER TABLE visit MODIFY fee bigint, ADD CHECK (fee >= 0)", &plan);
	exchange = file_titled(&plan, "Exchange");
	writers_start(writers, 2, 1);
	for (size_t i = 0; i < exchange; i++)
		run_text(plan.files[i].text);
	clock_sleep_us(SETTLE_US);
	writers_stop(writers, 2);
	original = rows_of("visit");
	copy = rows_of("_visit_new");
	ck_assert_str_eq(copy, original);
	writers_start(writers, 2, 50001);
	for (size_t i = exchange; i < plan.n_files; i++)
		run_text(plan.files[i].text);
	clock_sleep_us(SETTLE_US);
	writers_stop(writers, 2);
	suggest_release(&plan);
}
END_TEST

START_TEST(both_columns_are_kept_alike_whichever_is_written)
{
	static const char different[] =
		"SELECT COUNT(*) FROM visit WHERE NOT (BINARY note <=> BINARY remark)";
	CLEANUP(cleanup_free) char *got = NULL;
	struct writer writers[2];
	struct suggest_plan plan;

	fresh();
	sql("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
	plan_for("ALTER TABLE visit RENAME COLUMN note TO remark", &plan);
	writers_start(writers, 2, 1);
	run_phase(&plan, SUGGEST_EXPAND);
	writers_stop(writers, 2);
	sql("INSERT INTO visit (note, code) VALUES ('old', '')");
	sql("INSERT INTO visit (remark, code) VALUES ('new', '')");
	sql("UPDATE visit SET note = 'old app' WHERE fee = 1");
	sql("UPDATE visit SET remark = 'new app' WHERE fee = 2");
	sql("UPDATE visit SET remark = 'NEW' WHERE remark = 'new'");
	got = query(different);
	ck_assert_str_eq(got, "0");
	MEM_FREE(got);
	/* To the collation that is no change. */
	got = query("SELECT HEX(note) FROM visit WHERE remark = 'new'");
	ck_assert_str_eq(got, "4E4557");
	writers_start(writers, 2, 50001);
	writers_stop(writers, 2);
	run_phase(&plan, SUGGEST_CONTRACT);
	MEM_FREE(got);
	got = query("SELECT COUNT(*) FROM visit WHERE remark IN ('old', 'new')");
	ck_assert_str_eq(got, "2");
	suggest_release(&plan);
}
END_TEST

/* ---- what must not be done ---- */

static const struct {
	const char *before, *statement, *says, *comment;
} refusals[] = {
	{"CREATE TRIGGER own BEFORE INSERT ON visit FOR EACH ROW SET NEW.fee = 1",
		"ALTER TABLE visit MODIFY fee bigint", "has triggers", "the copy would lack it"},
	{"ALTER TABLE visit ADD FOREIGN KEY (clinic_id) REFERENCES clinic (id)",
		"ALTER TABLE visit MODIFY fee bigint", "foreign keys", "nor that"},
	{"ALTER TABLE visit ADD COLUMN unknown int", "ALTER TABLE visit MODIFY fee bigint",
		"other columns", "and what the files do not tell"},
	{"UPDATE visit SET clinic_id = 99 WHERE id = 5",
		"ALTER TABLE visit ADD FOREIGN KEY (clinic_id) REFERENCES clinic (id)",
		"break the foreign key", "an orphan"},
};

START_TEST(a_step_stops_before_it_does_harm)
{
	CLEANUP(cleanup_free) char *before = NULL;
	CLEANUP(cleanup_free) char *after = NULL;
	struct sql_script script;
	struct suggest_plan plan;
	struct err err = {0};

	fresh();
	sql(refusals[_i].before);
	before = details();
	plan_for(refusals[_i].statement, &plan);
	ck_ok(mysql_dialect.split(plan.files[0].text, strlen(plan.files[0].text), &script, &err),
		err);
	for (size_t i = 0; i < script.n && !err.text[0]; i++) {
		CLEANUP(cleanup_free)
		char *one = mem_strndup(
			plan.files[0].text + script.statements[i].offset, script.statements[i].len);

		db_exec(db, conn, one, &err);
	}
	ck_assert_msg(strstr(err.text, refusals[_i].says) != NULL, "%s: %s", refusals[_i].comment,
		err.text);
	/* On MySQL the procedure is left where it stopped. */
	sql("DROP PROCEDURE IF EXISTS rehearse_visit");
	after = details();
	ck_assert_str_eq(after, before);
	sql_script_release(&script);
	suggest_release(&plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suggest_mysql");
	TCase *tc = tcase_create("suggest");

	tcase_add_unchecked_fixture(tc, rig_start_mariadb, rig_stop);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
		tc, the_steps_end_in_the_same_schema, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, a_copy_follows_whoever_writes_meanwhile);
	tcase_add_test(tc, both_columns_are_kept_alike_whichever_is_written);
	tcase_add_loop_test(
		tc, a_step_stops_before_it_does_harm, 0, sizeof(refusals) / sizeof(refusals[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
