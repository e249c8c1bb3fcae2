#include "adapters/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/engine.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

static const struct {
	const char *name, *word;
} classes[] = {
	[SQL_CLASS_INSTANT_SAFE] = {"instant-safe", "instant-safe"},
	[SQL_CLASS_CONCURRENT_BUILD] = {"concurrent-build eligible", "concurrent-build"},
	[SQL_CLASS_EXPAND_CONTRACT] = {"expand-contract required", "expand-contract"},
};

const char *sql_class_name(enum sql_class class)
{
	return classes[class].name;
}

const char *sql_class_word(enum sql_class class)
{
	return classes[class].word;
}

static bool same(const char *text, const char *word, size_t len)
{
	return strlen(text) == len && !strncmp(text, word, len);
}

bool sql_class_find(const char *word, size_t len, enum sql_class *ret)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (same(classes[i].name, word, len) || same(classes[i].word, word, len)) {
			*ret = (enum sql_class)i;
			return true;
		}
	return false;
}

const char *rule_level_name(enum rule_level level)
{
	static const char *const names[] = {
		[RULE_NOTE] = "note", [RULE_WARNING] = "warning", [RULE_ERROR] = "error"};

	return names[level];
}

void analysis_init(struct analysis *a)
{
	*a = (struct analysis){0};
}

void analysis_release(struct analysis *a)
{
	for (size_t i = 0; i < a->n_locks; i++) {
		MEM_FREE(a->locks[i].object);
		MEM_FREE(a->locks[i].mode);
	}
	MEM_FREE(a->locks);
	mem_free_strings(a->rewritten, a->n_rewritten);
	mem_free_strings(a->scanned, a->n_scanned);
	for (size_t i = 0; i < a->n_hits; i++) {
		MEM_FREE(a->hits[i].object);
		MEM_FREE(a->hits[i].message);
		MEM_FREE(a->hits[i].remedy);
	}
	MEM_FREE(a->hits);
	analysis_init(a);
}

void analysis_lock(struct analysis *a, const char *object, const char *mode, bool blocks_reads,
	bool blocks_writes)
{
	for (size_t i = 0; i < a->n_locks; i++)
		if (!strcmp(a->locks[i].object, object) && !strcmp(a->locks[i].mode, mode))
			return;
	a->locks = mem_resize(a->locks, a->n_locks + 1, sizeof(*a->locks));
	a->locks[a->n_locks++] = (struct predicted_lock){
		.object = mem_strdup(object),
		.mode = mem_strdup(mode),
		.blocks_reads = blocks_reads,
		.blocks_writes = blocks_writes,
	};
}

static void add_name(char ***names, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*names)[i], name))
			return;
	*names = mem_resize(*names, *n + 1, sizeof(**names));
	(*names)[(*n)++] = mem_strdup(name);
}

void analysis_rewrite(struct analysis *a, const char *table)
{
	add_name(&a->rewritten, &a->n_rewritten, table);
}

void analysis_scan(struct analysis *a, const char *table)
{
	add_name(&a->scanned, &a->n_scanned, table);
}

struct rule_hit *analysis_hit(struct analysis *a, const struct lint_rule *rule, const char *object,
	size_t offset, size_t len, const char *format, ...)
{
	CLEANUP(str_release) struct str message = {0};
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	str_add(&message, text);
	a->hits = mem_resize(a->hits, a->n_hits + 1, sizeof(*a->hits));
	a->hits[a->n_hits] = (struct rule_hit){
		.rule = rule,
		.object = mem_strdup(object ? object : ""),
		.message = str_take(&message),
		.remedy = mem_strdup(""),
		.offset = offset,
		.len = len ? len : 1,
	};
	return &a->hits[a->n_hits++];
}

static const struct engine *find_product(
	const char *text, size_t len, const struct lint_product **ret_product)
{
	const struct engine *const *engines = engine_all();

	for (size_t i = 0; engines[i]; i++) {
		if (!engines[i]->analyser)
			continue;
		for (const struct lint_product *p = engines[i]->analyser->products; p->name; p++)
			if (same(p->name, text, len)) {
				*ret_product = p;
				return engines[i];
			}
	}
	return NULL;
}

/* "15", "15.3", "10.11.4" -> the version number; 0: no such thing. */
static unsigned version_number(const char *text, unsigned parts)
{
	unsigned number[3] = {0}, n = 0;
	char *end;

	do {
		unsigned long value = strtoul(text, &end, 10);

		if (end == text || !(*text >= '0' && *text <= '9') || n == parts || value > 9999)
			return 0;
		number[n++] = (unsigned)value;
		text = end + 1;
	} while (*end == '.');
	if (*end)
		return 0;
	return parts == 2 ? number[0] * 10000 + number[1]
			  : number[0] * 10000 + number[1] * 100 + number[2];
}

char *lint_version_text(const struct lint_product *product, unsigned version)
{
	unsigned major = version / 10000, minor = version / 100 % 100, patch = version % 100;

	if (product->version_parts == 3)
		return patch ? mem_printf("%u.%u.%u", major, minor, patch)
			     : mem_printf("%u.%u", major, minor);
	return version % 10000 ? mem_printf("%u.%u", major, version % 10000)
			       : mem_printf("%u", major);
}

/* "postgres:18, mariadb:11.8": the newest that the rules know; caller frees. */
static char *known_targets(void)
{
	const struct engine *const *engines = engine_all();
	struct str out = {0};

	for (size_t i = 0; engines[i]; i++) {
		if (!engines[i]->analyser)
			continue;
		for (const struct lint_product *p = engines[i]->analyser->products; p->name; p++) {
			CLEANUP(cleanup_free) char *version = lint_version_text(p, p->newest);

			str_addf(&out, "%s%s:%s", out.len ? ", " : "", p->name, version);
		}
	}
	return str_take(&out);
}

int lint_target_parse(const char *text, const struct engine **ret_engine, struct lint_target *ret,
	struct err *err)
{
	size_t len = strcspn(text, ":");
	struct lint_target target = {0};
	const struct engine *engine = find_product(text, len, &target.product);

	if (!engine) {
		CLEANUP(cleanup_free) char *known = known_targets();

		return err_set(err, ERR_USAGE,
			"--server: '%s' is not supported; servers are named as in %s", text, known);
	}
	target.version = text[len] ? version_number(text + len + 1, target.product->version_parts)
				   : target.product->newest;
	if (!target.version)
		return err_set(err, ERR_USAGE, "--server: '%s' is no version of %s", text + len + 1,
			target.product->name);
	if (target.version < target.product->oldest)
		return err_set(err, ERR_UNSUPPORTED,
			"--server: version %s of %s is older than what the rules know",
			text + len + 1, target.product->name);
	*ret_engine = engine;
	*ret = target;
	return 0;
}
