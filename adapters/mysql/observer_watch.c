#include <string.h>
#include <time.h>

#include "adapters/mysql/observer_parts.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define EVENTS_STEP_US 8000	  /* so that a wait of 10 ms is met at least once */
#define EVENTS_IDLE_STEP_US 20000 /* where nobody waits and nothing is migrated: costs less */
#define BUSY_US 2000000		  /* so long after either */
#define PROCESSLIST_STEP_US 20000
#define SPANS_MAX 64

/* ---- the queue ---- */

static void enqueue(void *ctx, struct wait_event *event)
{
	struct observer *o = ctx;

	pthread_mutex_lock(&o->lock);
	*MEM_PUSH(o->queue, o->n_queue, o->cap_queue) = *event;
	pthread_mutex_unlock(&o->lock);
}

void my_observer_rows_init(struct observer *o)
{
	o->rows.own = o->own_sessions;
	o->rows.clock = &o->clock;
	o->rows.threads = &o->threads;
}

void my_observer_watch_init(struct observer *o)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&o->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->wake, &attr);
	pthread_condattr_destroy(&attr);
	o->waits.threads = &o->threads;
	o->waits.own = o->own_threads;
	my_observer_rows_init(o);
	o->waits.sink = enqueue;
	o->waits.ctx = o;
}

int my_observer_take(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	struct wait_event *queue;
	size_t n;
	int result = 0;

	pthread_mutex_lock(&o->lock);
	queue = o->queue;
	n = o->n_queue;
	o->queue = NULL;
	o->n_queue = o->cap_queue = 0;
	if (o->broken) {
		if (err)
			*err = o->reason;
		result = -1;
	}
	pthread_mutex_unlock(&o->lock);
	for (size_t i = 0; i < n; i++)
		sink(ctx, &queue[i]);
	mem_free(queue);
	return result;
}

/* ---- the migration's statements ---- */

/* The caller holds the mutex. */
static struct my_statement_span *add_span(
	struct observer *o, uint64_t session, const char *object, uint64_t begin_us)
{
	struct my_statement_span *span;

	if (o->n_spans == SPANS_MAX) {
		mem_free(o->spans[0].object);
		memmove(o->spans, o->spans + 1, --o->n_spans * sizeof(*o->spans));
	}
	span = MEM_PUSH(o->spans, o->n_spans, o->cap_spans);
	*span = (struct my_statement_span){
		.session = session, .begin_us = begin_us, .object = mem_strdup(object)};
	return span;
}

static struct my_statement_span *running_span(struct observer *o, uint64_t session)
{
	for (size_t i = 0; i < o->n_spans; i++)
		if (o->spans[i].session == session && !o->spans[i].end_us)
			return &o->spans[i];
	return NULL;
}

void my_observer_span(struct observer *o, uint64_t session, const char *object, uint64_t begin_us,
	uint64_t end_us)
{
	struct my_statement_span *running;

	pthread_mutex_lock(&o->lock);
	running = running_span(o, session);
	if (running && (end_us || strcmp(running->object, object) == 0)) {
		running->begin_us = begin_us < running->begin_us ? begin_us : running->begin_us;
		running->end_us = end_us;
	}
	if (running && !end_us && strcmp(running->object, object) != 0)
		running->end_us = begin_us;
	if (!running || strcmp(running->object, object) != 0)
		add_span(o, session, object, begin_us)->end_us = end_us;
	pthread_mutex_unlock(&o->lock);
}

void my_observer_span_begin(struct observer *o, uint64_t session, const char *object)
{
	pthread_mutex_lock(&o->lock);
	add_span(o, session, object, clock_wall_us());
	pthread_mutex_unlock(&o->lock);
}

void my_observer_span_end(struct observer *o)
{
	pthread_mutex_lock(&o->lock);
	if (o->n_spans && !o->spans[o->n_spans - 1].end_us)
		o->spans[o->n_spans - 1].end_us = clock_wall_us();
	pthread_mutex_unlock(&o->lock);
}

/* The watching thread's own copy, so that it holds no mutex while it works. */
static void copy_spans(struct observer *o)
{
	struct my_waits *w = &o->waits;

	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < w->n_spans; i++)
		mem_free(w->spans[i].object);
	w->n_spans = 0;
	for (size_t i = 0; i < o->n_spans; i++) {
		struct my_statement_span *s = MEM_PUSH(w->spans, w->n_spans, w->cap_spans);

		*s = o->spans[i];
		s->object = mem_strdup(s->object);
	}
	pthread_mutex_unlock(&o->lock);
}

