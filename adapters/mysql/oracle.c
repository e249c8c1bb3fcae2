#include "adapters/mysql/oracle.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define ROW_VERSIONS 64
#define ROW_VERSIONS_LATER 255

static const struct db_adapter *const db = &mysql_db;

/* ---- life ---- */

void my_oracle_init(struct oracle *o, const struct replica_info *replica)
{
	*o = (struct oracle){.replica = replica};
}

void my_oracle_release(struct oracle *o)
{
	if (o->session.conn)
		mo_can(&o->session, "DROP DATABASE IF EXISTS " ORACLE_SCHEMA);
	my_session_release(&o->session);
	mem_free_strings(o->copied, o->n_copied);
	mem_free(o->settings);
	my_oracle_init(o, o->replica);
}

static int open_scratch(struct oracle *o, struct err *err)
{
	CLEANUP(cleanup_free) char *mode = NULL;

	if (o->ready)
		return 0;
	if (my_session_open(&o->session, o->replica, err))
		return -1;
	o->mysql = mo_can(&o->session, "SELECT 1 FROM information_schema.INNODB_TABLES LIMIT 1");
	/* Nothing of this is anybody else's business; rows are read without locks on them. */
	mo_can(&o->session, "SET SESSION sql_log_bin = 0");
	if (db_text(db, o->session.conn, "SELECT @@GLOBAL.sql_mode", &mode, err) ||
		my_oracle_run(o, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", err) ||
		my_oracle_run(o, "DROP DATABASE IF EXISTS " ORACLE_SCHEMA, err) ||
		my_oracle_run(o, "CREATE DATABASE " ORACLE_SCHEMA, err) ||
		my_oracle_run(o, "USE " ORACLE_SCHEMA, err))
		return -1;
	o->settings = mem_printf("SET SESSION sql_mode = '%s',"
				 " foreign_key_checks = @@GLOBAL.foreign_key_checks",
		mode);
	o->ready = true;
	return 0;
}

/* ---- one attempt ---- */

enum answer { ACCEPTED, REFUSED, EMPTY_IT, NO_CLAUSES, FAILED };

struct question {
	struct oracle *o;
	const char *sql;
	struct my_target target;
	struct my_table_set before;
	const char *algorithm, *lock; /* as accepted; NULL: none was added */
	uint64_t affected;
	char reason[128]; /* why something stricter was refused */
	char failure[160];
	bool emptied;
};

static enum answer judge(const struct db_error *e, bool clauses)
{
	/* Not this algorithm, not this lock, not together, not any more, not known here. */
	static const unsigned refusals[] = {1845, 1846, 1221, 4092, 1800, 1235};
	/* What the few rows hold is in the way. */
	static const unsigned data[] = {
		1452, 1062, 1265, 1138, 1048, 1406, 1264, 1366, 1292, 4025, 3819, 1526, 1451};
	unsigned code = (unsigned)strtoul(e->code, NULL, 10);

	if (e->class == DB_CLASS_NONE)
		return ACCEPTED;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]) && clauses; i++)
		if (code == refusals[i])
			return REFUSED;
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		if (code == data[i])
			return EMPTY_IT;
	return code == 1064 && clauses ? NO_CLAUSES : FAILED;
}

/* "ALGORITHM=INPLACE is not supported. Reason: Cannot change column type INPLACE. Try
 * ALGORITHM=COPY"; why a lock is refused is another matter. */
static void keep_reason(struct question *q, const char *text)
{
	const char *reason = strstr(text, "Reason: ");
	char *end;

	if (!reason || strncmp(text, "ALGORITHM=", strlen("ALGORITHM=")) != 0)
		return;
	snprintf(q->reason, sizeof(q->reason), "%s", reason + strlen("Reason: "));
	end = strstr(q->reason, ". Try ");
	if (end)
		*end = '\0';
	if (islower((unsigned char)q->reason[1]))
		q->reason[0] = (char)tolower((unsigned char)q->reason[0]);
}

static int attempt(struct question *q, const char *algorithm, const char *lock, enum answer *ret,
	struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};
	struct db_conn *conn = q->o->session.conn;
	const struct db_result *result;

	my_target_rewrite(q->sql, &q->target, ORACLE_SCHEMA, algorithm, lock, &sql);
	if (db_run(db, conn, str_text(&sql), NULL, err))
		return -1;
	result = db->result(conn);
	if (result->error.class == DB_CLASS_CONNECTION)
		return err_set(err, ERR_FAILED, "%s", result->error.text);
	*ret = judge(&result->error, algorithm || lock);
	if (*ret == ACCEPTED) {
		q->algorithm = algorithm;
		q->lock = lock;
		q->affected = result->columns ? 0 : result->affected;
	} else if (*ret == REFUSED) {
		keep_reason(q, result->error.text);
	} else {
		snprintf(q->failure, sizeof(q->failure), "refused on a copy: %s %.110s",
			result->error.code, result->error.text);
	}
	return 0;
}

