#include "adapters/mysql/observer_session.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "embed.h"
#include "harness/base/mem.h"

static const struct db_adapter *const db = &mysql_db;

/* Neither cut while it waits for the next question nor for long behind anybody's lock. */
static const char init_sql[] = "SET SESSION wait_timeout = 28800, lock_wait_timeout = 10";

int my_session_open_as(struct observer_session *s, const struct replica_info *replica,
	const char *application, struct err *err)
{
	struct db_target target = {.dsn = replica->dsn,
		.database = replica->database,
		.application = application,
		.init_sql = init_sql};

	*s = (struct observer_session){0};
	if (db_connect(db, &target, &s->conn, err))
		return -1;
	s->id = db->session_id(s->conn);
	return 0;
}

int my_session_open(struct observer_session *s, const struct replica_info *replica, struct err *err)
{
	return my_session_open_as(s, replica, OBSERVER_APPLICATION, err);
}

void my_session_release(struct observer_session *s)
{
	if (s->conn)
		db->close(s->conn);
	*s = (struct observer_session){0};
}

int mo_ask(struct observer_session *s, const char *sql, struct err *err)
{
	return db_exec(db, s->conn, sql, err);
}

unsigned mo_rows(const struct observer_session *s)
{
	return db->result(s->conn)->rows;
}

const char *mo_text(const struct observer_session *s, unsigned row, unsigned column)
{
	const char *text = db->value(s->conn, row, column);

	return text ? text : "";
}

uint64_t mo_number(const struct observer_session *s, unsigned row, unsigned column)
{
	return strtoull(mo_text(s, row, column), NULL, 10);
}

uint64_t mo_timer(const struct observer_session *s, unsigned row, unsigned column)
{
	return mo_number(s, row, column) / 1000000;
}

bool mo_can(struct observer_session *s, const char *sql)
{
	return mo_ask(s, sql, NULL) == 0;
}

char *mo_tag(const char *sql)
{
	static const char open[] = "/*tx:";
	const char *end;

	sql += strspn(sql, " \t\r\n");
	if (strncmp(sql, open, sizeof(open) - 1) != 0)
		return NULL;
	sql += sizeof(open) - 1;
	end = strstr(sql, "*/");
	return end ? mem_strndup(sql, (size_t)(end - sql)) : NULL;
}

/* ---- threads ---- */

static size_t place(const struct my_threads *t, uint64_t thread)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (t->list[middle].thread < thread)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

static void put(struct my_threads *t, uint64_t thread, uint64_t session)
{
	size_t at = place(t, thread);

	if (at < t->n && t->list[at].thread == thread)
		return;
	(void)MEM_PUSH(t->list, t->n, t->cap);
	memmove(&t->list[at + 1], &t->list[at], (t->n - 1 - at) * sizeof(*t->list));
	t->list[at] = (struct my_thread){.thread = thread, .session = session};
}

static void name(struct my_threads *t, uint64_t session, const char *application)
{
	for (size_t i = t->n; i-- > 0;)
		if (t->list[i].session == session) {
			if (!t->list[i].application)
				t->list[i].application = mem_strdup(application);
			return;
		}
}

int my_threads_load(struct my_threads *t, struct observer_session *s, struct err *err)
{
	size_t before = t->n;

	if (mo_ask(s, sql_mysql_observer_threads, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++)
		put(t, mo_number(s, i, 0), mo_number(s, i, 1));
	if (t->n == before)
		return 0;
	if (mo_ask(s, sql_mysql_observer_applications, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++)
		name(t, mo_number(s, i, 0), db->value(s->conn, i, 1));
	return 0;
}

const struct my_thread *my_threads_find(const struct my_threads *t, uint64_t thread)
{
	size_t at = place(t, thread);

	return at < t->n && t->list[at].thread == thread ? &t->list[at] : NULL;
}

uint64_t my_threads_of_session(const struct my_threads *t, uint64_t session)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].session == session)
			return t->list[i].thread;
	return 0;
}

void my_threads_release(struct my_threads *t)
{
	for (size_t i = 0; i < t->n; i++)
		mem_free(t->list[i].application);
	mem_free(t->list);
	*t = (struct my_threads){0};
}
