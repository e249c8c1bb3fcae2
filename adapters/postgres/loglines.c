#include "adapters/postgres/loglines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adapters/postgres/flat_json.h"
#include "harness/base/mem.h"

/* A record longer than this is no log record; dropping it beats holding it all. */
#define RECORD_MAX ((size_t)8 << 20)

/* csvlog's columns, from 0. Later versions only add some at the end. */
enum {
	CSV_TIME = 0,
	CSV_USER = 1,
	CSV_PID = 3,
	CSV_SEVERITY = 11,
	CSV_CODE = 12,
	CSV_MESSAGE = 13,
	CSV_DETAIL = 14,
	CSV_STATEMENT = 19,
	CSV_APPLICATION = 22,
	CSV_LEADER = 24,
	CSV_COLUMNS = 32,
};

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* "2026-11-22 10:38:43.086 UTC" */
static uint64_t parse_time(const char *text)
{
	static const char form[] = "dddd-dd-dd dd:dd:dd.ddd ";
	const char *zone = text + sizeof(form) - 1;
	struct tm tm;

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return 0;
	if (strcmp(zone, "UTC") != 0 && strcmp(zone, "GMT") != 0)
		return 0;
	tm = (struct tm){.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900,
		.tm_mon = two_digits(text + 5) - 1,
		.tm_mday = two_digits(text + 8),
		.tm_hour = two_digits(text + 11),
		.tm_min = two_digits(text + 14),
		.tm_sec = two_digits(text + 17)};
	return (uint64_t)timegm(&tm) * 1000000 +
		(uint64_t)(two_digits(text + 20) * 10 + text[22] - '0') * 1000;
}

static bool is_error(const char *severity)
{
	return strcmp(severity, "ERROR") == 0 || strcmp(severity, "FATAL") == 0 ||
		strcmp(severity, "PANIC") == 0;
}

/* ---- jsonlog ---- */

/* Most lines of a busy log are of no interest; a search is far cheaper than a parse. */
static bool json_matters(const char *line, size_t len)
{
	static const char *const words[] = {"\"message\":\"process ",
		"\"error_severity\":\"ERROR\"", "\"error_severity\":\"FATAL\"",
		"\"error_severity\":\"PANIC\"",
		"\"message\":\"duration: ", "\"message\":\"rehearse-"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Members that matter. */
enum {
	JSON_TIME,
	JSON_PID,
	JSON_LEADER,
	JSON_SEVERITY,
	JSON_CODE,
	JSON_MESSAGE,
	JSON_DETAIL,
	JSON_STATEMENT,
	JSON_APPLICATION,
	JSON_USER,
	JSON_MEMBERS
};

static int member_number(const struct flat_member *m)
{
	static const char *const names[JSON_MEMBERS] = {"timestamp", "pid", "leader_pid",
		"error_severity", "state_code", "message", "detail", "statement",
		"application_name", "user"};

	for (int i = 0; i < JSON_MEMBERS; i++)
		if (strlen(names[i]) == m->name_len && !memcmp(names[i], m->name, m->name_len))
			return i;
	return -1;
}

/* Copies what matters into the store; places there, since it may still move. */
static bool read_members(const char *line, size_t len, struct str *store, size_t at[JSON_MEMBERS])
{
	struct flat_json walk = {line, line + len};
	struct flat_member member;
	enum flat_step step;

	str_add_n(store, "", 1); /* for those that are absent */
	while ((step = flat_json_next(&walk, &member)) == FLAT_MEMBER) {
		int number = member_number(&member);

		if (number < 0)
			continue;
		at[number] = store->len;
		flat_json_text(&member, store);
		str_add_n(store, "", 1);
	}
	return step == FLAT_END;
}

static bool parse_json(const char *line, size_t len, struct str *store, struct log_record *ret)
{
	size_t at[JSON_MEMBERS] = {0};
	const char *text;

	if (!json_matters(line, len) || !read_members(line, len, store, at))
		return false;
	text = store->data;
	*ret = (struct log_record){
		.at_us = parse_time(text + at[JSON_TIME]),
		.pid = strtoull(text + at[JSON_PID], NULL, 10),
		.leader = strtoull(text + at[JSON_LEADER], NULL, 10),
		.error = is_error(text + at[JSON_SEVERITY]),
		.code = text + at[JSON_CODE],
		.message = text + at[JSON_MESSAGE],
		.detail = text + at[JSON_DETAIL],
		.statement = text + at[JSON_STATEMENT],
		.application = text + at[JSON_APPLICATION],
		.user = text + at[JSON_USER],
	};
	return true;
}

/* ---- csvlog ---- */

/* Splits a record into NUL-terminated fields within the store; returns how many. */
static size_t split_csv(const char *line, size_t len, struct str *store, size_t at[CSV_COLUMNS])
{
	size_t n = 0;
	bool quoted = false;

	at[n++] = store->len;
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '"') {
			if (quoted && i + 1 < len && line[i + 1] == '"')
				str_add_char(store, line[i++]);
			else
				quoted = !quoted;
		} else if (line[i] == ',' && !quoted) {
			str_add_n(store, "", 1);
			if (n == CSV_COLUMNS)
				return n;
			at[n++] = store->len;
		} else {
			str_add_char(store, line[i]);
		}
	}
	str_add_n(store, "", 1);
	return n;
}

