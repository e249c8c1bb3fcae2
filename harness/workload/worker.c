#include "harness/workload/worker.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define EVENTS 64
#define CANCEL_BUDGET_US 5000000 /* for all that is in flight at the end, per worker */

static bool is_open_loop(const struct worker *w)
{
	return w->workload->config->settings->mode == WORKLOAD_OPEN;
}

/* ---- the pool ---- */

void worker_idle(struct worker *w, struct session *s)
{
	w->idle[w->n_idle++] = s;
}

void worker_timer(struct worker *w, uint64_t due_us)
{
	if (due_us < w->next_timer_us)
		w->next_timer_us = due_us;
}

void worker_not_idle(struct worker *w, struct session *s)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < w->n_idle; i++)
		if (w->idle[i] != s)
			w->idle[kept++] = w->idle[i];
	w->n_idle = kept;
}

static struct session *take_idle(struct worker *w)
{
	return w->n_idle ? w->idle[--w->n_idle] : NULL;
}

/* ---- arrivals ---- */

static unsigned phase_at(const struct workload *all, uint64_t us)
{
	unsigned phase = PHASE_WARM_UP;

	for (unsigned p = PHASE_WARM_UP + 1; p < PHASE_COUNT; p++) {
		uint64_t since = atomic_load_explicit(&all->since_us[p], memory_order_acquire);

		if (since && since <= us)
			phase = p;
	}
	return phase;
}

static void make_arrival(
	struct worker *w, uint64_t at_us, unsigned type, uint64_t number, struct arrival *ret)
{
	unsigned phase = phase_at(w->workload, at_us);
	uint64_t since = atomic_load_explicit(&w->workload->since_us[phase], memory_order_relaxed);

	*ret = (struct arrival){.intended_us = at_us,
		.number = number,
		.second = at_us > since ? (uint32_t)((at_us - since) / 1000000) : 0,
		.type = (uint16_t)type,
		.phase = (uint8_t)phase};
	worker_arrived(w, ret);
}

static void push(struct worker *w, const struct arrival *a)
{
	if (w->ring_len == w->ring_cap) { /* beyond rate * acquire_timeout: rare */
		struct arrival *ring = mem_alloc(2 * w->ring_cap * sizeof(*ring));

		for (size_t i = 0; i < w->ring_len; i++)
			ring[i] = w->ring[(w->ring_head + i) & (w->ring_cap - 1)];
		mem_free(w->ring);
		w->ring = ring;
		w->ring_cap *= 2;
		w->ring_head = 0;
	}
	w->ring[(w->ring_head + w->ring_len++) & (w->ring_cap - 1)] = *a;
	atomic_store_explicit(&w->queued, w->ring_len, memory_order_relaxed);
}

static void pop(struct worker *w, struct arrival *ret)
{
	*ret = w->ring[w->ring_head];
	w->ring_head = (w->ring_head + 1) & (w->ring_cap - 1);
	w->ring_len--;
	atomic_store_explicit(&w->queued, w->ring_len, memory_order_relaxed);
}

/* When the head of the queue gives up; UINT64_MAX never. */
static uint64_t head_expires(const struct worker *w)
{
	uint64_t timeout = w->workload->config->settings->acquire_timeout_us;

	if (w->ring_len == 0 || timeout == 0)
		return UINT64_MAX;
	return w->ring[w->ring_head].intended_us + timeout;
}

static void expire(struct worker *w, uint64_t now)
{
	struct arrival a;

	while (head_expires(w) <= now) {
		pop(w, &a);
		worker_gave_up(w, &a);
	}
}

static void serve_queue(struct worker *w, uint64_t now)
{
	struct session *s;

	while (w->ring_len && (s = take_idle(w))) {
		pop(w, &s->arrival);
		session_begin(s, now);
	}
}

/* All that is due by `now`; a free connection takes it at once. */
static void accept_due(struct worker *w, uint64_t now)
{
	uint64_t origin = w->workload->origin_us;

	while (!w->stopping && origin + w->next.at_us <= now) {
		struct session *s = w->ring_len ? NULL : take_idle(w);
		struct arrival late, *a = s ? &s->arrival : &late;

		make_arrival(w, origin + w->next.at_us, w->next.type, w->next.number, a);
		schedule_next(&w->schedule, &w->next);
		if (s) {
			now = clock_us();
			histogram_add(&w->stats.lag, now - a->intended_us);
			session_begin(s, now);
		} else {
			push(w, a);
		}
	}
}

/* Closed loop: a connection that is free begins the next one. */
static void begin_next(struct worker *w, struct session *s, uint64_t now)
{
	/* Numbered per worker, in steps, so that no two transactions share a number. */
	uint64_t number = w->closed_number++ * w->workload->n_workers + w->number;

	make_arrival(w, now, schedule_type(&w->schedule, &w->schedule.rng), number, &s->arrival);
	session_begin(s, now);
}

