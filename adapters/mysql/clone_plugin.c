#include "adapters/mysql/clone_plugin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/conninfo.h"
#include "adapters/mysql/control.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 120000000
#define DEFAULT_PORT 3306

/* The server has ended itself to be started on what it has fetched. */
enum { RESTART_FAILED = 3707 };

static bool by_tcp(const struct my_conninfo *info)
{
	if (info->socket || !info->host || !*info->host || *info->host == '/')
		return false;
	return strcmp(info->host, "localhost") != 0 || info->port;
}

/* Who owns the source's files runs its server. */
static bool owner_of(const struct my_source *s, uid_t *ret_uid, gid_t *ret_gid)
{
	struct stat st;

	if (stat(s->data_dir, &st))
		return false;
	*ret_uid = st.st_uid;
	*ret_gid = st.st_gid;
	return true;
}

const char *my_clone_plugin_lacks(
	const struct my_private *p, const struct my_source *s, struct db_conn *source)
{
	static const char *const rights[] = {"BACKUP_ADMIN", NULL};
	CLEANUP(cleanup_free) char *lacking = my_source_lacks(s, rights);
	struct my_conninfo info = {0};
	bool active = false, tcp;
	uid_t uid = 0;
	gid_t gid;

	if (!p->programs.flavour.words->clone_plugin)
		return "this server has no clone plugin";
	if (my_control_true(source, sql_mysql_clone_active, &active, NULL) || !active)
		return "the source has not loaded its clone plugin (INSTALL PLUGIN clone SONAME "
		       "'mysql_clone.so')";
	if (*lacking)
		return "the account lacks BACKUP_ADMIN, which the clone plugin needs";
	if (s->plain_tables)
		return "the clone plugin leaves tables without transactions empty";
	if (my_conninfo_parse(s->dsn, &info, NULL))
		return "the connection string cannot be read";
	tcp = by_tcp(&info);
	my_conninfo_release(&info);
	if (tcp)
		return NULL;
	if (!my_source_is_here(s, source) || !owner_of(s, &uid, &gid))
		return "the source's server is reached by a socket, yet its files cannot be read";
	if (geteuid() != 0 && geteuid() != uid)
		return "the source's server runs as another user, who cannot write a copy for this "
		       "one";
	return NULL;
}

/* ---- on this machine: the source's server writes the files ---- */

static int make_place(const char *place, const struct my_source *s, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (fs_mkdirs(place, 0700, err))
		return -1;
	if (geteuid() == 0 && (!owner_of(s, &uid, &gid) || chown(place, uid, gid)))
		return err_set(err, ERR_FAILED, "cannot give away '%s'", place);
	return 0;
}

static int take_over(const struct my_private *p, const char *from, struct err *err)
{
	const struct my_server *r = &p->replica;

	if (rename(from, r->data_dir))
		return err_set(err, ERR_FAILED, "cannot rename '%s': %s", from, strerror(errno));
	return geteuid() == 0 ? fs_chown_tree(r->data_dir, r->user.uid, r->user.gid, err) : 0;
}

static int copy_here(const struct my_private *p, const struct my_source *s, struct db_conn *source,
	struct err *err)
{
	CLEANUP(cleanup_free) char *place = fs_join(p->dir, "cloned");
	CLEANUP(cleanup_free) char *data = fs_join(place, "data");
	CLEANUP(cleanup_free) char *quoted = my_quote_literal(data);

	if (make_place(place, s, err))
		return -1;
	if (db_execf(&mysql_db, source, err, "CLONE LOCAL DATA DIRECTORY = %s", quoted))
		return err_prefix(err, "the source cannot clone itself");
	if (take_over(p, data, err))
		return -1;
	return fs_remove_tree(place, err);
}

/* ---- from another: a server of ours fetches them ---- */

static int start_fetcher(struct my_private *p, struct err *err)
{
	struct my_settings settings = {0};
	int result;

	my_settings_add_all(&settings, p->settings.items, p->settings.n);
	my_settings_set(&settings, "plugin-load-add", "mysql_clone.so");
	my_settings_drop(&settings, "init-file");
	result = my_server_configure(&p->replica, settings.items, settings.n, err);
	my_settings_release(&settings);
	if (result || my_server_install(&p->replica, err))
		return -1;
	return my_server_start(&p->replica, START_TIMEOUT_US, err);
}

/* The words of the statement, with the password, which is never told. */
static void write_fetch(const struct my_conninfo *info, struct str *ret)
{
	const char *password = info->password ? info->password : getenv("MYSQL_PWD");
	CLEANUP(cleanup_free) char *user = my_quote_literal(info->user ? info->user : "root");
	CLEANUP(cleanup_free) char *host = my_quote_literal(info->host);
	CLEANUP(cleanup_free) char *secret = my_quote_literal(password ? password : "");
	unsigned port = info->port ? info->port : DEFAULT_PORT;

	str_addf(ret, "SET GLOBAL clone_valid_donor_list = CONCAT(%s, ':%u'); ", host, port);
	str_addf(ret, "CLONE INSTANCE FROM %s@%s:%u IDENTIFIED BY %s%s", user, host, port, secret,
		info->tls == MY_TLS_DISABLED	      ? " REQUIRE NO SSL"
			: info->tls != MY_TLS_DEFAULT ? " REQUIRE SSL"
						      : "");
}

static int fetch(const struct my_private *p, const struct my_conninfo *info, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(&p->replica, NULL);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	CLEANUP(cleanup_str) struct str sql = {0};
	const struct db_error *e;

	if (my_control_open(dsn, NULL, &conn, err))
		return -1;
	write_fetch(info, &sql);
	if (db_run(&mysql_db, conn, str_text(&sql), NULL, err))
		return -1;
	e = &mysql_db.result(conn)->error;
	if (e->class == DB_CLASS_NONE || strtol(e->code, NULL, 10) == RESTART_FAILED)
		return 0;
	return err_set(err, ERR_FAILED, "the source cannot be cloned: %s %s", e->code, e->text);
}

static int copy_over_tcp(struct my_private *p, const struct my_conninfo *info, struct err *err)
{
	int result;

	if (start_fetcher(p, err))
		return -1;
	result = fetch(p, info, err);
	return my_server_stop(&p->replica, result ? NULL : err) || result ? -1 : 0;
}

int my_clone_plugin_copy(struct my_private *p, const struct my_source *s, struct err *err)
{
	CLEANUP(my_control_close) struct db_conn *source = NULL;
	struct my_conninfo info = {0};
	int result;

	if (my_conninfo_parse(s->dsn, &info, err))
		return -1;
	if (by_tcp(&info))
		result = copy_over_tcp(p, &info, err);
	else if (!(result = my_control_open(s->dsn, NULL, &source, err)))
		result = copy_here(p, s, source, err);
	my_conninfo_release(&info);
	return result;
}