/* ---- the thread ---- */

int my_observer_look(struct observer *o, bool last, struct err *err)
{
	int result;

	copy_spans(o);
	my_row_log_tell(&o->rows.log, atomic_load(&o->foreign.open), my_foreign_row, &o->foreign);
	o->rows.log.own = o->own_sessions;
	o->rows.log.n_own = o->n_own;
	if (o->kind == OBSERVER_EVENTS)
		result = my_observer_look_events(o, last, err);
	else
		result = my_observer_look_processlist(o, err);
	if (result)
		return -1;
	result = last ? my_row_waits_finish(
				&o->rows, &o->session, &o->waits, atomic_load(&o->min_wait_us), err)
		      : my_row_waits_poll(&o->rows, &o->session, &o->waits,
				atomic_load(&o->min_wait_us), err);
	if (!result)
		my_foreign_was_read(&o->foreign, &o->rows.log);
	atomic_store(&o->waiting, my_waits_count(&o->waits) + (unsigned)o->rows.n);
	return result;
}

static void pause_until(struct observer *o, uint64_t until_us)
{
	struct timespec at = {.tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000) * 1000};

	pthread_mutex_lock(&o->lock);
	if (!atomic_load(&o->quit))
		pthread_cond_timedwait(&o->wake, &o->lock, &at);
	pthread_mutex_unlock(&o->lock);
}

/* A statement of the migration runs, or has just ended: its transaction may hold locks. */
static bool migrates(struct observer *o)
{
	const struct my_statement_span *last;
	bool recent;

	if (atomic_load(&o->foreign.open))
		return true;
	pthread_mutex_lock(&o->lock);
	last = o->n_spans ? &o->spans[o->n_spans - 1] : NULL;
	recent = last && (!last->end_us || clock_wall_us() < last->end_us + BUSY_US);
	pthread_mutex_unlock(&o->lock);
	return recent;
}

static uint64_t step_of(struct observer *o, uint64_t *busy_us)
{
	if (o->kind != OBSERVER_EVENTS)
		return PROCESSLIST_STEP_US;
	if (atomic_load(&o->waiting) || migrates(o))
		*busy_us = clock_us();
	return clock_us() - *busy_us < BUSY_US ? EVENTS_STEP_US : EVENTS_IDLE_STEP_US;
}

static void *run(void *arg)
{
	struct observer *o = arg;
	uint64_t next = clock_us(), busy_us = next;

	while (!atomic_load(&o->quit)) {
		struct err reason = {0};
		uint64_t now, step;

		if (my_observer_look(o, false, &reason) && reason.kind != ERR_INTERRUPTED) {
			pthread_mutex_lock(&o->lock);
			o->broken = true;
			o->reason = reason;
			pthread_mutex_unlock(&o->lock);
			break;
		}
		step = step_of(o, &busy_us);
		next += step;
		now = clock_us();
		if (next <= now)
			next = now + step / 4; /* behind: leaves the server a breath */
		pause_until(o, next);
	}
	return NULL;
}

int my_observer_watch(struct observer *o, struct err *err)
{
	atomic_store(&o->quit, false);
	if (pthread_create(&o->thread, NULL, run, o))
		return err_set(err, ERR_FAILED, "cannot start the thread that watches lock waits");
	o->running = true;
	return 0;
}

void my_observer_unwatch(struct observer *o)
{
	if (!o->running)
		return;
	pthread_mutex_lock(&o->lock);
	atomic_store(&o->quit, true);
	pthread_cond_signal(&o->wake);
	pthread_mutex_unlock(&o->lock);
	pthread_join(o->thread, NULL);
	o->running = false;
}

void my_observer_watch_release(struct observer *o)
{
	my_observer_unwatch(o);
	for (size_t i = 0; i < o->n_queue; i++)
		wait_event_release(&o->queue[i]);
	for (size_t i = 0; i < o->n_spans; i++)
		mem_free(o->spans[i].object);
	mem_free(o->queue);
	mem_free(o->spans);
	my_ring_release(&o->ring);
	my_row_waits_release(&o->rows);
	my_waits_release(&o->waits);
	my_threads_release(&o->threads);
	my_session_release(&o->session);
	pthread_cond_destroy(&o->wake);
	pthread_mutex_destroy(&o->lock);
}
