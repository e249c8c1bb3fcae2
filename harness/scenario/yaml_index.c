#include "harness/scenario/yaml_index.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define NODES_MAX 5000
#define DEPTH_MAX 12

struct reader {
	yaml_parser_t parser;
	const char *file, *text;
	size_t len;
	struct yaml_index *index;
	struct str path;
};

void yaml_index_release(struct yaml_index *index)
{
	for (size_t i = 0; index && i < index->n; i++) {
		mem_free(index->nodes[i].path);
		mem_free(index->nodes[i].value);
	}
	if (index) {
		mem_free(index->nodes);
		*index = (struct yaml_index){0};
	}
}

const struct yaml_node *yaml_index_find(const struct yaml_index *index, const char *path)
{
	for (size_t i = 0; i < index->n; i++) {
		if (!strcmp(index->nodes[i].path, path))
			return &index->nodes[i];
	}
	return NULL;
}

unsigned yaml_index_line(const struct yaml_index *index, const char *path)
{
	CLEANUP(cleanup_free) char *around = mem_strdup(path);

	while (*around) {
		const struct yaml_node *node = yaml_index_find(index, around);
		char *dot = strrchr(around, '.');

		if (node)
			return node->line;
		*(dot ? dot : around) = '\0';
	}
	return 1;
}

static unsigned line_at(const char *text, size_t len, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset && i < len; i++)
		line += text[i] == '\n';
	return line;
}

/* True when the line (from 1) is indented with a tab: the commonest way to break a YAML file. */
static bool tab_indented(const struct reader *r, unsigned line)
{
	const char *p = r->text, *end = r->text + r->len;

	while (--line && p && p < end) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	while (p && p < end && *p == ' ')
		p++;
	return p && p < end && *p == '\t';
}

static int fail(struct reader *r, unsigned line, struct err *err, const char *key, const char *text)
{
	if (key && *key)
		return err_set(err, ERR_USAGE, "%s:%u: %s: %s", r->file, line, key, text);
	return err_set(err, ERR_USAGE, "%s:%u: %s", r->file, line, text);
}

static int fail_syntax(struct reader *r, struct err *err)
{
	const yaml_parser_t *p = &r->parser;
	unsigned line = (unsigned)p->problem_mark.line + 1;

	if (p->error == YAML_READER_ERROR) {
		line = line_at(r->text, r->len, p->problem_offset);
		return err_set(
			err, ERR_USAGE, "%s:%u: not UTF-8 text: %s", r->file, line, p->problem);
	}
	/* The parser reports an unfinished thing where the text ends, behind the last line. */
	if (r->len && line > line_at(r->text, r->len, r->len - 1))
		line = line_at(r->text, r->len, r->len - 1);
	if (tab_indented(r, line))
		return fail(r, line, err, NULL, "indented with a tab; YAML takes only spaces");
	return err_set(err, ERR_USAGE, "%s:%u: not YAML: %s%s%s", r->file, line,
		p->context ? p->context : "", p->context ? ", " : "",
		p->problem ? p->problem : "unreadable");
}

static unsigned line_of(const yaml_event_t *event)
{
	return (unsigned)event->start_mark.line + 1;
}

static int next_event(struct reader *r, yaml_event_t *ret, struct err *err)
{
	if (!yaml_parser_parse(&r->parser, ret))
		return fail_syntax(r, err);
	if (ret->type == YAML_ALIAS_EVENT) {
		unsigned line = line_of(ret);

		yaml_event_delete(ret);
		return fail(r, line, err, str_text(&r->path),
			"aliases are not supported; write the value out");
	}
	return 0;
}

