/*
 * What the observer tells of lock waits, against what the waiting statements measured themselves;
 * and what sampling tells of the same.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/waiters.h"
#include "tests/bench/watch.h"

#define APART_US 120000 /* between two rounds, so that no wait is taken for another round's */

#define MS(ms) ((uint64_t)(ms)*1000)
#define N(list) (sizeof(list) / sizeof((list)[0]))

static const struct {
	uint64_t us;
	unsigned rounds;
	const char *name;
} holds[] = {{MS(2), 12, "2 ms"}, {MS(10), 10, "10 ms"}, {MS(100), 4, "100 ms"},
	{MS(1000), 2, "1 s"}, {MS(3000), 1, "3 s"}};

static const struct {
	uint64_t min_wait_us, all_from_us;
	const char *name;
} settings[] = {{MS(1), MS(5), "1 ms"}, {MS(10), MS(15), "10 ms"}};

static const unsigned crowds[] = {20, 200};

/* ---- what was true ---- */

struct known {
	uint64_t session, begin_us, end_us; /* of the round, by the wall clock */
	uint64_t least_us, most_us;
	uint64_t told_us; /* by the observer; all waits of the session in that round */
	unsigned hold;	  /* place in holds */
};

struct truth {
	struct known *list;
	size_t n, cap;
};

static void run_rounds(struct waiters *w, unsigned hold, struct truth *ret)
{
	for (unsigned round = 0; round < holds[hold].rounds; round++) {
		uint64_t begin = clock_wall_us(), end;

		waiters_round(w, holds[hold].us);
		end = clock_wall_us();
		for (unsigned i = 0; i < w->n; i++)
			*MEM_PUSH(ret->list, ret->n, ret->cap) =
				(struct known){.session = w->list[i].session,
					.begin_us = begin,
					.end_us = end,
					.least_us = w->list[i].least_us,
					.most_us = w->list[i].most_us,
					.hold = hold};
		clock_sleep_us(APART_US);
	}
}

/* ---- what was told ---- */

/* Each wait goes to the round that its middle lies in. */
static void match(struct truth *t, const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct wait_event *e = &w->told[i];
		uint64_t middle = e->start_us + e->duration_us / 2;

		for (size_t k = 0; k < t->n; k++)
			if (t->list[k].session == e->session && t->list[k].begin_us <= middle &&
				middle <= t->list[k].end_us)
				t->list[k].told_us += e->duration_us;
	}
}

/* ---- the comparison ---- */

struct sum {
	unsigned waits, found;
	struct {
		uint64_t least_us, most_us, told_us;
	} total, max;
};

static void take_max(uint64_t *max, uint64_t value)
{
	if (value > *max)
		*max = value;
}

static struct sum sum_up(const struct truth *t, uint64_t from_us, int hold)
{
	struct sum s = {0};

	for (size_t i = 0; i < t->n; i++) {
		const struct known *k = &t->list[i];

		if (k->least_us < from_us || (hold >= 0 && k->hold != (unsigned)hold))
			continue;
		s.waits++;
		s.found += k->told_us > 0;
		s.total.least_us += k->least_us;
		s.total.most_us += k->most_us;
		s.total.told_us += k->told_us;
		take_max(&s.max.least_us, k->least_us);
		take_max(&s.max.most_us, k->most_us);
		take_max(&s.max.told_us, k->told_us);
	}
	return s;
}

/* In percent of the truth, which lies between two bounds. */
static double off(uint64_t told_us, uint64_t least_us, uint64_t most_us)
{
	if (told_us < least_us)
		return 100 * (double)(least_us - told_us) / (double)least_us;
	return told_us > most_us ? 100 * (double)(told_us - most_us) / (double)most_us : 0;
}

static double ms(uint64_t us)
{
	return (double)us / 1e3;
}

/* The worst of all holds. */
struct worst {
	double off;
	const char *hold;
};

static void take_worst(struct worst *w, double value, unsigned hold)
{
	if (w->hold && value <= w->off)
		return;
	w->off = value;
	w->hold = holds[hold].name;
}

static void tell_hold(
	struct bench *b, const struct sum *s, unsigned hold, struct worst *total, struct worst *max)
{
	double total_off = off(s->total.told_us, s->total.least_us, s->total.most_us);
	double max_off = off(s->max.told_us, s->max.least_us, s->max.most_us);

	bench_told(b, total_off, "%", "  held %s: total off (true %.0f to %.0f ms, told %.0f)",
		holds[hold].name, ms(s->total.least_us), ms(s->total.most_us),
		ms(s->total.told_us));
	bench_told(b, max_off, "%", "  held %s: maximum off (true %.1f to %.1f ms, told %.1f)",
		holds[hold].name, ms(s->max.least_us), ms(s->max.most_us), ms(s->max.told_us));
	take_worst(total, total_off, hold);
	take_worst(max, max_off, hold);
}

