#include "adapters/postgres/cancel.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/base/mem.h"

/*
 * PQcancel() blocks for as long as the server's host likes, so it runs in a thread of its own, and
 * a caller whose time is up leaves it behind. What it needs is shared and freed by the last user.
 */
struct pg_cancel {
	pthread_mutex_t lock;
	unsigned users;
	PGcancel *request;
};

struct job {
	struct pg_cancel *cancel;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	unsigned users; /* the caller and the thread */
	bool done, sent;
	char words[256];
};

struct pg_cancel *pg_cancel_new(PGconn *pg)
{
	struct pg_cancel *c = mem_zalloc(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	c->users = 1;
	c->request = PQgetCancel(pg);
	return c;
}

static void hold(struct pg_cancel *c)
{
	pthread_mutex_lock(&c->lock);
	c->users++;
	pthread_mutex_unlock(&c->lock);
}

void pg_cancel_free(struct pg_cancel *c)
{
	bool last;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	last = --c->users == 0;
	pthread_mutex_unlock(&c->lock);
	if (!last)
		return;
	PQfreeCancel(c->request);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
}

static struct job *job_new(struct pg_cancel *c)
{
	struct job *job = mem_zalloc(sizeof(*job));
	pthread_condattr_t attr;

	hold(c);
	job->cancel = c;
	job->users = 2;
	pthread_mutex_init(&job->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&job->finished, &attr);
	pthread_condattr_destroy(&attr);
	return job;
}

/* Called with the lock held; gives it up. */
static void job_leave(struct job *job)
{
	bool last = --job->users == 0;

	pthread_mutex_unlock(&job->lock);
	if (!last)
		return;
	pg_cancel_free(job->cancel);
	pthread_cond_destroy(&job->finished);
	pthread_mutex_destroy(&job->lock);
	mem_free(job);
}

static void *run(void *arg)
{
	struct job *job = arg;
	char words[sizeof(job->words)] = "";
	bool sent = PQcancel(job->cancel->request, words, sizeof(words)) == 1;

	pthread_mutex_lock(&job->lock);
	job->done = true;
	job->sent = sent;
	memcpy(job->words, words, sizeof(words));
	pthread_cond_signal(&job->finished);
	job_leave(job);
	return NULL;
}

static int start(struct job *job)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int failed;

	/* Signals are the other threads' business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	failed = pthread_create(&thread, &attr, run, job);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

int pg_cancel_send(struct pg_cancel *c, uint64_t timeout_us, struct err *err)
{
	struct timespec until;
	struct job *job;
	int result = 0;

	if (!c || !c->request)
		return err_set(err, ERR_FAILED, "cannot cancel: not connected");
	job = job_new(c);
	if (start(job)) {
		job->users = 1;
		pthread_mutex_lock(&job->lock);
		job_leave(job);
		return err_set(err, ERR_FAILED, "cannot cancel: no thread could be started");
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(timeout_us / 1000000);
	until.tv_nsec += (long)(timeout_us % 1000000) * 1000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&job->lock);
	while (!job->done && !pthread_cond_timedwait(&job->finished, &job->lock, &until))
		;
	if (!job->done)
		result = err_set(
			err, ERR_FAILED, "cannot cancel: the server did not answer in time");
	else if (!job->sent)
		result = err_set(err, ERR_FAILED, "cannot cancel: %.*s",
			(int)strcspn(job->words, "\n"), job->words);
	job_leave(job);
	return result;
}
