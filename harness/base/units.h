/* Typed values as people write them: `150ms`, `2s`, `5m`, `400/s`, `64MB`, and back again. */
#ifndef REHEARSE_BASE_UNITS_H
#define REHEARSE_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Each returns 0, or -1 when the text is not of its kind (`ret` untouched). A bare number is
 * accepted only where zero means "off": units_duration("0").
 */
int units_duration(const char *text, uint64_t *ret_us); /* us, ms, s, m, h; `1.5s` too */
int units_rate(const char *text, double *ret_per_s);	/* N/s, N/m, N/h */
int units_size(const char *text, uint64_t *ret_bytes);	/* B, kB, MB, GB, TB: powers of 1024 */
int units_count(const char *text, uint64_t *ret);	/* 12, 12k, 3M: powers of 1000 */

#define UNITS_TEXT 32 /* bytes that every formatter's buffer needs */

/* For people: three significant digits, `0` `830 µs` `12.4 ms` `1.24 s` `3 min 05 s`. */
const char *units_duration_text(uint64_t us, char buf[static UNITS_TEXT]);
/* For files: the shortest form that units_duration() reads back exactly, `500ms`. */
const char *units_duration_exact(uint64_t us, char buf[static UNITS_TEXT]);
const char *units_size_text(uint64_t bytes, char buf[static UNITS_TEXT]);
const char *units_count_text(uint64_t n, char buf[static UNITS_TEXT]); /* 1,234,567 */

#endif