static void cleanup_event(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static struct yaml_node *add(
	struct reader *r, const char *key, unsigned line, enum key_shape shape, struct err *err)
{
	struct yaml_node *node;

	if (r->index->n >= NODES_MAX) {
		fail(r, line, err, NULL, "too many values for a scenario");
		return NULL;
	}
	node = MEM_PUSH(r->index->nodes, r->index->n, r->index->cap);
	node->path = mem_strdup(str_text(&r->path));
	node->key = node->path + (strlen(node->path) - strlen(key));
	node->line = line;
	node->shape = shape;
	return node;
}

static bool is_null(const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;

	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		(!*value || !strcmp(value, "~") || !strcmp(value, "null"));
}

static int add_scalar(struct reader *r, const yaml_event_t *event, const char *key, unsigned line,
	struct err *err)
{
	const char *value = (const char *)event->data.scalar.value;
	struct yaml_node *node;

	if (event->data.scalar.length != strlen(value))
		return fail(r, line, err, str_text(&r->path), "the value holds a NUL character");
	if (is_null(event) && r->path.len)
		return fail(r, line, err, str_text(&r->path),
			"has no value; leave the key out, or write '' for an empty text");
	node = add(r, key, line, SHAPE_SCALAR, err);
	if (!node)
		return -1;
	node->value = mem_strdup(value);
	return 0;
}

static int read_node(struct reader *r, const yaml_event_t *event, const char *key, unsigned line,
	unsigned depth, struct err *err);

/* Puts ".key" behind the path; the return value restores it. */
static size_t enter(struct reader *r, const char *key)
{
	size_t len = r->path.len;

	if (len)
		str_add_char(&r->path, '.');
	str_add(&r->path, key);
	return len;
}

static void leave(struct reader *r, size_t len)
{
	r->path.len = len;
	if (r->path.data)
		r->path.data[len] = '\0';
}

/* A key and its value. */
static int read_pair(struct reader *r, const yaml_event_t *event, unsigned depth, struct err *err)
{
	CLEANUP(cleanup_event) yaml_event_t value = {0};
	unsigned line = line_of(event);
	const struct yaml_node *before;
	const char *key;
	size_t len;

	if (event->type != YAML_SCALAR_EVENT || !event->data.scalar.length)
		return fail(r, line, err, str_text(&r->path), "a key must be a plain word");
	key = (const char *)event->data.scalar.value;
	len = enter(r, key);
	before = yaml_index_find(r->index, str_text(&r->path));
	if (before)
		return err_set(err, ERR_USAGE, "%s:%u: %s: given twice, first in line %u", r->file,
			line, before->path, before->line);
	if (next_event(r, &value, err) || read_node(r, &value, key, line, depth, err))
		return -1;
	leave(r, len);
	return 0;
}

static int read_map(struct reader *r, unsigned depth, struct err *err)
{
	for (;;) {
		CLEANUP(cleanup_event) yaml_event_t event = {0};

		if (next_event(r, &event, err))
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (read_pair(r, &event, depth, err))
			return -1;
	}
}

static int read_list(struct reader *r, unsigned depth, struct err *err)
{
	for (unsigned i = 0;; i++) {
		CLEANUP(cleanup_event) yaml_event_t event = {0};
		char key[16];
		size_t len;

		if (next_event(r, &event, err))
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		snprintf(key, sizeof(key), "%u", i);
		len = enter(r, key);
		if (read_node(r, &event, key, line_of(&event), depth, err))
			return -1;
		leave(r, len);
	}
}

static int read_node(struct reader *r, const yaml_event_t *event, const char *key, unsigned line,
	unsigned depth, struct err *err)
{
	bool map = event->type == YAML_MAPPING_START_EVENT;

	if (event->type == YAML_SCALAR_EVENT)
		return add_scalar(r, event, key, line, err);
	if (depth >= DEPTH_MAX)
		return fail(r, line, err, NULL, "nested too deep");
	if (!add(r, key, line, map ? SHAPE_MAP : SHAPE_LIST, err))
		return -1;
	return map ? read_map(r, depth + 1, err) : read_list(r, depth + 1, err);
}

static int expect(struct reader *r, yaml_event_type_t type, const char *text, struct err *err)
{
	CLEANUP(cleanup_event) yaml_event_t event = {0};

	if (next_event(r, &event, err))
		return -1;
	if (event.type != type)
		return fail(r, event.type == YAML_STREAM_END_EVENT ? 1 : line_of(&event), err, NULL,
			text);
	return 0;
}

static int read_stream(struct reader *r, struct err *err)
{
	CLEANUP(cleanup_event) yaml_event_t event = {0};

	if (expect(r, YAML_STREAM_START_EVENT, "not YAML", err) ||
		expect(r, YAML_DOCUMENT_START_EVENT, "the file is empty", err) ||
		next_event(r, &event, err))
		return -1;
	if (event.type == YAML_SCALAR_EVENT && is_null(&event))
		return fail(r, 1, err, NULL, "the file is empty");
	if (event.type != YAML_MAPPING_START_EVENT)
		return fail(r, line_of(&event), err, NULL,
			"a scenario is a map of keys, such as `migration:`");
	if (read_node(r, &event, "", 1, 0, err) ||
		expect(r, YAML_DOCUMENT_END_EVENT, "not YAML", err) ||
		expect(r, YAML_STREAM_END_EVENT, "a second document; a file holds one scenario",
			err))
		return -1;
	return 0;
}

int yaml_index_read(
	const char *file, const char *text, size_t len, struct yaml_index *ret, struct err *err)
{
	struct reader r = {.file = file, .text = text, .len = len, .index = ret};
	int failed;

	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_FAILED, "cannot start the YAML parser");
	/* Else a byte order mark could make it UTF-16, which no other tool here reads. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	failed = read_stream(&r, err);
	yaml_parser_delete(&r.parser);
	str_release(&r.path);
	return failed;
}
