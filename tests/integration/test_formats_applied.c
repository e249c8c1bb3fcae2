/* What the tools' own tables say is applied, on both engines. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/formats.h"
#include "tests/support/files.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static struct test_pg pg;
static struct test_mariadb m;
static char *dir;

static void start(void)
{
	test_pg_start(&pg, NULL, 0);
	test_mariadb_start(&m, NULL, 0);
}

static void stop(void)
{
	test_mariadb_stop(&m);
	test_pg_stop(&pg);
}

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

#define GOOSE                                                         \
	{"1_a.sql", "-- +goose Up\n"}, {"2_b.sql", "-- +goose Up\n"}, \
	{                                                             \
		"3_c.sql", "-- +goose Up\n"                           \
	}
#define GOOSE_TABLE                                                                      \
	"CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean);" \
	"INSERT INTO goose_db_version VALUES (1, 0, true), (2, 1, true), (3, 2, true)"
#define PAIRS                                    \
	{"1_a.up.sql", ""}, {"02_b.up.sql", ""}, \
	{                                        \
		"10_c.up.sql", ""                \
	}
#define FLYWAY_TABLE                                                                   \
	"CREATE TABLE flyway_schema_history (installed_rank int, version varchar(50)," \
	" type varchar(20), script varchar(1000), checksum int, success boolean);"     \
	"INSERT INTO flyway_schema_history VALUES "

static const struct {
	struct test_file files[TEST_FILES_MAX];
	const char *sql;  /* makes the table */
	const char *drop; /* its name */
	const char *want; /* versions that are applied, or the error */
	const char *comment;
} cases[] = {
	{{GOOSE}, NULL, NULL, "", "no table: nothing is applied"},
	{{GOOSE}, GOOSE_TABLE, "goose_db_version", "1 2 by goose_db_version", "goose"},
	{{GOOSE}, GOOSE_TABLE ", (4, 2, false)", "goose_db_version", "1 by goose_db_version",
		"goose: taken back"},
	{{GOOSE}, "CREATE TABLE goose_db_version (id int)", "goose_db_version", "",
		"another's table of that name"},
	{{PAIRS},
		"CREATE TABLE schema_migrations (version bigint, dirty boolean);"
		"INSERT INTO schema_migrations VALUES (2, false)",
		"schema_migrations", "1 02 by schema_migrations",
		"golang-migrate: all up to the one version"},
	{{PAIRS},
		"CREATE TABLE schema_migrations (version bigint, dirty boolean);"
		"INSERT INTO schema_migrations VALUES (2, true)",
		"schema_migrations",
		"'schema_migrations' says that version '2' failed half-way; repair it on the "
		"source before a rehearsal",
		"golang-migrate: dirty"},
	{{PAIRS},
		"CREATE TABLE schema_migrations (version bigint, dirty boolean);"
		"INSERT INTO schema_migrations VALUES (-1, false)",
		"schema_migrations", "", "golang-migrate: back at none"},
	{{PAIRS},
		"CREATE TABLE _sqlx_migrations (version bigint, success boolean);"
		"INSERT INTO _sqlx_migrations VALUES (1, true), (10, true)",
		"_sqlx_migrations", "1 10 by _sqlx_migrations",
		"pairs that are sqlx's, as its table shows"},
	{{{"1_a.up.sql", "-- no-transaction\n"}},
		"CREATE TABLE _sqlx_migrations (version bigint, success boolean);"
		"INSERT INTO _sqlx_migrations VALUES (1, false)",
		"_sqlx_migrations",
		"'_sqlx_migrations' says that version '1' failed half-way; repair it on the "
		"source before a rehearsal",
		"sqlx: failed"},
	{{{"20240101_a.sql", "-- migrate:up\n"}, {"20240102_b.sql", "-- migrate:up\n"}},
		"CREATE TABLE schema_migrations (version varchar(128));"
		"INSERT INTO schema_migrations VALUES ('20240102')",
		"schema_migrations", "20240102 by schema_migrations", "dbmate: one in between"},
	{{{"1_a.sql", "-- +migrate Up\n"}, {"2_b.sql", "-- +migrate Up\n"}},
		"CREATE TABLE gorp_migrations (id varchar(255));"
		"INSERT INTO gorp_migrations VALUES ('1_a.sql')",
		"gorp_migrations", "1_a.sql by gorp_migrations", "sql-migrate"},
	{{{"2024-01-01-000001_a/up.sql", ""}, {"2024-01-02-000001_b/up.sql", ""}},
		"CREATE TABLE __diesel_schema_migrations (version varchar(50));"
		"INSERT INTO __diesel_schema_migrations VALUES ('20240101000001')",
		"__diesel_schema_migrations", "20240101000001 by __diesel_schema_migrations",
		"diesel"},
	{{{"20240101000001_a/migration.sql", ""}, {"20240102000001_b/migration.sql", ""}},
		"CREATE TABLE _prisma_migrations (migration_name varchar(255),"
		" started_at timestamp NULL, finished_at timestamp NULL,"
		" rolled_back_at timestamp NULL);"
		"INSERT INTO _prisma_migrations VALUES"
		" ('20240101000001_a', '2024-01-01', NULL, '2024-01-02'),"
		" ('20240101000001_a', '2024-01-03', '2024-01-03', NULL)",
		"_prisma_migrations", "20240101000001 by _prisma_migrations",
		"Prisma: the second attempt"},
	{{{"V1__a.sql", ""}, {"V1.9__b.sql", ""}, {"V1.10__c.sql", ""},
		 {"R__same.sql", "SELECT 1\nSELECT ${n}\n"}, {"R__new.sql", "SELECT 2"}},
		FLYWAY_TABLE "(1, '1.0', 'BASELINE', 'x', NULL, true),"
			     " (2, '1.9', 'SQL', 'V1.9__b.sql', 1, true),"
			     " (3, '1.10', 'SQL', 'V1.10__c.sql', 1, true),"
			     " (4, '1.10', 'UNDO_SQL', 'U1.10__c.sql', 1, true),"
			     " (5, NULL, 'SQL', 'R__same.sql', -877411210, true),"
			     " (6, NULL, 'SQL', 'R__new.sql', 12, true)",
		"flyway_schema_history", "1 1.9 same by flyway_schema_history",
		"Flyway: baseline, undone, unchanged and changed repeatable ones"},
	{{{"V1__a.sql", ""}}, FLYWAY_TABLE "(1, '1', 'SQL', 'V1__a.sql', 1, false)",
		"flyway_schema_history",
		"'flyway_schema_history' says that version '1' failed half-way; repair it on the "
		"source before a rehearsal",
		"Flyway: failed"},
};

