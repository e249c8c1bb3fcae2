#include "harness/base/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static atomic_int held;
static int event = -1;

static void on_signal(int sig)
{
	int saved = errno;
	ssize_t n;

	caught = sig;
	n = write(event, &(uint64_t){1}, sizeof(uint64_t));
	(void)n;
	errno = saved;
}

void interrupt_install(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	if (event < 0)
		event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* Ignored by whoever started us, it would leave no exit codes of children. */
	signal(SIGCHLD, SIG_DFL);
}

bool interrupt_pending(void)
{
	return caught && atomic_load(&held) == 0;
}

int interrupt_fd(void)
{
	return event;
}

int interrupt_check(struct err *err)
{
	if (!interrupt_pending())
		return 0;
	return err_set(err, ERR_INTERRUPTED, "interrupted by signal '%s'", strsignal(caught));
}

void interrupt_hold(void)
{
	atomic_fetch_add(&held, 1);
}

void interrupt_release(void)
{
	atomic_fetch_sub(&held, 1);
}
