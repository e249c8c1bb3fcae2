#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/workload/parse.h"

/* The line of a backslash command: its words, quotes kept together. */
struct words {
	const char *at, *end;
};

static bool next_word(struct words *w, const char **ret, size_t *ret_len)
{
	char quote = '\0';

	while (w->at < w->end && isspace((unsigned char)*w->at))
		w->at++;
	*ret = w->at;
	for (; w->at < w->end && (quote || !isspace((unsigned char)*w->at)); w->at++) {
		if (quote == *w->at)
			quote = '\0';
		else if (!quote && (*w->at == '"' || *w->at == '`'))
			quote = *w->at;
	}
	*ret_len = (size_t)(w->at - *ret);
	return *ret_len > 0;
}

static int no_more(struct parse *p, unsigned line, struct words *w, const char *name)
{
	const char *word;
	size_t len;

	return next_word(w, &word, &len) ? parse_error(p, line, "too many arguments for \\%s", name)
					 : 0;
}

/* ---- \set, \sample, \sleep ---- */

static int parse_expression(struct parse *p, unsigned line, struct words *w, struct expr **ret)
{
	struct err err = {0};

	if (expr_parse(w->at, (size_t)(w->end - w->at), parse_variable, p, ret, &err))
		return parse_error(p, line, "%s", err.text);
	return 0;
}

static int variable_name(struct parse *p, unsigned line, struct words *w, const char *command,
	const char **ret, size_t *ret_len)
{
	if (!next_word(w, ret, ret_len))
		return parse_error(p, line, "missing argument for \\%s", command);
	for (size_t i = 0; i < *ret_len; i++)
		if (!parse_name_char((*ret)[i]))
			return parse_error(
				p, line, "invalid variable name '%.*s'", (int)*ret_len, *ret);
	return 0;
}

static int meta_set(struct parse *p, unsigned line, struct words *w)
{
	const char *name;
	size_t len;
	struct expr *expr;
	struct command *c;

	if (variable_name(p, line, w, "set", &name, &len) || parse_expression(p, line, w, &expr))
		return -1;
	c = parse_command(p, COMMAND_SET, line);
	c->expr = expr;
	c->slot = parse_define(p, name, len);
	return 0;
}

static int meta_sample(struct parse *p, unsigned line, struct words *w)
{
	CLEANUP(cleanup_free) char *table = NULL, *column = NULL, *where = NULL;
	const char *name, *source, *dot = NULL;
	size_t name_len, len;
	char quote = '\0';
	struct command *c;

	if (variable_name(p, line, w, "sample", &name, &name_len))
		return -1;
	if (!next_word(w, &source, &len))
		return parse_error(p, line, "missing table.column for \\sample");
	for (size_t i = 0; i < len; i++) {
		if (quote == source[i])
			quote = '\0';
		else if (!quote && (source[i] == '"' || source[i] == '`'))
			quote = source[i];
		else if (!quote && source[i] == '.')
			dot = source + i;
	}
	if (quote || !dot || dot == source || dot + 1 == source + len)
		return parse_error(p, line, "'%.*s' is not table.column", (int)len, source);
	if (no_more(p, line, w, "sample"))
		return -1;
	table = mem_strndup(source, (size_t)(dot - source));
	column = mem_strndup(dot + 1, (size_t)(source + len - dot) - 1);
	where = mem_printf("%s:%u", p->file, line);
	c = parse_command(p, COMMAND_SAMPLE, line);
	c->sample = sample_set_add(p->context->samples, table, column, where);
	c->slot = parse_define(p, name, name_len);
	return 0;
}

static int sleep_unit(
	struct parse *p, unsigned line, const char *unit, size_t len, uint64_t *ret_us)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == len && strncasecmp(units[i].name, unit, len) == 0) {
			*ret_us = units[i].us;
			return 0;
		}
	}
	return parse_error(
		p, line, "unrecognized time unit '%.*s', must be us, ms, or s", (int)len, unit);
}

/* `\sleep 5 ms`, `\sleep 5ms`, `\sleep :delay ms`, `\sleep 5` in seconds */
static int meta_sleep(struct parse *p, unsigned line, struct words *w)
{
	const char *time, *unit;
	size_t len, unit_len, n = 0;
	uint64_t unit_us = 1000000;
	struct expr *expr;
	struct command *c;

	if (!next_word(w, &time, &len))
		return parse_error(p, line, "missing argument for \\sleep");
	if (time[0] == ':')
		n = len;
	while (n < len && (isdigit((unsigned char)time[n]) || (n == 0 && strchr("+-", time[n]))))
		n++;
	if (time[0] != ':' && (n == 0 || !isdigit((unsigned char)time[n - 1])))
		return parse_error(
			p, line, "invalid sleep time '%.*s', must be an integer", (int)len, time);
	unit = time + n;
	unit_len = len - n;
	if (unit_len || next_word(w, &unit, &unit_len))
		if (sleep_unit(p, line, unit, unit_len, &unit_us))
			return -1;
	if (no_more(p, line, w, "sleep") ||
		parse_expression(p, line, &(struct words){time, time + n}, &expr))
		return -1;
	c = parse_command(p, COMMAND_SLEEP, line);
	c->expr = expr;
	c->unit_us = unit_us;
	return 0;
}

/* ---- \if ---- */

