/* What the tool's own table says. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/formats/format.h"

enum column { COLUMN_VERSION, COLUMN_APPLIED, COLUMN_FAILED, COLUMN_UP_TO, COLUMN_CHECKSUM };

/* CRC-32 as zlib has it. */
static uint32_t crc32_add(uint32_t crc, const char *bytes, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

/* Flyway's: over the lines, without their ends. */
static int32_t checksum(const struct format_file *f)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *at = f->text, *end = f->text + f->len;
	uint32_t crc = 0;

	if (!strncmp(at, mark, strlen(mark)))
		at += strlen(mark);
	for (; at < end; at++) {
		size_t n = strcspn(at, "\r\n");

		crc = crc32_add(crc, at, n);
		at += n;
	}
	return (int32_t)crc;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One row of the table. */
struct row {
	const char *version, *checksum;
	bool applied, up_to;
};

static bool is_true(const char *value)
{
	return value && *value && !strchr("f0", *value);
}

static bool row_is(const struct format_set *set, const struct format_file *f, const struct row *row)
{
	int order;

	if (f->repeatable)
		return !strcmp(base_name(row->version), base_name(f->path)) && row->checksum &&
			strtol(row->checksum, NULL, 10) == checksum(f);
	order = set->format->compare(f->version, row->version);
	return !order || (row->up_to && order < 0);
}

static int mark_row(struct format_set *set, const struct ledger *ledger, const struct row *row,
	bool failed, struct err *err)
{
	if (failed)
		return err_set(err, ERR_FAILED,
			"'%s' says that version '%s' failed half-way; repair it on the source "
			"before a rehearsal",
			ledger->table, row->version);
	for (size_t i = 0; i < set->n_files; i++)
		if (row_is(set, &set->files[i], row))
			set->files[i].applied = row->applied;
	return 0;
}

static int mark_rows(struct format_set *set, const struct ledger *ledger,
	const struct db_adapter *db, struct db_conn *conn, struct err *err)
{
	for (unsigned i = 0; i < db->result(conn)->rows; i++) {
		const struct row row = {.version = db->value(conn, i, COLUMN_VERSION),
			.checksum = db->value(conn, i, COLUMN_CHECKSUM),
			.applied = is_true(db->value(conn, i, COLUMN_APPLIED)),
			.up_to = is_true(db->value(conn, i, COLUMN_UP_TO))};

		/* golang-migrate's -1 is none at all. */
		if (row.version && *row.version != '-' &&
			mark_row(
				set, ledger, &row, is_true(db->value(conn, i, COLUMN_FAILED)), err))
			return -1;
	}
	set->table = ledger->table;
	return 0;
}

int formats_mark_applied(
	struct format_set *set, const struct engine *engine, struct db_conn *conn, struct err *err)
{
	const struct db_adapter *db = engine->db;

	for (size_t i = 0; i < LEDGERS_MAX && set->format->ledgers[i]; i++) {
		const struct ledger *ledger = set->format->ledgers[i];
		const struct db_error *error;

		if (db_run(db, conn, ledger->query, NULL, err))
			return -1;
		error = &db->result(conn)->error;
		if (error->class == DB_CLASS_NONE)
			return mark_rows(set, ledger, db, conn, err);
		/* No such table, or one of that name which another tool has. */
		if (error->class != DB_CLASS_BREAKAGE)
			return err_set(err, ERR_FAILED, "cannot read '%s': %s (%s)", ledger->table,
				error->text, error->code);
	}
	return 0;
}
