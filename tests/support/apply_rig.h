/* For the suites of `rehearse apply`: a server of each engine that stands for production. */
#ifndef REHEARSE_TESTS_APPLY_RIG_H
#define REHEARSE_TESTS_APPLY_RIG_H

#include "adapters/engine.h"
#include "tests/support/cli.h"

#define APPLY_ROWS "SELECT count(*) FROM t"

#define APPLY_WAIT_US 60000000

enum { APPLY_SERVERS = 2 };

/* What the engines call things. */
struct apply_server {
	const struct engine *engine;
	char *const *dsn;
	const char *set_engine;
	const char *empty;   /* an empty database with one table, t (id, x) */
	const char *columns; /* of that table, dotted */
	const char *audit_exists;
};
extern const struct apply_server apply_servers[APPLY_SERVERS];

extern struct cli apply_cli;
extern const struct apply_server *apply_server; /* of the test that runs */
extern struct db_conn *apply_admin;

/* For the whole of a test case. */
void apply_start(void);
void apply_stop(void);

/* For one test: the emptied server, and a session there. */
void apply_use(int i);
void apply_done(void);

struct db_conn *apply_session(void);
void apply_sql(struct db_conn *conn, const char *text);
void apply_expect(const char *query, const char *expected);
void apply_wait_until(const char *query, const char *expected);

/* Applies `text` as a file without a rehearsal, with one more word or two (NULL: none). */
void apply_file(const char *text, const char *word, const char *value, int code, const char *says,
	const char *complains);

#endif
