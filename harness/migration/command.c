/* A migration that a command runs: its statements are what the server tells of its sessions. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "harness/base/units.h"
#include "harness/migration/runner.h"

#define STEP_US 20000
#define END_GRACE_US 5000000
#define FILE_NAME "command"
#define OUTPUT_MAX ((size_t)64 << 20)

/* Where a statement of the result stands in its session's transactions. */
struct place {
	uint64_t session;
	bool open; /* its transaction has not ended */
};

struct command_session {
	uint64_t id;
	bool in_transaction, failed; /* failed: nothing of the transaction will stay */
};

struct command {
	struct runner runner; /* for what record.c needs */
	const struct migration_run *run;
	struct place *places; /* as many as statements */
	size_t cap_places, cap_statements;
	struct command_session *sessions;
	size_t n_sessions, cap_sessions;
	size_t told; /* statements of any kind */
	pid_t pid;
	char *dir; /* temporary; its output is in there */
	char *output;
};

/* ---- statements ---- */

static struct result_statement *add_statement(struct command *c, uint64_t session, bool open)
{
	struct result *r = c->runner.result;
	size_t n = r->n_statements;
	struct result_statement *s = MEM_PUSH(r->statements, r->n_statements, c->cap_statements);

	c->places = mem_resize(c->places, n + 1, sizeof(*c->places));
	c->places[n] = (struct place){session, open};
	s->index = (unsigned)n + 1;
	s->file = mem_strdup(FILE_NAME);
	s->kind = mem_strdup("");
	s->text = mem_strdup("");
	record_init(s);
	s->attempts = 1;
	return s;
}

static struct command_session *find_session(struct command *c, uint64_t id)
{
	for (size_t i = 0; i < c->n_sessions; i++)
		if (c->sessions[i].id == id)
			return &c->sessions[i];
	*MEM_PUSH(c->sessions, c->n_sessions, c->cap_sessions) = (struct command_session){.id = id};
	return &c->sessions[c->n_sessions - 1];
}

static void on_session(void *ctx, uint64_t session)
{
	struct command *c = ctx;
	const struct migration_watch *w = c->run->watch;

	if (w && w->session)
		w->session(w->ctx, session);
}

/* The session's transaction ended: its locks are released, and what it did may be undone. */
static void end_transaction(struct command *c, uint64_t session, uint64_t wall_us, bool undone)
{
	const struct migration_watch *w = c->run->watch;
	struct result *r = c->runner.result;
	uint64_t end = record_time(&c->runner, wall_us);

	for (size_t i = 0; i < r->n_statements; i++) {
		struct result_statement *s = &r->statements[i];

		if (c->places[i].session != session || !c->places[i].open)
			continue;
		c->places[i].open = false;
		for (size_t k = 0; k < s->n_locks; k++)
			if (!s->locks[k].hold_us && end > s->locks[k].start_us)
				s->locks[k].hold_us = end - s->locks[k].start_us;
		if (undone && !strcmp(s->outcome, "ok"))
			record_outcome(s, "rolled-back");
	}
	if (w && w->transaction_ended)
		w->transaction_ended(w->ctx, wall_us);
}

static bool blocks(const struct statement_facts *facts)
{
	for (size_t i = 0; i < facts->n_locks; i++)
		if (facts->locks[i].blocks_reads || facts->locks[i].blocks_writes)
			return true;
	return false;
}

/* What only reads and blocks nobody is no part of a migration: tools ask catalogs much. */
static bool matters(const struct foreign_statement *s, unsigned flags)
{
	return (flags & (SQL_DDL | SQL_DATA | SQL_NO_TRANSACTION)) || *s->code || blocks(&s->facts);
}

