#include "tests/support/tape.h"

#include "harness/base/mem.h"

struct observer {
	int dummy;
};

struct tape tape;

static struct observer only;
static struct observe_source source = {
	.name = "scripted", .detail = "tape", .blind_to = "nothing", .exact = true};

static int fake_open(const struct observer_config *config, struct observer **ret, struct err *err)
{
	(void)err;
	source.min_wait_us = config->min_wait_us;
	*ret = &only;
	return 0;
}

static const struct observe_source *fake_source(const struct observer *o)
{
	(void)o;
	return &source;
}

static int fake_poll(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	(void)o, (void)sink, (void)ctx;
	return tape.breaks ? err_set(err, ERR_FAILED, "the tape tore") : 0;
}

static unsigned fake_waiting(const struct observer *o)
{
	(void)o;
	return 3;
}

static int fake_min_wait(struct observer *o, uint64_t min_wait_us, struct err *err)
{
	(void)o, (void)err;
	tape.min_wait_us = source.min_wait_us = min_wait_us;
	return 0;
}

void tape_flood(void (*sink)(void *ctx, struct wait_event *event), void *ctx)
{
	size_t n = atomic_exchange(&tape.flood, 0);

	for (size_t i = 0; i < n; i++) {
		struct wait_event e = {.start_us = 1000000 + i * 10,
			.duration_us = 500 + i % 977,
			.object = mem_printf("transaction %zu", i),
			.mode = mem_strdup("ShareLock"),
			.session = 100 + i % 64,
			.tag = mem_strdup("pay"),
			.n_holders = 1,
			.n_ahead = 20,
			.exact = true};

		e.holders = mem_alloc(sizeof(uint64_t));
		e.holders[0] = 100 + (i + 1) % 64;
		e.ahead = mem_alloc(20 * sizeof(uint64_t));
		for (size_t k = 0; k < 20; k++)
			e.ahead[k] = 100 + (i + 2 + k) % 64;
		sink(ctx, &e);
	}
}

static int fake_finish(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	(void)o, (void)err;
	for (size_t i = 0; i < tape.n; i++)
		sink(ctx, &tape.events[i]);
	tape_flood(sink, ctx);
	return 0;
}

static void fake_close(struct observer *o)
{
	(void)o;
}

static int fake_leftovers(struct observer *o, struct leftover **ret, size_t *ret_n, struct err *err)
{
	(void)o, (void)err;
	*ret = tape.leftovers;
	*ret_n = tape.n_leftovers;
	return 0;
}

const struct observer_ops tape_ops = {.open = fake_open,
	.source = fake_source,
	.poll = fake_poll,
	.waiting_now = fake_waiting,
	.set_min_wait = fake_min_wait,
	.finish = fake_finish,
	.close = fake_close,
	.leftovers = fake_leftovers};
