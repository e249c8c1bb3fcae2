/* How the rehearsal was made and seen, in words: the small print of every report. */
#include <inttypes.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/units.h"
#include "harness/report/words.h"

/* Adds ", text", or nothing for an empty text. */
static void also(struct str *out, const char *text)
{
	if (*words_text(text))
		str_addf(out, "%s%s", out->len ? ", " : "", text);
}

char *words_traffic(const struct result *r)
{
	const struct result_rehearsal *h = &r->rehearsal;
	struct str out = {0};

	if (h->rate > 0 && strcmp(words_text(h->workload_mode), "closed") != 0)
		str_addf(&out, "%.6g/s over ", h->rate);
	str_addf(&out, "%u connection%s", h->connections, h->connections == 1 ? "" : "s");
	also(&out, h->workload);
	str_addf(&out, ", seed %" PRIu64, h->seed);
	return str_take(&out);
}

char *words_server(const struct result *r)
{
	const struct result_rehearsal *h = &r->rehearsal;
	struct str out = {0};
	char buf[UNITS_TEXT];

	str_addf(&out, "%s %s", words_text(h->engine), words_text(h->server_version));
	also(&out, h->provider);
	also(&out, h->source);
	if (h->database_bytes)
		also(&out, units_size_text(h->database_bytes, buf));
	return str_take(&out);
}

char *words_observation(const struct result *r)
{
	const struct result_observation *o = &r->observation;
	struct str out = {0};
	char buf[UNITS_TEXT];

	if (!*words_text(o->source))
		return mem_strdup("lock waits were not observed");
	str_addf(&out, "%s", o->source);
	if (*words_text(o->detail))
		str_addf(&out, " (%s)", o->detail);
	str_addf(&out, ": %s of %s and more", o->exact ? "every wait" : "estimated waits",
		units_duration_text(o->min_wait_us, buf));
	if (*words_text(o->blind_to))
		str_addf(&out, "; cannot see: %s", o->blind_to);
	return str_take(&out);
}

char *words_run(const struct result *r)
{
	const struct result_rehearsal *h = &r->rehearsal;
	struct str out = {0};
	char buf[UNITS_TEXT];

	str_addf(&out, "%s", units_duration_text(h->duration_us, buf));
	if (*words_text(h->started_at))
		str_addf(&out, " from %s", h->started_at);
	if (*words_text(h->transaction_mode))
		str_addf(&out, ", transactions by %s", h->transaction_mode);
	str_addf(&out, ", rehearse %s, run %s", words_text(h->rehearse_version),
		words_text(h->run_id));
	return str_take(&out);
}
