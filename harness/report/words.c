#include "harness/report/words.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/units.h"

#define MAX_NAMED 5 /* waiters named in a line; the tables have all */

const char *words_text(const char *s)
{
	return s ? s : "";
}

const char *words_verdict(const struct result *r)
{
	if (*words_text(r->failure))
		return "not carried out";
	return *words_text(r->verdict) ? r->verdict : "not judged";
}

char *words_name(const struct result *r)
{
	const char *name = words_text(r->rehearsal.scenario);

	return mem_strdup(*name ? name : "rehearsal");
}

static const struct result_phase *phase(const struct result *r, enum phase_id id)
{
	for (size_t i = 0; i < r->n_phases; i++) {
		if (r->phases[i].id == id)
			return &r->phases[i];
	}
	return NULL;
}

static void say_count(struct str *out, uint64_t n, const char *noun)
{
	char buf[UNITS_TEXT];

	str_addf(out, "%s %s%s", units_count_text(n, buf), noun, n == 1 ? "" : "s");
}

/* Why it was approved: what the rules looked for and did not find. */
static char *approval(const struct result *r)
{
	const struct result_phase *base = phase(r, PHASE_BASELINE);
	const struct result_phase *during = phase(r, PHASE_MIGRATION);
	uint64_t n = 0, worst = 0;
	struct str out = {0};
	char a[UNITS_TEXT], b[UNITS_TEXT];

	for (size_t i = 0; i < r->n_statements; i++) {
		n += r->statements[i].caused.count;
		if (r->statements[i].caused.max_us > worst)
			worst = r->statements[i].caused.max_us;
	}
	if (!r->n_statements) {
		str_add(&out, "no migration was run");
	} else if (!n) {
		str_add(&out, "no transaction waited behind the migration");
	} else {
		say_count(&out, n, "transaction");
		str_addf(&out, " waited behind the migration, at most %s",
			units_duration_text(worst, a));
		if (r->rules.max_lock_wait_us)
			str_addf(&out, " (%s allowed)",
				units_duration_text(r->rules.max_lock_wait_us, a));
	}
	if (base && during)
		str_addf(&out, "; p99 was %s before, %s during",
			units_duration_text(base->latency_us.p99, a),
			units_duration_text(during->latency_us.p99, b));
	return str_take(&out);
}

bool words_is_reason(const struct result *r, const struct result_finding *f)
{
	return f == r->findings && !*words_text(r->failure) && *words_text(r->verdict) &&
		strcmp(r->verdict, "approve") != 0;
}

char *words_reason(const struct result *r)
{
	if (*words_text(r->failure))
		return mem_strdup(r->failure);
	if (!*words_text(r->verdict))
		return mem_strdup("no rules were applied yet");
	if (r->n_findings && words_is_reason(r, r->findings))
		return mem_strdup(words_text(r->findings[0].message));
	return approval(r);
}

char *words_more(const struct result *r)
{
	size_t n = 0;

	if (!r->n_findings || !words_is_reason(r, r->findings))
		return mem_strdup("");
	for (size_t i = 1; i < r->n_findings; i++)
		n += r->findings[i].severity == r->findings[0].severity;
	if (!n)
		return mem_strdup("");
	return mem_printf(" (%zu more reason%s below)", n, n == 1 ? "" : "s");
}

bool words_as_expected(const struct result *r)
{
	return !strcmp(words_text(r->expected), words_text(r->verdict));
}

char *words_expected(const struct result *r)
{
	if (!*words_text(r->expected))
		return mem_strdup("");
	if (words_as_expected(r))
		return mem_strdup("as expected");
	return mem_printf(
		*words_text(r->verdict) ? "NOT AS EXPECTED: %s" : "expected: %s", r->expected);
}

char *words_place(const struct result_statement *s)
{
	const char *file = words_text(s->file), *slash = strrchr(file, '/');

	/* A command's statements have no line. */
	if (!s->line)
		return mem_strdup(slash ? slash + 1 : file);
	return mem_printf("%s:%u", slash ? slash + 1 : file, s->line);
}

char *words_outcome(const struct result_statement *s)
{
	struct str out = {0};
	char buf[UNITS_TEXT];

	str_add(&out, words_text(s->outcome));
	if (strcmp(words_text(s->outcome), "not-run") != 0)
		str_addf(&out, ", %s", units_duration_text(s->duration_us, buf));
	if (s->attempts > 1)
		str_addf(&out, ", %u attempts", s->attempts);
	return str_take(&out);
}

bool words_lock_matters(const struct result_lock *lock)
{
	return !lock->new_object && (lock->blocks_reads || lock->blocks_writes);
}

char *words_lock(const struct result_lock *lock)
{
	char buf[UNITS_TEXT];

	return mem_printf("%s on %s for %s%s%s", words_text(lock->mode), words_text(lock->object),
		units_duration_text(lock->hold_us, buf),
		lock->blocks_reads	      ? ": reads and writes wait"
			: lock->blocks_writes ? ": writes wait"
					      : "",
		lock->new_object ? " (new)" : "");
}

/* Adds a name and its count to a list of distinct names; the list is short. */
struct names {
	const char *name[MAX_NAMED + 1];
	uint64_t count[MAX_NAMED + 1];
	size_t n;
	size_t more;
};

static void names_add(struct names *names, const char *name, uint64_t count)
{
	size_t i = 0;

	while (i < names->n && strcmp(names->name[i], name) != 0)
		i++;
	if (i == MAX_NAMED) {
		names->more++;
		return;
	}
	if (i == names->n) {
		names->name[names->n] = name;
		names->count[names->n++] = 0;
	}
	names->count[i] += count;
}