static void describe(struct command *c, struct result_statement *to,
	const struct foreign_statement *s, const struct sql_script *script)
{
	const char *kind = script->n ? script->statements[0].kind : "";
	CLEANUP(cleanup_free) char *note = NULL;

	for (size_t i = 0; i < script->n; i++)
		if (script->statements[i].flags & SQL_DDL) {
			kind = script->statements[i].kind;
			break;
		}
	mem_free(to->kind);
	to->kind = mem_strdup(kind);
	mem_free(to->text);
	to->text = record_text(c->runner.dialect, s->sql, strlen(s->sql));
	to->start_us = record_time(&c->runner, s->start_us);
	to->duration_us = s->end_us - s->start_us;
	if (script->n > 1) {
		note = mem_printf("sent as one text of %zu statements", script->n);
		record_note(to, note);
	}
	if (*s->code)
		record_words(to, "failed", s->code, s->error);
	else
		record_outcome(to, "ok");
}

static void take_statement(struct command *c, const struct foreign_statement *s,
	const struct sql_script *script, bool open)
{
	const struct migration_watch *w = c->run->watch;
	struct result_statement *to = add_statement(c, s->session, open);

	describe(c, to, s, script);
	record_facts(&c->runner, to->index - 1, &s->facts);
	if (w && w->statement_started)
		w->statement_started(w->ctx, to->index, s->start_us);
	if (w && w->locks)
		w->locks(w->ctx, to->index, &s->facts);
	if (w && w->statement_ended)
		w->statement_ended(w->ctx, to->index, s->end_us);
}

static void on_statement(void *ctx, const struct foreign_statement *s)
{
	struct command *c = ctx;
	struct command_session *session = find_session(c, s->session);
	const unsigned features = c->runner.db->features;
	struct sql_script script = {0};
	bool undone = false;
	unsigned flags = 0;
	struct err err = {0};

	c->told++;
	if (c->runner.dialect->split(s->sql, strlen(s->sql), &script, &err))
		return;
	for (size_t i = 0; i < script.n; i++) {
		unsigned f = script.statements[i].flags;

		flags |= f;
		if (*s->code)
			continue;
		undone =
			undone || (f & SQL_TX_ROLLBACK) || ((f & SQL_TX_COMMIT) && session->failed);
		if ((f & (SQL_TX_COMMIT | SQL_TX_ROLLBACK)) ||
			((f & SQL_DDL) && (features & DB_FEATURE_DDL_COMMITS)))
			session->in_transaction = session->failed = false;
		if (f & SQL_TX_BEGIN)
			session->in_transaction = true;
	}
	session->failed = session->in_transaction && !(features & DB_FEATURE_ERRORS_PASS) &&
		(session->failed || *s->code);
	if (matters(s, flags))
		take_statement(c, s, &script, true);
	if (!session->in_transaction && !s->holds)
		end_transaction(c, s->session, s->end_us, undone);
	sql_script_release(&script);
}

/* ---- the process ---- */

static int start(struct command *c, char *const *env, struct err *err)
{
	const struct scenario_migration *m = c->run->settings;
	const char *const argv[] = {"sh", "-c", m->command, NULL};
	char **all = command_environment(env);
	struct proc_spec spec = {.argv = argv,
		.env = (const char *const *)all,
		.dir = m->working_dir,
		.output = c->output,
		.death_signal = SIGTERM};
	int failed = proc_start(&spec, &c->pid, err);

	environment_free(all);
	return failed;
}

/* The shell and all that it has started. */
static void stop(struct command *c)
{
	struct err ignored = {0};

	if (c->pid <= 0)
		return;
	kill(-c->pid, SIGTERM);
	proc_end(c->pid, SIGTERM, END_GRACE_US, &ignored);
	kill(-c->pid, SIGKILL);
	c->pid = 0;
}

/* Until the command has ended. *ret_code: -1 when the limit ended it. */
static int wait_for(
	struct command *c, const struct foreign_sink *sink, int *ret_code, struct err *err)
{
	const struct migration_run *run = c->run;
	const struct observer_ops *ops = run->engine->observer;
	uint64_t limit = run->settings->limit_us, begin = clock_us();

