#include "adapters/mysql/carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/control.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Global variables that are options of the same name, or of `option`. One that ends with `%` stands
 * for all that begin so. */
static const struct {
	const char *variable, *option;
} carried[] = {
	/* What statements mean, and which are errors. */
	{"sql_mode", NULL},
	{"old_mode", NULL},
	{"character_set_server", NULL},
	{"collation_server", NULL},
	{"default_collation_for_utf8mb4", NULL},
	{"character_set_collations", NULL},
	{"lower_case_table_names", NULL},
	{"default_storage_engine", NULL},
	{"explicit_defaults_for_timestamp", NULL},
	{"tx_isolation", "transaction_isolation"},
	{"transaction_isolation", NULL},
	{"autocommit", NULL},
	{"auto_increment_increment", NULL},
	{"auto_increment_offset", NULL},
	{"ft_%", NULL},
	{"group_concat_max_len", NULL},
	{"max_allowed_packet", NULL},
	{"max_sp_recursion_depth", NULL},
	{"log_bin_trust_function_creators", NULL},
	{"system_versioning_alter_history", NULL},
	/* How a schema change runs. */
	{"alter_algorithm", NULL},
	{"innodb_strict_mode", NULL},
	{"innodb_default_row_format", NULL},
	{"innodb_file_per_table", NULL},
	{"innodb_online_alter_log_max_size", NULL},
	{"innodb_sort_buffer_size", NULL},
	{"innodb_autoinc_lock_mode", NULL},
	{"innodb_alter_copy_bulk", NULL},
	{"innodb_instant_alter_column_allowed", NULL},
	{"innodb_ddl_%", NULL},
	{"innodb_parallel_read_threads", NULL},
	{"sql_require_primary_key", NULL},
	{"sql_generate_invisible_primary_key", NULL},
	{"restrict_fk_on_non_standard_key", NULL},
	{"gtid_mode", NULL},
	{"enforce_gtid_consistency", NULL},
	{"myisam_sort_buffer_size", NULL},
	{"myisam_repair_threads", NULL},
	/* Waits and limits. */
	{"lock_wait_timeout", NULL},
	{"innodb_lock_wait_timeout", NULL},
	{"innodb_rollback_on_timeout", NULL},
	{"innodb_deadlock_detect", NULL},
	{"max_statement_time", NULL},
	{"max_execution_time", NULL},
	{"metadata_locks_%", NULL},
	{"low_priority_updates", NULL},
	{"concurrent_insert", NULL},
	{"delay_key_write", NULL},
	{"max_write_lock_count", NULL},
	{"foreign_key_checks", NULL},
	{"unique_checks", NULL},
	/* Plans and memory. */
	{"optimizer_%", NULL},
	{"use_stat_tables", NULL},
	{"histogram_%", NULL},
	{"eq_range_index_dive_limit", NULL},
	{"join_buffer_size", NULL},
	{"join_cache_level", NULL},
	{"sort_buffer_size", NULL},
	{"read_buffer_size", NULL},
	{"read_rnd_buffer_size", NULL},
	{"tmp_table_size", NULL},
	{"max_heap_table_size", NULL},
	{"key_buffer_size", NULL},
	{"table_open_cache", NULL},
	{"table_definition_cache", NULL},
	{"query_cache_%", NULL},
	{"innodb_buffer_pool_size", NULL},
	{"innodb_stats_%", NULL},
	{"innodb_flush_log_at_trx_commit", NULL},
	{"innodb_flush_method", NULL},
	{"innodb_log_file_size", NULL},
	{"innodb_redo_log_capacity", NULL},
	{"innodb_log_buffer_size", NULL},
	{"innodb_io_capacity%", NULL},
	{"innodb_adaptive_hash_index", NULL},
	{"innodb_change_buffering", NULL},
	{"innodb_doublewrite", NULL},
	{"sync_binlog", NULL},
	{"binlog_row_image", NULL},
	{"binlog_format", NULL},
	{"thread_cache_size", NULL},
	{"max_connections", NULL},
	/* The layout of the files that are copied. */
	{"innodb_page_size", NULL},
	{"innodb_data_file_path", NULL},
	{"innodb_undo_tablespaces", NULL},
	{"innodb_checksum_algorithm", NULL},
};

