#include "adapters/mysql/observer_monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/observer_session.h"
#include "harness/base/mem.h"

static const char *line_after(const char *text)
{
	const char *end = strchr(text, '\n');

	return end ? end + 1 : text + strlen(text);
}

/* Behind `mark` within the line at `text`; NULL when it is not in it. */
static const char *behind(const char *text, const char *mark)
{
	const char *found = memmem(text, (size_t)(line_after(text) - text), mark, strlen(mark));

	return found ? found + strlen(mark) : NULL;
}

/* `test`.`a` as test.a */
static void copy_name(const char *text, char *ret, size_t size)
{
	size_t n = 0;

	for (int quotes = 0; *text && *text != '\n' && quotes < 4 && n + 1 < size; text++) {
		if (*text == '`')
			quotes++;
		else if (*text == ' ' && quotes % 2 == 0)
			break;
		else
			ret[n++] = *text;
	}
	ret[n] = '\0';
}

static void copy_until(const char *text, const char *end, char *ret, size_t size)
{
	const char *stop = end ? end : line_after(text);
	size_t n = stop > text ? (size_t)(stop - text) : 0;

	if (n >= size)
		n = size - 1;
	memcpy(ret, text, n);
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static void read_lock(const char *line, struct my_monitor_wait *ret)
{
	const char *table = behind(line, "table ");
	const char *mode = behind(line, "lock_mode ");

	if (!mode)
		mode = behind(line, "lock mode ");
	if (table)
		copy_name(table, ret->object, sizeof(ret->object));
	if (mode)
		copy_until(mode, strstr(mode, " waiting"), ret->mode, sizeof(ret->mode));
}

/* "HAS BEEN WAITING 404676 us FOR" or "2 SEC FOR" */
static void read_time(const char *text, struct my_monitor_wait *ret)
{
	char *unit;

	ret->waited_us = strtoull(text, &unit, 10);
	ret->precise = !strncmp(unit, " us", 3);
	if (!ret->precise)
		ret->waited_us *= 1000000;
}

static void read_tag(const char *line, struct my_monitor_wait *ret)
{
	char *tag = mo_tag(line);

	snprintf(ret->tag, sizeof(ret->tag), "%s", tag ? tag : "");
	mem_free(tag);
}

bool my_monitor_next(const char **text, struct my_monitor_wait *ret)
{
	const char *line = *text;
	bool transaction = false;

	for (; *line; line = line_after(line)) {
		const char *at;

		if (!strncmp(line, "---TRANSACTION ", 15)) {
			*ret = (struct my_monitor_wait){0};
			transaction = true;
		} else if (!transaction) {
			continue;
		} else if (!ret->session && (at = behind(line, " thread id "))) {
			ret->session = strtoull(at, NULL, 10);
			read_tag(line_after(line), ret);
		} else if (ret->session && (at = behind(line, "TRX HAS BEEN WAITING "))) {
			read_time(at, ret);
			line = line_after(line);
			read_lock(line, ret);
			*text = line_after(line);
			return true;
		}
	}
	*text = line;
	return false;
}
