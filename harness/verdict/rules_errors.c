/* Rules on what failed, on latency and on what was measured with. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/verdict/rules.h"

#define MIN_FOR_P99 100 /* arrivals in the phase: below it p99 is the one worst transaction */

static bool is(const char *a, const char *b)
{
	return !strcmp(rules_text(a), b);
}

static size_t count_outcome(const struct result *r, const char *outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_statements; i++)
		n += is(r->statements[i].outcome, outcome);
	return n;
}

/* What the failure meant for the others: ", 2 were rolled back, 3 not run". */
static void say_others(const struct result *r, struct str *out)
{
	size_t back = count_outcome(r, "rolled-back"), idle = count_outcome(r, "not-run");

	if (back)
		str_addf(out, "; %zu other%s rolled back with it", back, back == 1 ? "" : "s");
	if (idle)
		str_addf(out, "; %zu not run", idle);
}

static void add_failed(
	const struct verdict_rule *rule, struct result *r, const struct result_statement *s)
{
	bool timed_out = is(s->outcome, "timed-out");
	struct str message = {0}, evidence = {0};
	char buf[UNITS_TEXT];

	rules_name(s, &message);
	str_add(&message, timed_out ? " timed out" : " failed");
	if (*rules_text(s->code))
		str_addf(&message, " with %s", s->code);
	if (*rules_text(s->error))
		str_addf(&message, ": %s", s->error);
	str_addf(&evidence, "after %s", units_duration_text(s->duration_us, buf));
	if (s->attempts > 1)
		str_addf(&evidence, ", attempt %u", s->attempts);
	if (*rules_text(s->text))
		str_addf(&evidence, "; %s", s->text);
	say_others(r, &evidence);
	rules_add(rule, r, SEVERITY_REJECT, s->index, str_take(&message), str_take(&evidence),
		mem_strdup(timed_out
				? "find out who holds the lock, or allow more time or more attempts"
				: "correct the statement"));
}

void rule_migration_failed(const struct verdict_rule *rule, struct result *r)
{
	const struct result_statement *first = NULL;
	bool failed = false;

	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_statement *s = &r->statements[i];

		if (is(s->outcome, "failed") || is(s->outcome, "timed-out")) {
			add_failed(rule, r, s);
			failed = true;
		} else if (!is(s->outcome, "ok") && !first) {
			first = s;
		}
	}
	/* Without a failure of its own: cut by the migration's limit. A rehearsal that broke off
	 * says nothing about the statements that it never came to. */
	if (first && !failed && !*rules_text(r->failure)) {
		struct str message = {0}, evidence = {0};

		rules_name(first, &message);
		str_addf(&message, " did not take effect: %s", rules_text(first->outcome));
		str_addf(&evidence, "%zu of %zu statements took effect", count_outcome(r, "ok"),
			r->n_statements);
		rules_add(rule, r, SEVERITY_REJECT, first->index, str_take(&message),
			str_take(&evidence), NULL);
	}
}

/* How often a phase saw the code in a transaction; "" stands for all together. */
static uint64_t seen(
	const struct result *r, enum phase_id id, const char *code, const char *transaction)
{
	const struct result_phase *p = rules_phase(r, id);
	uint64_t n = 0;

	for (size_t i = 0; p && i < p->n_errors; i++) {
		if (is(p->errors[i].code, code) && is(p->errors[i].transaction, transaction))
			n += p->errors[i].count;
	}
	return n;
}

/* An entry for all together repeats what its transactions' own entries say. */
static bool repeats(const struct result_phase *p, const struct result_error *e)
{
	for (size_t i = 0; i < p->n_errors && !*rules_text(e->transaction); i++) {
		if (is(p->errors[i].code, rules_text(e->code)) &&
			*rules_text(p->errors[i].transaction))
			return true;
	}
	return false;
}

