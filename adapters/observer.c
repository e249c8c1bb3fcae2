#include "adapters/observer.h"

#include "harness/base/mem.h"

const char *wait_outcome_name(enum wait_outcome outcome)
{
	static const char *const names[] = {
		[WAIT_ACQUIRED] = "acquired",
		[WAIT_TIMED_OUT] = "timed-out",
		[WAIT_CANCELLED] = "cancelled",
		[WAIT_DEADLOCK] = "deadlock",
		[WAIT_FAILED] = "failed",
		[WAIT_UNFINISHED] = "unfinished",
	};

	return (size_t)outcome < sizeof(names) / sizeof(names[0]) ? names[outcome] : "unknown";
}

void wait_event_release(struct wait_event *event)
{
	if (!event)
		return;
	mem_free(event->object);
	mem_free(event->mode);
	mem_free(event->tag);
	mem_free(event->application);
	mem_free(event->holders);
	mem_free(event->ahead);
	*event = (struct wait_event){0};
}

void statement_facts_release(struct statement_facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < facts->n_locks; i++) {
		mem_free(facts->locks[i].object);
		mem_free(facts->locks[i].mode);
	}
	mem_free(facts->locks);
	mem_free_strings(facts->rewritten, facts->n_rewritten);
	mem_free_strings(facts->scanned, facts->n_scanned);
	*facts = (struct statement_facts){0};
}

void leftovers_free(struct leftover *leftovers, size_t n)
{
	for (size_t i = 0; leftovers && i < n; i++) {
		mem_free(leftovers[i].object);
		mem_free(leftovers[i].table);
	}
	mem_free(leftovers);
}

void foreign_statement_release(struct foreign_statement *s)
{
	mem_free(s->sql);
	mem_free(s->error);
	statement_facts_release(&s->facts);
	*s = (struct foreign_statement){0};
}
