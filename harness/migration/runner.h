/* The parts of migration_execute(): what they share. */
#ifndef REHEARSE_MIGRATION_RUNNER_H
#define REHEARSE_MIGRATION_RUNNER_H

#include "harness/base/rng.h"
#include "harness/migration/audit.h"
#include "harness/migration/migration.h"

/* How a text that was sent ended. */
enum sent {
	SENT_OK,
	SENT_ERROR,  /* the server said no; r->db->result(r->conn)->error tells */
	SENT_CUT,    /* the migration's limit came first */
	SENT_BROKEN, /* interrupted, or ended by the tick: err is set */
};

struct runner {
	const struct migration *m;
	const struct migration_run *run;
	struct result *result;
	const struct db_adapter *db;
	const struct dialect *dialect;
	struct db_conn *conn;
	struct audit audit;
	struct rng rng;
	uint64_t deadline_us; /* by clock_us(); 0: none */
	uint64_t cut_us; /* of a statement, where the server does not cut it itself; 0: it does */
	bool cut;	 /* the last one was */
	bool ticked;	 /* the tick asked to end */
	bool own_lock, own_statement; /* the file has set this time-out for the session */
	bool retryable;		      /* the unit's failure may go away when it is run again */
	bool lost;		      /* the connection is gone */
	/* With a ledger, per statement of the migration: its row in the audit table. */
	enum kept { KEPT_NOT, KEPT_STARTED, KEPT_INSIDE /* its open transaction */, KEPT } * kept;
	size_t observed; /* statement whose observation is still open, from 1; 0 none */
};

/* ---- send.c ---- */
int runner_connect(struct runner *r, struct err *err);
/* Under the migration's limit, with ticks. A statement that is cut at cut_us ends as the server
 * then says. */
enum sent runner_send(struct runner *r, const char *sql, struct err *err);
/* BEGIN, COMMIT, ROLLBACK: not under the limit, since they end what it cut. */
enum sent runner_control(struct runner *r, const char *sql, struct err *err);
/* After the connection was lost: 0 when the server still lives. */
int runner_server_lives(struct runner *r, struct err *err);
bool runner_over(const struct runner *r); /* the limit has passed */
/* -1: interrupted or ticked. Returns early at the limit. */
int runner_sleep(struct runner *r, uint64_t us, struct err *err);

/* ---- statement.c ---- */
/* Runs statement i and fills its result; its observation may stay open until its transaction ended.
 */
enum sent statement_run(
	struct runner *r, const struct migration_unit *u, size_t i, struct err *err);
/* Ends the open observation, when there is one. */
int statement_observed(struct runner *r, struct err *err);

/* ---- ledger.c: nothing happens there without a ledger, but for ledger_settled() ---- */
void ledger_start(struct runner *r);
/* Whether statement i of the unit is left out: applied by an earlier run, or committed by an
 * earlier attempt where DDL commits. */
bool ledger_settled(const struct runner *r, size_t i);
/* Whether anything of the unit is left to do. */
bool ledger_open(const struct runner *r, const struct migration_unit *u);
/* Clears away what an earlier attempt at the unit left. */
enum sent ledger_repair(struct runner *r, const struct migration_unit *u, struct err *err);
/* Before statement i of the unit is sent, and before the unit's own COMMIT (i: behind the last). */
enum sent ledger_before(
	struct runner *r, const struct migration_unit *u, size_t i, struct err *err);
/* After it was sent. */
enum sent ledger_after(struct runner *r, const struct migration_unit *u, size_t i, enum sent sent,
	struct err *err);
/* The attempt at the unit ended. */
void ledger_ended(struct runner *r, const struct migration_unit *u, enum sent sent);
/* Whether the audit table has, or needs, no row for statement i of this attempt. */
bool ledger_kept(const struct runner *r, size_t i);

/* ---- command.c ---- */
int execute_command(const struct migration_run *run, struct result *r, struct err *err);

/* ---- environment.c ---- */
/* The caller's environment without what may lead to a database, then `own`; caller frees. */
char **command_environment(char *const *own);
void environment_free(char **env); /* NULL-safe */

/* ---- predict.c ---- */
/* What the server says it will do with each statement, before the first one runs. A prediction that
 * fails is a note; -1: interrupted. */
int runner_predict(struct runner *r, struct err *err);

/* ---- forecast.c ---- */
/* What the analyser says of each statement, on the schema as it stands. A server that does not tell
 * its schema leaves a note; -1: interrupted. */
int runner_forecast(struct runner *r, struct err *err);
/* The class of what was seen of statement i, where it was predicted. */
void forecast_measured(struct runner *r, size_t i);

/* ---- record.c ---- */
void record_all(struct runner *r); /* files and statements, none run yet */
/* Masked, and cut between two characters; caller frees. */
char *record_text(const struct dialect *dialect, const char *sql, size_t len);
/* The empty texts of a statement that has not run. */
void record_init(struct result_statement *s);
void record_attempt(struct result_statement *s); /* forgets the attempt before */
void record_outcome(struct result_statement *s, const char *outcome);
/* The server's error, with the file's line where it told a position; `where` is "" or "at COMMIT:
 * ". */
void record_error(struct runner *r, size_t i, const char *where, const struct db_error *e);
void record_words(
	struct result_statement *s, const char *outcome, const char *code, const char *words);
void record_prediction(struct result_statement *s, const struct prediction *p);
void record_note(struct result_statement *s, const char *note);
void record_facts(struct runner *r, size_t i, const struct statement_facts *facts);
/* The transaction of unit u ended: locks that were still held are released. */
void record_released(struct runner *r, const struct migration_unit *u, uint64_t wall_us);
/* What ran in unit u before statement `end` did not commit. */
void record_rolled_back(struct runner *r, const struct migration_unit *u, size_t end);
uint64_t record_time(const struct runner *r, uint64_t wall_us); /* since the rehearsal's start */

#endif