/* All that are free, once per turn of the loop. */
static void begin_closed(struct worker *w)
{
	struct session *s;

	for (unsigned n = w->n_idle; n && !w->stopping && (s = take_idle(w)); n--)
		begin_next(w, s, clock_us());
}

/* ---- the loop ---- */

static void run_timers(struct worker *w, uint64_t now)
{
	if (now < w->next_timer_us)
		return;
	w->next_timer_us = UINT64_MAX;
	for (unsigned i = 0; i < w->n_sessions; i++) {
		struct session *s = &w->sessions[i];
		bool timed = s->state == SESSION_CLOSED || s->state == SESSION_CONNECTING ||
			s->state == SESSION_SLEEPING;

		if (timed && s->due_us <= now)
			session_due(s);
		else if (timed)
			worker_timer(w, s->due_us);
	}
}

static uint64_t next_deadline(const struct worker *w)
{
	uint64_t deadline = w->next_timer_us, expires = head_expires(w);

	if (is_open_loop(w)) {
		if (!w->stopping && w->workload->origin_us + w->next.at_us < deadline)
			deadline = w->workload->origin_us + w->next.at_us;
	} else if (w->n_idle && !w->stopping) {
		return 0;
	}
	if (expires < deadline)
		deadline = expires;
	if (w->stopping) {
		uint64_t until = atomic_load(&w->workload->drain_until_us);

		if (until < deadline)
			deadline = until;
	}
	return deadline;
}

/* What follows an event at once: the server need not wait for the other events' answers. */
static void after_event(struct worker *w)
{
	uint64_t now = w->ended_us;
	struct session *s;

	if (!now)
		return;
	w->ended_us = 0;
	if (w->ring_len)
		serve_queue(w, now);
	if (is_open_loop(w))
		accept_due(w, now);
	else if (!w->stopping && (s = take_idle(w)))
		begin_next(w, s, now);
	w->ended_us = 0;
}

/* NULL: until something happens. */
static const struct timespec *timeout_of(const struct worker *w, struct timespec *ret)
{
	uint64_t deadline = next_deadline(w), now, us;

	if (deadline == UINT64_MAX)
		return NULL;
	now = deadline ? clock_us() : 0;
	us = deadline > now ? deadline - now : 0;
	*ret = (struct timespec){
		.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
	return ret;
}

static int wait_some(const struct worker *w, struct epoll_event *events)
{
	struct timespec space;
	const struct timespec *timeout = timeout_of(w, &space);
	int n = epoll_pwait2(w->epoll, events, EVENTS, timeout, NULL), ms = -1;

	if (n >= 0 || errno != ENOSYS)
		return n;
	/* Before Linux 5.11: late by up to a millisecond. */
	if (timeout)
		ms = timeout->tv_sec > 1 ? 1000
					 : (int)(timeout->tv_sec * 1000) +
				(int)((timeout->tv_nsec + 999999) / 1000000);
	return epoll_wait(w->epoll, events, EVENTS, ms);
}

static void wait_events(struct worker *w)
{
	struct epoll_event events[EVENTS];
	int n = wait_some(w, events);

	for (int i = 0; i < n; i++) {
		uint64_t ignored;

		if (events[i].data.ptr) {
			session_event(events[i].data.ptr);
			after_event(w);
		} else if (read(w->wake, &ignored, sizeof(ignored)) < 0) {
			continue;
		}
	}
}

static void look_for_stop(struct worker *w, uint64_t now)
{
	uint64_t stop = atomic_load_explicit(&w->workload->stop_us, memory_order_acquire);

	if (w->stopping || !stop || now < stop)
		return;
	if (is_open_loop(w))
		accept_due(w, stop); /* what was due before the end has arrived */
	w->stopping = true;
}

static bool finished(const struct worker *w, uint64_t now)
{
	if (!w->stopping)
		return false;
	if (now >= atomic_load(&w->workload->drain_until_us))
		return true;
	if (w->ring_len)
		return false;
	for (unsigned i = 0; i < w->n_sessions; i++)
		if (session_busy(&w->sessions[i]))
			return false;
	return true;
}

static void close_pool(struct worker *w)
{
	const struct db_adapter *db = w->workload->db;
	uint64_t start = clock_us();
	struct err err;

	for (unsigned i = 0; i < w->n_sessions; i++) {
		struct session *s = &w->sessions[i];

		if (session_busy(s) && s->conn && clock_us() - start < CANCEL_BUDGET_US)
			db->cancel(s->conn, &err); /* what it says changes nothing */
		db->close(s->conn);
		s->conn = NULL;
	}
}

/*
 * Who sends by the clock must not queue for a core behind those who compute: a busy machine would
 * be told as a slow server. Only where the system allows it, and only while a core is left that no
 * worker can take for itself. A closed loop has no clock to keep and shares as everybody does.
 */
static void ask_for_precedence(const struct worker *w)
{
	struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_RR)};

	if (is_open_loop(w) && (long)w->workload->n_workers < sysconf(_SC_NPROCESSORS_ONLN))
		pthread_setschedparam(pthread_self(), SCHED_RR, &lowest);
}