static bool parse_csv(const char *line, size_t len, struct str *store, struct log_record *ret)
{
	size_t at[CSV_COLUMNS];
	size_t n = split_csv(line, len, store, at);
	const char *text = store->data;

	if (n <= CSV_APPLICATION)
		return false;
	*ret = (struct log_record){
		.at_us = parse_time(text + at[CSV_TIME]),
		.pid = strtoull(text + at[CSV_PID], NULL, 10),
		.leader = n > CSV_LEADER ? strtoull(text + at[CSV_LEADER], NULL, 10) : 0,
		.error = is_error(text + at[CSV_SEVERITY]),
		.code = text + at[CSV_CODE],
		.message = text + at[CSV_MESSAGE],
		.detail = text + at[CSV_DETAIL],
		.statement = text + at[CSV_STATEMENT],
		.application = text + at[CSV_APPLICATION],
		.user = text + at[CSV_USER],
	};
	return true;
}

bool log_record_parse(enum log_format format, const char *line, size_t len, struct str *store,
	struct log_record *ret)
{
	str_clear(store);
	return format == LOG_JSON ? parse_json(line, len, store, ret)
				  : parse_csv(line, len, store, ret);
}

/* ---- the stream ---- */

/* The end of the first complete record in `pending`, or 0. */
static size_t record_end(struct log_reader *r)
{
	const char *data = r->pending.data;
	size_t len = r->pending.len;

	if (r->format == LOG_JSON) {
		const char *end = memchr(data + r->scanned, '\n', len - r->scanned);

		r->scanned = end ? 0 : len;
		return end ? (size_t)(end - data) + 1 : 0;
	}
	for (size_t i = r->scanned; i < len; i++) {
		if (data[i] == '"')
			r->quoted = !r->quoted;
		if (data[i] == '\n' && !r->quoted) {
			r->scanned = 0;
			return i + 1;
		}
	}
	r->scanned = len;
	return 0;
}

void log_reader_feed(struct log_reader *r, const char *bytes, size_t n, log_sink *sink, void *ctx)
{
	struct str *p = &r->pending;
	struct log_record record;
	size_t used = 0, end;

	if (n)
		str_add_n(p, bytes, n);
	while (p->len > used) {
		/* Records are cut off the front at once below, so look at the rest as if it were
		 * all. */
		struct str whole = *p;

		p->data += used;
		p->len -= used;
		end = record_end(r);
		*p = whole;
		if (!end)
			break;
		if (log_record_parse(r->format, p->data + used, end - 1, &r->store, &record))
			sink(ctx, &record);
		used += end;
	}
	if (used) {
		memmove(p->data, p->data + used, p->len - used);
		p->len -= used;
	}
	if (p->len > RECORD_MAX)
		log_reader_clear(r);
}

void log_reader_clear(struct log_reader *r)
{
	str_clear(&r->pending);
	r->scanned = 0;
	r->quoted = false;
}