/* The option of a variable, or NULL. */
static const char *option_of(const char *variable)
{
	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
		size_t len = strlen(carried[i].variable);
		bool family = carried[i].variable[len - 1] == '%';

		if (strncmp(variable, carried[i].variable, family ? len - 1 : len + 1) == 0)
			return carried[i].option ? carried[i].option : variable;
	}
	return NULL;
}

static void cap_buffer_pool(struct my_settings *s, struct replica_info *info)
{
	const char *text = my_settings_get(s, "innodb_buffer_pool_size");
	uint64_t bytes = text ? strtoull(text, NULL, 10) : 0;
	uint64_t most = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 4;
	char value[32];

	if (bytes <= most)
		return;
	snprintf(value, sizeof(value), "%llu", (unsigned long long)most);
	my_settings_set(s, "innodb_buffer_pool_size", value);
	replica_note(info, "buffer-pool-capped", false,
		"innodb_buffer_pool_size is %llu MB here, a quarter of this machine's memory, and "
		"%llu MB on the source",
		(unsigned long long)(most >> 20), (unsigned long long)(bytes >> 20));
}

/* "SYSTEM" would mean this machine's zone; the names of zones stand in tables that a dump leaves
 * out. */
static int carry_time_zone(
	struct db_conn *source, bool has_zones, struct my_settings *s, struct err *err)
{
	unsigned rows = 0;

	if (my_control_rows(source,
		    "SELECT @@GLOBAL.time_zone, TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), "
		    "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@GLOBAL.time_zone))",
		    &rows, err))
		return -1;
	if (has_zones && strcmp(my_control_value(source, 0, 0), "SYSTEM") != 0) {
		my_settings_set(s, "default-time-zone", my_control_value(source, 0, 0));
	} else {
		long minutes = strtol(my_control_value(source, 0, 1), NULL, 10);
		char text[48];

		snprintf(text, sizeof(text), "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
			labs(minutes) / 60, labs(minutes) % 60);
		my_settings_set(s, "default-time-zone", text);
	}
	return 0;
}

int my_carry(struct db_conn *source, bool has_zones, struct my_settings *s,
	struct replica_info *info, struct err *err)
{
	CLEANUP(cleanup_free) char *log_bin = NULL;
	unsigned rows = 0;

	if (my_control_rows(source, "SHOW GLOBAL VARIABLES", &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++) {
		const char *option = option_of(my_control_value(source, i, 0));
		CLEANUP(cleanup_free) char *name = NULL;

		if (!option)
			continue;
		/* One that this server does not know must not keep it from starting. */
		name = mem_printf("loose-%s", option);
		my_settings_set(s, name, my_control_value(source, i, 1));
	}
	cap_buffer_pool(s, info);
	if (carry_time_zone(source, has_zones, s, err) ||
		my_control_variable(source, "log_bin", &log_bin, err))
		return -1;
	if (!my_control_on(log_bin)) {
		my_settings_drop(s, "log_bin");
		my_settings_drop(s, "log_slave_updates");
		my_settings_drop(s, "log_replica_updates");
		replica_note(info, "no-binary-log", false,
			"the source writes no binary log, so the clone writes none");
	}
	return 0;
}

int my_carry_note_plugins(
	struct db_conn *source, struct db_conn *clone, struct replica_info *info, struct err *err)
{
	CLEANUP(cleanup_free) char *theirs = NULL;
	CLEANUP(cleanup_free) char *ours = NULL;
	CLEANUP(cleanup_str) struct str missing = {0};
	CLEANUP(cleanup_free) char *around = NULL;
	char *save = NULL;

	if (my_control_list(source, sql_mysql_plugins, &theirs, err) ||
		my_control_list(clone, sql_mysql_plugins, &ours, err))
		return -1;
	around = mem_printf(", %s,", ours);
	for (char *one = strtok_r(theirs, ", ", &save); one; one = strtok_r(NULL, ", ", &save)) {
		CLEANUP(cleanup_free) char *word = mem_printf(" %s,", one);

		if (!strstr(around, word))
			str_addf(&missing, "%s%s", missing.len ? ", " : "", one);
	}
	if (missing.len)
		replica_note(info, "plugins-left-out", true,
			"the source has plugins loaded that the clone has not: %s; where tables or "
			"accounts need them, give them in replica.settings (plugin_load_add)",
			str_text(&missing));
	return 0;
}
