#include "harness/migration/runner.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define TEXT_MAX 200 /* bytes of a statement's text in a result */

static void set(char **member, const char *text)
{
	char *copy = mem_strdup(text);

	mem_free(*member);
	*member = copy;
}

uint64_t record_time(const struct runner *r, uint64_t wall_us)
{
	return wall_us > r->run->origin_us ? wall_us - r->run->origin_us : 0;
}

char *record_text(const struct dialect *dialect, const char *sql, size_t n)
{
	static const char more[] = "…";
	char *text = dialect->mask(sql, n);
	size_t len = strlen(text);

	if (len <= TEXT_MAX)
		return text;
	len = TEXT_MAX - strlen(more);
	while (len && (text[len] & 0xC0) == 0x80)
		len--;
	memcpy(text + len, more, sizeof(more));
	return text;
}

void record_init(struct result_statement *s)
{
	set(&s->note, "");
	set(&s->algorithm_predicted, "");
	set(&s->lock_predicted, "");
	set(&s->class_predicted, "");
	record_attempt(s);
}

void record_all(struct runner *r)
{
	const struct migration *m = r->m;
	struct result *result = r->result;

	result->files = mem_zalloc(m->n_files * sizeof(*result->files));
	result->n_files = m->n_files;
	for (size_t i = 0; i < m->n_files; i++) {
		set(&result->files[i].path, m->files[i].path);
		set(&result->files[i].sha256, m->files[i].sha256);
	}
	result->statements = mem_zalloc(m->n_statements * sizeof(*result->statements));
	result->n_statements = m->n_statements;
	for (size_t i = 0; i < m->n_statements; i++) {
		struct result_statement *s = &result->statements[i];

		s->index = m->statements[i].index;
		s->line = m->statements[i].sql->line;
		set(&s->file, m->statements[i].file->path);
		set(&s->kind, m->statements[i].sql->kind);
		s->text = record_text(r->dialect,
			m->statements[i].file->text + m->statements[i].sql->offset,
			m->statements[i].sql->len);
		record_init(s);
	}
	for (size_t i = 0; i < m->n_units; i++)
		for (size_t k = 0; k < m->units[i].n; k++)
			record_note(&result->statements[m->units[i].first + k], m->units[i].note);
}

void record_attempt(struct result_statement *s)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		mem_free(s->locks[i].object);
		mem_free(s->locks[i].mode);
	}
	MEM_FREE(s->locks);
	mem_free_strings(s->rewritten, s->n_rewritten);
	mem_free_strings(s->scanned, s->n_scanned);
	s->rewritten = s->scanned = NULL;
	s->n_locks = s->n_rewritten = s->n_scanned = 0;
	s->wal_bytes = s->start_us = s->duration_us = 0;
	s->wal_exact = false;
	set(&s->algorithm_measured, "");
	set(&s->class_measured, "");
	record_words(s, "not-run", "", "");
}

void record_outcome(struct result_statement *s, const char *outcome)
{
	set(&s->outcome, outcome);
}

void record_words(
	struct result_statement *s, const char *outcome, const char *code, const char *words)
{
	set(&s->outcome, outcome);
	set(&s->code, code);
	set(&s->error, words);
}

void record_prediction(struct result_statement *s, const struct prediction *p)
{
	set(&s->algorithm_predicted, p->algorithm);
	set(&s->lock_predicted, p->lock);
	record_note(s, p->note);
}

void record_note(struct result_statement *s, const char *note)
{
	char *both;

	if (!*note || strstr(s->note, note))
		return;
	both = mem_printf("%s%s%s", s->note, *s->note ? "; " : "", note);
	mem_free(s->note);
	s->note = both;
}

/* The file's line of a position in characters from 1. */
static unsigned error_line(const struct migration_statement *s, uint32_t position)
{
	const char *text = s->file->text + s->sql->offset;
	unsigned line = s->sql->line;
	uint32_t at = 0;

	for (size_t i = 0; i < s->sql->len; i++) {
		at += (text[i] & 0xC0) != 0x80;
		if (at >= position)
			break;
		line += text[i] == '\n';
	}
	return line;
}

void record_error(struct runner *r, size_t i, const char *where, const struct db_error *e)
{
	const struct migration_statement *s = &r->m->statements[i];
	/* Of contention only the statement's time-out is not worth another attempt. */
	bool timed_out = e->lock_timeout || (e->class == DB_CLASS_CONTENTION && !e->retryable);
	CLEANUP(cleanup_free) char *words = NULL;

	if (e->position && !*where)
		words = mem_printf("%s:%u: %s", s->file->path, error_line(s, e->position), e->text);
	else
		words = mem_printf("%s%s", where, e->text);
	record_words(&r->result->statements[i], timed_out ? "timed-out" : "failed", e->code, words);
	if (e->in_doubt)
		record_note(&r->result->statements[i],
			"the connection was lost while it ran: it may have happened");
}

static char **copy_strings(char *const *from, size_t n)
{
	char **copy = n ? mem_zalloc(n * sizeof(*copy)) : NULL;

	for (size_t i = 0; i < n; i++)
		copy[i] = mem_strdup(from[i]);
	return copy;
}

void record_facts(struct runner *r, size_t i, const struct statement_facts *facts)
{
	struct result_statement *s = &r->result->statements[i];

	s->locks = facts->n_locks ? mem_zalloc(facts->n_locks * sizeof(*s->locks)) : NULL;
	s->n_locks = facts->n_locks;
	for (size_t k = 0; k < facts->n_locks; k++) {
		const struct fact_lock *l = &facts->locks[k];

		s->locks[k] = (struct result_lock){.object = mem_strdup(l->object),
			.mode = mem_strdup(l->mode),
			.start_us = record_time(r, l->acquired_us),
			.hold_us = l->hold_us,
			.new_object = l->new_object,
			.blocks_reads = l->blocks_reads,
			.blocks_writes = l->blocks_writes};
	}
	s->rewritten = copy_strings(facts->rewritten, facts->n_rewritten);
	s->n_rewritten = facts->n_rewritten;
	s->scanned = copy_strings(facts->scanned, facts->n_scanned);
	s->n_scanned = facts->n_scanned;
	s->wal_bytes = facts->wal_bytes;
	s->wal_exact = facts->wal_exact;
	set(&s->algorithm_measured, facts->algorithm);
	forecast_measured(r, i);
}

void record_released(struct runner *r, const struct migration_unit *u, uint64_t wall_us)
{
	uint64_t end = record_time(r, wall_us);

	for (size_t i = u->first; i < u->first + u->n; i++) {
		struct result_statement *s = &r->result->statements[i];

		for (size_t k = 0; k < s->n_locks; k++)
			if (!s->locks[k].hold_us && end > s->locks[k].start_us)
				s->locks[k].hold_us = end - s->locks[k].start_us;
	}
}

void record_rolled_back(struct runner *r, const struct migration_unit *u, size_t end)
{
	const unsigned control = SQL_TX_BEGIN | SQL_TX_COMMIT | SQL_TX_ROLLBACK;
	size_t first = u->first;

	/* Where DDL commits, it took what ran before it along. */
	for (size_t i = u->first; i < end && (r->db->features & DB_FEATURE_DDL_COMMITS); i++)
		if (r->m->statements[i].sql->flags & SQL_DDL)
			first = i + 1;
	for (size_t i = first; i < end; i++) {
		struct result_statement *s = &r->result->statements[i];

		if (!strcmp(s->outcome, "ok") && !(r->m->statements[i].sql->flags & control))
			record_outcome(s, "rolled-back");
	}
}