static uint64_t arrived(const struct result *r, enum phase_id id, const char *transaction)
{
	const struct result_phase *p = rules_phase(r, id);

	if (!p || !*transaction)
		return p ? p->transactions.arrived : 0;
	for (size_t i = 0; i < p->n_types; i++) {
		if (is(p->types[i].name, transaction))
			return p->types[i].transactions.arrived;
	}
	return 0;
}

static const struct {
	const char *class, *text;
} error_remedies[] = {
	{"breakage",
		"expand first, let the application follow, contract later: the queries that run "
		"today must work before, during and after the migration"},
	{"contention",
		"shorten or split what the statement locks; a deadlock wants the migration to "
		"take its locks in the application's order"},
	{"connection", "find out what ended the connections; the migration must not"},
	{"wrong-result",
		"readers must never see the table without its rows: fill the new one beside it, "
		"then swap both names in one statement"},
	{"resource", "the replica ran out of something: check disk, memory and max_connections"},
};

/* One code, over all transactions that it is new to. */
struct new_error {
	const struct result_error *first;
	uint64_t during, after;
	struct str shares; /* "book 84.6 % of 1,300, pay ..." */
};

static bool is_new(
	const struct result *r, const struct result_phase *p, const struct result_error *e)
{
	const char *code = rules_text(e->code), *name = rules_text(e->transaction);

	return e->count && !repeats(p, e) && !seen(r, PHASE_WARM_UP, code, name) &&
		!seen(r, PHASE_BASELINE, code, name);
}

static void add_share(const struct result *r, const struct result_error *e, struct new_error *new)
{
	const char *code = rules_text(e->code), *name = rules_text(e->transaction);
	uint64_t during = seen(r, PHASE_MIGRATION, code, name);
	uint64_t after = seen(r, PHASE_RECOVERY, code, name);
	uint64_t all = (during ? arrived(r, PHASE_MIGRATION, name) : 0) +
		(after ? arrived(r, PHASE_RECOVERY, name) : 0);
	char buf[UNITS_TEXT];

	new->during += during;
	new->after += after;
	str_addf(&new->shares, "%s%s ", new->shares.len ? ", " : "", *name ? name : "transactions");
	if (all)
		str_addf(&new->shares, "%.3g %% of %s",
			(double)(during + after) * 100 / (double)all, units_count_text(all, buf));
	else
		str_addf(&new->shares, "%s", units_count_text(during + after, buf));
}

/* Every transaction once, though both phases may have the code. */
static void add_shares(const struct result *r, struct new_error *new)
{
	for (enum phase_id id = PHASE_MIGRATION; id <= PHASE_RECOVERY; id++) {
		const struct result_phase *p = rules_phase(r, id);

		for (size_t i = 0; p && i < p->n_errors; i++) {
			const struct result_error *e = &p->errors[i];

			if (is(e->code, rules_text(new->first->code)) && is_new(r, p, e) &&
				(id == PHASE_MIGRATION ||
					!seen(r, PHASE_MIGRATION, rules_text(e->code),
						rules_text(e->transaction))))
				add_share(r, e, new);
		}
	}
}

static const char *error_remedy(const struct result_error *e)
{
	for (size_t i = 0; i < sizeof(error_remedies) / sizeof(error_remedies[0]); i++) {
		if (is(e->class, error_remedies[i].class))
			return error_remedies[i].text;
	}
	return NULL;
}

static const struct {
	const char *code, *text;
} error_texts[] = {
	{"no-row", " found no row where there always was one before the migration"},
	{"many-rows", " found several rows where there always was one before the migration"},
};

static void say_error(const struct result_error *e, struct str *message)
{
	for (size_t i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++) {
		if (is(e->code, error_texts[i].code)) {
			str_add(message, error_texts[i].text);
			return;
		}
	}
	str_addf(message, " failed with %s (%s), which never happened to them before the migration",
		rules_text(e->code), rules_text(e->class));
}

