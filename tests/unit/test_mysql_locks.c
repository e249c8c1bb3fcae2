/* Whose lock is in whose way, the monitor's text, and waits put together from what is seen of them.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_modes.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

/* '-': has to wait. As the servers' own sources say. */
static const char *const names[] = {"SHARED", "SHARED_HIGH_PRIO", "SHARED_READ", "SHARED_WRITE",
	"SHARED_UPGRADABLE", "SHARED_READ_ONLY", "SHARED_NO_WRITE", "SHARED_NO_READ_WRITE",
	"EXCLUSIVE"};
static const struct {
	const char *granted, *pending;
} truth[N(names)] = {
	{"++++++++-", "++++++++-"},
	{"++++++++-", "+++++++++"},
	{"+++++++--", "+++++++--"},
	{"+++++----", "++++++---"},
	{"++++-+---", "++++++++-"},
	{"+++-+++--", "+++-+++--"},
	{"+++--+---", "++++++++-"},
	{"++-------", "++++++++-"},
	{"---------", "+++++++++"},
};

START_TEST(table_metadata_locks_conflict_as_in_the_server)
{
	for (size_t w = 0; w < N(names); w++)
		for (size_t h = 0; h < N(names); h++) {
			ck_assert_msg(my_mode_conflicts("TABLE", names[w], names[h]) ==
					(truth[w].granted[h] == '-'),
				"%s while %s is held", names[w], names[h]);
			ck_assert_msg(my_mode_yields("TABLE", names[w], names[h]) ==
					(truth[w].pending[h] == '-'),
				"%s while %s is asked for", names[w], names[h]);
		}
}
END_TEST

static const struct {
	const char *type, *wanted, *other;
	bool granted, pending;
	const char *comment;
} others[] = {
	{"SCHEMA", "INTENTION_EXCLUSIVE", "INTENTION_EXCLUSIVE", false, false, "two DDLs"},
	{"SCHEMA", "INTENTION_EXCLUSIVE", "EXCLUSIVE", true, true, "DROP DATABASE"},
	{"SCHEMA", "EXCLUSIVE", "INTENTION_EXCLUSIVE", true, false, "DDL under DROP DATABASE"},
	{"GLOBAL", "INTENTION_EXCLUSIVE", "SHARED", true, true, "MySQL's global read lock"},
	{"BACKUP", "BACKUP_TRANS_DML", "BACKUP_FTWRL1", true, true, "write, global read lock"},
	{"BACKUP", "BACKUP_TRANS_DML", "BACKUP_START", false, false, "write, backup begins"},
	{"BACKUP", "BACKUP_DDL", "BACKUP_BLOCK_DDL", true, true, "DDL, backup's end"},
	{"BACKUP", "BACKUP_FTWRL1", "BACKUP_ALTER_COPY", true, false, "read lock, ALTER copies"},
	{"BACKUP", "BACKUP_COMMIT", "BACKUP_FTWRL1", false, false, "commit, first stage"},
	{"BACKUP", "BACKUP_COMMIT", "BACKUP_FTWRL2", true, true, "commit, second stage"},
	{"BACKUP LOCK", "INTENTION_EXCLUSIVE", "SHARED", true, true, "LOCK INSTANCE FOR BACKUP"},
	{"USER LEVEL LOCK", "SHARED_NO_WRITE", "SHARED_NO_WRITE", true, false, "GET_LOCK"},
	{"TABLE", "SHARED_WRITE_LOW_PRIO", "SHARED_READ_ONLY", true, true, "low priority"},
	{"TABLE", "SOMETHING_NEW", "EXCLUSIVE", true, true, "a type that is not known"},
	{"TABLE", "SOMETHING_NEW", "SHARED_WRITE", false, false, "a type that is not known"},
};

START_TEST(other_metadata_locks_conflict_as_in_the_server)
{
	for (size_t i = 0; i < N(others); i++) {
		ck_assert_msg(my_mode_conflicts(others[i].type, others[i].wanted,
				      others[i].other) == others[i].granted,
			"%s", others[i].comment);
		ck_assert_msg(my_mode_yields(others[i].type, others[i].wanted, others[i].other) ==
				others[i].pending,
			"%s, asked for", others[i].comment);
	}
}
END_TEST

START_TEST(granted_modes_tell_whom_they_block)
{
	ck_assert(!my_mode_blocks_writes("SHARED_UPGRADABLE"));
	ck_assert(my_mode_blocks_writes("SHARED_NO_WRITE"));
	ck_assert(!my_mode_blocks_reads("SHARED_NO_WRITE"));
	ck_assert(my_mode_blocks_reads("SHARED_NO_READ_WRITE"));
	ck_assert(my_mode_blocks_reads("EXCLUSIVE"));
	ck_assert(my_mode_blocks_writes("BACKUP_FTWRL2"));
	ck_assert(my_table_lock_conflicts("write normal", "READ"));
	ck_assert(my_table_lock_conflicts("read normal", "WRITE CONCURRENT INSERT"));
	ck_assert(!my_table_lock_conflicts("read normal", "READ"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_locks");
	TCase *tcase = tcase_create("locks");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, table_metadata_locks_conflict_as_in_the_server);
	tcase_add_test(tcase, other_metadata_locks_conflict_as_in_the_server);
	tcase_add_test(tcase, granted_modes_tell_whom_they_block);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
