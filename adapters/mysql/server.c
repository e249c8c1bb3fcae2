#include "adapters/mysql/server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/conninfo.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define PING_TIMEOUT_US 2000000

int my_server_open(struct my_server *s, const struct my_programs *programs, const char *dir,
	struct journal *journal, struct err *err)
{
	CLEANUP(cleanup_free) char *tmp = fs_join(dir, "tmp");
	int result;

	*s = (struct my_server){.programs = programs};
	result = private_server_open(&s->base, "mysql", dir, "s.sock", journal, err);
	s->socket = fs_join(dir, "s.sock");
	if (result || fs_mkdirs(tmp, 0700, err))
		return -1;
	if (geteuid() == 0 && chown(tmp, s->user.uid, s->user.gid))
		return err_set(err, ERR_FAILED, "cannot give away '%s'", tmp);
	return 0;
}

/* ---- settings ---- */

/* Quotation marks of its own would be taken off, a backslash would begin a sequence. */
static void add_setting(struct str *out, const char *name, const char *value)
{
	str_add(out, name);
	if (value) {
		str_add(out, " = \"");
		for (; *value; value++) {
			if (*value == '\\')
				str_add_char(out, '\\');
			str_add_char(out, *value);
		}
		str_add_char(out, '"');
	}
	str_add_char(out, '\n');
}

static void add_path(struct str *out, const struct my_server *s, const char *name, const char *file)
{
	CLEANUP(cleanup_free) char *path = fs_join(s->dir, file);

	add_setting(out, name, path);
}

/*
 * What every private server has. performance_schema with metadata-lock waits and no other: the
 * instrument must be on from the start, and the ring that keeps the waits must hold nothing else.
 */
static const struct server_setting fixed[] = {
	{(char *)"skip-networking", NULL},
	{(char *)"loose-mysqlx", (char *)"OFF"},
	/* What a source's SET PERSIST has left in copied files. */
	{(char *)"loose-persisted-globals-load", (char *)"OFF"},
	{(char *)"skip-name-resolve", NULL},
	{(char *)"skip-log-bin", NULL},
	{(char *)"event_scheduler", (char *)"OFF"},
	{(char *)"character-set-server", (char *)"utf8mb4"},
	{(char *)"innodb_print_all_deadlocks", (char *)"ON"},
	/* MySQL would tell sizes as they were a day ago. */
	{(char *)"loose-information_schema_stats_expiry", (char *)"0"},
	{(char *)"performance_schema", (char *)"ON"},
	{(char *)"performance-schema-instrument", (char *)"wait/%=OFF"},
	{(char *)"performance-schema-instrument", (char *)"idle=OFF"},
	{(char *)"performance-schema-instrument", (char *)"wait/lock/metadata/sql/mdl=ON"},
	{(char *)"performance-schema-consumer-events-waits-current", (char *)"ON"},
	{(char *)"performance-schema-consumer-events-waits-history-long", (char *)"ON"},
	{(char *)"performance-schema-events-waits-history-long-size", (char *)"100000"},
	{(char *)"performance-schema-events-statements-history-long-size", (char *)"10000"},
	{(char *)"performance-schema-consumer-events-transactions-current", (char *)"OFF"},
	{(char *)"performance-schema-consumer-events-transactions-history", (char *)"OFF"},
	{(char *)"performance-schema-consumer-events-statements-current", (char *)"OFF"},
	{(char *)"performance-schema-consumer-events-statements-history", (char *)"OFF"},
};

static bool is_one_line(const char *text)
{
	return !text || !strpbrk(text, "\r\n");
}

int my_server_configure(
	struct my_server *s, const struct server_setting *settings, size_t n, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};

	str_add(&text, "[mysqld]\n");
	add_setting(&text, "basedir", s->programs->basedir);
	add_path(&text, s, "datadir", "data");
	add_path(&text, s, "tmpdir", "tmp");
	add_path(&text, s, "socket", "s.sock");
	add_path(&text, s, "pid-file", "server.pid");
	add_path(&text, s, "log-error", "log/error.log");
	add_setting(&text, s->programs->flavour.words->skip_start, NULL);
	/* A built-in directory that a server of another user's must see, or it does not start. */
	if (!s->programs->flavour.mariadb)
		add_path(&text, s, "secure-file-priv", "tmp");
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add_setting(&text, fixed[i].name, fixed[i].value);
	for (size_t i = 0; i < n; i++) {
		if (!is_one_line(settings[i].name) || !is_one_line(settings[i].value))
			return err_set(err, ERR_USAGE, "the setting '%.*s' has more than one line",
				(int)strcspn(settings[i].name, "\r\n"), settings[i].name);
		add_setting(&text, settings[i].name, settings[i].value);
	}
	return private_server_write(&s->base, "my.cnf", str_text(&text), err);
}

/* ---- its programs ---- */

