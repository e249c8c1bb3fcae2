#include "adapters/mysql/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"

void my_settings_release(struct my_settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].name);
		free(s->items[i].value);
	}
	free(s->items);
	*s = (struct my_settings){0};
}

static const char *without_loose(const char *name)
{
	return strncmp(name, "loose", 5) == 0 && (name[5] == '-' || name[5] == '_') ? name + 6
										    : name;
}

/* The server takes `-` and `_` for the same. `n`: so many characters; SIZE_MAX: all. */
static bool same_name(const char *a, const char *b, size_t n)
{
	a = without_loose(a);
	b = without_loose(b);
	for (size_t i = 0; i < n; i++) {
		char x = a[i] == '-' ? '_' : (char)tolower((unsigned char)a[i]);
		char y = b[i] == '-' ? '_' : (char)tolower((unsigned char)b[i]);

		if (x != y)
			return false;
		if (!x)
			break;
	}
	return true;
}

static struct server_setting *find(const struct my_settings *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (same_name(s->items[i].name, name, SIZE_MAX))
			return &s->items[i];
	return NULL;
}

void my_settings_set(struct my_settings *s, const char *name, const char *value)
{
	struct server_setting *item = find(s, name);

	if (!item) {
		item = MEM_PUSH(s->items, s->n, s->cap);
		item->name = mem_strdup(name);
	}
	free(item->value);
	item->value = mem_strdup(value);
}

void my_settings_drop(struct my_settings *s, const char *name)
{
	struct server_setting *item = find(s, name);

	if (!item)
		return;
	free(item->name);
	free(item->value);
	*item = s->items[--s->n];
}

const char *my_settings_get(const struct my_settings *s, const char *name)
{
	const struct server_setting *item = find(s, name);

	return item ? item->value : NULL;
}

void my_settings_add_all(struct my_settings *s, const struct server_setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		my_settings_set(s, settings[i].name, settings[i].value);
}

/* A name that ends with `*` stands for all that begin so. */
static const struct {
	const char *name, *why;
} reserved[] = {
	{"skip_networking", "the server is reached through its own Unix socket only"},
	{"bind_address", "the server is reached through its own Unix socket only"},
	{"port", "the server is reached through its own Unix socket only"},
	{"extra_port", "the server is reached through its own Unix socket only"},
	{"socket", "the server is reached through its own Unix socket only"},
	{"datadir", "the run has a directory of its own"},
	{"tmpdir", "the run has a directory of its own"},
	{"basedir", "the run has a directory of its own"},
	{"pid_file", "the run has a directory of its own"},
	{"log_error", "the run has a directory of its own"},
	{"innodb_data_home_dir", "the run has a directory of its own"},
	{"innodb_log_group_home_dir", "the run has a directory of its own"},
	{"innodb_undo_directory", "the run has a directory of its own"},
	{"aria_log_dir_path", "the run has a directory of its own"},
	{"init_file", "the harness logs in as it sets it up"},
	{"user", "the server runs as its unprivileged user"},
	{"skip_grant_tables", "statements on rights would fail"},
	{"event_scheduler", "events stay off"},
	{"server_id", "the harness sets up the replication"},
	{"log_bin", "the harness sets up the replication"},
	{"skip_log_bin", "the harness sets up the replication"},
	{"log_replica_updates", "the harness sets up the replication"},
	{"log_slave_updates", "the harness sets up the replication"},
	{"read_only", "the harness sets up the replication"},
	{"super_read_only", "the harness sets up the replication"},
	{"skip_slave_start", "the harness sets up the replication"},
	{"skip_replica_start", "the harness sets up the replication"},
	{"gtid_*", "the harness sets up the replication"},
	{"enforce_gtid_consistency", "the harness sets up the replication"},
	{"replicate_*", "the harness sets up the replication"},
	{"report_*", "the harness sets up the replication"},
	{"rpl_semi_sync_*", "nothing follows the replica: every commit would wait"},
	{"wsrep_*", "a replica belongs to no cluster"},
	{"performance_schema*", "lock waits are read from it"},
};

int my_settings_check(const struct server_setting *settings, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof(reserved) / sizeof(reserved[0]); k++) {
			const char *star = strchr(reserved[k].name, '*');
			size_t len = star ? (size_t)(star - reserved[k].name) : SIZE_MAX;

			if (same_name(settings[i].name, reserved[k].name, len))
				return err_set(err, ERR_USAGE, "setting '%s' cannot be given: %s",
					settings[i].name, reserved[k].why);
		}
	}
	return 0;
}

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

void my_settings_standard(struct my_settings *s)
{
	static const struct server_setting always[] = {
		SETTING("max_connections", "300"),
		SETTING("innodb_buffer_pool_size", "256M"),
		/* By each server's own name: the other's is unknown to it. */
		SETTING("loose-innodb_log_file_size", "256M"),
		SETTING("loose-innodb_redo_log_capacity", "256M"),
		SETTING("key_buffer_size", "128M"),
		SETTING("log_bin", "binlog"),
		SETTING("binlog_format", "ROW"),
		/* MySQL's; a MariaDB server has them on without a word. */
		SETTING("loose-gtid_mode", "ON"),
		SETTING("loose-enforce_gtid_consistency", "ON"),
		/* The replica writes the same log as the server that it stands for. */
		SETTING("loose-log_slave_updates", "ON"),
		SETTING("loose-log_replica_updates", "ON"),
		SETTING("sync_binlog", "0"),
		SETTING("innodb_flush_log_at_trx_commit", "1"),
	};

	my_settings_add_all(s, always, sizeof(always) / sizeof(always[0]));
}

void my_settings_loading(struct my_settings *s)
{
	static const struct server_setting loading[] = {
		SETTING("innodb_flush_log_at_trx_commit", "0"),
		SETTING("innodb_doublewrite", "OFF"),
		SETTING("innodb_buffer_pool_size", "512M"),
		SETTING("loose-innodb_log_file_size", "512M"),
		SETTING("loose-innodb_redo_log_capacity", "512M"),
		SETTING("innodb_buffer_pool_dump_at_shutdown", "OFF"),
		SETTING("key_buffer_size", "256M"),
		SETTING("myisam_sort_buffer_size", "256M"),
		SETTING("bulk_insert_buffer_size", "64M"),
		SETTING("tmp_table_size", "256M"),
		SETTING("max_heap_table_size", "256M"),
		SETTING("performance_schema", "OFF"),
	};

	my_settings_add_all(s, loading, sizeof(loading) / sizeof(loading[0]));
}

void my_settings_isolate(struct my_settings *s, const struct my_flavour *flavour)
{
	my_settings_set(s, "skip-networking", "ON");
	my_settings_set(s, "event_scheduler", "OFF");
	my_settings_set(s, flavour->words->skip_start, "ON");
	if (flavour->mariadb)
		my_settings_set(s, "loose-wsrep_on", "OFF");
	my_settings_set(s, "loose-rpl_semi_sync_master_enabled", "OFF");
	my_settings_set(s, "loose-rpl_semi_sync_slave_enabled", "OFF");
	my_settings_set(s, "loose-rpl_semi_sync_source_enabled", "OFF");
	my_settings_set(s, "loose-rpl_semi_sync_replica_enabled", "OFF");
}
