#include "adapters/provider.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"

static char *format_text(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		abort(); /* out of memory, as in mem.c */
	return text;
}

void replica_info_release(struct replica_info *info)
{
	if (!info)
		return;
	free(info->provider);
	free(info->dsn);
	free(info->database);
	free(info->data_dir);
	free(info->log_dir);
	free(info->server_version);
	free(info->identity);
	free(info->source_identity);
	free(info->source);
	for (size_t i = 0; i < info->n_notes; i++)
		free(info->notes[i].text);
	free(info->notes);
	*info = (struct replica_info){0};
}

void replica_note(struct replica_info *info, const char *id, bool action, const char *format, ...)
{
	struct replica_note *note = MEM_PUSH(info->notes, info->n_notes, info->cap_notes);
	va_list args;

	snprintf(note->id, sizeof(note->id), "%s", id);
	note->action = action;
	va_start(args, format);
	note->text = format_text(format, args);
	va_end(args);
}

void doctor_add(struct doctor_report *report, int state, const char *topic, const char *remedy,
	const char *format, ...)
{
	struct doctor_line *line = MEM_PUSH(report->lines, report->n, report->cap);
	va_list args;

	line->state = state;
	line->topic = mem_strdup(topic);
	line->remedy = mem_strdup(remedy);
	va_start(args, format);
	line->text = format_text(format, args);
	va_end(args);
}

void doctor_report_release(struct doctor_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->n; i++) {
		free(report->lines[i].topic);
		free(report->lines[i].text);
		free(report->lines[i].remedy);
	}
	free(report->lines);
	*report = (struct doctor_report){0};
}
