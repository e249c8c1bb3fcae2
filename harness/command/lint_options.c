#include "harness/command/lint_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/scenario/dsn.h"
#include "harness/scenario/keys.h"

enum option_id {
	OPTION_SERVER = 256,
	OPTION_SOURCE,
	OPTION_FORMAT,
	OPTION_JSON,
	OPTION_STYLE,
	OPTION_FIX,
	OPTION_NO_HEADER,
	OPTION_TIMEOUTS,
	OPTION_TRANSACTION,
	OPTION_MIGRATION_FORMAT,
	OPTION_FROM,
	OPTION_TO,
	OPTION_PLACEHOLDER,
	OPTION_QUIET,
	OPTION_VERBOSE,
};

static const struct option long_options[] = {
	{"source", required_argument, NULL, OPTION_SOURCE},
	{"server", required_argument, NULL, OPTION_SERVER},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"json", no_argument, NULL, OPTION_JSON},
	{"output", required_argument, NULL, 'o'},
	{"fix", no_argument, NULL, OPTION_FIX},
	{"style", no_argument, NULL, OPTION_STYLE},
	{"no-header", no_argument, NULL, OPTION_NO_HEADER},
	{"runner-timeouts", required_argument, NULL, OPTION_TIMEOUTS},
	{"transaction", required_argument, NULL, OPTION_TRANSACTION},
	{"migration-format", required_argument, NULL, OPTION_MIGRATION_FORMAT},
	{"from", required_argument, NULL, OPTION_FROM},
	{"to", required_argument, NULL, OPTION_TO},
	{"placeholder", required_argument, NULL, OPTION_PLACEHOLDER},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{0},
};

/* ERR_USAGE with the words that would be right. */
static int not_one_of(
	const char *option, const char *value, const char *const *words, struct err *err)
{
	CLEANUP(cleanup_str) struct str list = {0};

	for (size_t i = 0; words[i]; i++)
		str_addf(&list, "%s%s", i ? ", " : "", words[i]);
	return err_set(err, ERR_USAGE, "%s '%s': not one of %s", option, value, str_text(&list));
}

static int take_format(struct lint_options *o, const char *name, struct err *err)
{
	const char *names[16] = {NULL};

	o->format = lint_output_find(name);
	if (o->format)
		return 0;
	for (size_t i = 0; lint_outputs[i].name && i < 15; i++)
		names[i] = lint_outputs[i].name;
	return not_one_of("--format", name, names, err);
}

static int take_timeouts(struct lint_options *o, const char *word, struct err *err)
{
	static const char *const words[] = {"none", "lock", "statement", "both", NULL};

	for (size_t i = 0; words[i]; i++)
		if (!strcmp(words[i], word)) {
			o->config.lock_timeout_set = i & 1;
			o->config.statement_timeout_set = i & 2;
			return 0;
		}
	return not_one_of("--runner-timeouts", word, words, err);
}

static int take_transaction(struct lint_options *o, const char *word, struct err *err)
{
	for (size_t i = 0; key_words_transaction[i]; i++)
		if (!strcmp(key_words_transaction[i], word)) {
			o->config.transaction = (enum transaction_mode)i;
			return 0;
		}
	return not_one_of("--transaction", word, key_words_transaction, err);
}

static int take_placeholder(struct lint_options *o, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return err_set(err, ERR_USAGE, "--placeholder '%s': write it as NAME=VALUE", text);
	*MEM_PUSH(o->placeholders, o->n_placeholders, o->cap_placeholders) =
		(struct server_setting){.name = mem_strndup(text, (size_t)(equals - text)),
			.value = mem_strdup(equals + 1)};
	return 0;
}

static int take_server(struct lint_options *o, const char *text, struct err *err)
{
	o->server_named = true;
	o->version_named = strchr(text, ':') != NULL;
	return lint_target_parse(text, &o->config.engine, &o->config.target, err);
}

static int take_flag(struct lint_options *o, int id)
{
	switch (id) {
	case OPTION_JSON:
		o->format = lint_output_find("json");
		return 0;
	case OPTION_FIX:
		o->fix = o->config.suggest = true;
		return 0;
	case OPTION_STYLE:
		o->config.style = true;
		return 0;
	case OPTION_NO_HEADER:
		o->config.no_header = true;
		return 0;
	case OPTION_QUIET:
		o->quiet = true;
		return 0;
	default:
		o->verbose = true;
		return 0;
	}
}

