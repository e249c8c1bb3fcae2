#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/workload/worker.h"

#define BACKOFF_MIN_US 50000
#define BACKOFF_MAX_US 1000000
#define CONNECT_TICK_US 200000 /* a connection attempt's own time-out is kept by its step() */

static const struct db_adapter *db_of(const struct session *s)
{
	return s->worker->workload->db;
}

/* ---- the connection ---- */

static void watch(struct session *s)
{
	const struct db_adapter *db = db_of(s);
	int fd = db->fd(s->conn);
	unsigned wants = db->wants(s->conn);
	struct epoll_event event = {.data.ptr = s};

	/* While connecting the descriptor may be another socket under the same number. */
	if (fd == s->fd && wants == s->interest && s->state != SESSION_CONNECTING)
		return;
	event.events =
		(wants & DB_WANT_READ ? EPOLLIN : 0u) | (wants & DB_WANT_WRITE ? EPOLLOUT : 0u);
	s->fd = fd;
	s->interest = wants;
	if (fd >= 0 && epoll_ctl(s->worker->epoll, EPOLL_CTL_MOD, fd, &event))
		epoll_ctl(s->worker->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void lost(struct session *s)
{
	if (s->state == SESSION_IDLE)
		worker_not_idle(s->worker, s);
	db_of(s)->close(s->conn); /* epoll forgets the descriptor with it */
	s->conn = NULL;
	s->fd = -1;
	s->interest = 0;
	s->state = SESSION_CLOSED;
	s->backoff_us = s->backoff_us ? s->backoff_us * 2 : BACKOFF_MIN_US;
	if (s->backoff_us > BACKOFF_MAX_US)
		s->backoff_us = BACKOFF_MAX_US;
	s->due_us = clock_us() + s->backoff_us;
	worker_timer(s->worker, s->due_us);
}

static void opened(struct session *s)
{
	const struct workload_config *config = s->worker->workload->config;

	memset(s->prepared, 0, s->worker->workload->n_statements * sizeof(*s->prepared));
	s->next_id = 0;
	s->backoff_us = 0;
	s->statement_timeout_us = config->settings->statement_timeout_us;
	if (config->on_session)
		config->on_session(config->ctx, db_of(s)->session_id(s->conn));
	s->state = SESSION_IDLE;
	watch(s);
	worker_idle(s->worker, s);
}

static void target_of(const struct session *s, char *init_sql, struct db_target *ret)
{
	const struct workload_config *config = s->worker->workload->config;

	*ret = (struct db_target){.dsn = config->dsn,
		.database = config->database,
		.application = "rehearse workload",
		.init_sql = init_sql};
}

static char *init_sql_of(const struct session *s)
{
	const struct workload_config *config = s->worker->workload->config;

	return config->engine->dialect->session_timeouts(0, config->settings->statement_timeout_us);
}

int session_connect(struct session *s, struct err *err)
{
	char *init_sql = init_sql_of(s);
	struct db_target target;
	int result;

	target_of(s, init_sql, &target);
	result = db_connect(db_of(s), &target, &s->conn, err);
	mem_free(init_sql);
	if (result)
		return -1;
	opened(s);
	return 0;
}

/* ---- a transaction ---- */

/* The connection is tidied up; true when that takes an answer to wait for. */
static bool settle(struct session *s)
{
	const struct db_adapter *db = db_of(s);

	if (!db->in_transaction(s->conn)) {
		s->state = SESSION_IDLE;
		worker_idle(s->worker, s);
		return false;
	}
	s->state = SESSION_ROLLBACK;
	if (db->query_start(s->conn, s->worker->workload->config->engine->dialect->rollback) == 0)
		return true;
	lost(s);
	return false;
}

static bool fail(struct session *s, const struct db_error *e)
{
	worker_failed(s->worker, s, e);
	if (e->class == DB_CLASS_CONNECTION || db_of(s)->fd(s->conn) < 0) {
		lost(s);
		return false;
	}
	return settle(s);
}

static bool left_open(struct session *s)
{
	struct db_error e = {.class = DB_CLASS_OTHER, .code = "open"};

	snprintf(e.text, sizeof(e.text), "%s: the script ends inside an open transaction",
		s->script->file);
	return fail(s, &e);
}

static bool complete(struct session *s)
{
	if (!db_of(s)->in_transaction(s->conn)) {
		worker_completed(s->worker, s);
		s->state = SESSION_IDLE;
		worker_idle(s->worker, s);
		return false;
	}
	return left_open(s);
}

static int begin_sleep(struct session *s, struct db_error *e)
{
	struct value v;
	uint64_t us = 0;
	double units = 0;

	if (command_eval(s, &v, e))
		return -1;
	if (v.type == VALUE_INT)
		units = (double)v.i;
	else if (v.type == VALUE_DOUBLE)
		units = v.d;
	if (units > 0)
		us = (uint64_t)fmin(units * (double)s->command->unit_us, 1e12);
	s->state = SESSION_SLEEPING;
	s->due_us = clock_us() + us;
	worker_timer(s->worker, s->due_us);
	return 0;
}

static int run_set(struct session *s, struct db_error *e)
{
	struct value v;

	if (command_eval(s, &v, e))
		return -1;
	s->variables[s->command->slot] = v;
	return 0;
}

static int run_jump_unless(struct session *s, struct db_error *e)
{
	struct value v;

	if (command_eval(s, &v, e))
		return -1;
	if (!expr_truth(&v))
		s->pc = s->command->target;
	return 0;
}

/* Runs commands until one waits; true when that is for an answer. now_us: 0 unless it is known. */
static bool run_from(struct session *s, uint64_t now_us)
{
	const struct script *script = s->script;
	const struct sample_set *samples = &s->worker->workload->samples;
	struct db_error e;
	int result = 0;

	while (s->pc < script->n_commands) {
		const struct command *c = s->command = &script->commands[s->pc++];

		switch (c->kind) {
		case COMMAND_SQL:
			if (!s->sent_us)
				s->sent_us = now_us ? now_us : clock_us();
			return command_start(s, &e) == 0 || fail(s, &e);
		case COMMAND_SET:
			result = run_set(s, &e);
			break;
		case COMMAND_SAMPLE:
			s->variables[c->slot] = sample_pick(&samples->items[c->sample], &s->rng);
			break;
		case COMMAND_JUMP_UNLESS:
			result = run_jump_unless(s, &e);
			break;
		case COMMAND_JUMP:
			s->pc = c->target;
			break;
		case COMMAND_SLEEP:
			result = begin_sleep(s, &e);
			if (result == 0)
				return false;
			break;
		}
		if (result)
			return fail(s, &e);
	}
	return complete(s);
}

static bool run(struct session *s)
{
	return run_from(s, 0);
}

/* ---- answers ---- */

static bool is_code(const struct db_error *e, const char *postgres, const char *mysql)
{
	return strcmp(e->code, postgres) == 0 || strcmp(e->code, mysql) == 0;
}

/*
 * The server no longer has the statement, or refuses its changed result type. An application
 * sees that error once and prepares again, so the failure counts; only a statement that is
 * plainly gone is, outside a transaction, prepared again at once: nothing was done yet.
 */
static bool execute_failed(struct session *s, const struct db_error *e)
{
	unsigned *prepared = &s->prepared[s->command->statement];
	bool gone = is_code(e, "26000", "1243");
	struct db_error again;

	if (*prepared && (gone || is_code(e, "0A000", "2057"))) {
		*prepared = 0; /* prepared under a new number: the old one may still be taken */
		s->gset[s->command->statement].columns = 0;
	}
	if (gone && !s->retried && !db_of(s)->in_transaction(s->conn)) {
		s->retried = true;
		return command_start(s, &again) == 0 || fail(s, &again);
	}
	return fail(s, e);
}

static bool executed(struct session *s)
{
	struct db_error e;

	s->retried = false;
	if (s->command->gset != GSET_NONE && command_gset(s, &e))
		return fail(s, &e);
	return run(s);
}

static bool prepared(struct session *s)
{
	struct db_error e;

	s->prepared[s->command->statement] = ++s->next_id;
	return command_execute(s, &e) == 0 || fail(s, &e);
}

/* What the answer to a start leads to; true when something else was started. */
static bool answered(struct session *s, bool failed)
{
	struct db_error e;

	if (failed)
		e = db_of(s)->result(s->conn)->error;
	switch (s->state) {
	case SESSION_TIMEOUTS:
		if (!failed)
			return run(s);
		s->statement_timeout_us = UINT64_MAX; /* unknown: set again next time */
		return fail(s, &e);
	case SESSION_PREPARING:
		return failed ? fail(s, &e) : prepared(s);
	case SESSION_EXECUTING:
		return failed ? execute_failed(s, &e) : executed(s);
	case SESSION_ROLLBACK:
		if (!failed)
			return settle(s);
		break;
	case SESSION_CONNECTING:
		if (!failed) {
			opened(s);
			return false;
		}
		break;
	default: /* idle, asleep: the adapter looked whether the connection stands */
		if (!failed)
			return false;
		if (s->state == SESSION_SLEEPING)
			return fail(s, &e);
	}
	lost(s);
	return false;
}

static void drive(struct session *s)
{
	enum db_step step;

	do {
		step = db_of(s)->step(s->conn);
		if (step == DB_AGAIN) {
			watch(s);
			return;
		}
	} while (answered(s, step == DB_FAILED));
}

void session_event(struct session *s)
{
	if (s->conn)
		drive(s);
}

static void reopen(struct session *s)
{
	char *init_sql = init_sql_of(s);
	struct db_target target;
	struct err err;

	target_of(s, init_sql, &target);
	s->state = SESSION_CONNECTING;
	s->due_us = clock_us() + CONNECT_TICK_US;
	worker_timer(s->worker, s->due_us);
	/* The DSN was readable when the pool was opened. */
	if (db_of(s)->open(&target, &s->conn, &err) == 0)
		drive(s);
	mem_free(init_sql);
}

void session_due(struct session *s)
{
	if (s->state == SESSION_CLOSED) {
		reopen(s);
	} else if (s->state == SESSION_CONNECTING) {
		s->due_us = clock_us() + CONNECT_TICK_US;
		worker_timer(s->worker, s->due_us);
		drive(s);
	} else if (s->state == SESSION_SLEEPING && run(s)) {
		drive(s);
	}
}

/* The type's own statement time-out, when it is not the one in force. */
static int start_timeouts(struct session *s)
{
	const struct workload *w = s->worker->workload;
	unsigned type = s->arrival.type;

	s->state = SESSION_TIMEOUTS;
	s->statement_timeout_us = w->timeouts_us[type];
	return w->db->query_start(s->conn, w->timeouts_sql[type]);
}

void session_begin(struct session *s, uint64_t now_us)
{
	const struct workload *w = s->worker->workload;
	unsigned type = s->arrival.type;
	const struct script *script = &w->scripts[type];
	bool waits;

	s->script = script;
	s->pc = 0;
	s->sent_us = 0;
	s->retried = false;
	if (script->n_slots)
		memcpy(s->variables, script->initial, script->n_slots * sizeof(*s->variables));
	if (script->client_id != SLOT_NONE)
		s->variables[script->client_id] = value_int(s->number);
	schedule_rng(w->config->settings->seed, s->arrival.number, &s->rng);
	if (s->statement_timeout_us != w->timeouts_us[type]) {
		waits = start_timeouts(s) == 0 || fail(s, &w->db->result(s->conn)->error);
	} else {
		waits = run_from(s, now_us);
	}
	if (waits)
		drive(s);
}

bool session_busy(const struct session *s)
{
	return s->state == SESSION_TIMEOUTS || s->state == SESSION_PREPARING ||
		s->state == SESSION_EXECUTING || s->state == SESSION_SLEEPING;
}

void session_init(struct session *s, struct worker *w, unsigned number)
{
	const struct workload *all = w->workload;

	*s = (struct session){.worker = w, .number = number, .fd = -1};
	s->variables = mem_zalloc((all->most_slots + 1) * sizeof(*s->variables));
	s->kept = mem_zalloc((all->most_slots + 1) * sizeof(*s->kept));
	s->prepared = mem_zalloc((all->n_statements + 1) * sizeof(*s->prepared));
	s->gset = mem_zalloc((all->n_statements + 1) * sizeof(*s->gset));
	s->params = mem_zalloc((all->most_params + 1) * sizeof(*s->params));
	s->formats = mem_zalloc((all->most_params + 1) * sizeof(*s->formats));
}

void session_release(struct session *s)
{
	const struct workload *w = s->worker->workload;

	if (s->conn)
		w->db->close(s->conn);
	for (unsigned i = 0; i < w->most_slots; i++)
		mem_free(s->kept[i].data);
	for (unsigned i = 0; i < w->n_statements; i++)
		mem_free(s->gset[i].slots);
	mem_free(s->variables);
	mem_free(s->kept);
	mem_free(s->prepared);
	mem_free(s->gset);
	mem_free(s->params);
	mem_free(s->formats);
	str_release(&s->text);
}
