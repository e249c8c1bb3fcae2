#include "harness/workload/value.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct value value_text(const char *text)
{
	if (!text)
		return value_null();
	return (struct value){.type = VALUE_TEXT, .len = (uint32_t)strlen(text), .text = text};
}

static bool prefix_of(const char *word, const struct value *v, size_t at_least)
{
	return v->len >= at_least && v->len <= strlen(word) &&
		strncasecmp(word, v->text, v->len) == 0;
}

static bool read_number(const struct value *v, struct value *ret)
{
	char *end;
	long long whole;
	double number;

	if (v->len == 0)
		return false;
	errno = 0;
	whole = strtoll(v->text, &end, 10);
	if (*end == '\0' && errno == 0) {
		*ret = value_int(whole);
		return true;
	}
	errno = 0;
	number = strtod(v->text, &end);
	if (*end != '\0' || end == v->text || (errno == ERANGE && !isfinite(number)))
		return false;
	*ret = value_double(number);
	return true;
}

bool value_interpret(const struct value *text, struct value *ret)
{
	if (text->type != VALUE_TEXT) {
		*ret = *text;
		return true;
	}
	if (text->len == 4 && strcasecmp(text->text, "null") == 0)
		*ret = value_null();
	else if (prefix_of("true", text, 1) || prefix_of("yes", text, 1) ||
		prefix_of("on", text, 2))
		*ret = value_bool(true);
	else if (prefix_of("false", text, 1) || prefix_of("no", text, 1) ||
		prefix_of("off", text, 2))
		*ret = value_bool(false);
	else
		return read_number(text, ret);
	return true;
}

static const char *format_int(int64_t i, char *buf, size_t *ret_len)
{
	uint64_t rest = i < 0 ? -(uint64_t)i : (uint64_t)i;
	char *p = buf + VALUE_FORMAT_MAX - 1;
	char *end = p;

	*p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (i < 0)
		*--p = '-';
	*ret_len = (size_t)(end - p);
	return p;
}

const char *value_format(const struct value *v, char *buf, size_t *ret_len)
{
	switch (v->type) {
	case VALUE_BOOL:
		*ret_len = v->b ? 4 : 5;
		return v->b ? "true" : "false";
	case VALUE_INT:
		return format_int(v->i, buf, ret_len);
	case VALUE_DOUBLE:
		*ret_len = (size_t)snprintf(buf, VALUE_FORMAT_MAX, "%.*g", DBL_DIG, v->d);
		return buf;
	case VALUE_TEXT:
		*ret_len = v->len;
		return v->text;
	case VALUE_NULL:
	case VALUE_UNSET:
		break;
	}
	*ret_len = 0;
	return NULL;
}
