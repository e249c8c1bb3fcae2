#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/observe/groups.h"
#include "harness/observe/internal.h"

#define WHOLE_MAX 500 /* waits that are kept whole */
/* Of those, so many places are the migration's first: a workload that fights over rows must not
 * crowd out what the rehearsal is about. */
#define WHOLE_MIGRATION 250
#define GROUPS_MAX 1000

struct fill {
	struct observe *o;
	struct store *s;
	struct result *r;
	struct texts names; /* grouped objects */
};

static void count(struct result_waits *waits, uint64_t duration_us)
{
	waits->count++;
	waits->total_us += duration_us;
	if (duration_us > waits->max_us)
		waits->max_us = duration_us;
}

static struct role role_of(const struct store *s, const struct wait *w)
{
	return store_role_at(s, w->session, w->start_us + w->duration_us);
}

/* A session nobody told of, whose statement carries a transaction's name, is the workload's all the
 * same. */
static enum role_kind waiter_kind(const struct store *s, const struct wait *w)
{
	enum role_kind kind = role_of(s, w).kind;

	return kind == ROLE_UNKNOWN && w->tag ? ROLE_WORKLOAD : kind;
}

static const char *waiter_name(const struct store *s, const struct wait *w)
{
	switch (waiter_kind(s, w)) {
	case ROLE_MIGRATION:
		return "migration";
	case ROLE_DISTURBANCE:
		return texts_get(&s->texts, role_of(s, w).name);
	case ROLE_WORKLOAD:
		return w->tag ? texts_get(&s->texts, w->tag) : "workload";
	default:
		return "other";
	}
}

static uint64_t begin_of(const struct fill *f, const struct wait *w)
{
	return w->start_us - f->o->origin_us;
}

/* The phase in which it began; what came after the last belongs to the last. */
static struct result_phase *phase_of(const struct fill *f, const struct wait *w)
{
	struct result_phase *found = NULL;

	for (size_t i = 0; i < f->r->n_phases; i++)
		if (!found || f->r->phases[i].start_us <= begin_of(f, w))
			found = &f->r->phases[i];
	return found;
}

static struct result_statement *statement_of(const struct fill *f, unsigned index)
{
	for (size_t i = 0; i < f->r->n_statements; i++)
		if (f->r->statements[i].index == index)
			return &f->r->statements[i];
	return NULL;
}

/* ---- groups ---- */

static bool is_number(const char *word, size_t n)
{
	bool digit = false;

	for (size_t i = 0; i < n; i++) {
		digit |= isdigit((unsigned char)word[i]) != 0;
		if (isalpha((unsigned char)word[i]) || word[i] == '_')
			return false;
	}
	return digit;
}

/* "transaction 1234" and "transaction 1235" are one kind of object: words that are only numbers go.
 */
static char *without_numbers(const char *object)
{
	struct str out = {0};

	for (const char *word = object; *word;) {
		size_t n = strcspn(word, " ");

		if (!is_number(word, n)) {
			if (out.len)
				str_add_char(&out, ' ');
			str_add_n(&out, word, n);
		}
		word += n;
		word += *word == ' ';
	}
	if (!out.len)
		str_add(&out, object);
	return str_take(&out);
}

static int by_total(const void *a, const void *b)
{
	const struct result_wait_group *x = a, *y = b;

	return x->total_us > y->total_us ? -1 : x->total_us < y->total_us;
}

static char *copy(const struct texts *texts, uint32_t number)
{
	const char *text = texts_get(texts, number);

	return mem_strdup(text ? text : "");
}

static void hand_groups_over(struct fill *f, const struct groups *g)
{
	struct result *r = f->r;

	r->wait_groups = mem_zalloc(g->n * sizeof(*r->wait_groups));
	r->n_wait_groups = g->n;
	for (size_t i = 0; i < g->n; i++)
		r->wait_groups[i] =
			(struct result_wait_group){.phase = (enum phase_id)g->keys[i].phase,
				.object = copy(&f->names, g->keys[i].object),
				.mode = copy(&f->s->texts, g->keys[i].mode),
				.waiter = copy(&f->names, g->keys[i].waiter),
				.blocked_by = copy(&f->s->texts, g->keys[i].blocked_by),
				.cause = (enum cause_kind)g->keys[i].cause,
				.statement = g->keys[i].statement,
				.count = g->waits[i].count,
				.total_us = g->waits[i].total_us,
				.max_us = g->waits[i].max_us};
	qsort(r->wait_groups, r->n_wait_groups, sizeof(*r->wait_groups), by_total);
}

/* What is beyond the table's end is summed up by cause and statement, whatever it waited for. */
static void fold_groups(struct fill *f, struct groups *g)
{
	struct group_fold fold = {.max = GROUPS_MAX,
		.migration = texts_intern(&f->names, "migration"),
		.object = texts_intern(&f->names, "other objects"),
		.waiter = texts_intern(&f->names, "others"),
		.mode = texts_intern(&f->s->texts, "various"),
		.blocked_by = texts_intern(&f->s->texts, "others")};

	groups_fold(g, &fold);
}

static void fill_groups(struct fill *f)
{
	struct groups g = {0};

	for (size_t i = 0; i < f->s->n_waits; i++) {
		const struct wait *w = &f->s->waits[i];
		const struct cause *c = &f->o->causes[i];
		const struct result_phase *phase = phase_of(f, w);
		CLEANUP(cleanup_free)
		char *object = without_numbers(texts_get(&f->s->texts, w->object));
		struct group_key key = {.object = texts_intern(&f->names, object),
			.mode = w->mode,
			.waiter = texts_intern(&f->names, waiter_name(f->s, w)),
			.blocked_by = c->blocked_by,
			.statement = c->statement,
			.phase = (uint8_t)(phase ? phase->id : PHASE_WARM_UP),
			.cause = c->kind};

		count(groups_find(&g, &key), w->duration_us);
	}
	fold_groups(f, &g);
	hand_groups_over(f, &g);
	groups_release(&g);
}