static void tell(struct bench *b, const struct lock_kind *kind, const struct truth *t,
	unsigned setting, unsigned crowd)
{
	struct sum all = sum_up(t, settings[setting].all_from_us, -1);
	struct worst total = {0}, max = {0};

	bench_at_least(b, all.waits ? 100.0 * all.found / all.waits : 100, 100, "%",
		"%s, min_wait %s, %u waiters: found of %u waits of %.0f ms and more", kind->name,
		settings[setting].name, crowd, all.waits, ms(settings[setting].all_from_us));
	for (unsigned hold = 0; hold < N(holds); hold++) {
		struct sum s = sum_up(t, settings[setting].all_from_us, (int)hold);

		if (s.waits)
			tell_hold(b, &s, hold, &total, &max);
	}
	if (!total.hold)
		return;
	bench_at_most(b, total.off, 1, "%", "  total off where it is most (held %s)", total.hold);
	bench_at_most(b, max.off, 1, "%", "  maximum off where it is most (held %s)", max.hold);
}

static void observe(struct bench *b, const struct servers *s, const struct lock_kind *kind,
	unsigned setting, unsigned crowd)
{
	struct truth truth = {0};
	struct waiters waiters;
	struct watch watch;

	watch_begin(&watch, kind->engine, servers_replica(s, kind->engine),
		settings[setting].min_wait_us);
	waiters_open(&waiters, s, kind, crowd);
	for (unsigned hold = 0; hold < N(holds); hold++)
		run_rounds(&waiters, hold, &truth);
	watch_end(&watch, WATCH_SETTLE_US);
	match(&truth, &watch);
	watch_release(&watch);
	tell(b, kind, &truth, setting, crowd);
	waiters_close(&waiters);
	mem_free(truth.list);
}

/* ---- sampling ---- */

static const unsigned rates[] = {10, 100, 1000};

struct sampler {
	const struct lock_kind *kind;
	const struct db_adapter *db;
	struct db_conn *conn;
	uint64_t step_us;
	pthread_t thread;
	atomic_bool quit;
	struct truth *truth; /* told_us is what was sampled */
	struct sample {
		uint64_t session, at_us;
	} * seen;
	size_t n, cap;
};

static void *sampler_run(void *arg)
{
	struct sampler *s = arg;
	uint64_t next = clock_us();
	struct err err = {0};

	while (!atomic_load(&s->quit)) {
		uint64_t at = clock_wall_us(), now;

		bench_must(db_exec(s->db, s->conn, s->kind->sample, &err), &err);
		for (unsigned i = 0; i < s->db->result(s->conn)->rows; i++)
			*MEM_PUSH(s->seen, s->n, s->cap) = (struct sample){
				strtoull(s->db->value(s->conn, i, 0), NULL, 10), at};
		next += s->step_us;
		now = clock_us();
		if (next > now)
			clock_sleep_us(next - now);
		else
			next = now;
	}
	return NULL;
}

/* A wait lasts as many steps as samples have met it. */
static void count_samples(const struct sampler *s, struct truth *t)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < t->n; k++)
			if (t->list[k].session == s->seen[i].session &&
				t->list[k].begin_us <= s->seen[i].at_us &&
				s->seen[i].at_us <= t->list[k].end_us)
				t->list[k].told_us += s->step_us;
}

static void sample(struct bench *b, const struct servers *s, const struct lock_kind *kind,
	unsigned rate, unsigned crowd)
{
	struct sampler sampler = {
		.kind = kind, .db = engine_find(kind->engine)->db, .step_us = 1000000 / rate};
	struct db_target target = {.dsn = servers_dsn(s, kind->engine), .application = "sampler"};
	struct truth truth = {0};
	struct waiters waiters;
	struct err err = {0};

	bench_must(db_connect(sampler.db, &target, &sampler.conn, &err), &err);
	waiters_open(&waiters, s, kind, crowd);
	if (pthread_create(&sampler.thread, NULL, sampler_run, &sampler))
		bench_must(-1, &(struct err){.text = "no thread"});
	for (unsigned hold = 1; hold < 4; hold++)
		run_rounds(&waiters, hold, &truth);
	atomic_store(&sampler.quit, true);
	pthread_join(sampler.thread, NULL);
	count_samples(&sampler, &truth);
	for (unsigned hold = 1; hold < 4; hold++) {
		struct sum sum = sum_up(&truth, settings[0].all_from_us, (int)hold);

		if (!sum.waits)
			continue;
		bench_told(b, 100.0 * sum.found / sum.waits, "%",
			"%s, sampled %u times a second, held %s: found of %u waits", kind->name,
			rate, holds[hold].name, sum.waits);
		bench_told(b, off(sum.total.told_us, sum.total.least_us, sum.total.most_us), "%",
			"  total off");
	}
	waiters_close(&waiters);
	sampler.db->close(sampler.conn);
	mem_free(sampler.seen);
	mem_free(truth.list);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	struct servers servers;
	struct bench b;

	bench_begin(&b, "observer", "lock waits told against lock waits measured");
	servers_start(&servers);
	for (size_t kind = 0; kind < n_lock_kinds; kind++) {
		if (only && !strstr(lock_kinds[kind].name, only))
			continue;
		for (unsigned setting = 0; setting < N(settings); setting++)
			for (unsigned crowd = 0; crowd < N(crowds); crowd++)
				observe(&b, &servers, &lock_kinds[kind], setting, crowds[crowd]);
		for (unsigned rate = 0; rate < N(rates); rate++)
			sample(&b, &servers, &lock_kinds[kind], rates[rate], crowds[0]);
	}
	servers_stop(&servers);
	return bench_end(&b);
}