static void names_say(const struct names *names, struct str *out)
{
	char buf[UNITS_TEXT];

	for (size_t i = 0; i < names->n; i++)
		str_addf(out, "%s%s %s", i ? ", " : "", names->name[i],
			units_count_text(names->count[i], buf));
	if (names->more)
		str_add(out, " and others");
}

char *words_behind(const struct result *r, const struct result_statement *s)
{
	struct names names = {0};
	struct str out = {0};
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (!s->caused.count)
		return mem_strdup("");
	say_count(&out, s->caused.count, "transaction");
	str_addf(&out, ", up to %s each, %s in all", units_duration_text(s->caused.max_us, a),
		units_duration_text(s->caused.total_us, b));
	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];

		if (g->cause == CAUSE_MIGRATION && g->statement == s->index)
			names_add(&names, words_text(g->waiter), g->count);
	}
	if (names.n) {
		str_add(&out, ": ");
		names_say(&names, &out);
	}
	return str_take(&out);
}

/* Waits of the migration's own are told by time, not by statement. */
static const struct result_wait *own_wait(const struct result *r, const struct result_statement *s)
{
	const struct result_wait *found = NULL;

	for (size_t i = 0; i < r->n_lock_waits; i++) {
		const struct result_wait *w = &r->lock_waits[i];

		if (strcmp(words_text(w->waiter), "migration") != 0)
			continue;
		if (w->start_us <= s->start_us + s->duration_us &&
			(!found || w->duration_us > found->duration_us))
			found = w;
	}
	return found;
}

char *words_waited(const struct result *r, const struct result_statement *s)
{
	const struct result_wait *own = s->waited_us ? own_wait(r, s) : NULL;
	char buf[UNITS_TEXT];

	if (!s->waited_us)
		return mem_strdup("");
	units_duration_text(s->waited_us, buf);
	if (!own)
		return mem_printf("%s for locks", buf);
	return mem_printf("%s for %s on %s, behind %s", buf, words_text(own->mode),
		words_text(own->object), words_text(own->blocked_by));
}

char *words_list(char *const *items, size_t n)
{
	struct str out = {0};

	for (size_t i = 0; i < n; i++)
		str_addf(&out, "%s%s", i ? ", " : "", words_text(items[i]));
	return str_take(&out);
}

char *words_rewrote(const struct result_statement *s)
{
	char *list, *text;
	char buf[UNITS_TEXT];

	if (!s->n_rewritten)
		return mem_strdup("");
	list = words_list(s->rewritten, s->n_rewritten);
	text = mem_printf("%s: %s%s of log", list, s->wal_exact ? "" : "at most ",
		units_size_text(s->wal_bytes, buf));
	mem_free(list);
	return text;
}

char *words_class(const struct result_statement *s)
{
	const char *predicted = words_text(s->class_predicted);
	const char *measured = words_text(s->class_measured);

	if (!*predicted)
		return mem_strdup("");
	if (!*measured)
		return mem_printf("predicted %s", predicted);
	if (!strcmp(predicted, measured))
		return mem_printf("%s, as predicted", measured);
	return mem_printf("by its locks %s, predicted %s", measured, predicted);
}

/* "AccessExclusiveLock on public.a; rewrites public.a": what keeps others out. */
char *words_predicted(const struct result_statement *s)
{
	struct str out = {0};

	for (size_t i = 0; i < s->n_locks_predicted; i++)
		if (s->locks_predicted[i].blocks_reads || s->locks_predicted[i].blocks_writes)
			str_addf(&out, "%s%s on %s", out.len ? ", " : "",
				words_text(s->locks_predicted[i].mode),
				words_text(s->locks_predicted[i].object));
	for (size_t i = 0; i < s->n_rewrites_predicted; i++)
		str_addf(&out, "%srewrites %s", out.len ? "; " : "",
			words_text(s->rewrites_predicted[i]));
	return str_take(&out);
}

char *words_algorithm(const struct result_statement *s)
{
	const char *measured = words_text(s->algorithm_measured);
	const char *predicted = words_text(s->algorithm_predicted);
	const char *lock = words_text(s->lock_predicted);
	struct str out = {0};

	str_add(&out, measured);
	if (*predicted && *measured && !strcmp(predicted, measured))
		str_add(&out, ", as predicted");
	else if (*predicted)
		str_addf(&out, "%spredicted %s", *measured ? ", " : "", predicted);
	if (*lock)
		str_addf(&out, "%sLOCK=%s accepted", out.len ? ", " : "", lock);
	return str_take(&out);
}

char *words_other_waits(const struct result *r)
{
	uint64_t count[4] = {0}, worst[4] = {0};
	struct str out = {0};
	char buf[UNITS_TEXT];

	for (size_t i = 0; i < r->n_wait_groups; i++) {
		const struct result_wait_group *g = &r->wait_groups[i];

		if (g->cause == CAUSE_MIGRATION || !strcmp(words_text(g->waiter), "migration"))
			continue;
		count[g->cause] += g->count;
		if (g->max_us > worst[g->cause])
			worst[g->cause] = g->max_us;
	}
	for (size_t i = 0; i < 4; i++) {
		if (!count[i])
			continue;
		str_addf(&out, "%s%s %s", out.len ? ", " : "", units_count_text(count[i], buf),
			i == CAUSE_WORKLOAD		 ? "behind the workload itself"
				: i == CAUSE_DISTURBANCE ? "behind disturbances"
							 : "behind others");
		str_addf(&out, " (longest %s)", units_duration_text(worst[i], buf));
	}
	return str_take(&out);
}

bool words_repeats(const struct result_finding *f)
{
	return !strcmp(words_text(f->id), "lock-waits-caused") ||
		!strcmp(words_text(f->id), "migration-waited");
}
