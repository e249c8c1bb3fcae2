/* Makes the server tell what a command's sessions do, and lets them in. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "adapters/mysql/conninfo.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define PASSWORD_BYTES 12

static int refuse(struct err *err, const char *why)
{
	return err_set(
		err, ERR_REFUSED, "a command's statements cannot be told on this replica: %s", why);
}

/* ---- what tells ---- */

static int tell_events(struct observer *o, struct err *err)
{
	struct observer_session *s = &o->facts.session;

	if (o->kind != OBSERVER_EVENTS)
		return refuse(err,
			"performance_schema is not used (start the server with "
			"performance_schema=ON, and leave observe.source at auto)");
	if (mo_ask(s, "SELECT @@performance_schema_events_statements_history_long_size", err))
		return -1;
	if (!mo_number(s, 0, 0))
		return refuse(err,
			"performance_schema_events_statements_history_long_size is 0, and only a "
			"start of the server changes that");
	/* MariaDB's default; MySQL has no choice. */
	mo_can(s,
		"UPDATE performance_schema.setup_timers SET TIMER_NAME = 'NANOSECOND'"
		" WHERE NAME = 'statement'");
	/* Where not everybody is watched. */
	mo_can(s,
		"INSERT IGNORE INTO performance_schema.setup_actors"
		" VALUES ('%', '" MY_COMMAND_ACCOUNT "', '%', 'YES', 'YES')");
	if (mo_ask(s,
		    "UPDATE performance_schema.setup_instruments SET ENABLED = 'YES',"
		    " TIMED = 'YES' WHERE NAME LIKE 'statement/%'"
		    " OR NAME = 'stage/sql/copy to tmp table'"
		    " OR NAME LIKE 'stage/innodb/alter table%'",
		    err) ||
		mo_ask(s, sql_mysql_foreign_consumers, err))
		return err_prefix(err, "a command's statements cannot be told on this replica");
	mo_can(s, "TRUNCATE TABLE performance_schema.events_statements_history_long");
	return 0;
}

/* Sessions keep what they began with: those that connect from now on are logged whole. */
static int tell_log(struct observer *o, struct err *err)
{
	struct observer_session *s = &o->facts.session;

	if (mo_ask(s, "SELECT @@GLOBAL.long_query_time", err))
		return -1;
	o->foreign.limit = mem_strdup(mo_text(s, 0, 0));
	if (!o->rows.log.on && !my_row_log_set_up(s, 0))
		return refuse(err, "the slow log cannot be written to its table");
	return mo_ask(s, "SET GLOBAL long_query_time = 0", err);
}

/* ---- the account ---- */

/* As strict rules on passwords want it. */
static int make_password(char *ret, size_t size, struct err *err)
{
	unsigned char bytes[PASSWORD_BYTES];
	size_t len = (size_t)snprintf(ret, size, "Re-");

	if (getentropy(bytes, sizeof(bytes)))
		return err_set(err, ERR_FAILED, "the system gives no random bytes");
	for (size_t i = 0; i < sizeof(bytes) && len + 2 < size; i++)
		len += (size_t)snprintf(ret + len, size - len, "%02x", bytes[i]);
	return 0;
}

static int make_account(struct observer *o, const char *host, const char *password, struct err *err)
{
	struct observer_session *s = &o->facts.session;
	CLEANUP(cleanup_free)
	char *create = mem_printf(
		"CREATE USER " MY_COMMAND_ACCOUNT "@'%s' IDENTIFIED BY '%s'", host, password);
	CLEANUP(cleanup_free)
	char *grant = mem_printf("GRANT ALL PRIVILEGES ON *.* TO " MY_COMMAND_ACCOUNT
				 "@'%s' WITH GRANT OPTION",
		host);

	mo_can(s,
		"DROP USER IF EXISTS " MY_COMMAND_ACCOUNT "@localhost, " MY_COMMAND_ACCOUNT "@'%'");
	if (mo_ask(s, create, err) || mo_ask(s, grant, err))
		return err_prefix(err, "cannot make an account for the command");
	return 0;
}

/* ---- by what a client uses it ---- */

