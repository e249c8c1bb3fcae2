/* From text to a typed value. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/scenario/keys.h"

static const char *const bool_words[] = {"false", "true", "no", "yes", "off", "on", NULL};

static const char *type_name(enum key_type type)
{
	switch (type) {
	case KEY_TEXT:
		return "text";
	case KEY_PATH:
		return "path";
	case KEY_FIXTURE:
		return "name or path";
	case KEY_DSN:
		return "DSN or `env:NAME`";
	case KEY_CHOICE:
	case KEY_ENUM:
		return "one of";
	case KEY_BOOL:
		return "`true` or `false`";
	case KEY_DURATION:
		return "duration";
	case KEY_RATE:
		return "rate";
	case KEY_REAL:
		return "number";
	case KEY_UNSIGNED:
	case KEY_COUNT:
		return "whole number";
	case KEY_TEXTS:
		return "list of texts";
	case KEY_PATHS:
		return "list of paths";
	case KEY_MAP:
	case KEY_SMALL:
		return "map";
	}
	return "";
}

static void add_words(const char *const *words, const char *quote, struct str *out)
{
	for (size_t i = 0; words[i]; i++)
		str_addf(out, "%s%s%s%s", i ? ", " : "", quote, words[i], quote);
}

void key_type_text(const struct key *key, struct str *out)
{
	str_add(out, type_name(key->type));
	if (key->words) {
		str_add(out, " ");
		add_words(key->words, "`", out);
	}
}

static void set_text(void *field, char *text)
{
	mem_free(*(char **)field);
	*(char **)field = text;
}

static int find_word(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
	}
	return -1;
}

static int fail_word(const char *const *words, const char *text, struct err *err)
{
	CLEANUP(cleanup_str) struct str list = {0};
	const char *nearest = key_nearest_word(words, text);

	if (nearest)
		return err_set(
			err, ERR_USAGE, "'%s' is not known; did you mean '%s'?", text, nearest);
	add_words(words, "", &list);
	return err_set(err, ERR_USAGE, "'%s' is not one of: %s", text, str_text(&list));
}

static int store_word(const struct key *key, void *field, const char *text, struct err *err)
{
	int i = find_word(key->words, text);

	if (i < 0)
		return fail_word(key->words, text, err);
	if (key->type == KEY_CHOICE)
		set_text(field, mem_strdup(text));
	else
		memcpy(field, &i, sizeof(i));
	return 0;
}

static int store_bool(void *field, const char *text, struct err *err)
{
	int i = find_word(bool_words, text);

	if (i < 0)
		return err_set(err, ERR_USAGE, "'%s' is not true or false", text);
	*(bool *)field = i % 2;
	return 0;
}

static int store_path(void *field, const char *text, const char *dir, struct err *err)
{
	if (!*text)
		return err_set(err, ERR_USAGE, "the path is empty");
	set_text(field, dir && strcmp(dir, ".") ? fs_join(dir, text) : mem_strdup(text));
	return 0;
}

static int read_plain(const char *text, double *ret)
{
	char *end;

	if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
		return -1;
	errno = 0;
	*ret = strtod(text, &end);
	return *end || errno || !isfinite(*ret) ? -1 : 0;
}

/* "'400' is not a rate (say 400/s)": the example is built from what was written, if it can be. */
static int fail_number(const struct key *key, const char *text, struct err *err)
{
	double value;
	bool plain = !read_plain(text, &value) && value > 0;

	switch (key->type) {
	case KEY_DURATION:
		if (plain)
			return err_set(err, ERR_USAGE,
				"'%s' is not a duration (say %sms, %ss or %sm)", text, text, text,
				text);
		return err_set(
			err, ERR_USAGE, "'%s' is not a duration (say 500ms, 2s or 5m)", text);
	case KEY_RATE:
		return err_set(err, ERR_USAGE, "'%s' is not a rate (say %s/s)", text,
			plain ? text : "400");
	case KEY_REAL:
		return err_set(err, ERR_USAGE, "'%s' is not a number", text);
	default:
		return err_set(err, ERR_USAGE, "'%s' is not a whole number", text);
	}
}

static int read_number(const struct key *key, const char *text, double *ret, struct err *err)
{
	uint64_t whole = 0;
	int failed;

	switch (key->type) {
	case KEY_DURATION:
		failed = units_duration(text, &whole);
		*ret = (double)whole;
		break;
	case KEY_RATE:
		failed = units_rate(text, ret);
		break;
	case KEY_REAL:
		failed = read_plain(text, ret);
		break;
	default:
		failed = units_count(text, &whole);
		*ret = (double)whole;
	}
	return failed ? fail_number(key, text, err) : 0;
}

static void add_limit(const struct key *key, double value, struct str *out)
{
	char buf[UNITS_TEXT];

	if (key->type == KEY_DURATION)
		str_add(out, units_duration_exact((uint64_t)value, buf));
	else if (key->type == KEY_RATE && value < 1)
		str_addf(out, "%.15g/h", value * 3600);
	else
		str_addf(out, "%.15g%s", value, key->type == KEY_RATE ? "/s" : "");
}

static int check_range(const struct key *key, double value, const char *text, struct err *err)
{
	CLEANUP(cleanup_str) struct str range = {0};

	if (key->high == 0 || (value >= key->low && value <= key->high))
		return 0;
	if (key->zero && value == 0)
		return 0;
	add_limit(key, key->low, &range);
	str_add(&range, " to ");
	add_limit(key, key->high, &range);
	return err_set(err, ERR_USAGE, "'%s' is out of range (%s%s)", text,
		key->zero ? "0, or " : "", str_text(&range));
}

static int store_number(const struct key *key, void *field, const char *text, struct err *err)
{
	double value = 0;

	if (read_number(key, text, &value, err) || check_range(key, value, text, err))
		return -1;
	switch (key->type) {
	case KEY_RATE:
	case KEY_REAL:
		*(double *)field = value;
		break;
	case KEY_UNSIGNED:
		*(unsigned *)field = (unsigned)value;
		break;
	default:
		*(uint64_t *)field = (uint64_t)value;
	}
	return 0;
}

int key_store(
	const struct key *key, void *field, const char *text, const char *dir, struct err *err)
{
	switch (key->type) {
	case KEY_PATH:
	case KEY_PATHS:
		return store_path(field, text, dir, err);
	case KEY_FIXTURE:
		if (strchr(text, '/') || !*text)
			return store_path(field, text, dir, err);
		/* A bare name is looked for once all keys are known. */
		set_text(field, mem_strdup(text));
		return 0;
	case KEY_CHOICE:
	case KEY_ENUM:
		return store_word(key, field, text, err);
	case KEY_BOOL:
		return store_bool(field, text, err);
	case KEY_DURATION:
	case KEY_RATE:
	case KEY_REAL:
	case KEY_UNSIGNED:
	case KEY_COUNT:
		return store_number(key, field, text, err);
	default:
		set_text(field, mem_strdup(text));
		return 0;
	}
}
