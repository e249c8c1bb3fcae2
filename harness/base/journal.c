#include "harness/base/journal.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

struct journal {
	char *file;
	struct journal_entry *entries;
	size_t n, cap;
};

static const char *const kind_names[] = {[JOURNAL_DIR] = "directory",
	[JOURNAL_PROCESS] = "process",
	[JOURNAL_SETTING] = "setting",
	[JOURNAL_GOLDEN] = "golden"};

static void release_entry(struct journal_entry *e)
{
	free(e->what);
	free(e->where);
	free(e->engine);
	free(e->value);
	free(e->before);
}

static void free_entries(struct journal_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		release_entry(&entries[i]);
	free(entries);
}

static int save(const struct journal *j, struct err *err)
{
	json_t *list = json_array();
	json_t *root = json_pack("{s:i, s:I, s:o}", "pid", (int)getpid(), "ticks",
		(json_int_t)proc_start_ticks(getpid()), "entries", list);
	char *text;
	int result;

	for (size_t i = 0; i < j->n; i++) {
		const struct journal_entry *e = &j->entries[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:i, s:I}", "kind",
				kind_names[e->kind], "what", e->what, "where", e->where, "engine",
				e->engine, "value", e->value, "before", e->before, "pid",
				(int)e->pid, "ticks", (json_int_t)e->ticks));
	}
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	result = fs_write(j->file, text, strlen(text), 0600, err);
	free(text);
	return result;
}

int journal_open(struct journal **ret, struct err *err)
{
	CLEANUP(cleanup_free) char *state = fs_state_dir();
	CLEANUP(cleanup_free) char *dir = fs_join(state, "runs");
	struct journal *j;

	if (fs_mkdirs(dir, 0700, err))
		return -1;
	j = mem_zalloc(sizeof(*j));
	j->file = mem_printf("%s/%d-%llu.json", dir, (int)getpid(),
		(unsigned long long)proc_start_ticks(getpid()));
	if (save(j, err)) {
		journal_close(j);
		return -1;
	}
	*ret = j;
	return 0;
}

static int add(struct journal *j, struct journal_entry entry, struct err *err)
{
	*MEM_PUSH(j->entries, j->n, j->cap) = entry;
	return save(j, err);
}

int journal_dir(struct journal *j, const char *path, struct err *err)
{
	return add(j, (struct journal_entry){.kind = JOURNAL_DIR, .what = mem_strdup(path)}, err);
}

int journal_process(struct journal *j, pid_t pid, const char *program, struct err *err)
{
	return add(j,
		(struct journal_entry){.kind = JOURNAL_PROCESS,
			.what = mem_strdup(program),
			.pid = pid,
			.ticks = proc_start_ticks(pid)},
		err);
}

int journal_setting(struct journal *j, const struct journal_entry *setting, struct err *err)
{
	return add(j,
		(struct journal_entry){.kind = JOURNAL_SETTING,
			.what = mem_strdup(setting->what),
			.where = mem_strdup(setting->where),
			.engine = mem_strdup(setting->engine),
			.value = mem_strdup(setting->value),
			.before = mem_strdup(setting->before)},
		err);
}

int journal_golden(struct journal *j, const char *data_dir, const char *stop, const char *start,
	struct err *err)
{
	return add(j,
		(struct journal_entry){.kind = JOURNAL_GOLDEN,
			.what = mem_strdup(data_dir),
			.where = mem_printf("%s\n%s", stop, start)},
		err);
}

int journal_drop(struct journal *j, const char *what, pid_t pid, struct err *err)
{
	for (size_t i = 0; i < j->n; i++) {
		struct journal_entry *e = &j->entries[i];

		if (what ? strcmp(e->what, what) != 0 : e->pid != pid)
			continue;
		release_entry(e);
		memmove(e, e + 1, (--j->n - i) * sizeof(*e));
		return save(j, err);
	}
	return 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (!j->n)
		unlink(j->file);
	free_entries(j->entries, j->n);
	free(j->file);
	free(j);
}

static char *copy_string(const json_t *object, const char *key)
{
	return mem_strdup(json_string_value(json_object_get(object, key)));
}

/* 1 when the journal's run is over, 0 when it is alive, -1 when the file is no journal. */
static int load(const char *file, struct journal_leftover *ret)
{
	json_t *root = json_load_file(file, 0, NULL);
	const json_t *list = json_object_get(root, "entries");
	pid_t pid = (pid_t)json_integer_value(json_object_get(root, "pid"));
	uint64_t ticks = (uint64_t)json_integer_value(json_object_get(root, "ticks"));
	size_t cap = 0, i;
	json_t *item;

	if (!json_is_array(list) || proc_start_ticks(pid) == ticks) {
		int result = json_is_array(list) ? 0 : -1;

		json_decref(root);
		return result;
	}
	*ret = (struct journal_leftover){.file = mem_strdup(file)};
	json_array_foreach(list, i, item)
	{
		const char *kind = json_string_value(json_object_get(item, "kind"));
		struct journal_entry e = {.what = copy_string(item, "what"),
			.where = copy_string(item, "where"),
			.engine = copy_string(item, "engine"),
			.value = copy_string(item, "value"),
			.before = copy_string(item, "before"),
			.pid = (pid_t)json_integer_value(json_object_get(item, "pid")),
			.ticks = (uint64_t)json_integer_value(json_object_get(item, "ticks"))};

		while (kind && e.kind <= JOURNAL_GOLDEN && strcmp(kind, kind_names[e.kind]) != 0)
			e.kind++;
		*MEM_PUSH(ret->entries, ret->n, cap) = e;
	}
	json_decref(root);
	return 1;
}

int journal_leftovers(struct journal_leftover **ret, size_t *ret_n, struct err *err)
{
	CLEANUP(cleanup_free) char *state = fs_state_dir();
	CLEANUP(cleanup_free) char *dir = fs_join(state, "runs");
	struct journal_leftover *found = NULL;
	size_t n = 0, cap = 0;
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d && errno != ENOENT)
		return err_set(err, ERR_FAILED, "cannot open '%s': %s", dir, strerror(errno));
	while (d && (entry = readdir(d))) {
		CLEANUP(cleanup_free) char *file = fs_join(dir, entry->d_name);
		struct journal_leftover one;

		if (!strstr(entry->d_name, ".json") || strstr(entry->d_name, ".part"))
			continue;
		if (load(file, &one) == 1)
			*MEM_PUSH(found, n, cap) = one;
	}
	if (d)
		closedir(d);
	*ret = found;
	*ret_n = n;
	return 0;
}

void journal_free_leftovers(struct journal_leftover *leftovers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(leftovers[i].file);
		free_entries(leftovers[i].entries, leftovers[i].n);
	}
	free(leftovers);
}

int journal_forget(const char *file, struct err *err)
{
	if (unlink(file) && errno != ENOENT)
		return err_set(err, ERR_FAILED, "cannot remove '%s': %s", file, strerror(errno));
	return 0;
}
