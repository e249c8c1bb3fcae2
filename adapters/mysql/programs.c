/* Where the server's programs are. */
#include "adapters/mysql/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

/* By flavour; the older name last. */
struct names {
	bool mariadb;
	const char *server[3], *install_db[3], *client[3], *dump[3], *backup[3], *binlog[3];
};

static const struct names flavours[] = {
	{true, {"mariadbd", "mysqld"}, {"mariadb-install-db", "mysql_install_db"},
		{"mariadb", "mysql"}, {"mariadb-dump", "mysqldump"},
		{"mariadb-backup", "mariabackup"}, {"mariadb-binlog", "mysqlbinlog"}},
	{false, {"mysqld"}, {NULL}, {"mysql"}, {"mysqldump"}, {NULL}, {"mysqlbinlog"}},
};

enum { N_FLAVOURS = sizeof(flavours) / sizeof(flavours[0]) };

/* The first of `names` in DIR or beside it; NULL when there is none. */
static char *find_in(const char *dir, const char *const *names)
{
	static const char *const places[] = {".", "../sbin", "../bin", "../libexec", "../scripts"};

	for (; *names; names++) {
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			CLEANUP(cleanup_free) char *place = fs_join(dir, places[i]);
			char *path = fs_join(i ? place : dir, *names);

			if (!access(path, X_OK) && fs_is_file(path))
				return path;
			mem_free(path);
		}
	}
	return NULL;
}

/* "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)" */
static int ask_version(struct my_programs *p, struct err *err)
{
	const char *const argv[] = {p->server, "--no-defaults", "--version", NULL};
	CLEANUP(cleanup_str) struct str out = {0};
	const char *version;

	if (proc_run(&(struct proc_spec){.argv = argv}, &out, err))
		return -1;
	version = strstr(str_text(&out), "Ver ");
	return my_flavour_parse(version ? version + 4 : "", version, &p->flavour, err);
}

/* 0: found; 1: not there; -1: there, but not to be used. */
static int probe(
	const char *dir, const struct names *names, struct my_programs *ret, struct err *err)
{
	struct my_programs p = {.server = find_in(dir, names->server)};
	CLEANUP(cleanup_free) char *server_dir = NULL;
	CLEANUP(cleanup_free) char *real = NULL;

	if (!p.server)
		return 1;
	if (ask_version(&p, err)) {
		my_programs_release(&p);
		return -1;
	}
	p.install_db = find_in(dir, names->install_db);
	if (p.flavour.mariadb != names->mariadb || (names->mariadb && !p.install_db)) {
		my_programs_release(&p);
		return 1;
	}
	p.client = find_in(dir, names->client);
	p.dump = find_in(dir, names->dump);
	p.backup = find_in(dir, names->backup);
	p.binlog = find_in(dir, names->binlog);
	real = realpath(p.server, NULL);
	server_dir = fs_dirname(real ? real : p.server);
	p.basedir = fs_dirname(server_dir);
	*ret = p;
	return 0;
}

static int probe_flavours(const char *dir, struct my_programs *ret, struct err *err)
{
	int result = 1;

	for (size_t i = 0; i < N_FLAVOURS && result == 1; i++)
		result = probe(dir, &flavours[i], ret, err);
	return result;
}

/* The directories of the servers in PATH come first. */
static int probe_usual_places(struct my_programs *ret, struct err *err)
{
	static const char *const places[] = {"/usr/sbin", "/usr/bin", "/usr/libexec",
		"/usr/local/mariadb/bin", "/usr/local/mysql/bin"};
	static const char *const servers[] = {"mariadbd", "mysqld"};
	int result = 1;

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]) && result == 1; i++) {
		CLEANUP(cleanup_free) char *path = proc_find(servers[i]);
		CLEANUP(cleanup_free) char *dir = path ? fs_dirname(path) : NULL;

		if (dir)
			result = probe_flavours(dir, ret, err);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && result == 1; i++)
		result = probe_flavours(places[i], ret, err);
	return result;
}

int my_programs_find(const char *bin_dir, struct my_programs *ret, struct err *err)
{
	int result = bin_dir ? probe_flavours(bin_dir, ret, err) : probe_usual_places(ret, err);

	if (result <= 0)
		return result;
	if (bin_dir)
		return err_set(err, ERR_FAILED,
			"no MariaDB or MySQL server programs in '%s' (mariadbd and "
			"mariadb-install-db, or mysqld)",
			bin_dir);
	return err_set(err, ERR_FAILED,
		"no MariaDB server programs found: install the package 'mariadb-server'");
}

void my_programs_release(struct my_programs *p)
{
	if (!p)
		return;
	free(p->server);
	free(p->install_db);
	free(p->client);
	free(p->dump);
	free(p->backup);
	free(p->binlog);
	free(p->basedir);
	*p = (struct my_programs){0};
}
