#include "harness/base/clock.h"

#include <stddef.h>
#include <time.h>

static uint64_t (*fake_monotonic)(void);
static uint64_t (*fake_wall)(void);

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_us(void)
{
	return fake_monotonic ? fake_monotonic() : read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall_us(void)
{
	return fake_wall ? fake_wall() : read_clock(CLOCK_REALTIME);
}

void clock_sleep_us(uint64_t us)
{
	struct timespec ts = {
		.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};

	nanosleep(&ts, NULL);
}

void clock_set_source(uint64_t (*monotonic)(void), uint64_t (*wall)(void))
{
	fake_monotonic = monotonic;
	fake_wall = wall;
}
