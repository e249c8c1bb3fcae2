#include "adapters/mysql/observer_modes.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Bits of a lock type; each kind of object has types of its own. */
#define BIT(type) (1u << (type))
#define N(list) (sizeof(list) / sizeof((list)[0]))

struct rule {
	const char *name;
	uint32_t granted; /* types that it waits for while they are held */
	uint32_t pending; /* ... and while they are only asked for */
};

/* ---- tables, routines, triggers, events, user-level locks ---- */

enum { S, SH, SR, SW, SWLP, SU, SRO, SNW, SNRW, X };

static const struct rule object_rules[] = {
	[S] = {"SHARED", BIT(X), BIT(X)},
	[SH] = {"SHARED_HIGH_PRIO", BIT(X), 0},
	[SR] = {"SHARED_READ", BIT(X) | BIT(SNRW), BIT(X) | BIT(SNRW)},
	[SW] = {"SHARED_WRITE", BIT(X) | BIT(SNRW) | BIT(SNW) | BIT(SRO),
		BIT(X) | BIT(SNRW) | BIT(SNW)},
	/* MySQL only: a write that lets readers with LOCK TABLES READ go first. */
	[SWLP] = {"SHARED_WRITE_LOW_PRIO", BIT(X) | BIT(SNRW) | BIT(SNW) | BIT(SRO),
		BIT(X) | BIT(SNRW) | BIT(SNW) | BIT(SRO)},
	[SU] = {"SHARED_UPGRADABLE", BIT(X) | BIT(SNRW) | BIT(SNW) | BIT(SU), BIT(X)},
	[SRO] = {"SHARED_READ_ONLY", BIT(X) | BIT(SNRW) | BIT(SW) | BIT(SWLP),
		BIT(X) | BIT(SNRW) | BIT(SW)},
	[SNW] = {"SHARED_NO_WRITE", BIT(X) | BIT(SNRW) | BIT(SNW) | BIT(SU) | BIT(SW) | BIT(SWLP),
		BIT(X)},
	[SNRW] = {"SHARED_NO_READ_WRITE",
		BIT(X) | BIT(SNRW) | BIT(SNW) | BIT(SU) | BIT(SRO) | BIT(SW) | BIT(SWLP) | BIT(SR),
		BIT(X)},
	[X] = {"EXCLUSIVE", BIT(X + 1) - 1, 0},
};

/* ---- schemas, tablespaces, MySQL's global and commit locks ---- */

enum { SCOPED_IX, SCOPED_S, SCOPED_X };

static const struct rule scoped_rules[] = {
	[SCOPED_IX] = {"INTENTION_EXCLUSIVE", BIT(SCOPED_S) | BIT(SCOPED_X),
		BIT(SCOPED_S) | BIT(SCOPED_X)},
	[SCOPED_S] = {"SHARED", BIT(SCOPED_IX) | BIT(SCOPED_X), BIT(SCOPED_X)},
	[SCOPED_X] = {"EXCLUSIVE", BIT(SCOPED_IX) | BIT(SCOPED_S) | BIT(SCOPED_X), 0},
};

/* ---- MariaDB's backup locks, which FLUSH TABLES WITH READ LOCK takes too ---- */

enum { B0, B1, B2, B3, B4, F1, F2, DML, TDML, SDML, DDL, BLOCK, COPYING, COMMIT };
#define FTWRL (BIT(F1) | BIT(F2))
#define STAGES (BIT(B1) | BIT(B2) | BIT(B3) | BIT(B4))

