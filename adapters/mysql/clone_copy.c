#include "adapters/mysql/clone_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/conninfo.h"
#include "adapters/mysql/control.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

/* ---- the way to the source ---- */

/* A quotation mark in the value would end it, and what follows a # would be a comment. */
static void add_option(struct str *out, const char *name, const char *value)
{
	if (!value)
		return;
	str_addf(out, "%s = \"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			str_add_char(out, '\\');
		str_add_char(out, *value);
	}
	str_add(out, "\"\n");
}

static void add_tls(struct str *out, const struct my_conninfo *info, bool mariadb)
{
	if (!mariadb) {
		static const char *const modes[] = {[MY_TLS_DISABLED] = "DISABLED",
			[MY_TLS_REQUIRED] = "REQUIRED",
			[MY_TLS_VERIFY] = "VERIFY_IDENTITY"};

		if (info->tls != MY_TLS_DEFAULT)
			add_option(out, "ssl-mode", modes[info->tls]);
		/* Where there is no TLS, the password goes under the server's own key. */
		str_add(out, "get-server-public-key\n");
	} else if (info->tls == MY_TLS_DISABLED) {
		str_add(out, "skip-ssl\n");
	} else if (info->tls != MY_TLS_DEFAULT) {
		str_add(out, "ssl\n");
		str_add(out,
			info->tls == MY_TLS_VERIFY ? "ssl-verify-server-cert\n"
						   : "skip-ssl-verify-server-cert\n");
	}
	add_option(out, "ssl-ca", info->tls_ca);
	add_option(out, "ssl-cert", info->tls_cert);
	add_option(out, "ssl-key", info->tls_key);
}

/* A file of options, so that the password stands in no list of processes; its path, caller frees.
 * It lies in the run's directory, for this process's user alone. */
static int write_options(
	const struct my_private *p, const struct my_source *s, char **ret, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};
	struct my_conninfo info = {0};
	const char *password;
	int result;

	if (my_conninfo_parse(s->dsn, &info, err))
		return -1;
	password = info.password ? info.password : getenv("MYSQL_PWD");
	str_add(&text, "[client]\n");
	if (info.host && *info.host == '/' && !info.socket)
		add_option(&text, "socket", info.host);
	else if (!info.socket)
		add_option(&text, "host", info.host);
	add_option(&text, "socket", info.socket);
	add_option(&text, "user", info.user);
	add_option(&text, "password", password);
	if (info.port) {
		str_addf(&text, "port = %u\n", info.port);
		/* As the client library is told: with a port, "localhost" means TCP. */
		if (!info.socket && !(info.host && *info.host == '/'))
			str_add(&text, "protocol = tcp\n");
	}
	add_tls(&text, &info, s->flavour.mariadb);
	*ret = fs_join(p->dir, "source.cnf");
	result = fs_write(*ret, str_text(&text), text.len, 0600, err);
	my_conninfo_release(&info);
	return result;
}

static int end_options(const char *path, int result)
{
	unlink(path); /* the run's directory goes anyway; the password sooner */
	return result;
}

/* ---- mariabackup ---- */

/* What it leaves beside the data; the server would not mind, the next reader might. */
static int tidy_files(const struct my_private *p, struct err *err)
{
	static const char *const gone[] = {"backup-my.cnf", "xtrabackup_info",
		"xtrabackup_checkpoints", "xtrabackup_binlog_info", "xtrabackup_binlog_pos_innodb",
		"mariadb_backup_info", "mariadb_backup_checkpoints", "mariadb_backup_binlog_info",
		"master.info", "relay-log.info", "multi-master.info"};
	const struct my_server *s = &p->replica;

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		CLEANUP(cleanup_free) char *path = fs_join(s->data_dir, gone[i]);

		if (fs_remove_tree(path, err))
			return -1;
	}
	return geteuid() == 0 ? fs_chown_tree(s->data_dir, s->user.uid, s->user.gid, err) : 0;
}

/* As this process's own user: it must read the source's files. */
int my_copy_files(const struct my_private *p, const struct my_source *s, struct err *err)
{
	CLEANUP(cleanup_free) char *options = NULL;
	CLEANUP(cleanup_free) char *defaults = NULL;
	CLEANUP(cleanup_free) char *target = mem_printf("--target-dir=%s", p->replica.data_dir);
	int result = write_options(p, s, &options, err);

	if (!result) {
		defaults = mem_printf("--defaults-file=%s", options);
		/* It would rather give up than have the source's sessions queue behind it. */
		const char *const backup[] = {p->programs.backup, defaults, "--backup", target,
			"--ftwrl-wait-timeout=60", NULL};
		const char *const prepare[] = {p->programs.backup, defaults, "--prepare", target,
			"--use-memory=256M", NULL};

		if (proc_run(&(struct proc_spec){.argv = backup}, NULL, err))
			result = err_prefix(err, "cannot copy the source's files");
		else if (proc_run(&(struct proc_spec){.argv = prepare}, NULL, err))
			result = err_prefix(err, "cannot make the copied files consistent");
	}
	return end_options(options, result) || tidy_files(p, err) ? -1 : 0;
}

/* ---- dump ---- */

bool my_dump_locks(const struct my_source *s)
{
	return s->plain_tables > 0;
}

