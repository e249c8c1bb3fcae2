#include "adapters/postgres/server.h"

#include <glob.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

/* ---- programs ---- */

/* Asks `dir`/postgres for its version. False when it is not there or not whole. */
static bool probe(const char *dir, struct pg_programs *ret)
{
	static const char *const needed[] = {"postgres", "initdb", "pg_basebackup", "pg_isready"};
	CLEANUP(cleanup_free) char *program = fs_join(dir, "postgres");
	CLEANUP(cleanup_str) struct str out = {0};
	const char *const argv[] = {program, "--version", NULL};
	unsigned major = 0, minor = 0;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		CLEANUP(cleanup_free) char *path = fs_join(dir, needed[i]);
		if (access(path, X_OK))
			return false;
	}
	if (proc_run(&(struct proc_spec){.argv = argv}, &out, NULL))
		return false;
	if (sscanf(str_text(&out), "postgres (PostgreSQL) %u.%u", &major, &minor) < 1)
		return false;
	*ret = (struct pg_programs){.dir = mem_strdup(dir), .version = major * 10000 + minor};
	snprintf(ret->text, sizeof(ret->text), "%u.%u", major, minor);
	return true;
}

static bool probe_usual_places(unsigned major, struct pg_programs *ret)
{
	static const char *const patterns[] = {
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"};
	struct pg_programs best = {0}, one;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found;

		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++) {
			if (!probe(found.gl_pathv[k], &one))
				continue;
			if ((major && one.version / 10000 != major) ||
				one.version <= best.version) {
				pg_programs_release(&one);
				continue;
			}
			pg_programs_release(&best);
			best = one;
		}
		globfree(&found);
	}
	*ret = best;
	return best.dir != NULL;
}

int pg_programs_find(const char *bin_dir, unsigned major, struct pg_programs *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *in_path = NULL;
	CLEANUP(cleanup_free) char *path_dir = NULL;

	if (bin_dir) {
		if (probe(bin_dir, ret))
			return 0;
		return err_set(err, ERR_FAILED,
			"no PostgreSQL server programs in '%s' (postgres, initdb, pg_basebackup)",
			bin_dir);
	}
	if (probe_usual_places(major, ret))
		return 0;
	in_path = proc_find("initdb");
	path_dir = in_path ? fs_dirname(in_path) : NULL;
	if (path_dir && probe(path_dir, ret)) {
		if (!major || ret->version / 10000 == major)
			return 0;
		pg_programs_release(ret);
	}
	if (major)
		return err_set(err, ERR_FAILED,
			"no PostgreSQL %u server programs found: install the package "
			"'postgresql-%u'",
			major, major);
	return err_set(err, ERR_FAILED,
		"no PostgreSQL server programs found: install the package 'postgresql'");
}

void pg_programs_release(struct pg_programs *p)
{
	if (!p)
		return;
	free(p->dir);
	*p = (struct pg_programs){0};
}

/* ---- one server ---- */

int pg_server_open(struct pg_server *s, const struct pg_programs *programs, const char *dir,
	struct journal *journal, struct err *err)
{
	*s = (struct pg_server){.programs = programs};
	return private_server_open(&s->base, "postgres", dir, ".s.PGSQL.65535.lock", journal, err);
}

int pg_server_run(const struct pg_server *s, const char *const *argv, const char *const *env,
	const char *input, struct str *ret_out, struct err *err)
{
	CLEANUP(cleanup_free) char *program = fs_join(s->programs->dir, argv[0]);

	return private_server_run(&s->base, program, argv, env, input, ret_out, err);
}

int pg_server_initdb(struct pg_server *s, struct err *err)
{
	const char *const argv[] = {"initdb", "-D", s->data_dir, "-U", "postgres", "-A", "trust",
		"-k", "-N", "-E", "UTF8", "--locale=C.UTF-8", NULL};

	return pg_server_run(s, argv, NULL, NULL, NULL, err);
}

void pg_conninfo_value(struct str *out, const char *value)
{
	str_add_char(out, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			str_add_char(out, '\\');
		str_add_char(out, *value);
	}
	str_add_char(out, '\'');
}

static void add_setting(struct str *out, const char *name, const char *value)
{
	str_addf(out, "%s = ", name);
	pg_conninfo_value(out, value); /* the files have the same rules of quoting */
	str_add_char(out, '\n');
}

int pg_server_configure(
	struct pg_server *s, const struct server_setting *settings, size_t n, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};

	add_setting(&text, "listen_addresses", "");
	add_setting(&text, "unix_socket_directories", s->dir);
	add_setting(&text, "unix_socket_permissions", "0700");
	str_addf(&text, "port = %d\n", PG_SERVER_PORT);
	add_setting(&text, "lc_messages", "C");
	add_setting(&text, "log_timezone", "UTC");
	add_setting(&text, "logging_collector", "on");
	add_setting(&text, "log_directory", s->log_dir);
	add_setting(&text, "log_filename", "server.log");
	add_setting(&text, "log_rotation_age", "0");
	add_setting(&text, "log_rotation_size", "0");
	add_setting(
		&text, "log_destination", s->programs->version >= 150000 ? "jsonlog" : "csvlog");
	for (size_t i = 0; i < n; i++)
		add_setting(&text, settings[i].name, settings[i].value);
	if (private_server_write(&s->base, "postgresql.conf", str_text(&text), err) ||
		private_server_write(&s->base, "pg_ident.conf", "", err))
		return -1;
	return private_server_write(
		&s->base, "pg_hba.conf", "local all all trust\nlocal replication all trust\n", err);
}

