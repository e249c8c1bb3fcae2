#include "adapters/postgres/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

void pg_settings_release(struct pg_settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].name);
		free(s->items[i].value);
	}
	free(s->items);
	*s = (struct pg_settings){0};
}

static struct server_setting *find(const struct pg_settings *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcasecmp(s->items[i].name, name) == 0)
			return &s->items[i];
	return NULL;
}

void pg_settings_set(struct pg_settings *s, const char *name, const char *value)
{
	struct server_setting *item = find(s, name);

	if (!item) {
		item = MEM_PUSH(s->items, s->n, s->cap);
		item->name = mem_strdup(name);
	}
	free(item->value);
	item->value = mem_strdup(value);
}

const char *pg_settings_get(const struct pg_settings *s, const char *name)
{
	const struct server_setting *item = find(s, name);

	return item ? item->value : NULL;
}

void pg_settings_add_all(struct pg_settings *s, const struct server_setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pg_settings_set(s, settings[i].name, settings[i].value);
}

int pg_settings_check(const struct server_setting *settings, size_t n, struct err *err)
{
	static const struct {
		const char *name, *why;
	} reserved[] = {
		{"listen_addresses", "the server is reached through its own Unix socket only"},
		{"port", "the server is reached through its own Unix socket only"},
		{"unix_socket_directories",
			"the server is reached through its own Unix socket only"},
		{"unix_socket_permissions", "the socket is closed to others"},
		{"unix_socket_group", "the socket is closed to others"},
		{"data_directory", "the run has a directory of its own"},
		{"config_file", "the run has a directory of its own"},
		{"hba_file", "the run has a directory of its own"},
		{"ident_file", "the run has a directory of its own"},
		{"external_pid_file", "the run has a directory of its own"},
		{"log_directory", "lock waits are read from the log"},
		{"log_filename", "lock waits are read from the log"},
		{"log_destination", "lock waits are read from the log"},
		{"logging_collector", "lock waits are read from the log"},
		{"archive_mode", "a rehearsal archives nothing"},
		{"archive_command", "a rehearsal archives nothing"},
		{"archive_library", "a rehearsal archives nothing"},
		{"restore_command", "the replica reads no archive"},
		{"primary_conninfo", "the harness sets up the replication"},
		{"primary_slot_name", "the harness sets up the replication"},
		{"synchronous_standby_names",
			"nothing follows the replica: every commit would hang"},
		{"max_logical_replication_workers", "subscriptions stay off"},
	};

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(reserved) / sizeof(reserved[0]); k++)
			if (strcasecmp(settings[i].name, reserved[k].name) == 0)
				return err_set(err, ERR_USAGE, "setting '%s' cannot be given: %s",
					settings[i].name, reserved[k].why);
	return 0;
}

bool pg_programs_have_library(const struct pg_programs *programs, const char *library)
{
	static const char *const places[] = {"../lib", "../lib/postgresql", "../lib64/pgsql",
		"../lib/pgsql", "../lib64/postgresql"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CLEANUP(cleanup_free)
		char *path = mem_printf("%s/%s/%s.so", programs->dir, places[i], library);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

void pg_settings_standard(struct pg_settings *s, const struct pg_programs *programs)
{
	static const struct server_setting always[] = {
		{(char *)"wal_level", (char *)"replica"},
		{(char *)"hot_standby", (char *)"on"},
		{(char *)"max_connections", (char *)"300"},
		{(char *)"shared_buffers", (char *)"256MB"},
		{(char *)"max_wal_size", (char *)"4GB"},
		{(char *)"checkpoint_timeout", (char *)"30min"},
		{(char *)"autovacuum", (char *)"on"},
		/* For the observer, which raises the second when the baseline asks for it. */
		{(char *)"log_lock_waits", (char *)"on"},
		{(char *)"deadlock_timeout", (char *)"10ms"},
		/* A connection is closed and opened often; its log line would drown the waits. */
		{(char *)"log_connections", (char *)"off"},
		{(char *)"log_disconnections", (char *)"off"},
		{(char *)"log_checkpoints", (char *)"off"},
	};

	pg_settings_add_all(s, always, sizeof(always) / sizeof(always[0]));
	if (programs->version >= 140000)
		pg_settings_set(s, "compute_query_id", "on");
	if (!pg_programs_have_library(programs, "pg_stat_statements"))
		return;
	pg_settings_set(s, "shared_preload_libraries", "pg_stat_statements");
	pg_settings_set(s, "pg_stat_statements.track", "all");
	pg_settings_set(s, "pg_stat_statements.track_utility", "on");
}

void pg_settings_loading(struct pg_settings *s)
{
	static const struct server_setting loading[] = {
		{(char *)"fsync", (char *)"off"},
		{(char *)"full_page_writes", (char *)"off"},
		{(char *)"synchronous_commit", (char *)"off"},
		{(char *)"wal_level", (char *)"minimal"},
		{(char *)"max_wal_senders", (char *)"0"},
		{(char *)"max_wal_size", (char *)"8GB"},
		{(char *)"min_wal_size", (char *)"32MB"},
		/* The copy should carry no spent log segments along. */
		{(char *)"wal_recycle", (char *)"off"},
		{(char *)"checkpoint_timeout", (char *)"1h"},
		{(char *)"autovacuum", (char *)"off"},
		{(char *)"shared_buffers", (char *)"512MB"},
		{(char *)"maintenance_work_mem", (char *)"512MB"},
		{(char *)"work_mem", (char *)"128MB"},
		{(char *)"jit", (char *)"off"},
	};

	pg_settings_add_all(s, loading, sizeof(loading) / sizeof(loading[0]));
}

void pg_settings_isolate(struct pg_settings *s, const struct pg_programs *programs)
{
	pg_settings_set(s, "archive_mode", "off");
	pg_settings_set(s, "archive_command", "");
	if (programs->version >= 150000)
		pg_settings_set(s, "archive_library", "");
	pg_settings_set(s, "restore_command", "");
	pg_settings_set(s, "synchronous_standby_names", "");
	/* The launcher starts a worker for every enabled subscription as soon as recovery ends. */
	pg_settings_set(s, "max_logical_replication_workers", "0");
	pg_settings_set(s, "cron.launch_active_jobs", "off");
}