/* ---- all attempts, strictest first ---- */

static int empty_it(struct question *q, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	str_add(&sql, "DELETE FROM ");
	my_target_quote(&sql, q->target.table);
	q->emptied = true;
	return my_oracle_run(q->o, str_text(&sql), err);
}

static bool is_given(const char *clause)
{
	return clause && strcmp(clause, "DEFAULT") != 0;
}

static int try_locks(struct question *q, const char *algorithm, enum answer *ret, struct err *err)
{
	static const char *const locks[] = {"NONE", "SHARED", "EXCLUSIVE", NULL};

	for (size_t i = is_given(q->target.lock) ? 3 : 0; i < 4; i++) {
		if (attempt(q, algorithm, locks[i], ret, err))
			return -1;
		if (*ret == EMPTY_IT && !q->emptied) {
			if (empty_it(q, err) || attempt(q, algorithm, locks[i], ret, err))
				return -1;
		}
		if (*ret != REFUSED)
			return 0;
	}
	return 0;
}

static int ask(struct question *q, enum answer *ret, struct err *err)
{
	/* MySQL has no NOCOPY: what is not known there is refused. */
	static const char *const algorithms[] = {"INSTANT", "NOCOPY", "INPLACE", "COPY"};
	size_t n = sizeof(algorithms) / sizeof(algorithms[0]);

	*ret = REFUSED;
	if (is_given(q->target.algorithm))
		return try_locks(q, NULL, ret, err);
	for (size_t i = 0; i < n && *ret == REFUSED; i++)
		if (try_locks(q, algorithms[i], ret, err))
			return -1;
	if (*ret == NO_CLAUSES)
		return attempt(q, NULL, NULL, ret, err);
	return 0;
}

/* ---- what came of it ---- */

static void lower(char *ret, size_t size, const char *word)
{
	size_t n = 0;

	for (; *word && n + 1 < size; word++)
		ret[n++] = (char)tolower((unsigned char)*word);
	ret[n] = '\0';
}

static int did(struct question *q, const char **ret, struct err *err)
{
	const char *name = q->target.renamed ? q->target.renamed : q->target.table;
	CLEANUP(cleanup_free) char *object = mem_printf("%s.%s", ORACLE_SCHEMA, name);
	CLEANUP(my_tables_release) struct my_table_set after = {0};
	const char *asked = q->target.algorithm ? q->target.algorithm : q->algorithm;
	const struct my_table *table;

	if (my_tables_load(&after, &q->o->session, ORACLE_SCHEMA, q->o->mysql, err))
		return -1;
	table = my_tables_find(&after, object);
	if (q->affected || (asked && !strcmp(asked, "COPY")))
		*ret = "copy";
	else if (!table)
		*ret = "";
	else if (my_table_rebuilt(&q->before, table))
		*ret = "rebuild";
	else
		*ret = my_table_indexed(&q->before, table) ? "inplace" : "instant";
	return 0;
}

static bool ask_versions(struct oracle *o, const char *schema, const char *table, uint64_t *ret)
{
	if (strpbrk(table, "'\\") || strpbrk(schema, "'\\") ||
		!my_oracle_can(o,
			"SELECT TOTAL_ROW_VERSIONS FROM information_schema.INNODB_TABLES"
			" WHERE NAME = '%s/%s'",
			schema, table) ||
		!mo_rows(&o->session))
		return false;
	*ret = mo_number(&o->session, 0, 0);
	return true;
}

/* Whether a table takes more instant changes than the first releases allowed: tried. */
static bool takes_more(struct oracle *o)
{
	bool more = my_oracle_can(o, "CREATE TABLE row_versions (id INT) ENGINE=InnoDB");

	for (unsigned i = 0; i <= ROW_VERSIONS && more; i++)
		more = my_oracle_can(
			o, "ALTER TABLE row_versions ADD COLUMN c%u INT, ALGORITHM=INSTANT", i);
	my_oracle_can(o, "DROP TABLE row_versions");
	return more;
}