/* What a URL does not take as it is. */
static void add_escaped(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("%?#&=:@ +", *text))
			str_addf(out, "%%%02X", (unsigned char)*text);
		else
			str_add_char(out, *text);
	}
}

/* MariaDB's and MySQL's clients take no user from the environment, and Debian's file of options
 * names another socket: one of theirs is read after it. */
static int write_options(struct my_foreign *f, const struct my_conninfo *to, const char *database,
	const char *password, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};
	CLEANUP(cleanup_free) char *path = NULL;

	if (fs_temp_dir(&f->dir, err))
		return -1;
	path = fs_join(f->dir, "my.cnf");
	str_add(&text, "[client]\nuser=" MY_COMMAND_ACCOUNT "\n");
	str_addf(&text, "password=\"%s\"\n", password);
	if (to->socket)
		str_addf(&text, "socket=\"%s\"\n", to->socket);
	else
		str_addf(&text, "host=\"%s\"\nport=%u\n", to->host, to->port ? to->port : 3306);
	str_addf(&text, "[mysql]\ndatabase=\"%s\"\n", database);
	return fs_write(path, str_text(&text), text.len, 0600, err);
}

static char *url_of(const struct my_conninfo *to, const char *database, const char *password)
{
	struct str url = {0};

	str_addf(&url, "DATABASE_URL=mysql://" MY_COMMAND_ACCOUNT ":%s@", password);
	if (to->socket)
		str_add(&url, "localhost");
	else
		str_addf(&url, "%s:%u", to->host, to->port ? to->port : 3306);
	str_add_char(&url, '/');
	add_escaped(&url, database);
	if (to->socket) {
		str_add(&url, "?socket=");
		add_escaped(&url, to->socket);
	}
	return str_take(&url);
}

static void build_env(const struct my_foreign *f, const struct my_conninfo *to,
	const char *database, const char *password, char ***ret)
{
	size_t n = 0, cap = 0;

	*MEM_PUSH(*ret, n, cap) = url_of(to, database, password);
	*MEM_PUSH(*ret, n, cap) = mem_strdup("MYSQL_USER=" MY_COMMAND_ACCOUNT);
	*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_PWD=%s", password);
	*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_PASSWORD=%s", password);
	*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_DATABASE=%s", database);
	*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_HOME=%s", f->dir);
	*MEM_PUSH(*ret, n, cap) = mem_printf("MARIADB_HOME=%s", f->dir);
	*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_HOST=%s", to->socket ? "localhost" : to->host);
	if (to->socket) {
		*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_UNIX_PORT=%s", to->socket);
		*MEM_PUSH(*ret, n, cap) = mem_printf("MYSQL_SOCKET=%s", to->socket);
	} else {
		*MEM_PUSH(*ret, n, cap) =
			mem_printf("MYSQL_TCP_PORT=%u", to->port ? to->port : 3306);
	}
	(void)MEM_PUSH(*ret, n, cap);
}

static int let_in(
	struct observer *o, const struct my_conninfo *to, char ***ret_env, struct err *err)
{
	char password[2 * PASSWORD_BYTES + 8];

	/* Where the DSN names no place it is the library's own socket. */
	if (!to->socket && (!to->host || *to->host == '/'))
		return err_set(err, ERR_FAILED, "the replica's DSN names no socket and no host");
	if (make_password(password, sizeof(password), err) ||
		make_account(o, to->socket ? "localhost" : "%", password, err) ||
		write_options(&o->foreign, to, o->replica->database, password, err))
		return -1;
	build_env(&o->foreign, to, o->replica->database, password, ret_env);
	return 0;
}

int my_foreign_open(struct observer *o, char ***ret_env, struct err *err)
{
	struct my_conninfo to = {0};
	int failed;

	*ret_env = NULL;
	failed = my_conninfo_parse(o->replica->dsn, &to, err) || tell_events(o, err) ||
		tell_log(o, err) || let_in(o, &to, ret_env, err);
	my_conninfo_release(&to);
	if (failed)
		return -1;
	o->foreign.sampled_us = clock_wall_us();
	atomic_store(&o->foreign.open, true);
	return 0;
}
