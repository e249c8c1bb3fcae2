#include "tests/support/owner.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

/* "runuser -u postgres -- ", "" where this is that user. */
static char *as_user(const struct proc_user *user)
{
	return geteuid() == 0 ? mem_printf("runuser -u %s -- ", user->name) : mem_strdup("");
}

char *test_pg_stop_command(const struct pg_server *s)
{
	CLEANUP(cleanup_free) char *as = as_user(&s->user);

	return mem_printf("%s%s/pg_ctl -D '%s' -m fast -w stop", as, s->programs->dir, s->data_dir);
}

char *test_pg_start_command(const struct pg_server *s)
{
	CLEANUP(cleanup_free) char *as = as_user(&s->user);

	return mem_printf("%s%s/pg_ctl -D '%s' -w -l '%s/again.log' -o '-c "
			  "config_file=%s/postgresql.conf -c hba_file=%s/pg_hba.conf' start",
		as, s->programs->dir, s->data_dir, s->dir, s->dir, s->dir);
}

char *test_maria_stop_command(const struct my_server *s)
{
	/* `mariadb-admin shutdown` looks only once a second whether it is down. */
	return mem_printf(
		"mariadb --no-defaults --user=root '--socket=%s' --execute=SHUTDOWN", s->socket);
}

char *test_maria_start_command(const struct my_server *s)
{
	CLEANUP(cleanup_free) char *as = as_user(&s->user);

	return mem_printf("%ssh -c 'exec setsid %s --defaults-file=%s/my.cnf </dev/null "
			  ">/dev/null 2>&1 &'",
		as, s->programs->server, s->dir);
}

void test_end_server_at(const char *data_dir)
{
	const struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		CLEANUP(cleanup_free) char *link = mem_printf("/proc/%s/cwd", entry->d_name);
		char at[4096];
		ssize_t n = readlink(link, at, sizeof(at) - 1);

		if (n <= 0)
			continue;
		at[n] = '\0';
		if (strcmp(at, data_dir) == 0)
			proc_end((pid_t)strtol(entry->d_name, NULL, 10), SIGQUIT, 10000000, NULL);
	}
	if (proc)
		closedir(proc);
}
