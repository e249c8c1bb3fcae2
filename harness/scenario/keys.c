#include "harness/scenario/keys.h"

#include "harness/scenario/scenario.h"

#define AT(member) offsetof(struct scenario, member)
#define IN_SCRIPT(member) offsetof(struct scenario_script, member)
#define IN_DISTURBANCE(member) offsetof(struct scenario_disturbance, member)

#define MS 1e3
#define SECOND 1e6
#define WEEK (168 * 3600e6)
/* A server's time-out: whole milliseconds there, so that less would be rounded to "off". */
#define TIMEOUT .low = MS, .high = 24 * 3600e6, .zero = true
#define ANY_TIME .high = WEEK

static const char *const provider_words[] = {"embedded", "clone", "promote", NULL};
static const char *const return_words[] = {"false", "true", "copy", NULL};
static const char *const mode_words[] = {"open", "closed", NULL};
static const char *const arrival_words[] = {"poisson", "uniform", NULL};
static const char *const source_words[] = {
	"auto", "log-file", "log-sql", "sampling", "performance-schema", "processlist", NULL};

/* In the order of the enums. */
const char *const key_words_transaction[] = {"statement", "file", "all", NULL};
const char *const key_words_kind[] = {
	"idle_in_transaction", "long_snapshot", "dump", "second_migrator", NULL};
const char *const key_words_verdict[] = {"approve", "reject", "inconclusive", NULL};