/* A password in it does not stay readable in the process list. */
static int take_source(struct lint_options *o, char *value, struct err *err)
{
	const char *name = dsn_env_name(value);
	const char *dsn = name ? getenv(name) : value;

	if (!dsn)
		return err_set(err, ERR_USAGE, "--source: no variable '%s'", name);
	mem_free(o->source);
	o->source = mem_strdup(dsn);
	memset(value, 'x', strlen(value));
	return 0;
}

static int take(struct lint_options *o, int id, char *value, struct err *err)
{
	switch (id) {
	case OPTION_SERVER:
		return take_server(o, value, err);
	case OPTION_SOURCE:
		return take_source(o, value, err);
	case OPTION_FORMAT:
		return take_format(o, value, err);
	case OPTION_TIMEOUTS:
		return take_timeouts(o, value, err);
	case OPTION_TRANSACTION:
		return take_transaction(o, value, err);
	case OPTION_PLACEHOLDER:
		return take_placeholder(o, value, err);
	case OPTION_MIGRATION_FORMAT:
		o->config.format.format = value;
		return 0;
	case OPTION_FROM:
		o->config.format.from = value;
		return 0;
	case OPTION_TO:
		o->config.format.to = value;
		return 0;
	case 'o':
		o->output = value;
		return 0;
	default:
		return take_flag(o, id);
	}
}

/* The server says itself what it is. */
static int ask(struct lint_options *o, struct err *err)
{
	const struct engine *engine = o->config.engine;
	struct db_target target = {.dsn = o->source};
	CLEANUP(cleanup_free) char *answer = NULL;
	struct db_conn *conn;
	int failed;

	if (o->version_named)
		return err_set(err, ERR_USAGE,
			"--server names a version and --source a server: name one of them");
	if (!engine->analyser->target_sql)
		return err_set(err, ERR_UNSUPPORTED,
			"--source is not supported for %s: name it with --server", engine->name);
	if (db_connect(engine->db, &target, &conn, err))
		return -1;
	failed = db_text(engine->db, conn, engine->analyser->target_sql, &answer, err);
	engine->db->close(conn);
	o->server_named = true;
	return failed ? -1 : lint_target_parse(answer, &o->config.engine, &o->config.target, err);
}

static int parse(int argc, char **argv, struct lint_options *o, struct err *err)
{
	int id;

	optind = 0; /* makes getopt start anew, permuting */
	opterr = 0;
	while ((id = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
		if (id == '?' || id == ':')
			return err_set(err, ERR_USAGE, "%s '%s' (see 'rehearse help %s')",
				id == ':' ? "no value for option" : "unknown option",
				argv[optind - 1], argv[0]);
		if (take(o, id, optarg, err))
			return -1;
	}
	o->paths = (const char *const *)argv + optind;
	o->n_paths = (size_t)(argc - optind);
	if (!o->n_paths)
		return err_set(err, ERR_USAGE,
			"name migration files or folders (see 'rehearse help %s')", argv[0]);
	/* The newest server of the first engine, where none is named. */
	if (!o->server_named &&
		lint_target_parse("postgres", &o->config.engine, &o->config.target, err))
		return -1;
	if (o->source && ask(o, err))
		return -1;
	o->config.format.placeholders = o->placeholders;
	o->config.format.n_placeholders = o->n_placeholders;
	return 0;
}

int lint_options_parse(int argc, char **argv, struct lint_options *ret, struct err *err)
{
	/* The runner sets both time-outs, as `rehearse apply` does. */
	*ret = (struct lint_options){.format = lint_output_find("text"),
		.config = {.lock_timeout_set = true, .statement_timeout_set = true}};
	if (!parse(argc, argv, ret, err))
		return 0;
	lint_options_release(ret);
	return -1;
}

void lint_options_release(struct lint_options *o)
{
	for (size_t i = 0; i < o->n_placeholders; i++) {
		mem_free(o->placeholders[i].name);
		mem_free(o->placeholders[i].value);
	}
	mem_free(o->placeholders);
	mem_free(o->source);
	*o = (struct lint_options){0};
}