int my_server_run(const struct my_server *s, const char *program, const char *const *argv,
	const char *input, struct str *ret_out, struct err *err)
{
	if (!program)
		return err_set(err, ERR_FAILED, "cannot run '%s': it is not installed", argv[0]);
	return private_server_run(&s->base, program, argv, NULL, input, ret_out, err);
}

static char *defaults_option(const struct my_server *s)
{
	return mem_printf("--defaults-file=%s/my.cnf", s->dir);
}

/* The first error of the last attempt: those after it are its consequences, up to `Aborting`.
 * Caller frees. */
static char *last_words(const void *ctx)
{
	static const char *const names[] = {"log/error.log", "start.log", NULL};
	static const char level[] = "[ERROR]";
	const char *const levels[] = {level, NULL};
	const struct my_server *s = ctx;
	const char *error = NULL;
	CLEANUP(cleanup_free)
	char *text = private_server_last_words(&s->base, names, levels, &error);
	const char *attempt = text;

	if (!text)
		return NULL;
	for (const char *p = text; (p = strstr(p, " as process ")); p++)
		attempt = p;
	error = strstr(attempt, level) ? strstr(attempt, level) : error;
	error += strlen(level);
	error += strspn(error, " ");
	return mem_strndup(error, strcspn(error, "\n"));
}

int my_server_install(struct my_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *defaults = defaults_option(s);
	CLEANUP(cleanup_free) char *basedir = mem_printf("--basedir=%s", s->programs->basedir);
	const char *const mariadb[] = {"mariadb-install-db", defaults, basedir,
		"--auth-root-authentication-method=normal", "--skip-test-db", NULL};
	const char *const mysql[] = {"mysqld", defaults, "--initialize-insecure", NULL};
	struct err reason = {0};
	char *words;

	if (s->programs->flavour.mariadb
			? !my_server_run(s, s->programs->install_db, mariadb, NULL, NULL, &reason)
			: !my_server_run(s, s->programs->server, mysql, NULL, NULL, &reason))
		return 0;
	/* The script's own last line says where to look; the log is known here. */
	words = last_words(s);
	err_set(err, reason.kind, "cannot make a data directory in '%s': %s", s->dir,
		words ? words : reason.text);
	mem_free(words);
	return -1;
}

/* ---- the process ---- */

/* It answers, be it with a refusal. */
static bool ready(const void *ctx)
{
	const struct my_server *s = ctx;
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(s, NULL);
	struct db_target target = {.dsn = dsn, .connect_timeout_us = PING_TIMEOUT_US};
	struct db_conn *conn = NULL;
	struct db_error error;

	if (access(s->socket, F_OK))
		return false;
	if (db_connect_error(&mysql_db, &target, &conn, &error, NULL))
		return error.class != DB_CLASS_CONNECTION;
	mysql_db.close(conn);
	return true;
}

static struct private_start how_to_start(const struct my_server *s)
{
	return (struct private_start){.name = s->programs->flavour.mariadb ? "mariadbd" : "mysqld",
		.output = "start.log",
		.quit_signal = SIGKILL,
		.stop_signal = SIGTERM, /* it ignores SIGINT */
		.ready = ready,
		.last_words = last_words,
		.ctx = s};
}

int my_server_begin(struct my_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *defaults = defaults_option(s);
	CLEANUP(cleanup_free) char *lock = mem_printf("%s.lock", s->socket);
	const char *const argv[] = {s->programs->server, defaults, NULL};
	struct private_start how = how_to_start(s);

	/* What a killed server left would look like this one's, or, to MySQL, like another's. */
	unlink(s->socket);
	unlink(lock);
	how.argv = argv;
	return private_server_begin(&s->base, &how, err);
}

int my_server_wait(struct my_server *s, uint64_t timeout_us, struct err *err)
{
	struct private_start how = how_to_start(s);

	how.timeout_us = timeout_us;
	return private_server_wait(&s->base, &how, err);
}

int my_server_start(struct my_server *s, uint64_t timeout_us, struct err *err)
{
	return my_server_begin(s, err) || my_server_wait(s, timeout_us, err) ? -1 : 0;
}

int my_server_stop(struct my_server *s, struct err *err)
{
	return private_server_end(&s->base, SIGTERM, err);
}

int my_server_quit(struct my_server *s, struct err *err)
{
	return private_server_end(&s->base, SIGKILL, err);
}

bool my_server_alive(const struct my_server *s)
{
	return private_server_alive(&s->base);
}

void my_server_release(struct my_server *s)
{
	if (!s)
		return;
	my_server_stop(s, NULL);
	private_server_release(&s->base);
	free(s->socket);
	*s = (struct my_server){0};
}

char *my_server_dsn(const struct my_server *s, const char *database)
{
	struct str text = {0};

	my_conninfo_add(&text, "socket", s->socket);
	my_conninfo_add(&text, "user", s->admin ? s->admin : "root");
	if (database)
		my_conninfo_add(&text, "dbname", database);
	return str_take(&text);
}