static int jump_unless(struct parse *p, unsigned line, struct words *w, struct branch *b)
{
	struct expr *expr;

	if (parse_expression(p, line, w, &expr))
		return -1;
	b->unless = (unsigned)p->script->n_commands;
	parse_command(p, COMMAND_JUMP_UNLESS, line)->expr = expr;
	return 0;
}

static int meta_if(struct parse *p, unsigned line, struct words *w)
{
	struct branch *b = MEM_PUSH(p->branches, p->n_branches, p->cap_branches);

	*b = (struct branch){.line = line, .unless = NO_JUMP, .ends = NO_JUMP};
	return jump_unless(p, line, w, b);
}

/* The branch that ends here jumps to \endif; the condition above jumps to what follows. */
static struct branch *next_branch(struct parse *p, unsigned line, const char *name)
{
	struct branch *b;
	struct command *jump;

	if (p->n_branches == 0) {
		parse_error(p, line, "\\%s lacks its \\if", name);
		return NULL;
	}
	b = &p->branches[p->n_branches - 1];
	if (b->else_seen) {
		parse_error(p, line, "\\%s behind \\else", name);
		return NULL;
	}
	jump = parse_command(p, COMMAND_JUMP, line);
	jump->target = b->ends;
	b->ends = (unsigned)p->script->n_commands - 1;
	p->script->commands[b->unless].target = (unsigned)p->script->n_commands;
	b->unless = NO_JUMP;
	return b;
}

static int meta_elif(struct parse *p, unsigned line, struct words *w)
{
	struct branch *b = next_branch(p, line, "elif");

	return b ? jump_unless(p, line, w, b) : -1;
}

static int meta_else(struct parse *p, unsigned line, struct words *w)
{
	struct branch *b = next_branch(p, line, "else");

	if (!b)
		return -1;
	b->else_seen = true;
	return no_more(p, line, w, "else");
}

static int meta_endif(struct parse *p, unsigned line, struct words *w)
{
	struct script *s = p->script;
	struct branch *b;
	unsigned here = (unsigned)s->n_commands, next;

	if (p->n_branches == 0)
		return parse_error(p, line, "\\endif lacks its \\if");
	b = &p->branches[--p->n_branches];
	if (b->unless != NO_JUMP)
		s->commands[b->unless].target = here;
	for (unsigned i = b->ends; i != NO_JUMP; i = next) {
		next = s->commands[i].target;
		s->commands[i].target = here;
	}
	return no_more(p, line, w, "endif");
}

/* ---- \gset, \aset ---- */

static int meta_gset(
	struct parse *p, unsigned line, struct words *w, enum gset_kind kind, const char *name)
{
	struct command *c;
	const char *prefix;
	size_t len;

	if (!p->gset_fits)
		return parse_error(p, line, "\\%s must follow an SQL command", name);
	next_word(w, &prefix, &len);
	if (no_more(p, line, w, name))
		return -1;
	c = &p->script->commands[p->script->n_commands - 1];
	c->gset = kind;
	c->prefix = mem_strndup(prefix, len);
	*MEM_PUSH(p->prefixes, p->n_prefixes, p->cap_prefixes) = mem_strndup(prefix, len);
	return 0;
}

static int meta_one(struct parse *p, unsigned line, struct words *w)
{
	return meta_gset(p, line, w, GSET_ONE, "gset");
}

static int meta_all(struct parse *p, unsigned line, struct words *w)
{
	return meta_gset(p, line, w, GSET_LAST, "aset");
}

/* ---- the line ---- */

static const struct {
	const char *name;
	int (*read)(struct parse *p, unsigned line, struct words *w); /* NULL: not supported */
} metas[] = {{"set", meta_set}, {"sample", meta_sample}, {"sleep", meta_sleep}, {"if", meta_if},
	{"elif", meta_elif}, {"else", meta_else}, {"endif", meta_endif}, {"gset", meta_one},
	{"aset", meta_all}, {"setshell", NULL}, {"shell", NULL}, {"startpipeline", NULL},
	{"endpipeline", NULL}, {"syncpipeline", NULL}};

/* The end of the line, or of the last of the lines that a backslash at the end continues. */
static const char *line_end(struct parse *p)
{
	const char *q = p->at;

	for (; q < p->end; q++) {
		const char *before = q;

		if (*q != '\n')
			continue;
		if (before > p->at && before[-1] == '\r')
			before--;
		if (before == p->at || before[-1] != '\\')
			break;
		p->line++;
	}
	return q;
}

int parse_meta(struct parse *p)
{
	unsigned line = p->line;
	struct words w = {.at = p->at + 1};
	const char *name = w.at;
	size_t len;

	w.end = p->end;
	while (w.at < w.end && isalpha((unsigned char)*w.at))
		w.at++;
	len = (size_t)(w.at - name);
	p->at = w.end = line_end(p); /* the newline itself is left to what follows */
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		if (strlen(metas[i].name) != len || strncasecmp(metas[i].name, name, len) != 0)
			continue;
		if (!metas[i].read)
			return parse_error(p, line, "\\%s is not supported", metas[i].name);
		if (metas[i].read(p, line, &w))
			return -1;
		p->gset_fits = false;
		return 0;
	}
	return parse_error(p, line, "invalid command '\\%.*s'", (int)len, name);
}
