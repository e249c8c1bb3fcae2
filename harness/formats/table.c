#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/names.h"

static bool plain_owns(const struct found *f, unsigned *ret_line)
{
	(void)f;
	(void)ret_line;
	return false;
}

static enum role plain_name(const struct found *f, struct format_file *ret)
{
	(void)f;
	ret->version = mem_strdup("");
	ret->title = mem_strdup("");
	return ROLE_UP;
}

int plain_text(const struct found *f, const struct format_options *options, struct format_file *ret,
	struct err *err)
{
	(void)options;
	(void)err;
	ret->text = mem_strndup(f->text, f->len);
	ret->len = f->len;
	return 0;
}

int read_way_down(const char *path, struct format_file *ret, struct err *err)
{
	if (!fs_is_file(path))
		return 0;
	if (fs_read(path, 0, &ret->down, NULL, err)) {
		if (err && err->kind != ERR_INTERRUPTED)
			err->kind = ERR_USAGE;
		return -1;
	}
	ret->down_path = mem_strdup(path);
	return 0;
}

static const struct ledger
	golang_migrate_ledger = {"schema_migrations",
		"SELECT version, 1, dirty, 1, NULL FROM schema_migrations"},
	pop_ledger = {"schema_migration", "SELECT version, 1, 0, 0, NULL FROM schema_migration"},
	sqlx_ledger = {"_sqlx_migrations",
		"SELECT version, 1, NOT success, 0, NULL FROM _sqlx_migrations"},
	goose_ledger = {"goose_db_version",
		"SELECT version_id, is_applied, 0, 0, NULL FROM goose_db_version ORDER BY id"},
	sql_migrate_ledger = {"gorp_migrations", "SELECT id, 1, 0, 0, NULL FROM gorp_migrations"},
	dbmate_ledger = {"schema_migrations",
		"SELECT version, 1, 0, 0, NULL FROM schema_migrations"},
	diesel_ledger = {"__diesel_schema_migrations",
		"SELECT version, 1, 0, 0, NULL FROM __diesel_schema_migrations"},
	prisma_ledger = {"_prisma_migrations",
		"SELECT SUBSTRING(migration_name FROM 1 FOR POSITION('_' IN migration_name) - 1), "
		"rolled_back_at IS NULL, "
		"finished_at IS NULL AND rolled_back_at IS NULL, 0, NULL "
		"FROM _prisma_migrations ORDER BY started_at"},
	flyway_ledger = {"flyway_schema_history",
		"SELECT COALESCE(version, script), type NOT LIKE 'UNDO%', NOT success, "
		"type LIKE '%BASELINE', checksum FROM flyway_schema_history ORDER BY "
		"installed_rank"};

enum {
	FAMILY_PLAIN,
	FAMILY_GOOSE,
	FAMILY_SQL_MIGRATE,
	FAMILY_DBMATE,
	FAMILY_FLYWAY,
	FAMILY_DIESEL,
	FAMILY_PRISMA,
	FAMILY_PAIRS
};

/* What the text shows comes before what the names show. */
const struct migration_format format_table[] = {
	{"plain", FAMILY_PLAIN, 0, plain_owns, plain_name, plain_text, .compare = NULL},
	{"goose", FAMILY_GOOSE, 0, goose_owns, goose_name, goose_text, compare_numbers,
		.ledgers = {&goose_ledger}},
	{"sql-migrate", FAMILY_SQL_MIGRATE, 0, sql_migrate_owns, sql_migrate_name, sql_migrate_text,
		compare_names, .ledgers = {&sql_migrate_ledger}},
	{"dbmate", FAMILY_DBMATE, 0, dbmate_owns, dbmate_name, dbmate_text, compare_numbers,
		.ledgers = {&dbmate_ledger}},
	{"flyway", FAMILY_FLYWAY, 0, flyway_owns, flyway_read_name, flyway_text, compare_dotted,
		.find_down = flyway_down, .ledgers = {&flyway_ledger}},
	{"diesel", FAMILY_DIESEL, 0, diesel_owns, diesel_name, diesel_text, compare_stamps,
		.ledgers = {&diesel_ledger}},
	{"prisma", FAMILY_PRISMA, 0, prisma_owns, prisma_name, prisma_text, compare_stamps,
		.ledgers = {&prisma_ledger}},
	{"sqlx", FAMILY_PAIRS, 3, sqlx_owns, sqlx_name, sqlx_text, compare_numbers,
		.ledgers = {&sqlx_ledger}},
	{"golang-migrate", FAMILY_PAIRS, 2, golang_migrate_owns, golang_migrate_name,
		golang_migrate_text, compare_numbers,
		.ledgers = {&golang_migrate_ledger, &sqlx_ledger, &pop_ledger}},
	{"pairs", FAMILY_PAIRS, 1, pair_owns, pair_name, pair_text, compare_lettered, .twice = true,
		.ledgers = {&golang_migrate_ledger, &sqlx_ledger, &pop_ledger}},
	{0},
};

const char *const format_words[] = {"plain", "goose", "sql-migrate", "dbmate", "flyway", "diesel",
	"prisma", "sqlx", "golang-migrate", "pairs", NULL};
_Static_assert(sizeof(format_words) / sizeof(format_words[0]) ==
		sizeof(format_table) / sizeof(format_table[0]),
	"a word for each format");