/*
 * MySQL keeps versions of rows for instant changes, 64 of them, in later releases 255; then it
 * rebuilds without a word. The copy begins at 0.
 */
static bool versions_used_up(struct question *q)
{
	const char *schema = q->target.schema ? q->target.schema : q->o->replica->database;
	uint64_t own, copy;

	/* The copy's include the change in question. */
	if (!q->o->mysql || !ask_versions(q->o, schema, q->target.table, &own) ||
		!ask_versions(q->o, ORACLE_SCHEMA, q->target.table, &copy))
		return false;
	if (own + copy > ROW_VERSIONS_LATER)
		return true;
	return own <= ROW_VERSIONS && own + copy == ROW_VERSIONS + 1 && !takes_more(q->o);
}

static void say(struct question *q, const char *algorithm, struct prediction *ret)
{
	const char *accepted = q->algorithm;
	bool cheap = !accepted || !strcmp(accepted, "COPY") ||
		(!strcmp(algorithm, "rebuild") && !strcmp(accepted, "INPLACE"));

	snprintf(ret->algorithm, sizeof(ret->algorithm), "%s", algorithm);
	if (q->lock)
		lower(ret->lock, sizeof(ret->lock), q->lock);
	else if (is_given(q->target.lock))
		lower(ret->lock, sizeof(ret->lock), q->target.lock);
	else if (accepted && !strcmp(accepted, "INSTANT"))
		snprintf(ret->lock, sizeof(ret->lock), "none");
	if (!cheap && (!strcmp(algorithm, "copy") || !strcmp(algorithm, "rebuild")))
		snprintf(ret->note, sizeof(ret->note),
			"ALGORITHM=%s is accepted, yet the table is %s", accepted,
			!strcmp(algorithm, "copy") ? "copied" : "rebuilt");
	else if (*q->reason && (!strcmp(algorithm, "copy") || !strcmp(algorithm, "rebuild")))
		snprintf(
			ret->note, sizeof(ret->note), "nothing cheaper is possible: %s", q->reason);
}

static void note_renamed(struct question *q)
{
	struct oracle *o = q->o;

	for (size_t i = 0; i < o->n_copied && q->target.renamed; i++)
		if (!strcmp(o->copied[i], q->target.table)) {
			mem_free(o->copied[i]);
			o->copied[i] = mem_strdup(q->target.renamed);
		}
}

static int predict(struct question *q, struct prediction *ret, struct err *err)
{
	const char *algorithm;
	enum answer answer;

	if (my_tables_load(&q->before, &q->o->session, ORACLE_SCHEMA, q->o->mysql, err) ||
		ask(q, &answer, err))
		return -1;
	if (answer != ACCEPTED) {
		snprintf(ret->note, sizeof(ret->note), "%s", q->failure);
		return 0;
	}
	if (did(q, &algorithm, err))
		return -1;
	note_renamed(q);
	say(q, algorithm, ret);
	if (!strcmp(algorithm, "instant") && versions_used_up(q)) {
		snprintf(ret->algorithm, sizeof(ret->algorithm), "rebuild");
		snprintf(ret->note, sizeof(ret->note),
			"the table's instant changes are used up: the server rebuilds it");
	}
	return 0;
}

/* The target, and the tables that its new foreign keys name. */
static int copy_all(struct question *q, bool *ret, struct err *err)
{
	const char *database = q->o->replica->database ? q->o->replica->database : "";
	const char *schema = q->target.schema ? q->target.schema : database;
	bool ignored;

	if (my_oracle_copy(q->o, schema, q->target.table, ret, err))
		return -1;
	for (size_t i = 0; i < q->target.n_references && *ret; i++)
		if (my_oracle_copy(q->o, schema, q->target.references[i], &ignored, err))
			return -1;
	return 0;
}

int my_oracle_predict(struct oracle *o, const char *sql, struct prediction *ret, struct err *err)
{
	struct question q = {.o = o, .sql = sql};
	bool copied = false;
	int result = 0;

	*ret = (struct prediction){0};
	my_target_parse(sql, &q.target);
	if (q.target.kind != MY_STATEMENT_OTHER && q.target.kind != MY_STATEMENT_MAINTAIN) {
		result = open_scratch(o, err) ? -1 : copy_all(&q, &copied, err);
		if (!result && copied)
			result = predict(&q, ret, err);
	}
	my_tables_release(&q.before);
	my_target_release(&q.target);
	if (result) {
		*ret = (struct prediction){0};
		return err_prefix(err, "oracle");
	}
	return 0;
}