static void add_error(
	const struct verdict_rule *rule, struct result *r, const struct result_error *e)
{
	struct new_error new = {.first = e};
	struct verdict_rule alone = *rule;
	struct str message = {0}, evidence = {0};
	char buf[UNITS_TEXT];

	add_shares(r, &new);
	rules_count(new.during + new.after, "transaction", &message);
	say_error(e, &message);
	str_addf(&evidence, "%s; %s during the migration", str_text(&new.shares),
		units_count_text(new.during, buf));
	str_addf(&evidence, ", %s after it", units_count_text(new.after, buf));
	if (*rules_text(e->text))
		str_addf(&evidence, "; %s", e->text);
	/* A query that no longer fits the schema, or reads it wrongly, is nobody's load: no
	 * baseline excuses it. */
	alone.against_baseline = rule->against_baseline && !is(e->class, "breakage") &&
		!is(e->class, "wrong-result");
	rules_add(&alone, r, r->rules.allow_new_errors ? SEVERITY_INFO : SEVERITY_REJECT, 0,
		str_take(&message), str_take(&evidence), mem_strdup(error_remedy(e)));
	str_release(&new.shares);
}

/* The code was told with an earlier entry. */
static bool told(const struct result *r, const struct result_error *e)
{
	for (enum phase_id id = PHASE_MIGRATION; id <= PHASE_RECOVERY; id++) {
		const struct result_phase *p = rules_phase(r, id);

		for (size_t i = 0; p && i < p->n_errors; i++) {
			if (&p->errors[i] == e)
				return false;
			if (is(p->errors[i].code, rules_text(e->code)) &&
				is_new(r, p, &p->errors[i]))
				return true;
		}
	}
	return false;
}

void rule_new_error_class(const struct verdict_rule *rule, struct result *r)
{
	for (enum phase_id id = PHASE_MIGRATION; id <= PHASE_RECOVERY; id++) {
		const struct result_phase *p = rules_phase(r, id);

		for (size_t i = 0; p && i < p->n_errors; i++) {
			const struct result_error *e = &p->errors[i];

			if (is_new(r, p, e) && !told(r, e))
				add_error(rule, r, e);
		}
	}
}

void rule_pool_timeout(const struct verdict_rule *rule, struct result *r)
{
	const struct result_phase *m = rules_phase(r, PHASE_MIGRATION);
	const struct result_phase *after = rules_phase(r, PHASE_RECOVERY);
	uint64_t during = m ? m->transactions.pool_timeouts : 0;
	uint64_t later = after ? after->transactions.pool_timeouts : 0;
	struct str message = {0}, evidence = {0};
	char buf[UNITS_TEXT];

	if (during + later <= r->rules.max_pool_timeouts)
		return;
	rules_count(during + later, "transaction", &message);
	str_addf(&message, " found no free connection: the pool of %u was exhausted",
		r->rehearsal.connections);
	str_addf(&evidence, "%s during the migration", units_count_text(during, buf));
	str_addf(&evidence, ", %s after it", units_count_text(later, buf));
	str_addf(&evidence, "; %s allowed", units_count_text(r->rules.max_pool_timeouts, buf));
	rules_add(rule, r, SEVERITY_REJECT, 0, str_take(&message), str_take(&evidence),
		mem_strdup("shorten the lock waits: each waiting transaction keeps a connection"));
}

static uint64_t worst_second(const struct result_phase *p)
{
	uint64_t worst = 0;

	for (size_t i = 0; i < p->n_seconds; i++) {
		if (p->seconds[i].p99_us > worst)
			worst = p->seconds[i].p99_us;
	}
	return worst;
}

static struct result_waits waits_caused(const struct result *r)
{
	struct result_waits all = {0};

	for (size_t i = 0; i < r->n_statements; i++) {
		const struct result_waits *w = &r->statements[i].caused;

		all.count += w->count;
		all.total_us += w->total_us;
		all.max_us = w->max_us > all.max_us ? w->max_us : all.max_us;
	}
	return all;
}