	while (!proc_ended(c->pid, ret_code)) {
		if (ops->foreign_poll(run->observer, sink, err) || interrupt_check(err) ||
			(run->watch && run->watch->tick &&
				run->watch->tick(run->watch->ctx, err))) {
			stop(c);
			return -1;
		}
		if (limit && clock_us() - begin > limit) {
			stop(c);
			*ret_code = -1;
			return 0;
		}
		clock_sleep_us(STEP_US);
	}
	kill(-c->pid, SIGKILL); /* what it left in the background */
	c->pid = 0;
	return 0;
}

/* The last line with anything on it. */
static char *last_words(const struct command *c)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct err ignored = {0};
	size_t len, start;

	if (fs_read(c->output, OUTPUT_MAX, &text, &len, &ignored))
		return mem_strdup("");
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	for (start = len; start && text[start - 1] != '\n'; start--)
		;
	return mem_strndup(text + start, len - start);
}

static bool has_failed(const struct result *r)
{
	for (size_t i = 0; i < r->n_statements; i++)
		if (!strcmp(r->statements[i].outcome, "failed"))
			return true;
	return false;
}

/* The command itself as a statement that failed: with what it said last. */
static void record_end(struct command *c, int code)
{
	const struct scenario_migration *m = c->run->settings;
	struct result *r = c->runner.result;
	CLEANUP(cleanup_free) char *words = last_words(c);
	CLEANUP(cleanup_free) char *error = NULL;
	char limit[UNITS_TEXT], exit_code[24];
	struct result_statement *s;

	if (code == 0 && r->n_statements)
		return;
	if (code > 0 && has_failed(r))
		return; /* that statement is the reason */
	s = add_statement(c, 0, false);
	mem_free(s->text);
	s->text = mem_strdup(m->command);
	mem_free(s->kind);
	s->kind = mem_strdup("shell command");
	if (code < 0)
		error = mem_printf("cut by the migration's limit of %s",
			units_duration_exact(m->limit_us, limit));
	else if (code > 0)
		error = mem_printf("the command ended with exit code %d: %s", code, words);
	else
		error = mem_printf(
			"the command did nothing on the replica that changes or blocks anything "
			"(%zu other statements): does it take its server from DATABASE_URL or the "
			"variables beside it? it said last: %s",
			c->told, words);
	snprintf(exit_code, sizeof(exit_code), "exit %d", code);
	record_words(s, code < 0 ? "timed-out" : "failed", code < 0 ? "limit" : exit_code, error);
}

static void close_transactions(struct command *c)
{
	uint64_t now = clock_wall_us();

	for (size_t i = 0; i < c->n_sessions; i++)
		end_transaction(c, c->sessions[i].id, now, c->sessions[i].in_transaction);
}

static int run_command(struct command *c, char *const *env, struct err *err)
{
	const struct foreign_sink sink = {c, on_session, on_statement};
	int code;

	if (fs_temp_dir(&c->dir, err))
		return -1;
	c->output = fs_join(c->dir, "output");
	if (start(c, env, err) || wait_for(c, &sink, &code, err) ||
		c->run->engine->observer->foreign_finish(c->run->observer, &sink, err))
		return -1;
	close_transactions(c);
	record_end(c, code);
	return 0;
}

int execute_command(const struct migration_run *run, struct result *r, struct err *err)
{
	struct command c = {.run = run,
		.runner = {.run = run,
			.result = r,
			.db = run->engine->db,
			.dialect = run->engine->dialect}};
	struct err ignored = {0};
	char **env = NULL;
	int failed;

	if (!run->observer || !run->engine->observer->foreign_open)
		return err_set(err, ERR_UNSUPPORTED, "a command is not supported here");
	failed = run->engine->observer->foreign_open(run->observer, &env, err) ||
		run_command(&c, env, err);
	stop(&c);
	environment_free(env);
	if (c.dir)
		fs_remove_tree(c.dir, &ignored);
	mem_free(c.dir);
	mem_free(c.output);
	mem_free(c.places);
	mem_free(c.sessions);
	return failed ? -1 : 0;
}
