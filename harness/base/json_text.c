#include "harness/base/json_text.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/str.h"

/* Length of the well-formed UTF-8 sequence at s, 0 when there is none. */
static size_t sequence(const unsigned char *s)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : 4;

	if (*s >= 0x80 && (*s < 0xc2 || *s > 0xf4))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

char *utf8_text(const char *text, size_t max)
{
	struct str clean = {0};
	const char *end = text + max;

	for (const char *s = text; s < end && *s;) {
		size_t n = sequence((const unsigned char *)s);

		if (n && n <= (size_t)(end - s))
			str_add_n(&clean, s, n);
		else
			str_add(&clean, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	return str_take(&clean);
}

json_t *json_text_n(const char *text, size_t n)
{
	CLEANUP(cleanup_free) char *clean = utf8_text(text, n);

	return json_string(clean);
}

json_t *json_text(const char *text)
{
	return text ? json_text_n(text, strlen(text)) : json_string("");
}