/* Where the client itself came too late for want of a core, and the waits behind the migration are
 * far too short to be the reason, nothing tells its harm from the machine's. */
static bool starved(const struct result *r, const struct result_waits *waits, uint64_t p99_us)
{
	return *rules_text(r->rehearsal.schedule_note) && waits->max_us < p99_us / 2;
}

static void say_why(struct str *message, const struct result_waits *waits, bool starved)
{
	char buf[UNITS_TEXT];

	if (!waits->count)
		str_add(message,
			starved ? ", and nobody waited for its locks: the machine was busy"
				: ", although nobody waited for its locks");
	else if (starved)
		str_addf(message,
			", and nobody waited longer than %s behind it: the machine was busy",
			units_duration_text(waits->max_us, buf));
	else
		str_add(message, ", with transactions waiting behind it");
}

void rule_latency_p99(const struct verdict_rule *rule, struct result *r)
{
	const struct result_phase *m = rules_phase(r, PHASE_MIGRATION);
	const struct result_phase *base = rules_phase(r, PHASE_BASELINE);
	uint64_t now = m ? m->latency_us.p99 : 0, then = base ? base->latency_us.p99 : 0;
	struct result_waits waits = waits_caused(r);
	uint64_t noise = base ? worst_second(base) : 0;
	bool unclear = noise >= now || starved(r, &waits, now);
	struct str message = {0}, evidence = {0};
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (!m || !base || r->rules.p99_ratio <= 0 || now <= r->rules.p99_floor_us ||
		m->transactions.arrived < MIN_FOR_P99 ||
		(double)now <= r->rules.p99_ratio * (double)then)
		return;
	str_addf(&message, "p99 rose from %s to %s during the migration",
		units_duration_text(then, a), units_duration_text(now, b));
	if (noise >= now)
		str_addf(&message, ", but the baseline had seconds as bad (%s)",
			units_duration_text(noise, a));
	else
		say_why(&message, &waits, unclear);
	str_addf(&evidence,
		"%.3g times the baseline, allowed %.3g; worst second of the baseline %s",
		(double)now / (double)(then ? then : 1), r->rules.p99_ratio,
		units_duration_text(noise, a));
	if (!waits.count)
		str_add(&evidence, "; no lock wait behind the migration: CPU or I/O");
	rules_add(rule, r, unclear ? SEVERITY_INCONCLUSIVE : SEVERITY_REJECT, 0, str_take(&message),
		str_take(&evidence),
		mem_strdup(unclear ? "rehearse again on a quiet machine, with a longer baseline"
				: waits.count ? "shorten the lock waits"
					      : "run it at a quiet hour, or in smaller steps"));
}

void rule_baseline_unfit(const struct verdict_rule *rule, struct result *r)
{
	struct str why = {0};

	if (rules_baseline_unfit(r, &why))
		rules_add(rule, r, SEVERITY_INCONCLUSIVE, 0,
			mem_strdup("the baseline already breaks the rules, before any migration"),
			str_take(&why),
			mem_strdup(
				"lower workload.rate, add connections, or use a bigger machine"));
	str_release(&why);
}

void rule_observation_incomplete(const struct verdict_rule *rule, struct result *r)
{
	const struct result_observation *o = &r->observation;
	bool rejected = false;

	if (o->exact)
		return;
	for (size_t i = 0; i < r->n_findings; i++)
		rejected = rejected || r->findings[i].severity == SEVERITY_REJECT;
	rules_add(rule, r, rejected ? SEVERITY_WARNING : SEVERITY_INCONCLUSIVE, 0,
		mem_printf("lock waits were %s: short ones may be missing",
			*rules_text(o->source) ? "estimated, not told by the server"
					       : "not observed"),
		mem_printf("source: %s%s%s", *rules_text(o->source) ? o->source : "none",
			*rules_text(o->blind_to) ? "; it cannot see: " : "",
			rules_text(o->blind_to)),
		mem_strdup("make the server's log of lock waits readable to rehearse"));
}
