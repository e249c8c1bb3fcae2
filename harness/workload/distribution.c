#include "harness/workload/distribution.h"

#include <math.h>

static int64_t scaled(int64_t lo, int64_t hi, double unit)
{
	int64_t x = lo + (int64_t)((double)(hi - lo + 1) * unit);

	return x > hi ? hi : x; /* a unit that rounds to 1 in a wide range */
}

int64_t distribution_exponential(struct rng *r, int64_t lo, int64_t hi, double parameter)
{
	double cut = exp(-parameter);
	double uniform = 1.0 - rng_unit(r);

	return scaled(lo, hi, -log(cut + (1.0 - cut) * uniform) / parameter);
}

int64_t distribution_gaussian(struct rng *r, int64_t lo, int64_t hi, double parameter)
{
	double deviation;

	/* Box and Muller; what lies outside `parameter` deviations is drawn again. */
	do {
		double radius = sqrt(-2.0 * log(1.0 - rng_unit(r)));

		deviation = radius * sin(2.0 * M_PI * (1.0 - rng_unit(r)));
	} while (deviation < -parameter || deviation >= parameter);
	return scaled(lo, hi, (deviation + parameter) / (parameter * 2.0));
}

/* Luc Devroye, "Non-Uniform Random Variate Generation", p. 550-551: rejection, no tables. */
int64_t distribution_zipfian(struct rng *r, int64_t lo, int64_t hi, double parameter)
{
	double n = (double)(hi - lo + 1), s = parameter - 1.0, b = pow(2.0, s);
	double x, t, u, v;

	if (n <= 1)
		return lo;
	do {
		u = rng_unit(r);
		v = rng_unit(r);
		x = floor(pow(u, -1.0 / s));
		t = pow(1.0 + 1.0 / x, s);
		/* Written so that an infinite or undefined x is refused too. */
	} while (!(v * x * (t - 1.0) / (b - 1.0) <= t / b && x <= n));
	return lo - 1 + (int64_t)x;
}

int64_t hash_fnv1a(int64_t value, uint64_t seed)
{
	uint64_t hash = 0xcbf29ce484222325u ^ seed, bits = (uint64_t)value;

	for (int i = 0; i < 8; i++, bits >>= 8)
		hash = (hash ^ (bits & 0xff)) * 0x100000001b3u;
	return (int64_t)hash;
}

int64_t hash_murmur2(int64_t value, uint64_t seed)
{
	const uint64_t mul = 0xc6a4a7935bd1e995u;
	uint64_t hash = seed ^ (mul * 8), k = (uint64_t)value;

	k *= mul;
	k ^= k >> 47;
	k *= mul;
	hash = (hash ^ k) * mul;
	hash ^= hash >> 47;
	hash *= mul;
	hash ^= hash >> 47;
	return (int64_t)hash;
}

/* xoroshiro128**, which permute() needs for the same values that pgbench gives. */
struct xoroshiro {
	uint64_t s0, s1;
};

static uint64_t rotl(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t xoroshiro_next(struct xoroshiro *x)
{
	uint64_t s0 = x->s0, sx = x->s1 ^ s0, value = rotl(s0 * 5, 7) * 9;

	x->s0 = rotl(s0, 24) ^ sx ^ (sx << 16);
	x->s1 = rotl(sx, 37);
	return value;
}

static int top_bit(uint64_t x)
{
	return 63 - __builtin_clzll(x);
}

static uint64_t xoroshiro_below(struct xoroshiro *x, uint64_t size)
{
	uint64_t value;
	int shift = 63 - top_bit(size - 1);

	do
		value = xoroshiro_next(x) >> shift;
	while (value > size - 1);
	return value;
}

/* A bijection of 0..2^bits-1 drawn from x: times an odd number, xor, rotate by one. The draws are
 * made whether or not v is in that range, so that all values of a size meet the same ones. */
static uint64_t scramble(struct xoroshiro *x, uint64_t v, int bits)
{
	uint64_t mask = ((uint64_t)1 << bits) - 1;
	uint64_t factor = (xoroshiro_next(x) & mask) | 1;
	uint64_t flip = xoroshiro_next(x) & mask;

	if (v > mask)
		return v;
	v = (v * factor ^ flip) & mask;
	return (v << 1 & mask) | v >> (bits - 1);
}

int64_t permute(int64_t value, int64_t size_signed, int64_t seed)
{
	enum { ROUNDS = 6 };
	uint64_t size = (uint64_t)size_signed, state = (uint64_t)seed, v;
	struct xoroshiro x;
	int bits;

	if (size_signed < 2)
		return 0;
	x.s0 = splitmix(&state);
	x.s1 = splitmix(&state);
	v = (uint64_t)value % size;
	bits = top_bit(size);
	/* The scrambled power of two covers the lower end, then, mirrored, the upper; then all
	 * moves on. */
	for (int i = 0; i < ROUNDS; i++) {
		v = scramble(&x, v, bits);
		v = size - 1 - scramble(&x, size - 1 - v, bits);
		v = (v + xoroshiro_below(&x, size)) % size;
	}
	return (int64_t)v;
}
