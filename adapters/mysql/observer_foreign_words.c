/* What a statement's first words say: of its session's transaction, of the locks it can take. */
#include <string.h>

#include "adapters/mysql/dialect_words.h"
#include "adapters/mysql/observer_foreign.h"

#define HEAD 400 /* bytes that are read of a statement */

enum does {
	DOES_BEGIN = 1 << 0,
	DOES_END = 1 << 1, /* the transaction */
	DOES_LOCK = 1 << 2,
	DOES_UNLOCK = 1 << 3,
	DOES_SET = 1 << 4,
	DOES_NO_LOCKS = 1 << 5, /* at all */
	DOES_SHARE = 1 << 6,	/* its metadata locks are shared with readers and writers */
};

static const struct {
	const char *words;
	unsigned does;
} heads[] = {
	{"BEGIN NOT ATOMIC", DOES_SHARE},
	{"BEGIN", DOES_BEGIN | DOES_NO_LOCKS},
	{"START TRANSACTION", DOES_BEGIN | DOES_NO_LOCKS},
	{"COMMIT", DOES_END | DOES_NO_LOCKS},
	{"ROLLBACK TO", DOES_NO_LOCKS},
	{"ROLLBACK WORK TO", DOES_NO_LOCKS},
	{"ROLLBACK", DOES_END | DOES_NO_LOCKS},
	{"SAVEPOINT", DOES_NO_LOCKS},
	{"RELEASE", DOES_NO_LOCKS},
	{"UNLOCK", DOES_UNLOCK | DOES_NO_LOCKS},
	{"LOCK", DOES_LOCK | DOES_END},
	{"FLUSH TABLES WITH", DOES_LOCK},
	{"SET", DOES_SET | DOES_SHARE},
	{"USE", DOES_NO_LOCKS},
	{"CREATE TEMPORARY", DOES_SHARE},
	{"DROP TEMPORARY", DOES_SHARE},
	{"ALTER", DOES_END},
	{"CREATE", DOES_END},
	{"DROP", DOES_END},
	{"RENAME", DOES_END},
	{"TRUNCATE", DOES_END},
	{"SELECT", DOES_SHARE},
	{"WITH", DOES_SHARE},
	{"INSERT", DOES_SHARE},
	{"REPLACE", DOES_SHARE},
	{"UPDATE", DOES_SHARE},
	{"DELETE", DOES_SHARE},
	{"LOAD DATA", DOES_SHARE},
	{"SHOW", DOES_SHARE},
	{"EXPLAIN", DOES_SHARE},
	{"DESCRIBE", DOES_SHARE},
	{"PREPARE", DOES_SHARE},
	{"DEALLOCATE", DOES_NO_LOCKS},
};

static void open_head(struct my_tokens *w, const char *sql)
{
	const struct my_mode mode = {0};

	my_tokens_init(w, sql, strnlen(sql, HEAD), mode);
}

static unsigned does(const struct my_tokens *w)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (my_at(w, heads[i].words))
			return heads[i].does;
	return 0;
}

bool my_foreign_can_lock(const char *sql, const char *mode)
{
	static const char *const shared[] = {
		"SHARED", "SHARED_HIGH_PRIO", "SHARED_READ", "SHARED_WRITE", NULL};
	struct my_tokens w;
	bool is_shared = false;
	unsigned d;

	for (size_t i = 0; shared[i]; i++)
		is_shared = is_shared || strcmp(mode, shared[i]) == 0;
	open_head(&w, sql);
	d = does(&w);
	my_tokens_release(&w);
	return !(d & DOES_NO_LOCKS) && (is_shared || !(d & DOES_SHARE));
}

/* SET autocommit = 0, among others. -1: it does not say. */
static int read_autocommit(struct my_tokens *w)
{
	static const char *const off[] = {"0", "OFF", "FALSE", NULL};

	for (; w->at < w->n; w->at++) {
		if (!my_next(w, "autocommit"))
			continue;
		my_next_char(w, ':');
		if (my_next_char(w, '='))
			return my_next_listed(w, off) ? 0 : 1;
	}
	return -1;
}

bool my_foreign_follow(struct my_foreign_session *s, const char *sql, bool ended_well)
{
	struct my_tokens w;
	unsigned d;

	open_head(&w, sql);
	d = does(&w);
	if (ended_well && (d & (DOES_END | DOES_BEGIN)))
		s->in_transaction = d & DOES_BEGIN;
	if (ended_well && (d & (DOES_LOCK | DOES_UNLOCK | DOES_BEGIN)))
		s->tables_locked = d & DOES_LOCK;
	if (ended_well && (d & DOES_SET)) {
		int autocommit = read_autocommit(&w);

		if (autocommit >= 0)
			s->no_autocommit = !autocommit;
		if (autocommit == 1)
			s->in_transaction = false;
	} else if (s->no_autocommit && !(d & (DOES_END | DOES_NO_LOCKS))) {
		s->in_transaction = true;
	}
	my_tokens_release(&w);
	return s->in_transaction || s->tables_locked;
}
