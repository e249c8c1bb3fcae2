#include "adapters/mysql/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/isolation.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

#define START_TOLERANCE_S 5

void my_source_release(struct my_source *s)
{
	if (!s)
		return;
	free(s->dsn);
	free(s->redacted);
	free(s->identity);
	free(s->account);
	free(s->database);
	free(s->host);
	free(s->data_dir);
	free(s->pid_file);
	mem_free_strings(s->privileges, s->n_privileges);
	my_replication_release(&s->replication);
	*s = (struct my_source){0};
}

/* "GRANT RELOAD, PROCESS ON *.* TO `a`@`b`": of the account and of its active roles. */
static int read_privileges(struct my_source *s, struct db_conn *conn, struct err *err)
{
	unsigned rows = 0;
	size_t cap = 0;

	if (my_control_rows(conn, "SHOW GRANTS", &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++) {
		const char *p = my_control_value(conn, i, 0);
		const char *end = strstr(p, " ON *.* TO ");

		if (!end || strncmp(p, "GRANT ", 6) != 0)
			continue;
		for (p += 6; p < end; p += strspn(p, ", ")) {
			size_t len = strcspn(p, ",");

			if (len > (size_t)(end - p))
				len = (size_t)(end - p);
			*MEM_PUSH(s->privileges, s->n_privileges, cap) = mem_strndup(p, len);
			p += len;
		}
	}
	return 0;
}

static int read_row(struct my_source *s, struct db_conn *conn, struct err *err)
{
	unsigned rows = 0;

	if (my_control_rows(conn, sql_mysql_source, &rows, err))
		return -1;
	s->data_dir = mem_strdup(my_control_value(conn, 0, 0));
	s->pid_file = mem_strdup(my_control_value(conn, 0, 1));
	s->server_id = strtoull(my_control_value(conn, 0, 2), NULL, 10);
	s->account = mem_strdup(my_control_value(conn, 0, 3));
	s->host = mem_strdup(my_control_value(conn, 0, 4));
	if (my_control_rows(conn, sql_mysql_source_sizes, &rows, err))
		return -1;
	s->bytes = strtoull(my_control_value(conn, 0, 0), NULL, 10);
	s->plain_bytes = strtoull(my_control_value(conn, 0, 1), NULL, 10);
	s->plain_tables = strtoull(my_control_value(conn, 0, 2), NULL, 10);
	return my_control_text(conn, "SELECT DATABASE()", &s->database, err);
}

/* Without the right to look at it, a server's replication is not known: that is the caller's to
 * refuse, who knows which rights it needs. */
static int read_replication(struct my_source *s, struct db_conn *conn, struct err *err)
{
	static const char *const mariadb[] = {"SLAVE MONITOR", NULL};
	static const char *const mysql[] = {"REPLICATION CLIENT", NULL};
	CLEANUP(cleanup_free)
	char *lacking = my_source_lacks(s, s->flavour.mariadb ? mariadb : mysql);

	return *lacking ? 0 : my_replication_read(conn, &s->flavour, &s->replication, err);
}

int my_source_read(const char *dsn, const char *database, struct my_source *ret,
	struct db_conn **ret_conn, struct err *err)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	struct my_source s = {0};

	if (mysql_db.redact(dsn, &s.redacted, err))
		return -1;
	s.dsn = mem_strdup(dsn);
	if (my_control_open(dsn, database, &conn, err) || my_flavour_ask(conn, &s.flavour, err) ||
		my_identity(conn, &s.flavour, &s.identity, err) || read_row(&s, conn, err) ||
		read_privileges(&s, conn, err) || read_replication(&s, conn, err)) {
		my_source_release(&s);
		return -1;
	}
	*ret = s;
	if (ret_conn) {
		*ret_conn = conn;
		conn = NULL;
	}
	return 0;
}

char *my_source_lacks(const struct my_source *s, const char *const *needed)
{
	CLEANUP(cleanup_str) struct str out = {0};

	for (; *needed; needed++) {
		size_t i;

		for (i = 0; i < s->n_privileges; i++)
			if (strcmp(s->privileges[i], *needed) == 0 ||
				strcmp(s->privileges[i], "ALL PRIVILEGES") == 0)
				break;
		if (i == s->n_privileges)
			str_addf(&out, "%s%s", out.len ? ", " : "", *needed);
	}
	return str_take(&out);
}

/* Seconds since a process of this machine began; -1 when there is none. */
static long age_of(pid_t pid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	uint64_t ticks = proc_start_ticks(pid);

	if (!ticks || fs_read("/proc/uptime", 0, &text, NULL, NULL))
		return -1;
	return (long)(strtod(text, NULL) - (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

/* The directory that a server names is its own only when its pid file names a process of this
 * machine that began when the server did: it may be another machine's, or a container's. */
bool my_source_is_here(const struct my_source *s, struct db_conn *conn)
{
	CLEANUP(cleanup_free) char *path = fs_join(s->data_dir, s->pid_file);
	CLEANUP(cleanup_free) char *space = fs_join(s->data_dir, "ibdata1");
	CLEANUP(cleanup_free) char *text = NULL;
	unsigned rows = 0;
	long age, uptime;

	if (access(s->data_dir, R_OK | X_OK) || (access(space, F_OK) == 0 && access(space, R_OK)) ||
		fs_read(path, 0, &text, NULL, NULL) ||
		my_control_rows(conn, "SHOW GLOBAL STATUS LIKE 'Uptime'", &rows, NULL) || !rows)
		return false;
	uptime = strtol(my_control_value(conn, 0, 1), NULL, 10);
	age = age_of((pid_t)strtol(text, NULL, 10));
	return age >= 0 && labs(age - uptime) <= START_TOLERANCE_S;
}