static int run_dump(const struct my_private *p, const char *options, const char *const *more,
	const char *file, struct err *err)
{
	CLEANUP(cleanup_free) char *defaults = mem_printf("--defaults-file=%s", options);
	CLEANUP(cleanup_free) char *result_file = mem_printf("--result-file=%s", file);
	const char **argv = NULL;
	size_t n = 0, cap = 0;
	int result;

	*MEM_PUSH(argv, n, cap) = p->programs.dump;
	*MEM_PUSH(argv, n, cap) = defaults;
	*MEM_PUSH(argv, n, cap) = result_file;
	for (; *more; more++)
		*MEM_PUSH(argv, n, cap) = *more;
	(void)MEM_PUSH(argv, n, cap);
	result = proc_run(&(struct proc_spec){.argv = argv}, NULL, err);
	free(argv);
	return result ? err_prefix(err, "cannot dump the source") : 0;
}

/* The file goes as soon as it is loaded: it is as large as the data. */
static int load(const struct my_private *p, const char *database, const char *file, struct err *err)
{
	const struct my_server *s = &p->replica;
	CLEANUP(cleanup_free) char *socket = mem_printf("--socket=%s", s->socket);
	CLEANUP(cleanup_free) char *user = mem_printf("--user=%s", s->admin ? s->admin : "root");
	const char *const argv[] = {"mariadb", "--no-defaults", socket, user, "--binary-mode",
		"--init-command=SET SESSION sql_log_bin = 0, foreign_key_checks = 0, unique_checks "
		"= 0",
		database, NULL};

	if (geteuid() == 0 && chown(file, s->user.uid, s->user.gid))
		return err_set(err, ERR_FAILED, "cannot give away '%s'", file);
	if (my_server_run(s, p->programs.client, argv, file, NULL, err))
		return err_prefix(err, "cannot load the dump");
	unlink(file);
	return 0;
}

static int dump_databases(const struct my_private *p, const struct my_source *s,
	struct db_conn *source, const char *options, const char *file, struct err *err)
{
	const char **argv = NULL;
	char **names = NULL;
	size_t n = 0, cap = 0, n_names = 0, cap_names = 0;
	unsigned rows = 0;
	int result;

	if (my_control_rows(source, sql_mysql_databases, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		*MEM_PUSH(names, n_names, cap_names) = mem_strdup(my_control_value(source, i, 0));
	*MEM_PUSH(argv, n, cap) = my_dump_locks(s) ? "--lock-all-tables" : "--single-transaction";
	*MEM_PUSH(argv, n, cap) = "--routines";
	*MEM_PUSH(argv, n, cap) = "--events";
	*MEM_PUSH(argv, n, cap) = "--triggers";
	*MEM_PUSH(argv, n, cap) = "--hex-blob";
	*MEM_PUSH(argv, n, cap) = "--no-tablespaces";
	*MEM_PUSH(argv, n, cap) = "--default-character-set=utf8mb4";
	if (!s->flavour.mariadb)
		*MEM_PUSH(argv, n, cap) = "--set-gtid-purged=OFF";
	*MEM_PUSH(argv, n, cap) = "--databases";
	*MEM_PUSH(argv, n, cap) = "--";
	for (size_t i = 0; i < n_names; i++)
		*MEM_PUSH(argv, n, cap) = names[i];
	(void)MEM_PUSH(argv, n, cap);
	result = run_dump(p, options, argv, file, err);
	free(argv);
	mem_free_strings(names, n_names);
	return result;
}

int my_copy_dump(const struct my_private *p, const struct my_source *s, struct db_conn *source,
	struct db_conn *clone, bool *ret_accounts, struct err *err)
{
	/* As rows of tables that are the same here: `--system=users` fails on accounts of hosts by
	 * name where the source does not resolve names. The clone's own account stays. */
	static const char *const mariadb[] = {"--no-create-info", "--replace", "--skip-triggers",
		"--single-transaction", "mysql", "global_priv", "db", "tables_priv", "columns_priv",
		"procs_priv", "proxies_priv", "roles_mapping", NULL};
	static const char *const mysql[] = {"--no-create-info", "--replace", "--skip-triggers",
		"--single-transaction", "--skip-lock-tables", "--skip-add-locks",
		"--set-gtid-purged=OFF", "--no-tablespaces", "mysql", "user", "db", "tables_priv",
		"columns_priv", "procs_priv", "proxies_priv", "role_edges", "default_roles",
		"global_grants", NULL};
	CLEANUP(cleanup_free) char *options = NULL;
	CLEANUP(cleanup_free) char *data = fs_join(p->replica.dir, "dump.sql");
	CLEANUP(cleanup_free) char *users = fs_join(p->replica.dir, "accounts.sql");

	*ret_accounts = false;
	if (write_options(p, s, &options, err))
		return end_options(options, -1);
	/* What the databases' own definers need; without the right to read them, without. */
	if (!run_dump(p, options, s->flavour.mariadb ? mariadb : mysql, users, NULL))
		*ret_accounts = !load(p, "mysql", users, NULL);
	if (dump_databases(p, s, source, options, data, err))
		return end_options(options, -1);
	end_options(options, 0);
	if (*ret_accounts && my_control_exec(clone, "FLUSH PRIVILEGES", err))
		return -1;
	return load(p, NULL, data, err);
}
