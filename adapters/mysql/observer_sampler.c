#include <inttypes.h>
#include <string.h>

#include "adapters/mysql/observer_facts.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Most DDL is over within milliseconds, and what it locks is worth seeing; the rest has time. */
#define FIRST_STEP_US 2000
#define STEP_US 10000
#define FIRST_US 500000

#define PLUGIN "METADATA_LOCK_INFO"

/* ---- locks of one session ---- */

struct my_seen_lock *my_seen_find(
	const struct my_seen_locks *seen, const char *object, const char *mode)
{
	for (size_t i = 0; i < seen->n; i++)
		if (!strcmp(seen->list[i].object, object) && !strcmp(seen->list[i].mode, mode))
			return &seen->list[i];
	return NULL;
}

void my_seen_clear(struct my_seen_locks *seen)
{
	for (size_t i = 0; i < seen->n; i++) {
		mem_free(seen->list[i].object);
		mem_free(seen->list[i].mode);
	}
	seen->n = 0;
}

const char *my_lock_mode(const char *told)
{
	return strncmp(told, "MDL_", 4) ? told : told + 4;
}

char *my_lock_object(const struct observer_session *s, unsigned row, const char *mode)
{
	const char *type = mo_text(s, row, 0), *name = mo_text(s, row, 2);
	const char *schema = mo_text(s, row, 1);
	bool table = !strcmp(type, "TABLE") || !strcmp(type, "Table metadata lock");

	if (!strncmp(mode, "BACKUP_FTWRL", 12))
		return mem_strdup("all tables");
	/* The tables that an ALTER builds beside have such names; statistics and MySQL's notes in
	 * the files of tables are the server's own. */
	if (!table || !strncmp(name, "#sql", 4) || !strcmp(schema, "mysql") ||
		!strcmp(schema, "dummy_sdi_db"))
		return NULL;
	return mem_printf("%s.%s", schema, name);
}

/* Between two looks a lock was taken, or released: on the average half-way. */
static void take(struct my_seen_locks *seen, const struct observer_session *s, uint64_t at_us,
	uint64_t previous_us)
{
	uint64_t half = at_us > previous_us ? (at_us - previous_us) / 2 : 0;

	for (size_t i = 0; i < seen->n; i++)
		seen->list[i].now = false;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		const char *mode = my_lock_mode(mo_text(s, i, 3));
		CLEANUP(cleanup_free) char *object = my_lock_object(s, i, mode);
		struct my_seen_lock *lock = object ? my_seen_find(seen, object, mode) : NULL;

		if (!object)
			continue;
		if (!lock) {
			lock = MEM_PUSH(seen->list, seen->n, seen->cap);
			*lock = (struct my_seen_lock){.object = mem_strdup(object),
				.mode = mem_strdup(mode),
				.acquired_us = at_us - half};
		}
		lock->now = true;
	}
	for (size_t i = 0; i < seen->n; i++) {
		struct my_seen_lock *lock = &seen->list[i];

		lock->held_us += (lock->in_latest ? half : 0) + (lock->now ? half : 0);
		lock->in_latest = lock->now;
	}
}

static int ask(struct observer_session *s, enum my_lock_source source,
	const struct sampled_session *who, struct err *err)
{
	CLEANUP(cleanup_free) char *sql = NULL;

	if (source == MY_LOCKS_PLUGIN)
		sql = mem_printf("SELECT LOCK_TYPE, TABLE_SCHEMA, TABLE_NAME, LOCK_MODE"
				 " FROM information_schema." PLUGIN " WHERE THREAD_ID = %" PRIu64,
			who->session);
	else
		sql = mem_printf("SELECT OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME, LOCK_TYPE"
				 " FROM performance_schema.metadata_locks"
				 " WHERE LOCK_STATUS = 'GRANTED' AND OWNER_THREAD_ID = %" PRIu64,
			who->thread);
	return mo_ask(s, sql, err);
}

int my_locks_read(struct observer_session *s, enum my_lock_source source,
	struct sampled_session who, struct my_seen_locks *seen, uint64_t at_us,
	uint64_t previous_us, struct err *err)
{
	if (source == MY_LOCKS_NONE)
		return 0;
	if (ask(s, source, &who, err))
		return -1;
	take(seen, s, at_us, previous_us);
	return 0;
}

/* ---- while a statement runs ---- */

static int sampler_ask(void *self, const struct sampled_session *who)
{
	struct my_lock_sampler *s = self;

	return ask(&s->session, s->source, who, NULL);
}

static void sampler_take(void *self, uint64_t at_us, uint64_t previous_us)
{
	struct my_lock_sampler *s = self;

	take(&s->seen, &s->session, at_us, previous_us);
}

static void sampler_forget(void *self)
{
	struct my_lock_sampler *s = self;

	my_seen_clear(&s->seen);
}

static const struct lock_sampler_parts parts = {.ask = sampler_ask,
	.take = sampler_take,
	.forget = sampler_forget,
	.first_us = FIRST_US,
	.first_step_us = FIRST_STEP_US,
	.step_us = STEP_US};

/* The plugin first: it tells what a lock has become. */
static enum my_lock_source choose(struct my_lock_sampler *s)
{
	static const char probe[] = "SELECT 1 FROM information_schema." PLUGIN " LIMIT 1";

	if (mo_can(&s->session, probe))
		return MY_LOCKS_PLUGIN;
	if (mo_can(&s->session, "INSTALL SONAME 'metadata_lock_info'")) {
		s->installed = true;
		if (mo_can(&s->session, probe))
			return MY_LOCKS_PLUGIN;
	}
	if (mo_can(&s->session, "SELECT 1 FROM performance_schema.metadata_locks LIMIT 1") &&
		mo_rows(&s->session))
		return MY_LOCKS_TABLE;
	return MY_LOCKS_NONE;
}

int my_sampler_open(struct my_lock_sampler *s, const struct replica_info *replica, struct err *err)
{
	if (my_session_open(&s->session, replica, err))
		return -1;
	s->source = choose(s);
	return lock_sampler_open(&s->sampler, &parts, s, err);
}

void my_sampler_start(struct my_lock_sampler *s, struct sampled_session who, uint64_t now_us)
{
	if (s->source == MY_LOCKS_NONE)
		who = (struct sampled_session){0};
	lock_sampler_start(&s->sampler, who, now_us);
}

void my_sampler_release(struct my_lock_sampler *s)
{
	lock_sampler_release(&s->sampler);
	if (s->installed)
		mo_can(&s->session, "UNINSTALL SONAME 'metadata_lock_info'");
	my_session_release(&s->session);
	my_seen_clear(&s->seen);
	mem_free(s->seen.list);
	*s = (struct my_lock_sampler){0};
}
