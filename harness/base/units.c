#include "harness/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

static const struct unit duration_units[] = {
	{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}, {0}};
static const struct unit rate_units[] = {{"/s", 1}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}, {0}};
static const struct unit size_units[] = {
	{"B", 1}, {"kB", 1024}, {"MB", 1048576}, {"GB", 1073741824}, {"TB", 1099511627776.0}, {0}};
static const struct unit count_units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {0}};

/* Reads a non-negative decimal number and one of the units behind it. */
static int read_value(const char *text, const struct unit *units, double *ret)
{
	char *end;
	double value;

	if (!text || !isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtod(text, &end);
	if (errno || !isfinite(value) || strcspn(text, "xX") < (size_t)(end - text))
		return -1;
	while (*end == ' ')
		end++;
	for (const struct unit *u = units; u->name; u++) {
		if (!strcmp(end, u->name)) {
			*ret = value * u->factor;
			return *ret < 9.2e18 ? 0 : -1;
		}
	}
	return -1;
}

int units_duration(const char *text, uint64_t *ret_us)
{
	double value = 0;

	if (text && !strcmp(text, "0")) {
		*ret_us = 0;
		return 0;
	}
	if (read_value(text, duration_units, &value))
		return -1;
	*ret_us = (uint64_t)(value + 0.5);
	return 0;
}

int units_rate(const char *text, double *ret_per_s)
{
	return read_value(text, rate_units, ret_per_s);
}

int units_size(const char *text, uint64_t *ret_bytes)
{
	double value = 0;

	if (read_value(text, size_units, &value))
		return -1;
	*ret_bytes = (uint64_t)(value + 0.5);
	return 0;
}

int units_count(const char *text, uint64_t *ret)
{
	double value = 0;

	if (read_value(text, count_units, &value) || value != floor(value))
		return -1;
	*ret = (uint64_t)value;
	return 0;
}

/* Three significant digits of value, never in exponent form below a million. */
static void three_digits(double value, const char *unit, char *buf)
{
	int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

	snprintf(buf, UNITS_TEXT, "%.*f %s", decimals, value, unit);
}

const char *units_duration_text(uint64_t us, char buf[static UNITS_TEXT])
{
	if (us == 0)
		snprintf(buf, UNITS_TEXT, "0");
	else if (us < 1000)
		snprintf(buf, UNITS_TEXT, "%" PRIu64 " µs", us);
	else if (us < 999500)
		three_digits((double)us / 1e3, "ms", buf);
	else if (us < 120000000)
		three_digits((double)us / 1e6, "s", buf);
	else
		snprintf(buf, UNITS_TEXT, "%" PRIu64 " min %02" PRIu64 " s", us / 60000000,
			us / 1000000 % 60);
	return buf;
}

const char *units_duration_exact(uint64_t us, char buf[static UNITS_TEXT])
{
	static const struct {
		uint64_t us;
		const char *name;
	} steps[] = {{3600000000, "h"}, {60000000, "m"}, {1000000, "s"}, {1000, "ms"}, {1, "us"}};

	snprintf(buf, UNITS_TEXT, "0");
	for (size_t i = 0; us && i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (us % steps[i].us == 0) {
			snprintf(buf, UNITS_TEXT, "%" PRIu64 "%s", us / steps[i].us, steps[i].name);
			break;
		}
	}
	return buf;
}

const char *units_size_text(uint64_t bytes, char buf[static UNITS_TEXT])
{
	static const char *const names[] = {"B", "kB", "MB", "GB", "TB"};
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1023.5 && i < 4) {
		value /= 1024;
		i++;
	}
	if (i == 0)
		snprintf(buf, UNITS_TEXT, "%" PRIu64 " B", bytes);
	else
		three_digits(value, names[i], buf);
	return buf;
}

const char *units_count_text(uint64_t n, char buf[static UNITS_TEXT])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *out = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buf;
}
