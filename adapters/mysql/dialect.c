#include "adapters/mysql/dialect.h"

#include <stdio.h>
#include <string.h>

#include "adapters/mysql/dialect_pieces.h"
#include "adapters/mysql/dialect_text.h"
#include "adapters/mysql/dialect_words.h"
#include "embed.h"
#include "harness/base/mem.h"

struct splitter {
	const char *text;
	struct sql_script *script;
	size_t cap;
	size_t line_at; /* offset up to which lines are counted */
	unsigned line;
	bool autocommit_off;
};

static unsigned line_of(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static void note_error(struct splitter *sp, unsigned line, const char *message)
{
	if (sp->script->error_line && sp->script->error_line <= line)
		return;
	sp->script->error_line = line;
	snprintf(sp->script->error, sizeof(sp->script->error), "%s", message);
}

/* SET autocommit = 1 commits only what an earlier = 0 has left open. */
static void follow_autocommit(struct splitter *sp, struct sql_statement *s)
{
	if (strcmp(s->kind, "SET") != 0)
		return;
	if (s->flags & SQL_TX_BEGIN) {
		sp->autocommit_off = true;
	} else if ((s->flags & SQL_MAY_COMMIT) && sp->autocommit_off) {
		sp->autocommit_off = false;
		s->flags = (s->flags & ~(unsigned)SQL_MAY_COMMIT) | SQL_TX_COMMIT;
	}
}

static void classify(struct splitter *sp, const struct my_piece *piece, struct sql_statement *s)
{
	struct my_tokens w;

	my_tokens_init(&w, sp->text + s->offset, s->len, piece->mode);
	my_classify(&w, s);
	if (w.open || piece->unread)
		s->flags |= SQL_UNKNOWN;
	my_tokens_release(&w);
	follow_autocommit(sp, s);
	if (s->flags & SQL_UNKNOWN)
		note_error(sp, s->line, "what no server knows as a statement");
}

static void add_piece(struct splitter *sp, const struct my_piece *piece)
{
	struct sql_statement *s = MEM_PUSH(sp->script->statements, sp->script->n, sp->cap);

	for (; sp->line_at < piece->start; sp->line_at++)
		sp->line += sp->text[sp->line_at] == '\n';
	s->offset = piece->start;
	s->len = piece->end - piece->start;
	s->line = sp->line;
	if (!*piece->command) {
		classify(sp, piece, s);
		return;
	}
	snprintf(s->kind, sizeof(s->kind), "%s", piece->command);
	s->flags = SQL_UNKNOWN | SQL_CLIENT | (piece->connects ? SQL_ENDS_SESSION : 0);
}

static int split(const char *text, size_t len, struct sql_script *ret, struct err *err)
{
	struct splitter sp = {.text = text, .script = ret, .line = 1};
	struct my_pieces pieces;

	(void)err;
	*ret = (struct sql_script){0};
	my_pieces(text, len, &pieces);
	if (pieces.error)
		note_error(&sp, line_of(text, pieces.error_at), pieces.error);
	for (size_t i = 0; i < pieces.n; i++)
		add_piece(&sp, &pieces.items[i]);
	my_pieces_release(&pieces);
	return 0;
}

const struct dialect mysql_dialect = {
	.name = "mysql",
	.parser_version = "rehearse's own lexer, MySQL 8 and MariaDB 11",
	.split = split,
	.session_timeouts = my_session_timeouts,
	.quote_name = my_sql_name,
	.add_literal = my_sql_add_literal,
	.sample = my_sample,
	.disturbance = my_disturbance,
	.mask = my_mask,
	.begin = "START TRANSACTION",
	.commit = "COMMIT",
	.rollback = "ROLLBACK",
	.audit_create = sql_mysql_audit_create,
	.audit_insert = sql_mysql_audit_insert,
	.audit_name = sql_mysql_audit_name,
	.audit_history = sql_mysql_audit_history,
	.server_version = "SELECT REGEXP_SUBSTR(VERSION(), '[0-9]+[.][0-9]+[.][0-9]+')",
	.apply_lock = "SELECT GET_LOCK(CONCAT('rehearse ', LEFT(SHA1(DATABASE()), 32)), 0)",
	.waiting = my_waiting,
	.list_tables = sql_mysql_list_tables,
};
