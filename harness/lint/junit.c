/* JUnit: a suite per file, a test per statement and one for the file as such. */
#include <libxml/xmlwriter.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/json_text.h"
#include "harness/base/mem.h"
#include "harness/lint/renderers.h"

struct junit {
	const struct lint *l;
	xmlTextWriterPtr xml;
};

/* The next one of a statement, or of a file as such (s NULL), at or after i; NULL at the end. */
static const struct lint_finding *next(
	const struct lint *l, const struct lint_file *f, const struct lint_statement *s, size_t *i)
{
	while (*i < f->n_findings) {
		const struct lint_finding *finding = &l->findings[f->first_finding + (*i)++];

		if (finding->statement == s && !finding->allowed &&
			finding->rule->level >= RULE_WARNING)
			return finding;
	}
	return NULL;
}

static size_t failures(const struct lint *l, const struct lint_file *f)
{
	size_t n = 0;

	for (size_t k = 0; k <= f->n_statements; k++) {
		const struct lint_statement *s = k < f->n_statements ? &f->statements[k] : NULL;
		size_t i = 0;

		n += next(l, f, s, &i) != NULL;
	}
	return n;
}

/* XML takes neither broken UTF-8 nor most control characters. */
static char *xml_text(const char *text)
{
	char *clean = utf8_text(text, strlen(text));

	for (char *c = clean; *c; c++)
		if ((unsigned char)*c < 0x20 && !strchr("\t\n\r", *c))
			*c = ' ';
	return clean;
}

static void attribute(struct junit *j, const char *name, const char *value)
{
	CLEANUP(cleanup_free) char *clean = xml_text(value);

	xmlTextWriterWriteAttribute(j->xml, BAD_CAST name, BAD_CAST clean);
}

static void number(struct junit *j, const char *name, size_t value)
{
	CLEANUP(cleanup_free) char *text = mem_printf("%zu", value);

	attribute(j, name, text);
}

/* One failure tells all that is wrong with the statement: readers take one. */
static void write_failure(
	struct junit *j, const struct lint_file *f, const struct lint_statement *s)
{
	CLEANUP(cleanup_str) struct str body = {0};
	size_t at = 0;
	const struct lint_finding *first = next(j->l, f, s, &at);

	for (const struct lint_finding *finding = first; finding; finding = next(j->l, f, s, &at)) {
		str_addf(&body, "%s:%u:%u: %s: %s [%s]\ninstead: %s\n", f->source->path,
			finding->line, finding->column, rule_level_name(finding->rule->level),
			finding->message, finding->rule->id, lint_remedy(finding));
	}
	if (!first)
		return;
	CLEANUP(cleanup_free) char *clean = xml_text(str_text(&body));

	xmlTextWriterStartElement(j->xml, BAD_CAST "failure");
	attribute(j, "type", first->rule->id);
	attribute(j, "message", first->message);
	xmlTextWriterWriteString(j->xml, BAD_CAST clean);
	xmlTextWriterEndElement(j->xml);
}

static void write_case(struct junit *j, const struct lint_file *f, const struct lint_statement *s)
{
	CLEANUP(cleanup_free)
	char *name = s ? mem_printf("line %u: %s", s->sql->line,
				 *s->sql->kind ? s->sql->kind : "statement")
		       : mem_strdup("header and comments");

	xmlTextWriterStartElement(j->xml, BAD_CAST "testcase");
	attribute(j, "classname", f->source->path);
	attribute(j, "name", name);
	write_failure(j, f, s);
	xmlTextWriterEndElement(j->xml);
}

static void write_suite(struct junit *j, const struct lint_file *f)
{
	xmlTextWriterStartElement(j->xml, BAD_CAST "testsuite");
	attribute(j, "name", f->source->path);
	number(j, "tests", f->n_statements + 1);
	number(j, "failures", failures(j->l, f));
	number(j, "errors", 0);
	number(j, "skipped", 0);
	write_case(j, f, NULL);
	for (size_t i = 0; i < f->n_statements; i++)
		write_case(j, f, &f->statements[i]);
	xmlTextWriterEndElement(j->xml);
}

static void write_suites(struct junit *j)
{
	size_t tests = 0, failed = 0;

	for (size_t i = 0; i < j->l->n_files; i++) {
		const struct lint_file *f = &j->l->files[i];

		if (f->told) {
			tests += f->n_statements + 1;
			failed += failures(j->l, f);
		}
	}
	xmlTextWriterStartElement(j->xml, BAD_CAST "testsuites");
	attribute(j, "name", "rehearse lint");
	number(j, "tests", tests);
	number(j, "failures", failed);
	for (size_t i = 0; i < j->l->n_files; i++)
		if (j->l->files[i].told)
			write_suite(j, &j->l->files[i]);
	xmlTextWriterEndElement(j->xml);
}

void render_lint_junit(
	const struct lint *l, const struct lint_output_options *options, struct str *out)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	struct junit j = {.l = l, .xml = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL};

	(void)options;
	if (j.xml) {
		xmlTextWriterSetIndent(j.xml, 1);
		xmlTextWriterStartDocument(j.xml, NULL, "UTF-8", NULL);
		write_suites(&j);
		xmlTextWriterEndDocument(j.xml);
		xmlFreeTextWriter(j.xml);
		str_add_n(out, (const char *)xmlBufferContent(buffer),
			(size_t)xmlBufferLength(buffer));
	}
	if (buffer)
		xmlBufferFree(buffer);
}
