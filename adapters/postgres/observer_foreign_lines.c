/* The log's side: lines of the command's sessions, put into a queue. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/observer_foreign.h"
#include "harness/base/mem.h"

#define ROLE "rehearse_command"
#define END_MARK "rehearse-end"

void foreign_init(struct observer_foreign *f)
{
	*f = (struct observer_foreign){0};
	pthread_mutex_init(&f->mutex, NULL);
}

static void add(struct observer_foreign *f, const struct foreign_line *line)
{
	pthread_mutex_lock(&f->mutex);
	*MEM_PUSH(f->queue.list, f->queue.n, f->queue.cap) = *line;
	pthread_mutex_unlock(&f->mutex);
}

/* "duration: 1.234 ms  statement: SQL"; of the extended protocol only the execution counts. */
static bool read_duration(const char *message, struct foreign_line *line)
{
	static const char prefix[] = "duration: ";
	static const char *const steps[] = {" ms  statement: ", " ms  execute "};
	char *end;
	double ms;

	if (strncmp(message, prefix, strlen(prefix)) != 0)
		return false;
	ms = strtod(message + strlen(prefix), &end);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *sql = end + strlen(steps[i]);

		if (strncmp(end, steps[i], strlen(steps[i])) != 0)
			continue;
		/* "execute NAME: SQL" */
		if (i == 1) {
			sql = strstr(sql, ": ");
			sql = sql ? sql + 2 : "";
		}
		line->kind = FOREIGN_STATEMENT;
		line->duration_us = ms > 0 ? (uint64_t)(ms * 1000) : 0;
		line->text = mem_strdup(sql);
		return true;
	}
	return false;
}

static bool read_fact(const char *message, struct foreign_line *line)
{
	static const struct {
		const char *prefix;
		enum foreign_kind kind;
	} facts[] = {{"rehearse-lock ", FOREIGN_LOCK}, {"rehearse-rewrite ", FOREIGN_REWRITE}};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!strncmp(message, facts[i].prefix, strlen(facts[i].prefix))) {
			line->kind = facts[i].kind;
			line->text = mem_strdup(message + strlen(facts[i].prefix));
			return true;
		}
	return false;
}

void foreign_record(struct observer_foreign *f, const struct log_record *record, uint64_t offset_us)
{
	struct foreign_line line = {.pid = record->pid, .at_us = record->at_us + offset_us};

	if (!atomic_load(&f->open))
		return;
	if (!strcmp(record->message, END_MARK)) {
		line.kind = FOREIGN_END;
		add(f, &line);
		return;
	}
	if (strcmp(record->user, ROLE) != 0)
		return;
	if (record->error && *record->statement) {
		line.kind = FOREIGN_ERROR;
		line.text = mem_strdup(record->statement);
		line.error = mem_strdup(record->message);
		strncpy(line.code, record->code, sizeof(line.code) - 1);
		add(f, &line);
	} else if (read_duration(record->message, &line) || read_fact(record->message, &line)) {
		add(f, &line);
	}
}

static void release_lines(struct foreign_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		mem_free(lines->list[i].text);
		mem_free(lines->list[i].error);
	}
	mem_free(lines->list);
}

void foreign_release(struct observer_foreign *f)
{
	release_lines(&f->queue);
	release_lines(&f->waiting);
	for (size_t i = 0; i < f->n_locks; i++)
		mem_free(f->locks[i].name);
	mem_free(f->sessions);
	mem_free(f->locks);
	mem_free(f->rewritten);
	mem_free(f->wal);
	pthread_mutex_destroy(&f->mutex);
	*f = (struct observer_foreign){0};
}
