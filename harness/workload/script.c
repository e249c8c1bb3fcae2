#include "harness/workload/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/workload/distribution.h"
#include "harness/workload/parse.h"

int parse_error(struct parse *p, unsigned line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(p->err, ERR_USAGE, "%s:%u: %s", p->file, line, text);
}

struct command *parse_command(struct parse *p, enum command_kind kind, unsigned line)
{
	struct script *s = p->script;
	struct command *c = MEM_PUSH(s->commands, s->n_commands, s->cap_commands);

	c->kind = kind;
	c->line = line;
	return c;
}

bool parse_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

bool parse_name_char(char c)
{
	return parse_name_start(c) || isdigit((unsigned char)c);
}

/* ---- variables ---- */

static unsigned find_slot(const struct script *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (strlen(s->names[i]) == len && memcmp(s->names[i], name, len) == 0)
			return (unsigned)i;
	return SLOT_NONE;
}

unsigned script_slot(const struct script *s, const char *prefix, const char *name)
{
	size_t n = strlen(prefix);

	for (size_t i = 0; i < s->n_slots; i++)
		if (strncmp(s->names[i], prefix, n) == 0 && strcmp(s->names[i] + n, name) == 0)
			return (unsigned)i;
	return SLOT_NONE;
}

/* What a variable holds before the script sets it; false: nothing. */
static bool predefined(
	struct parse *p, const char *name, size_t len, unsigned slot, struct value *ret)
{
	const struct scenario_workload *settings = p->context->settings;

	for (size_t i = 0; i < settings->n_variables; i++) {
		const struct scenario_variable *v = &settings->variables[i];

		if (strlen(v->name) == len && memcmp(v->name, name, len) == 0) {
			*ret = value_text(v->value);
			return true;
		}
	}
	if (len == 11 && memcmp(name, "random_seed", len) == 0) {
		*ret = value_int((int64_t)settings->seed);
	} else if (len == 12 && memcmp(name, "default_seed", len) == 0) {
		*ret = value_int(hash_murmur2((int64_t)settings->seed, 0));
	} else if (len == 9 && memcmp(name, "client_id", len) == 0) {
		p->script->client_id = slot;
		*ret = value_int(0); /* each connection puts its own in */
	} else if (len == 5 && memcmp(name, "scale", len) == 0) {
		p->script->scale = slot;
		p->script->scale_line = p->line;
		*ret = value_int(1); /* counted when the server is there */
	} else {
		return false;
	}
	return true;
}

static unsigned add_slot(struct parse *p, const char *name, size_t len)
{
	struct script *s = p->script;
	size_t n = s->n_slots;

	*MEM_PUSH(s->initial, n, s->cap_initial) = (struct value){.type = VALUE_UNSET};
	*MEM_PUSH(s->names, s->n_slots, s->cap_names) = mem_strndup(name, len);
	*MEM_PUSH(p->defined, p->n_defined, p->cap_defined) = false;
	n = s->n_slots - 1;
	p->defined[n] = predefined(p, name, len, (unsigned)n, &s->initial[n]);
	return (unsigned)n;
}

unsigned parse_define(struct parse *p, const char *name, size_t len)
{
	unsigned slot = find_slot(p->script, name, len);

	if (slot == SLOT_NONE) {
		slot = add_slot(p, name, len);
		if (p->script->scale == slot) /* set before it is read: nothing to count */
			p->script->scale = SLOT_NONE;
	}
	p->defined[slot] = true;
	return slot;
}

int parse_variable(void *ctx, const char *name, size_t len, unsigned *ret_slot, struct err *err)
{
	struct parse *p = ctx;
	unsigned slot = find_slot(p->script, name, len);

	if (slot == SLOT_NONE)
		slot = add_slot(p, name, len);
	/* A \gset names its variables only when it runs. */
	for (size_t i = 0; i < p->n_prefixes && !p->defined[slot]; i++)
		p->defined[slot] = strncmp(p->script->names[slot], p->prefixes[i],
					   strlen(p->prefixes[i])) == 0;
	if (!p->defined[slot])
		return err_set(err, ERR_USAGE, "undefined variable '%.*s'", (int)len, name);
	*ret_slot = slot;
	return 0;
}

/* ---- the whole ---- */

/* A name travels in a comment, so nothing in it may end one. */
static char *comment_name(const char *name)
{
	char *copy = mem_strdup(name);

	for (char *c = copy; *c; c++)
		if (*c == '*' || *c == '/' || iscntrl((unsigned char)*c))
			*c = '_';
	return copy;
}

static int parse_all(struct parse *p)
{
	struct script *s = p->script;

	while (p->at < p->end) {
		if (parse_sql(p))
			return -1;
		if (p->at < p->end && *p->at == '\\' && parse_meta(p))
			return -1;
	}
	if (p->n_branches)
		return parse_error(
			p, p->branches[p->n_branches - 1].line, "\\if lacks its \\endif");
	for (size_t i = 0; i < s->n_commands; i++) {
		if (s->commands[i].kind == COMMAND_SQL)
			return 0;
	}
	return parse_error(p, p->line, "the script holds no SQL statement");
}

int script_parse(const char *text, size_t len, const char *file, const char *name,
	const struct script_context *context, struct script *ret, struct err *err)
{
	struct script script = {.name = comment_name(name),
		.file = mem_strdup(file),
		.weight = 1,
		.client_id = SLOT_NONE,
		.scale = SLOT_NONE};
	struct parse p = {.at = text,
		.end = text + len,
		.line = 1,
		.file = file,
		.context = context,
		.script = &script,
		.err = err};
	int result = parse_all(&p);

	mem_free_strings(p.prefixes, p.n_prefixes);
	mem_free(p.defined);
	mem_free(p.branches);
	if (result) {
		script_release(&script);
		return -1;
	}
	*ret = script;
	return 0;
}

static void release_command(struct command *c)
{
	expr_free(c->expr);
	if (c->pieces)
		mem_free_strings(c->pieces, c->n_params + 1);
	mem_free(c->sql);
	mem_free(c->params);
	mem_free(c->prefix);
}

void script_release(struct script *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_commands; i++)
		release_command(&s->commands[i]);
	mem_free(s->commands);
	mem_free_strings(s->names, s->n_slots);
	mem_free(s->initial);
	mem_free(s->name);
	mem_free(s->file);
	*s = (struct script){0};
}
