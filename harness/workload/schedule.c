#include "harness/workload/schedule.h"

void schedule_init(struct schedule *s, const struct schedule_config *config)
{
	*s = (struct schedule){.config = *config, .interval_us = 1e6 / config->rate};
	rng_seed(&s->rng, config->seed);
	for (unsigned i = 0; i < config->n_types; i++)
		s->total_weight += config->weights[i];
}

unsigned schedule_type(const struct schedule *s, struct rng *rng)
{
	uint64_t x;

	if (s->config.n_types == 1)
		return 0;
	x = (uint64_t)rng_between(rng, 0, (int64_t)s->total_weight - 1);
	for (unsigned i = 0; i < s->config.n_types; i++) {
		if (x < s->config.weights[i])
			return i;
		x -= s->config.weights[i];
	}
	return s->config.n_types - 1;
}

void schedule_next(struct schedule *s, struct scheduled *ret)
{
	uint64_t number;

	do {
		number = s->next++;
		if (s->config.arrivals == ARRIVALS_POISSON)
			s->at_us += rng_exponential(&s->rng, s->interval_us);
		else
			s->at_us = (double)number * s->interval_us;
		ret->type = schedule_type(s, &s->rng);
	} while (number % s->config.workers != s->config.worker);
	ret->number = number;
	ret->at_us = (uint64_t)s->at_us;
}

void schedule_rng(uint64_t seed, uint64_t number, struct rng *ret)
{
	/* rng_seed() mixes well, but seed + number must not meet another seed's numbers. */
	rng_seed(ret, (seed * 0x9e3779b97f4a7c15u) ^ (number * 0xd1342543de82ef95u + 1));
}