/* What costs a thread time in every system call, and what makes its wake-ups late. */
static void prepare_thread(const struct worker *w)
{
	int old;

	/* Nobody cancels a worker. Where a thread's cancellation is already asynchronous, the C
	 * library need not switch it around each call that waits. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	ask_for_precedence(w);
	prctl(PR_SET_TIMERSLACK, 1000UL); /* ns; the default lets every wake-up be 50 us late */
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	uint64_t now = clock_us();

	prepare_thread(w);
	if (is_open_loop(w))
		schedule_next(&w->schedule, &w->next);
	while (!finished(w, now)) {
		expire(w, now);
		serve_queue(w, now);
		if (is_open_loop(w))
			accept_due(w, now);
		else
			begin_closed(w);
		run_timers(w, now);
		look_for_stop(w, now);
		/* Once stopping, nothing may come any more that would end the wait. */
		if (!finished(w, now))
			wait_events(w);
		now = clock_us();
	}
	close_pool(w);
	return NULL;
}

/* ---- life ---- */

static size_t ring_size(const struct scenario_workload *settings, unsigned workers)
{
	double want = settings->mode == WORKLOAD_OPEN
		? settings->rate / workers * (double)settings->acquire_timeout_us / 1e6 * 1.5
		: 0;
	size_t cap = 256;

	while ((double)cap < want && cap < (size_t)1 << 20)
		cap *= 2;
	return cap;
}

void worker_init(struct worker *w, struct workload *workload, unsigned number)
{
	const struct scenario_workload *settings = workload->config->settings;
	struct schedule_config schedule = {.rate = settings->rate > 0 ? settings->rate : 1,
		.arrivals = settings->arrivals,
		.seed = settings->seed,
		.weights = workload->weights,
		.n_types = (unsigned)workload->n_scripts,
		.workers = workload->n_workers,
		.worker = number};

	*w = (struct worker){.workload = workload,
		.number = number,
		.epoll = -1,
		.wake = -1,
		.next_timer_us = UINT64_MAX};
	/* Connection i belongs to worker i mod workers. */
	w->n_sessions =
		(settings->connections + workload->n_workers - 1 - number) / workload->n_workers;
	w->sessions = mem_zalloc((w->n_sessions + 1) * sizeof(*w->sessions));
	w->idle = mem_zalloc((w->n_sessions + 1) * sizeof(struct session *));
	for (unsigned i = 0; i < w->n_sessions; i++)
		session_init(&w->sessions[i], w, i * workload->n_workers + number);
	if (settings->mode == WORKLOAD_CLOSED) /* each draws its own types */
		schedule.seed += number;
	schedule_init(&w->schedule, &schedule);
	w->ring_cap = ring_size(settings, workload->n_workers);
	w->ring = mem_alloc(w->ring_cap * sizeof(*w->ring));
	stats_init(&w->stats, (unsigned)workload->n_scripts);
}

int worker_open(struct worker *w, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN};

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll < 0 || w->wake < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event))
		return err_set(err, ERR_FAILED, "cannot watch connections: %s", strerror(errno));
	for (unsigned i = 0; i < w->n_sessions; i++)
		if (session_connect(&w->sessions[i], err))
			return err_prefix(err, "connection %u of the workload's pool",
				w->sessions[i].number + 1);
	return 0;
}

int worker_start(struct worker *w, struct err *err)
{
	int error = pthread_create(&w->thread, NULL, worker_main, w);

	if (error)
		return err_set(err, ERR_FAILED, "cannot start a worker: %s", strerror(error));
	w->running = true;
	return 0;
}

void worker_wake(struct worker *w)
{
	uint64_t one = 1;

	if (w->wake >= 0 && write(w->wake, &one, sizeof(one)) < 0)
		return; /* the counter is full: it wakes anyway */
}

void worker_release(struct worker *w)
{
	for (unsigned i = 0; i < w->n_sessions; i++)
		session_release(&w->sessions[i]);
	mem_free(w->sessions);
	mem_free(w->idle);
	mem_free(w->ring);
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->wake >= 0)
		close(w->wake);
	stats_release(&w->stats);
	*w = (struct worker){.epoll = -1, .wake = -1};
}
