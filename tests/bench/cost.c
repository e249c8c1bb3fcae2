/* What a process costs, told by the kernel. */
#include "tests/bench/bench.h"

#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* Counts for the children of this process, in user and kernel. -1: not possible here. */
static int count_instructions(void)
{
	struct perf_event_attr what = {.type = PERF_TYPE_HARDWARE,
		.size = sizeof(what),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.inherit = 1,
		.exclude_hv = 1};

	return (int)syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static double counted(int counter)
{
	uint64_t value = 0;

	if (counter < 0)
		return 0;
	if (read(counter, &value, sizeof(value)) != sizeof(value))
		value = 0;
	close(counter);
	return (double)value;
}

static void wait_for(pid_t pid, uint64_t start_us, int counter, struct bench_cost *ret)
{
	struct rusage usage;

	*ret = (struct bench_cost){0};
	while (wait4(pid, &ret->status, 0, &usage) < 0)
		if (errno != EINTR)
			bench_must(-1, &(struct err){.text = "a child is lost"});
	ret->wall_s = (double)(clock_us() - start_us) / 1e6;
	ret->cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	ret->rss_kb = (uint64_t)usage.ru_maxrss;
	ret->instructions = counted(counter);
}

void bench_program(
	const char *const *argv, const char *output, struct bench_cost *ret, struct err *err)
{
	struct proc_spec spec = {.argv = argv, .output = output, .death_signal = SIGKILL};
	uint64_t start_us = clock_us();
	int counter = count_instructions();
	pid_t pid;

	bench_must(proc_start(&spec, &pid, err), err);
	wait_for(pid, start_us, counter, ret);
	if (WIFEXITED(ret->status) && WEXITSTATUS(ret->status) == 0)
		return;
	fprintf(stderr, "bench: '%s' failed, its output is in '%s'\n", argv[0], output);
	exit(EXIT_FAILURE);
}

void bench_fork(bench_work *work, void *ctx, void *ret, size_t size, struct bench_cost *ret_cost)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t start_us = clock_us();
	int counter = count_instructions();
	pid_t pid;

	if (shared == MAP_FAILED)
		bench_must(-1, &(struct err){.text = "no memory to share"});
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		bench_must(-1, &(struct err){.text = "cannot fork"});
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(ctx, shared);
		fflush(NULL);
		_exit(EXIT_SUCCESS);
	}
	wait_for(pid, start_us, counter, ret_cost);
	if (!WIFEXITED(ret_cost->status) || WEXITSTATUS(ret_cost->status))
		bench_must(-1, &(struct err){.text = "a run in a child failed"});
	memcpy(ret, shared, size);
	munmap(shared, size);
}

/* ---- trees ---- */

struct process {
	pid_t pid, parent;
	double ticks; /* its own and those of children that it has waited for */
	bool counted;
};

static bool read_stat(const char *path, struct process *ret)
{
	unsigned long user, system;
	long child_user, child_system;
	char line[1024], *p;
	FILE *file = fopen(path, "r");
	bool read = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	p = read ? strrchr(line, ')') : NULL; /* the name may hold anything */
	if (!p ||
		sscanf(p + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
			&ret->parent, &user, &system, &child_user, &child_system) != 5)
		return false;
	ret->ticks = (double)user + (double)system + (double)child_user + (double)child_system;
	ret->counted = false;
	return true;
}

static bool read_process(const char *pid, struct process *ret)
{
	CLEANUP(cleanup_free) char *path = mem_printf("/proc/%s/stat", pid);

	ret->pid = (pid_t)strtol(pid, NULL, 10);
	return read_stat(path, ret);
}

double bench_thread_cpu(pid_t pid, pid_t thread)
{
	CLEANUP(cleanup_free)
	char *path = mem_printf("/proc/%d/task/%d/stat", (int)pid, (int)thread);
	struct process p;

	if (!read_stat(path, &p))
		bench_must(-1, &(struct err){.text = "the kernel does not tell a thread's CPU"});
	return p.ticks / (double)sysconf(_SC_CLK_TCK);
}

static double add_tree(struct process *all, size_t n, pid_t root)
{
	double ticks = 0;

	for (size_t i = 0; i < n; i++) {
		if (all[i].counted || (all[i].pid != root && all[i].parent != root))
			continue;
		all[i].counted = true;
		ticks += all[i].ticks;
		if (all[i].pid != root)
			ticks += add_tree(all, n, all[i].pid);
	}
	return ticks;
}

double bench_tree_cpu(pid_t pid)
{
	CLEANUP(cleanup_free) struct process *all = NULL;
	size_t n = 0, cap = 0;
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct process p;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			read_process(entry->d_name, &p))
			*MEM_PUSH(all, n, cap) = p;
	if (dir)
		closedir(dir);
	return add_tree(all, n, pid) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- what programs say ---- */

char *bench_output(const char *path)
{
	struct err err = {0};
	size_t len;
	char *text;

	bench_must(fs_read(path, 0, &text, &len, &err), &err);
	return text;
}

double bench_number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);
	char *end;
	double value;

	if (at) {
		at += strlen(label);
		value = strtod(at, &end);
		if (end != at)
			return value;
	}
	fprintf(stderr, "bench: no number after '%s' in: %s\n", label, text);
	exit(EXIT_FAILURE);
}