void log_reader_release(struct log_reader *r)
{
	str_release(&r->pending);
	str_release(&r->store);
}

/* ---- messages about locks ---- */

static void parse_target(const char *text, size_t len, struct lock_target *ret)
{
	uint32_t *rel = &ret->relation, *db = &ret->database;

	snprintf(ret->text, sizeof(ret->text), "%.*s", (int)len, text);
	text = ret->text;
	if (sscanf(text, "relation %u of database %u", rel, db) == 2)
		ret->kind = LOCK_RELATION;
	else if (sscanf(text, "extension of relation %u of database %u", rel, db) == 2)
		ret->kind = LOCK_EXTEND;
	else if (sscanf(text, "page %*u of relation %u of database %u", rel, db) == 2)
		ret->kind = LOCK_PAGE;
	else if (sscanf(text, "tuple (%*u,%*u) of relation %u of database %u", rel, db) == 2)
		ret->kind = LOCK_TUPLE;
	else
		ret->kind = LOCK_OTHER;
}

static bool parse_waited(const char *text, uint64_t *ret)
{
	char *end;
	double ms = strtod(text, &end);

	if (end == text || strncmp(end, " ms", 3) != 0 || ms < 0)
		return false;
	*ret = (uint64_t)(ms * 1000 + 0.5);
	return true;
}

bool lock_message_parse(const char *message, struct lock_message *ret)
{
	static const struct {
		const char *verb;
		const char *until; /* what ends the object */
		enum lock_step step;
	} verbs[] = {
		{"still waiting for ", " after ", LOCK_STILL_WAITING},
		{"acquired ", " after ", LOCK_ACQUIRED},
		{"detected deadlock while waiting for ", " after ", LOCK_DEADLOCK},
		{"avoided deadlock for ", " by rearranging queue order after ", LOCK_REARRANGED},
		{"failed to acquire ", " after ", LOCK_GIVEN_UP},
	};
	struct lock_message m = {0};
	char *rest;

	if (strncmp(message, "process ", 8) != 0)
		return false;
	m.pid = strtoull(message + 8, &rest, 10);
	if (*rest++ != ' ')
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t n = strlen(verbs[i].verb);
		const char *mode, *on, *until;

		if (strncmp(rest, verbs[i].verb, n) != 0)
			continue;
		mode = rest + n;
		on = strstr(mode, " on ");
		until = on ? strstr(on, verbs[i].until) : NULL;
		if (!until || !parse_waited(until + strlen(verbs[i].until), &m.waited_us))
			return false;
		m.step = verbs[i].step;
		snprintf(m.target.mode, sizeof(m.target.mode), "%.*s", (int)(on - mode), mode);
		parse_target(on + 4, (size_t)(until - on - 4), &m.target);
		*ret = m;
		return true;
	}
	return false;
}

/* "1, 2, 3." */
static void parse_pids(const char *text, uint64_t **ret, size_t *ret_n)
{
	size_t cap = 0;

	while (*text >= '0' && *text <= '9') {
		char *end;

		*MEM_PUSH(*ret, *ret_n, cap) = strtoull(text, &end, 10);
		text = *end == ',' ? end + 2 : end;
	}
}

void lock_detail_parse(const char *detail, uint64_t **ret_holders, size_t *ret_n_holders,
	uint64_t **ret_queue, size_t *ret_n_queue)
{
	const char *holders = strstr(detail, "holding the lock: ");
	const char *queue = strstr(detail, "Wait queue: ");

	*ret_holders = *ret_queue = NULL;
	*ret_n_holders = *ret_n_queue = 0;
	if (holders)
		parse_pids(holders + strlen("holding the lock: "), ret_holders, ret_n_holders);
	if (queue)
		parse_pids(queue + strlen("Wait queue: "), ret_queue, ret_n_queue);
}

char *log_tag(const char *statement)
{
	const char *end;

	while (*statement == ' ' || *statement == '\n' || *statement == '\t')
		statement++;
	if (strncmp(statement, "/*tx:", 5) != 0)
		return NULL;
	end = strstr(statement + 5, "*/");
	return end ? mem_strndup(statement + 5, (size_t)(end - statement - 5)) : NULL;
}
