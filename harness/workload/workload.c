#include "harness/workload/workload.h"

#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/workload/generate.h"
#include "harness/workload/worker.h"

#define CONTROL_STATEMENT_TIMEOUT_US 60000000

static struct script_context context_of(struct workload *w)
{
	return (struct script_context){.settings = w->config->settings,
		.question_marks = w->db->features & DB_FEATURE_QUESTION_MARKS,
		.samples = &w->samples,
		.next_statement = &w->n_statements};
}

/* ---- reading ---- */

/* What is marked as read-only must not change anything, as far as its text tells. */
static int check_read_only(const struct workload *w, const struct script *s, struct err *err)
{
	const struct dialect *dialect = w->config->engine->dialect;

	for (size_t i = 0; i < s->n_commands && s->read_only; i++) {
		const struct command *c = &s->commands[i];
		struct sql_script sql = {0};
		unsigned flags = 0;

		if (c->kind != COMMAND_SQL || !dialect->split ||
			dialect->split(c->sql, strlen(c->sql), &sql, err))
			continue;
		for (size_t k = 0; k < sql.n; k++)
			flags |= sql.statements[k].flags;
		sql_script_release(&sql);
		if (flags & (SQL_DATA | SQL_DDL))
			return err_set(err, ERR_USAGE,
				"%s:%u: the transaction is marked read_only but changes data",
				s->file, c->line);
	}
	return 0;
}

static int load_script(struct workload *w, const struct scenario_script *from, struct err *err)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct script_context context = context_of(w);
	struct script script;
	size_t len;

	if (fs_read(from->file, 0, &text, &len, err))
		return err->kind = ERR_USAGE, -1;
	if (script_parse(text, len, from->file, from->name, &context, &script, err))
		return -1;
	script.weight = from->weight;
	script.read_only = from->read_only;
	script.statement_timeout_us = from->statement_timeout_us;
	*MEM_PUSH(w->scripts, w->n_scripts, w->cap_scripts) = script;
	return check_read_only(w, &w->scripts[w->n_scripts - 1], err);
}

static int load_scripts(struct workload *w, struct err *err)
{
	const struct scenario_workload *settings = w->config->settings;
	uint64_t weight = 0;

	for (size_t i = 0; i < settings->n_scripts; i++) {
		if (load_script(w, &settings->scripts[i], err))
			return -1;
		weight += settings->scripts[i].weight;
	}
	if (settings->n_scripts && weight == 0)
		return err_set(err, ERR_USAGE, "all transactions of the workload have weight 0");
	if (settings->connections == 0)
		return err_set(err, ERR_USAGE, "workload.connections must be at least 1");
	if (settings->mode == WORKLOAD_OPEN && !(settings->rate > 0))
		return err_set(err, ERR_USAGE, "workload.rate must be above 0");
	return 0;
}

static unsigned count_workers(const struct scenario_workload *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = settings->workers;

	if (n == 0)
		n = cores > 2 ? (unsigned)cores - 1 : 1;
	return n > settings->connections ? settings->connections : n;
}

int workload_load(const struct workload_config *config, struct workload **ret, struct err *err)
{
	struct workload *w = mem_zalloc(sizeof(*w));

	w->config = config;
	w->db = config->engine->db;
	if (load_scripts(w, err)) {
		workload_free(w);
		return -1;
	}
	*ret = w;
	return 0;
}

/* ---- connecting ---- */

static int count_branches(struct workload *w, struct db_conn *conn, struct err *err)
{
	int64_t scale = -1;

	for (size_t i = 0; i < w->n_scripts; i++) {
		struct script *s = &w->scripts[i];

		if (s->scale == SLOT_NONE)
			continue;
		if (scale < 0 &&
			db_number(w->db, conn, "SELECT count(*) FROM pgbench_branches", &scale,
				err)) {
			err_clear(err);
			return err_set(err, ERR_FAILED,
				"%s:%u: undefined variable 'scale', and there is no table "
				"pgbench_branches to count (set workload.variables.scale)",
				s->file, s->scale_line);
		}
		s->initial[s->scale] = value_int(scale);
	}
	return 0;
}

/*
 * What these say of a PREPARE (PostgreSQL: syntax error, no unique operator, unknown or
 * ambiguous type of a parameter; MySQL: not in the prepared protocol, syntax error) holds for each
 * run, so the statement is sent as text with its values in it. Other errors are the statement's
 * own.
 */
static bool cannot_be_prepared(const struct db_error *e)
{
	static const char *const codes[] = {"42601", "42725", "42P18", "42P08", "1295", "1064"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(e->code, codes[i]) == 0)
			return true;
	return false;
}

static int probe(struct workload *w, struct db_conn *conn, struct command *c, struct err *err)
{
	const struct db_error *e = &w->db->result(conn)->error;
	struct err reason = {0};

	if (db_prepare(w->db, conn, c->statement, c->sql, c->n_params, &reason) == 0)
		return 0;
	if (reason.kind == ERR_INTERRUPTED || e->class == DB_CLASS_CONNECTION) {
		*err = reason;
		return -1;
	}
	c->text = cannot_be_prepared(e);
	return 0;
}

static int probe_all(struct workload *w, struct db_conn *conn, struct err *err)
{
	for (size_t i = 0; i < w->n_scripts; i++) {
		struct script *s = &w->scripts[i];

		for (size_t k = 0; k < s->n_commands; k++) {
			struct command *c = &s->commands[k];

			if (c->kind == COMMAND_SQL && !c->text && probe(w, conn, c, err))
				return -1;
		}
	}
	return 0;
}

