/*
 * The one place where time comes from. All times in this project are uint64_t microseconds,
 * named *_us. Thread-safe. A test may set the source.
 */
#ifndef REHEARSE_BASE_CLOCK_H
#define REHEARSE_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_us(void);	  /* monotonic (CLOCK_MONOTONIC), for intervals and schedules */
uint64_t clock_wall_us(void);	  /* since 1970-01-01 UTC (CLOCK_REALTIME), to meet server logs */
void clock_sleep_us(uint64_t us); /* returns early on a signal */

/* Replaces both clocks; NULL restores the real ones. Tests only, before threads start. */
void clock_set_source(uint64_t (*monotonic)(void), uint64_t (*wall)(void));

#endif