const struct key key_table[] = {
	{"name", KEY_TEXT, AT(name),
		.help = "Name in reports. Without it: the name of the directory."},
	{"description", KEY_TEXT, AT(description), .help = "What the scenario shows, for people."},
	{"engine", KEY_TEXT, AT(engine), "postgres", .help = "The database engine."},

	{"replica.provider", KEY_CHOICE, AT(replica.provider), "embedded", provider_words,
		.help = "How the replica comes to be. Without it, a given `replica.source` means "
			"`clone`."},
	{"replica.source", KEY_DSN, AT(replica.source),
		.help = "What `clone` copies; with `promote`, the primary that the standby belongs "
			"to."},
	{"replica.standby", KEY_DSN, AT(replica.standby),
		.help = "The standby that `promote` takes and its owner gives up."},
	{"replica.database", KEY_TEXT, AT(replica.database),
		.help = "Database to migrate. Without it: the DSN's or the fixture's."},
	{"replica.disposable", KEY_BOOL, AT(replica.disposable), "false",
		.help = "`promote` only: says that the standby may be used up. The server must say "
			"so "
			"too, as `rehearse doctor` explains."},
	{"replica.return", KEY_ENUM, AT(replica.give_back), "false", return_words,
		.help = "`promote` only, on the machine of the standby: its files are copied "
			"before the promotion and put back afterwards, so that it follows its "
			"primary again. `true` wants a file system with reflinks (XFS, Btrfs), "
			"`copy` makes a full copy."},
	{"replica.stop", KEY_TEXT, AT(replica.stop),
		.help = "With `return`: the command that stops the standby's server in order, say "
			"`systemctl stop mariadb`. Words as in a shell, but without one; no "
			"password."},
	{"replica.start", KEY_TEXT, AT(replica.start),
		.help = "With `return`: the command that starts it again and returns."},
	{"replica.catch_up", KEY_DURATION, AT(replica.catch_up_us), "60s", ANY_TIME,
		.help = "Longest wait for the replica to catch up with its source."},
	{"replica.fixture", KEY_FIXTURE, AT(replica.fixture),
		.help = "`embedded` only: a name, looked for as `fixtures/NAME/ENGINE` in the "
			"folders "
			"above the file and beside the installed program, or a path with a slash. "
			"Without it: an empty database."},
	{"replica.scale", KEY_REAL, AT(replica.scale), "1", .low = 1e-6, .high = 1e6,
		.help = "Size of the fixture; 1 is its usual size."},
	{"replica.bin_dir", KEY_PATH, AT(replica.bin_dir),
		.help = "Folder of the server's programs. Without it they are looked for."},
	{"replica.settings", KEY_MAP, AT(replica.settings),
		.help = "Server settings for servers that the provider starts: "
			"`shared_buffers: 256MB`."},

	{"migration.files", KEY_PATHS, AT(migration.files),
		.help = "SQL files in order, or a folder of migrations."},
	{"migration.command", KEY_TEXT, AT(migration.command),
		.help = "In place of files: a shell command that migrates, as `bin/rails "
			"db:migrate`. On PostgreSQL not with `promote`."},
	{"migration.working_dir", KEY_PATH, AT(migration.working_dir),
		.help = "Where the command runs. Without it: the current directory."},
	{"migration.format", KEY_CHOICE, AT(migration.format), NULL, format_words,
		.help = "Which tool's files these are. Without it they are recognised."},
	{"migration.from", KEY_TEXT, AT(migration.from),
		.help = "The first version to run; those before it are taken as applied."},
	{"migration.to", KEY_TEXT, AT(migration.to), .help = "The last version to run."},
	{"migration.placeholders", KEY_MAP, AT(migration.placeholders),
		.help = "Values for Flyway's `${name}` and goose's variables: `schema: app`."},
	{"migration.transaction", KEY_ENUM, AT(migration.transaction), "statement",
		key_words_transaction,
		.help = "How your runner wraps it: each statement by itself, each file, or all "
			"files in one transaction. For plain SQL: files of a tool run as that tool "
			"runs them."},
	{"migration.lock_timeout", KEY_DURATION, AT(migration.lock_timeout_us), "2s", TIMEOUT,
		.help = "Longest wait of the migration for a lock; `0` is off."},
	{"migration.statement_timeout", KEY_DURATION, AT(migration.statement_timeout_us), "30s",
		TIMEOUT, .help = "Longest run of one statement; `0` is off."},
	{"migration.uncut_lock_timeout", KEY_DURATION, AT(migration.uncut_lock_timeout_us), "0",
		TIMEOUT,
		.help = "The same as `lock_timeout` for statements that should not be cut "
			"(`CONCURRENTLY`, `VALIDATE CONSTRAINT`); `0` is off."},
	{"migration.uncut_statement_timeout", KEY_DURATION,
		AT(migration.uncut_statement_timeout_us), "0", TIMEOUT,
		.help = "The same as `statement_timeout` for those, and for statements whose work "
			"must not be cut (`OPTIMIZE TABLE`, `REPAIR TABLE`, `ENABLE KEYS`: it "
			"would leave a MyISAM table crashed); `0` is off."},
	{"migration.attempts", KEY_UNSIGNED, AT(migration.attempts), "5", .low = 1, .high = 1000,
		.help = "Attempts in all when a lock is not granted in time."},
	{"migration.backoff", KEY_DURATION, AT(migration.backoff_us), "500ms", ANY_TIME,
		.help = "Pause before the second attempt; it doubles each time, with jitter."},
	{"migration.backoff_max", KEY_DURATION, AT(migration.backoff_max_us), "10s", ANY_TIME,
		.help = "Longest such pause."},
	{"migration.limit", KEY_DURATION, AT(migration.limit_us), "30m", .low = MS, .high = WEEK,
		.help = "Longest run of the whole migration. Then it is cut, and the verdict is "
			"reject."},

	{"workload.scripts[].file", KEY_PATH, IN_SCRIPT(file),
		.help = "A transaction in pgbench's script language. Required."},
	{"workload.scripts[].name", KEY_TEXT, IN_SCRIPT(name),
		.help = "Name in reports, of letters, digits and `_.-`. Without it: the file's "
			"name "
			"without `.sql`."},
	{"workload.scripts[].weight", KEY_UNSIGNED, IN_SCRIPT(weight), "1", .low = 1, .high = 1e6,
		.help = "Its share of the transactions, against the others' weights."},
	{"workload.scripts[].read_only", KEY_BOOL, IN_SCRIPT(read_only), "false",
		.help = "Runs it in a read-only transaction."},
	{"workload.scripts[].statement_timeout", KEY_DURATION, IN_SCRIPT(statement_timeout_us), "0",
		TIMEOUT, .help = "Longest run of one of its statements; `0` takes the workload's."},
	{"workload.mode", KEY_ENUM, AT(workload.mode), "open", mode_words,
		.help = "`open`: transactions arrive at `rate`, come what may. `closed`: each "
			"connection sends the next when the last is done."},
	{"workload.rate", KEY_RATE, AT(workload.rate), "200/s", .low = 1.0 / 3600, .high = 1e6,
		.help = "Arriving transactions, `open` mode only."},
	{"workload.arrivals", KEY_ENUM, AT(workload.arrivals), "poisson", arrival_words,
		.help = "At random times, or evenly spaced."},
	{"workload.connections", KEY_UNSIGNED, AT(workload.connections), "20", .low = 1,
		.high = 10000, .help = "Size of the connection pool."},
	{"workload.acquire_timeout", KEY_DURATION, AT(workload.acquire_timeout_us), "1s", .low = MS,
		.high = WEEK,
		.help = "Longest wait for a connection of the pool; then the transaction counts as "
			"a "
			"pool time-out."},
	{"workload.workers", KEY_UNSIGNED, AT(workload.workers), "0", .high = 1024,
		.help = "Threads; `0` is the number of cores less one, at least one."},
	{"workload.seed", KEY_COUNT, AT(workload.seed), "1", .high = 9e15,
		.help = "Arrivals and parameters follow from it: the same seed, the same traffic."},
	{"workload.statement_timeout", KEY_DURATION, AT(workload.statement_timeout_us), "0",
		TIMEOUT,
		.help = "Longest run of one statement of the workload; `0` is off. On MySQL it "
			"ends SELECT alone."},
	{"workload.sample_size", KEY_UNSIGNED, AT(workload.sample_size), "1000", .low = 1,
		.high = 1e6, .help = "Values that one `\\sample` draws at the start."},
	{"workload.variables", KEY_MAP, AT(workload.variables),
		.help = "Variables for the scripts, as `-D` of pgbench: `customers: 5000`."},

	{"phases.warm_up", KEY_DURATION, AT(phases.warm_up_us), "3s", ANY_TIME,
		.help = "Traffic before anything is measured."},
	{"phases.baseline", KEY_DURATION, AT(phases.baseline_us), "10s", .low = 100 * MS,
		.high = WEEK, .help = "Traffic alone: what the migration is compared with."},
	{"phases.recovery", KEY_DURATION, AT(phases.recovery_us), "5s", ANY_TIME,
		.help = "Traffic after the migration."},
	{"phases.migration_min", KEY_DURATION, AT(phases.migration_min_us), "2s", ANY_TIME,
		.help = "The migration phase lasts at least so long."},

	{"disturbances[].kind", KEY_ENUM, IN_DISTURBANCE(kind), NULL, key_words_kind,
		.help = "`idle_in_transaction`: has read `table` and does nothing. "
			"`long_snapshot`: an "
			"old snapshot. `dump`: reads all tables, as a dump does. "
			"`second_migrator`: runs "
			"`sql` and holds its transaction. Required."},
	{"disturbances[].name", KEY_TEXT, IN_DISTURBANCE(name),
		.help = "Name in reports. Without it: the kind and its number."},
	{"disturbances[].table", KEY_TEXT, IN_DISTURBANCE(table),
		.help = "Required for `idle_in_transaction`, and for it only."},
	{"disturbances[].sql", KEY_TEXT, IN_DISTURBANCE(sql),
		.help = "Required for `second_migrator`, and for it only."},
	{"disturbances[].start", KEY_DURATION, IN_DISTURBANCE(start_us), "0", ANY_TIME,
		.help = "Counted from the start of the migration phase; `0` is before the first "
			"statement."},
	{"disturbances[].duration", KEY_DURATION, IN_DISTURBANCE(duration_us), NULL, .low = MS,
		.high = WEEK, .help = "How long it lasts. Required."},

	{"observe.min_wait", KEY_DURATION, AT(observe.min_wait_us), "10ms", .low = MS,
		.high = 60 * SECOND,
		.help = "The shortest lock wait that is looked for. Less costs the server more."},
	{"observe.source", KEY_CHOICE, AT(observe.source), "auto", source_words,
		.help = "Where lock waits are read from. PostgreSQL: the server's log on disk, its "
			"log "
			"through SQL, or samples; MariaDB and MySQL: performance_schema, or "
			"samples of "
			"the process list. `auto` takes the best that is there."},

	{"verdict.max_lock_wait", KEY_DURATION, AT(verdict.max_lock_wait_us), "500ms", ANY_TIME,
		.help = "Longest wait of a transaction behind the migration; `0` is off."},
	{"verdict.p99_ratio", KEY_REAL, AT(verdict.p99_ratio), "5", .low = 1, .high = 1e6,
		.zero = true,
		.help = "Highest 99th percentile of latency during the migration, as a multiple of "
			"the "
			"baseline's; `0` is off."},
	{"verdict.p99_floor", KEY_DURATION, AT(verdict.p99_floor_us), "50ms", ANY_TIME,
		.help = "A 99th percentile below this is never a finding."},
	{"verdict.allow_new_errors", KEY_BOOL, AT(verdict.allow_new_errors), "false",
		.help = "Accepts classes of errors that the baseline did not have."},
	{"verdict.allow_invalid_index", KEY_BOOL, AT(verdict.allow_invalid_index), "false",
		.help = "Accepts an INVALID index left behind."},
	{"verdict.allow_unvalidated_constraint", KEY_BOOL, AT(verdict.allow_unvalidated_constraint),
		"false", .help = "Accepts a constraint left NOT VALID."},
	{"verdict.allow_rewrite", KEY_BOOL, AT(verdict.allow_rewrite), "false",
		.help = "Accepts that a table was rewritten."},
	{"verdict.max_pool_timeouts", KEY_COUNT, AT(verdict.max_pool_timeouts), "0", .high = 9e15,
		.help = "Pool time-outs that are accepted during migration and recovery."},
	{"verdict.allow_unexercised", KEY_BOOL, AT(verdict.allow_unexercised), "false",
		.help = "Accepts a long blocking lock that no transaction of the workload met."},

	{"expect.verdict", KEY_ENUM, AT(expect), NULL, key_words_verdict, .given = AT(expect_given),
		.help = "The verdict that the scenario should end with, for `make scenarios`."},
	{"expect.findings", KEY_TEXTS, AT(expect_findings),
		.help = "Ids that must be among the findings."},

	{"small", KEY_SMALL, 0,
		.help = "Dotted keys with the values that they have in the small variant, "
			"which `make check` runs: `workload.rate: 50/s`."},
};
const size_t key_count = sizeof(key_table) / sizeof(key_table[0]);

#define LIST(name, items, n)                                                   \
	{                                                                      \
		name, AT(items), AT(n), sizeof(*((struct scenario *)0)->items) \
	}
const struct key_list key_lists[] = {
	LIST("replica.settings", replica.settings, replica.n_settings),
	LIST("migration.files", migration.files, migration.n_files),
	LIST("migration.placeholders", migration.placeholders, migration.n_placeholders),
	LIST("workload.scripts", workload.scripts, workload.n_scripts),
	LIST("workload.variables", workload.variables, workload.n_variables),
	LIST("disturbances", disturbances, n_disturbances),
	LIST("expect.findings", expect_findings, n_expect_findings),
};
const size_t key_list_count = sizeof(key_lists) / sizeof(key_lists[0]);

/* Both kinds of maps are stored by the same code. */
_Static_assert(offsetof(struct server_setting, name) == offsetof(struct scenario_variable, name) &&
		offsetof(struct server_setting, value) == offsetof(struct scenario_variable, value),
	"maps have the same layout");

size_t scenario_keys(const char *const **ret)
{
	static const char *names[sizeof(key_table) / sizeof(key_table[0])];

	for (size_t i = 0; i < key_count; i++)
		names[i] = key_table[i].name;
	*ret = names;
	return key_count;
}