static int open_control(struct workload *w, struct db_conn **ret, struct err *err)
{
	CLEANUP(cleanup_free)
	char *init = w->config->engine->dialect->session_timeouts(0, CONTROL_STATEMENT_TIMEOUT_US);
	struct db_target target = {
		.dsn = w->config->dsn, .database = w->config->database, .init_sql = init};

	return db_connect(w->db, &target, ret, err);
}

/* All that needs the server's answer before traffic: tables, samples, scale, what can be prepared.
 */
static int ask_server(struct workload *w, struct err *err)
{
	struct script_context context = context_of(w);
	struct db_conn *conn = NULL;
	int result;

	if (open_control(w, &conn, err))
		return -1;
	result = (w->n_scripts == 0 && generate_scripts(w, conn, &context, err)) ||
		sample_set_draw(&w->samples, w->db, conn, w->config->engine->dialect,
			w->config->settings->sample_size, err) ||
		count_branches(w, conn, err) || probe_all(w, conn, err);
	w->db->close(conn);
	return result ? -1 : 0;
}

static void plan_types(struct workload *w)
{
	w->weights = mem_zalloc(w->n_scripts * sizeof(*w->weights));
	w->timeouts_us = mem_zalloc(w->n_scripts * sizeof(*w->timeouts_us));
	w->timeouts_sql = mem_zalloc(w->n_scripts * sizeof(*w->timeouts_sql));
	for (size_t i = 0; i < w->n_scripts; i++) {
		const struct script *s = &w->scripts[i];
		uint64_t us = s->statement_timeout_us;

		w->weights[i] = s->weight;
		w->timeouts_us[i] = us ? us : w->config->settings->statement_timeout_us;
		w->timeouts_sql[i] =
			w->config->engine->dialect->session_timeouts(0, w->timeouts_us[i]);
		if (s->n_slots > w->most_slots)
			w->most_slots = (unsigned)s->n_slots;
		if (s->most_params > w->most_params)
			w->most_params = s->most_params;
	}
}

int workload_connect(struct workload *w, struct err *err)
{
	unsigned n = count_workers(w->config->settings);

	if (ask_server(w, err))
		return -1;
	plan_types(w);
	w->n_workers = n;
	w->workers = mem_zalloc(n * sizeof(*w->workers));
	for (unsigned i = 0; i < n; i++)
		worker_init(&w->workers[i], w, i);
	for (unsigned i = 0; i < n; i++)
		if (worker_open(&w->workers[i], err))
			return -1;
	return 0;
}

/* ---- running ---- */

int workload_start(struct workload *w, uint64_t origin_us, struct err *err)
{
	w->origin_us = origin_us;
	atomic_store(&w->since_us[PHASE_WARM_UP], origin_us);
	w->started = true;
	for (unsigned i = 0; i < w->n_workers; i++)
		if (worker_start(&w->workers[i], err))
			return -1;
	return 0;
}

void workload_phase(struct workload *w, enum phase_id phase)
{
	if (phase != PHASE_WARM_UP)
		atomic_store_explicit(&w->since_us[phase], clock_us(), memory_order_release);
}

void workload_live(const struct workload *w, struct workload_live *ret)
{
	uint64_t ended;

	*ret = (struct workload_live){0};
	for (unsigned i = 0; i < w->n_workers; i++) {
		const struct worker *worker = &w->workers[i];

		/* What ended is read first: it has arrived before, so in_flight is never negative.
		 */
		ret->completed += atomic_load_explicit(&worker->completed, memory_order_acquire);
		ret->failed += atomic_load_explicit(&worker->failed, memory_order_acquire);
		ret->pool_timeouts +=
			atomic_load_explicit(&worker->pool_timeouts, memory_order_acquire);
		ret->queued += atomic_load_explicit(&worker->queued, memory_order_relaxed);
		ret->arrived += atomic_load_explicit(&worker->arrived, memory_order_acquire);
	}
	ended = ret->completed + ret->failed + ret->pool_timeouts;
	ret->in_flight = ret->arrived - ended;
	if (ret->queued > ret->in_flight)
		ret->queued = ret->in_flight;
}

void workload_stop(struct workload *w, uint64_t drain_us)
{
	uint64_t now = clock_us();

	if (w->stopped || !w->started)
		return;
	w->stopped = true;
	w->stopped_us = now;
	atomic_store(&w->drain_until_us, now + drain_us);
	atomic_store(&w->stop_us, now);
	for (unsigned i = 0; i < w->n_workers; i++)
		worker_wake(&w->workers[i]);
	for (unsigned i = 0; i < w->n_workers; i++) {
		if (w->workers[i].running)
			pthread_join(w->workers[i].thread, NULL);
		w->workers[i].running = false;
	}
}

void workload_free(struct workload *w)
{
	if (!w)
		return;
	workload_stop(w, 0);
	for (unsigned i = 0; i < w->n_workers; i++)
		worker_release(&w->workers[i]);
	mem_free(w->workers);
	for (size_t i = 0; i < w->n_scripts; i++) {
		script_release(&w->scripts[i]);
		if (w->timeouts_sql)
			mem_free(w->timeouts_sql[i]);
	}
	mem_free(w->scripts);
	mem_free(w->weights);
	mem_free(w->timeouts_us);
	mem_free(w->timeouts_sql);
	sample_set_release(&w->samples);
	mem_free(w->generated);
	mem_free(w);
}