/* ---- single waits ---- */

static bool of_migration(const struct fill *f, size_t i)
{
	return f->o->causes[i].kind == CAUSE_MIGRATION ||
		waiter_kind(f->s, &f->s->waits[i]) == ROLE_MIGRATION;
}

static int by_duration(const void *a, const void *b, void *waits)
{
	const struct wait *x = (const struct wait *)waits + *(const uint32_t *)a;
	const struct wait *y = (const struct wait *)waits + *(const uint32_t *)b;

	if (x->duration_us != y->duration_us)
		return x->duration_us > y->duration_us ? -1 : 1;
	return x->start_us < y->start_us ? -1 : x->start_us > y->start_us;
}

/* Picks the places of the waits to keep, worst first; returns how many. */
static size_t pick(const struct fill *f, uint32_t ret[WHOLE_MAX])
{
	size_t n = f->s->n_waits, kept = 0, migration = 0;
	uint32_t *order = mem_alloc(n * sizeof(*order));

	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), by_duration, f->s->waits);
	for (size_t i = 0; i < n && migration < WHOLE_MIGRATION; i++)
		migration += of_migration(f, order[i]);
	for (size_t i = 0, mine = 0; i < n && kept < WHOLE_MAX; i++) {
		bool keep = of_migration(f, order[i]);

		/* The places that are still to come to the migration are kept free. */
		if (keep && mine < migration)
			mine++;
		else if (kept + (migration - mine) >= WHOLE_MAX)
			continue;
		ret[kept++] = order[i];
	}
	mem_free(order);
	return kept;
}

static void fill_whole(struct fill *f)
{
	uint32_t picked[WHOLE_MAX];
	size_t n = pick(f, picked);
	struct result *r = f->r;

	r->lock_waits = mem_zalloc(n * sizeof(*r->lock_waits));
	r->n_lock_waits = n;
	r->lock_waits_seen = f->s->n_waits;
	for (size_t i = 0; i < n; i++) {
		const struct wait *w = &f->s->waits[picked[i]];
		const struct cause *c = &f->o->causes[picked[i]];
		const struct result_phase *phase = phase_of(f, w);

		r->lock_waits[i] = (struct result_wait){.start_us = begin_of(f, w),
			.duration_us = w->duration_us,
			.object = copy(&f->s->texts, w->object),
			.mode = copy(&f->s->texts, w->mode),
			.waiter = mem_strdup(waiter_name(f->s, w)),
			.outcome = mem_strdup(wait_outcome_name((enum wait_outcome)w->outcome)),
			.cause = (enum cause_kind)c->kind,
			.statement = c->statement,
			.blocked_by = copy(&f->s->texts, c->blocked_by),
			.queued = c->queued,
			.exact = w->exact,
			.phase = phase ? phase->id : PHASE_WARM_UP};
	}
}

/* ---- sums ---- */

static void fill_sums(struct fill *f)
{
	for (size_t i = 0; i < f->s->n_waits; i++) {
		const struct wait *w = &f->s->waits[i];
		const struct cause *c = &f->o->causes[i];
		enum role_kind kind = waiter_kind(f->s, w);
		struct result_phase *phase = phase_of(f, w);
		struct result_statement *statement;

		if (kind == ROLE_WORKLOAD && phase)
			count(&phase->lock_waits, w->duration_us);
		if (kind == ROLE_MIGRATION) {
			statement = statement_of(f, store_statement_for(f->s, w, false));
			if (statement)
				statement->waited_us += w->duration_us;
		} else if (c->kind == CAUSE_MIGRATION) {
			statement = statement_of(f, c->statement);
			if (statement)
				count(&statement->caused, w->duration_us);
		}
	}
}

static void set_text(char **member, const char *text)
{
	mem_free(*member);
	*member = mem_strdup(text);
}

static void fill_observation(struct fill *f)
{
	const struct observe_source *source = f->o->ops->source(f->o->adapter);
	struct result_observation *to = &f->r->observation;

	set_text(&to->source, source->name);
	set_text(&to->detail, source->detail);
	set_text(&to->blind_to, source->blind_to);
	set_text(&to->note, f->o->note);
	to->min_wait_us = source->min_wait_us;
	to->exact = source->exact;
}

/* What was there before the migration is not its doing. */
static int fill_leftovers(struct fill *f, struct err *err)
{
	struct leftover *list;
	struct result *r = f->r;
	size_t n;

	if (f->o->ops->leftovers(f->o->adapter, &list, &n, err))
		return -1;
	r->leftovers = mem_zalloc(n * sizeof(*r->leftovers));
	for (size_t i = 0; i < n; i++)
		if (!list[i].existed_before)
			r->leftovers[r->n_leftovers++] =
				(struct result_leftover){.kind = mem_strdup(list[i].kind),
					.object = mem_strdup(list[i].object),
					.table = mem_strdup(list[i].table)};
	leftovers_free(list, n);
	return 0;
}

int observe_fill(struct observe *o, struct result *r, struct err *err)
{
	struct fill f = {.o = o, .s = &o->store, .r = r};

	fill_observation(&f);
	fill_sums(&f);
	fill_groups(&f);
	fill_whole(&f);
	texts_release(&f.names);
	return fill_leftovers(&f, err);
}