static char *marked(const struct engine *engine, struct db_conn *conn)
{
	static const struct server_setting placeholders[] = {{(char *)"n", (char *)"9"}};
	const struct format_options options = {.placeholders = placeholders, .n_placeholders = 1};
	struct format_set set = {0};
	struct str out = {0};
	struct err err = {0};

	ck_ok(formats_read((const char *const *)&dir, 1, &options, &set, &err), err);
	if (formats_mark_applied(&set, engine, conn, &err))
		str_add(&out, err.text);
	for (size_t i = 0; i < set.n_files && !err.kind; i++)
		if (set.files[i].applied)
			str_addf(&out, "%s ",
				set.files[i].repeatable ? set.files[i].title
							: set.files[i].version);
	if (out.len && !err.kind)
		str_addf(&out, "by %s", set.table);
	format_set_release(&set);
	return str_take(&out);
}

static void check(const char *engine_name, const char *dsn, int i)
{
	const struct engine *engine = engine_find(engine_name);
	const struct db_target target = {.dsn = dsn};
	CLEANUP(cleanup_free) char *got = NULL;
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(engine->db, &target, &conn, &err), err);
	if (cases[i].sql)
		ck_ok(db_exec(engine->db, conn, cases[i].sql, &err), err);
	got = marked(engine, conn);
	if (cases[i].drop)
		ck_ok(db_execf(engine->db, conn, &err, "DROP TABLE %s", cases[i].drop), err);
	engine->db->close(conn);
	ck_assert_msg(!strcmp(got, cases[i].want), "%s, %s: got '%s'", engine_name,
		cases[i].comment, got);
}

START_TEST(finds_what_is_applied)
{
	test_files_write(dir, cases[_i].files);
	check("postgres", pg.dsn, _i);
	check("mysql", m.dsn, _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("formats applied");
	TCase *tc = tcase_create("formats applied");

	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, finds_what_is_applied, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