/* Cuts a log line down to its message: after `"message":"` in jsonlog, after FATAL elsewhere. */
static char *message_of(const char *level)
{
	static const char key[] = "\"message\":\"";
	const char *start = strstr(level, key);
	CLEANUP(cleanup_str) struct str text = {0};

	if (!start) {
		level += strlen("FATAL"); /* PANIC is as long */
		return mem_strdup(level + strspn(level, ":, \""));
	}
	for (start += sizeof(key) - 1; *start && *start != '"'; start++) {
		if (*start == '\\' && start[1])
			start++;
		str_add_char(&text, *start);
	}
	return str_take(&text);
}

/* `... contains errors` says nothing; the line before it names the setting. */
static char *with_reason(char *message, const char *text, const char *fatal)
{
	static const char level[] = "LOG:  ";
	const char *reason = NULL;
	char *whole;

	if (!strstr(message, "contains errors"))
		return message;
	for (const char *p = text; (p = strstr(p, level)) && p < fatal; p++)
		reason = p + sizeof(level) - 1;
	if (!reason)
		return message;
	whole = mem_printf("%.*s", (int)strcspn(reason, "\n"), reason);
	free(message);
	return whole;
}

/* The last fatal line of the server's own logs, for an error message; caller frees. */
static char *last_words(const void *ctx)
{
	static const char *const names[] = {
		"log/server.json", "log/server.csv", "log/server.log", "start.log", NULL};
	static const char *const levels[] = {"FATAL", "PANIC", NULL};
	const struct pg_server *s = ctx;
	const char *fatal = NULL;
	CLEANUP(cleanup_free)
	char *text = private_server_last_words(&s->base, names, levels, &fatal);

	return text ? with_reason(message_of(fatal), text, fatal) : NULL;
}

static bool ready(const void *ctx)
{
	const struct pg_server *s = ctx;
	/* template1 is there on every server, "postgres" may have been dropped. */
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(s, "template1");

	return PQping(dsn) == PQPING_OK;
}

static const struct private_start how_to_start = {
	.name = "postgres",
	.output = "start.log",
	.quit_signal = SIGQUIT,
	.stop_signal = SIGINT,
	.ready = ready,
	.last_words = last_words,
};

int pg_server_begin(struct pg_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *program = fs_join(s->programs->dir, "postgres");
	CLEANUP(cleanup_free) char *conf = mem_printf("config_file=%s/postgresql.conf", s->dir);
	CLEANUP(cleanup_free) char *hba = mem_printf("hba_file=%s/pg_hba.conf", s->dir);
	CLEANUP(cleanup_free) char *ident = mem_printf("ident_file=%s/pg_ident.conf", s->dir);
	const char *const argv[] = {
		program, "-D", s->data_dir, "-c", conf, "-c", hba, "-c", ident, NULL};
	struct private_start how = how_to_start;

	how.argv = argv;
	return private_server_begin(&s->base, &how, err);
}

int pg_server_wait(struct pg_server *s, uint64_t timeout_us, struct err *err)
{
	struct private_start how = how_to_start;

	how.ctx = s;
	how.timeout_us = timeout_us;
	return private_server_wait(&s->base, &how, err);
}

int pg_server_start(struct pg_server *s, uint64_t timeout_us, struct err *err)
{
	return pg_server_begin(s, err) || pg_server_wait(s, timeout_us, err) ? -1 : 0;
}

int pg_server_stop(struct pg_server *s, struct err *err)
{
	return private_server_end(&s->base, SIGINT, err);
}

int pg_server_quit(struct pg_server *s, struct err *err)
{
	return private_server_end(&s->base, SIGQUIT, err);
}

bool pg_server_alive(const struct pg_server *s)
{
	return private_server_alive(&s->base);
}

void pg_server_release(struct pg_server *s)
{
	if (!s)
		return;
	pg_server_stop(s, NULL);
	private_server_release(&s->base);
	*s = (struct pg_server){0};
}

char *pg_server_dsn(const struct pg_server *s, const char *database)
{
	CLEANUP(cleanup_str) struct str text = {0};

	str_add(&text, "host=");
	pg_conninfo_value(&text, s->dir);
	str_addf(&text, " port=%d user=", PG_SERVER_PORT);
	pg_conninfo_value(&text, s->admin ? s->admin : "postgres");
	str_add(&text, " dbname=");
	pg_conninfo_value(&text, database);
	return str_take(&text);
}