static const struct rule backup_rules[] = {
	[B0] = {"BACKUP_START", BIT(B0) | STAGES | BIT(BLOCK), STAGES | BIT(BLOCK)},
	[B1] = {"BACKUP_FLUSH", BIT(B0), 0},
	[B2] = {"BACKUP_WAIT_FLUSH", BIT(B0) | BIT(DML), 0},
	[B3] = {"BACKUP_WAIT_DDL", BIT(B0) | BIT(DML) | BIT(DDL), 0},
	[B4] = {"BACKUP_WAIT_COMMIT", BIT(B0) | BIT(DML) | BIT(SDML) | BIT(DDL) | BIT(COMMIT), 0},
	[F1] = {"BACKUP_FTWRL1", BIT(DML) | BIT(TDML) | BIT(SDML) | BIT(DDL) | BIT(COPYING), 0},
	[F2] = {"BACKUP_FTWRL2",
		BIT(DML) | BIT(TDML) | BIT(SDML) | BIT(DDL) | BIT(COPYING) | BIT(COMMIT), 0},
	[DML] = {"BACKUP_DML", STAGES | FTWRL, STAGES | FTWRL},
	[TDML] = {"BACKUP_TRANS_DML", FTWRL, FTWRL},
	[SDML] = {"BACKUP_SYS_DML", BIT(B4) | FTWRL, BIT(B4) | FTWRL},
	[DDL] = {"BACKUP_DDL", BIT(B3) | BIT(B4) | FTWRL | BIT(BLOCK),
		BIT(B3) | BIT(B4) | FTWRL | BIT(BLOCK)},
	[BLOCK] = {"BACKUP_BLOCK_DDL", BIT(B0) | STAGES | BIT(BLOCK) | BIT(DDL), BIT(B0)},
	[COPYING] = {"BACKUP_ALTER_COPY", FTWRL, FTWRL},
	[COMMIT] = {"BACKUP_COMMIT", BIT(B4) | BIT(F2), BIT(B4) | BIT(F2)},
};

static const struct {
	const char *object_type; /* NULL: all others */
	const struct rule *rules;
	size_t n;
} matrices[] = {
	/* MySQL's backup lock is a plain scoped one; its names tell it apart. */
	{"BACKUP", backup_rules, N(backup_rules)},
	{"BACKUP LOCK", scoped_rules, N(scoped_rules)},
	{"GLOBAL", scoped_rules, N(scoped_rules)},
	{"SCHEMA", scoped_rules, N(scoped_rules)},
	{"TABLESPACE", scoped_rules, N(scoped_rules)},
	{"COMMIT", scoped_rules, N(scoped_rules)},
	{NULL, object_rules, N(object_rules)},
};

static size_t find(const struct rule *rules, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(rules[i].name, name) != 0)
		i++;
	return i;
}

static bool looks_exclusive(const char *mode)
{
	return !strcmp(mode, "EXCLUSIVE");
}

static bool in_the_way(const char *object_type, const char *wanted, const char *other, bool granted)
{
	size_t m = 0, w, o;

	while (matrices[m].object_type && strcmp(matrices[m].object_type, object_type) != 0)
		m++;
	w = find(matrices[m].rules, matrices[m].n, wanted);
	o = find(matrices[m].rules, matrices[m].n, other);
	if (w == matrices[m].n || o == matrices[m].n)
		return looks_exclusive(other) || (granted && looks_exclusive(wanted));
	return (granted ? matrices[m].rules[w].granted : matrices[m].rules[w].pending) & BIT(o);
}

bool my_mode_conflicts(const char *object_type, const char *wanted, const char *held)
{
	return in_the_way(object_type, wanted, held, true);
}

bool my_mode_yields(const char *object_type, const char *wanted, const char *pending)
{
	return in_the_way(object_type, wanted, pending, false);
}

bool my_mode_blocks_reads(const char *mode)
{
	size_t i = find(object_rules, N(object_rules), mode);

	return i < N(object_rules) && (object_rules[SR].granted & BIT(i));
}

bool my_mode_blocks_writes(const char *mode)
{
	size_t i = find(object_rules, N(object_rules), mode);

	return !strncmp(mode, "BACKUP_FTWRL", 12) ||
		(i < N(object_rules) && (object_rules[SW].granted & BIT(i)));
}

bool my_table_lock_writes(const char *operation)
{
	return !strncasecmp(operation, "write", 5);
}

bool my_table_lock_conflicts(const char *operation, const char *held)
{
	return my_table_lock_writes(operation) || my_table_lock_writes(held);
}
