/*
 * The contract of a provider: how a replica comes to be, is cut off from the world, and goes
 * away again.
 * The order is fixed by the rehearsal's stage table:
 *
 *   open -> check -> provision -> quarantine -> promote -> verify -> (rehearsal) -> give_back ->
 *   release
 *
 * Nothing is written anywhere before check() has passed. release() undoes what was done, in
 * reverse, from any point, and is called exactly once. All calls block and watch for interrupts,
 * except give_back() and release(), which the caller shields.
 */
#ifndef REHEARSE_ADAPTERS_PROVIDER_H
#define REHEARSE_ADAPTERS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/journal.h"
#include "harness/base/str.h"

struct server_setting {
	char *name, *value;
};

/* promote: the standby is given back as it was, from a copy of its files made before. */
enum provider_return {
	RETURN_NO,
	RETURN_REFLINK, /* refused where the file system has none */
	RETURN_COPY,	/* a full copy */
};

struct provider_config {
	const char *engine;   /* "postgres" */
	const char *source;   /* DSN: clone: what is cloned; promote: the standby's primary or "" */
	const char *standby;  /* DSN: promote: the standby that its owner gives up */
	const char *database; /* overrides the DSN's; NULL: as there */
	bool disposable;      /* the scenario's `disposable: true` */
	enum provider_return give_back; /* promote */
	const char *stop, *start; /* its owner's commands, words as in a shell; NULL: not given */
	uint64_t catch_up_us;	  /* longest wait for replay to catch up */
	const char *fixture; /* embedded: directory with *.sql in order; NULL: empty database */
	double scale;	     /* embedded: given to the fixture as :scale */
	const char *bin_dir; /* server programs; NULL: looked for */
	const struct server_setting *settings; /* extra, for servers that the provider starts */
	size_t n_settings;
};

/* What a provider needs of its surroundings; lives longer than the replica. */
struct provider_env {
	struct journal *journal; /* NULL in plan() */
	const char *cache_dir;
	void (*progress)(void *ctx, const char *text); /* "copying the fixture"; may be NULL */
	void *ctx;
};

/* A fact for the report: what was done, or what its reader must still do. */
struct replica_note {
	char id[40]; /* "slot-left-behind", "archive-neutralised", "pg-cron-off", "identity" … */
	bool action; /* true: the owner must do something, text says what */
	char *text;
};

struct replica_info {
	char *provider; /* "embedded" */
	char *dsn;	/* superuser or owner connection to the replica; may hold no password */
	char *database; /* where the migration runs */
	char *data_dir; /* readable by this process; NULL when the server is elsewhere */
	char *log_dir;	/* the server's own log directory, readable; NULL when out of reach */
	char *server_version;	 /* "15.18" */
	unsigned version_number; /* 150018; MariaDB 101119 */
	char *identity;		 /* system identifier and timeline, or server uuid */
	char *source_identity;	 /* the same of the source; NULL when not known */
	char *source;		 /* redacted DSN, or "embedded fixture 'dental' at scale 1" */
	bool ours;		 /* the harness started the server and may restart it */
	uint64_t bytes;		 /* database size */
	struct replica_note *notes;
	size_t n_notes;
	size_t cap_notes;
};
void replica_info_release(struct replica_info *info);
void replica_note(struct replica_info *info, const char *id, bool action, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

struct replica; /* each provider's own */

struct provider {
	const char *name;    /* "embedded", "clone", "promote" */
	const char *summary; /* one line for help */

	/* Adds to `out` a numbered line per thing that would happen, and what would be refused
	 * as far as can be told by reading only. Touches nothing, may read from the source. */
	int (*plan)(const struct provider_config *config, const struct provider_env *env,
		struct str *out, struct err *err);

	/* Makes ready copies until `rehearsals` of them need not wait for one (pool.h), or, for 0,
	 * removes them. NULL: this provider has nothing that could be ready. */
	int (*pool)(const struct provider_config *config, const struct provider_env *env,
		unsigned rehearsals, struct err *err);

	/* Checks the configuration's words only (ERR_USAGE). config, env: kept by reference. */
	int (*open)(const struct provider_config *config, const struct provider_env *env,
		struct replica **ret, struct err *err);
	/* The interlock: reads, compares, refuses (ERR_REFUSED) with the reason and the remedy. */
	int (*check)(struct replica *r, struct err *err);
	int (*provision)(struct replica *r, struct err *err);  /* servers up, replay caught up */
	int (*quarantine)(struct replica *r, struct err *err); /* cut off, before promotion */
	int (*promote)(struct replica *r, struct err *err);    /* writable from here on */
	/* Proves the isolation on the promoted server: identity differs from the source's,
	 * nothing replicates from it or to it, nothing is archived. ERR_REFUSED otherwise. */
	int (*verify)(struct replica *r, struct err *err);
	const struct replica_info *(*info)(const struct replica *r); /* complete after verify() */
	/* False once a server that the harness started has died. Cheap. */
	bool (*alive)(const struct replica *r);
	/* Before release, whatever happened: gives back to its owner what was borrowed; notes say
	 * what was done. -1: it could not be; err and a note say what is left to do. May be NULL.
	 */
	int (*give_back)(struct replica *r, struct err *err);
	/* Servers down, directories and journal entries gone. NULL-safe, frees r. -1: something
	 * is left, err says what; the journal still names it. */
	int (*release)(struct replica *r, struct err *err);
};

/* A line of `rehearse doctor`. */
struct doctor_line {
	enum { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM } state;
	char *topic;  /* "server programs" */
	char *text;   /* "PostgreSQL 15.18 in /usr/lib/postgresql/15/bin" */
	char *remedy; /* "apt-get install postgresql"; NULL when fine */
};

struct doctor_report {
	struct doctor_line *lines;
	size_t n, cap;
};
void doctor_add(struct doctor_report *report, int state, const char *topic, const char *remedy,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
void doctor_report_release(struct doctor_report *report);

#endif
