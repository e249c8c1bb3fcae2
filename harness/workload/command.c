#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/workload/worker.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* An error of the script itself, not of the server: counted like one. */
static int script_error(const struct session *s, const char *text, struct db_error *e)
{
	*e = (struct db_error){.class = DB_CLASS_OTHER, .code = "script"};
	snprintf(e->text, sizeof(e->text), "%s:%u: %s", base_name(s->script->file),
		s->command->line, text);
	return -1;
}

/* The query of a \gset ran; what it found is wrong. */
static int wrong_rows(const struct session *s, unsigned rows, struct db_error *e)
{
	char text[64];

	snprintf(text, sizeof(text), "the query found %u rows, the script needs one", rows);
	script_error(s, text, e);
	e->class = DB_CLASS_WRONG_RESULT;
	snprintf(e->code, sizeof(e->code), "%s", rows ? "many-rows" : "no-row");
	return -1;
}

static int started(struct session *s, int result, struct db_error *e)
{
	if (result == 0)
		return 0;
	*e = s->worker->workload->db->result(s->conn)->error;
	return -1;
}

/* ---- parameters ---- */

static int parameters(struct session *s, struct db_error *e)
{
	const struct command *c = s->command;

	for (unsigned i = 0; i < c->n_params; i++) {
		const struct value *v = &s->variables[c->params[i]];

		if (v->type == VALUE_UNSET) {
			char text[160];

			snprintf(text, sizeof(text), "undefined variable '%s'",
				s->script->names[c->params[i]]);
			return script_error(s, text, e);
		}
		s->params[i].text = value_format(v, s->formats[i], &s->params[i].len);
	}
	return 0;
}

/* Numbers stand bare, so that `:a + :b` and `LIMIT :n` mean what they mean in pgbench. */
static void add_literal(struct session *s, const struct value *v, const struct db_param *param)
{
	if (!param->text) {
		str_add(&s->text, "NULL");
	} else if (v->type == VALUE_TEXT) {
		s->worker->workload->config->engine->dialect->add_literal(&s->text, param->text);
	} else {
		/* `x -:v` with a negative number must not become a comment. */
		str_add(&s->text, param->text[0] == '-' ? " " : "");
		str_add_n(&s->text, param->text, param->len);
	}
}

static const char *text_of(struct session *s)
{
	const struct command *c = s->command;

	if (c->n_params == 0)
		return c->sql;
	str_clear(&s->text);
	for (unsigned i = 0; i < c->n_params; i++) {
		str_add(&s->text, c->pieces[i]);
		add_literal(s, &s->variables[c->params[i]], &s->params[i]);
	}
	str_add(&s->text, c->pieces[c->n_params]);
	return str_text(&s->text);
}

/* ---- sending ---- */

int command_execute(struct session *s, struct db_error *e)
{
	const struct command *c = s->command;

	s->state = SESSION_EXECUTING;
	return started(s,
		s->worker->workload->db->execute_start(
			s->conn, s->prepared[c->statement] - 1, s->params, c->n_params),
		e);
}

int command_start(struct session *s, struct db_error *e)
{
	const struct command *c = s->command;
	const struct db_adapter *db = s->worker->workload->db;

	if (parameters(s, e))
		return -1;
	if (c->text) {
		s->state = SESSION_EXECUTING;
		return started(s, db->query_start(s->conn, text_of(s)), e);
	}
	if (s->prepared[c->statement])
		return command_execute(s, e);
	s->state = SESSION_PREPARING;
	return started(s, db->prepare_start(s->conn, s->next_id, c->sql, c->n_params), e);
}

/* ---- \gset ---- */

static void map_columns(struct session *s, struct gset_map *map, unsigned columns)
{
	const struct db_adapter *db = s->worker->workload->db;

	map->slots = mem_resize(map->slots, columns, sizeof(*map->slots));
	map->columns = columns;
	for (unsigned i = 0; i < columns; i++)
		map->slots[i] = script_slot(s->script, s->command->prefix, db->column(s->conn, i));
}

/* The result goes with the next statement; what the script uses of it is copied. */
static struct value keep(struct kept *kept, const char *text)
{
	size_t len;

	if (!text)
		return value_null();
	len = strlen(text);
	if (len + 1 > kept->cap) {
		kept->cap = 2 * (len + 1);
		kept->data = mem_resize(kept->data, kept->cap, 1);
	}
	memcpy(kept->data, text, len + 1);
	return (struct value){.type = VALUE_TEXT, .len = (uint32_t)len, .text = kept->data};
}

int command_gset(struct session *s, struct db_error *e)
{
	const struct command *c = s->command;
	const struct db_adapter *db = s->worker->workload->db;
	const struct db_result *result = db->result(s->conn);
	struct gset_map *map = &s->gset[c->statement];

	if (c->gset == GSET_ONE && result->rows != 1)
		return wrong_rows(s, result->rows, e);
	if (result->rows == 0)
		return 0;
	/* A prepared statement keeps its columns; of a text nothing is known from the last time. */
	if (map->columns != result->columns || c->text)
		map_columns(s, map, result->columns);
	for (unsigned i = 0; i < map->columns; i++) {
		unsigned slot = map->slots[i];

		if (slot != SLOT_NONE)
			s->variables[slot] =
				keep(&s->kept[slot], db->value(s->conn, result->rows - 1, i));
	}
	return 0;
}

/* ---- expressions ---- */

int command_eval(struct session *s, struct value *ret, struct db_error *e)
{
	struct expr_env env;

	env.variables = s->variables;
	env.names = (const char *const *)s->script->names;
	env.rng = &s->rng;
	if (expr_eval(s->command->expr, &env, ret))
		return script_error(s, env.error, e);
	return 0;
}
