/* goose, sql-migrate and dbmate: up and down in one file. */
#include <string.h>

#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/lines.h"
#include "harness/formats/names.h"
#include "harness/formats/placeholders.h"

enum part { PART_HEAD, PART_UP, PART_DOWN };

/* One file while it is read. */
struct cutting {
	const struct found *file;
	const char *tool;
	enum part part;
	char *up, *down; /* copies of the file, emptied as it is read */
	bool has_up, has_down;
	enum format_transaction transaction;
	unsigned statement; /* line of the open StatementBegin; 0: none */
	unsigned unended;   /* line of code of the way up behind the last `;`; 0: none */
	bool substitute;    /* ENVSUB ON stands in the file */
};

static void cut_begin(struct cutting *c)
{
	c->up = mem_strndup(c->file->text, c->file->len);
	c->down = mem_strndup(c->file->text, c->file->len);
}

static int fail(const struct cutting *c, unsigned line, struct err *err, const char *text)
{
	return err_set(err, ERR_USAGE, "%s:%u: %s: %s", c->file->path, line, c->tool, text);
}

/* Each line stays in the part that it belongs to; comments above the way up stay too. */
static void sort_line(struct cutting *c, const struct line *line, bool comment)
{
	if (c->part == PART_DOWN || (c->part == PART_HEAD && !comment))
		blank_line(c->up, c->file->text, line);
	if (c->part != PART_DOWN)
		blank_line(c->down, c->file->text, line);
}

static void cut_end(struct cutting *c, struct format_file *ret)
{
	ret->text = c->up;
	ret->len = strlen(c->up); /* not the file's when variables were filled in */
	ret->transaction = c->transaction;
	if (c->has_down)
		ret->down = c->down;
	else
		mem_free(c->down);
}

static void cut_drop(struct cutting *c)
{
	mem_free(c->up);
	mem_free(c->down);
}

/* ---- goose ---- */

struct goose_rules {
	const char *tool, *mark;
	const char *no_transaction; /* a directive of its own, or an option of Up */
	bool option, again;	    /* again: Up and Down may come several times */
	bool needs_end;		    /* a statement ends with `;` at a line's end */
};

static const struct goose_rules goose = {"goose", "+goose", "NO TRANSACTION", .needs_end = true};
static const struct goose_rules sql_migrate = {
	"sql-migrate", "+migrate", "notransaction", .option = true, .again = true};

static int check_ended(const struct cutting *c, struct err *err)
{
	if (c->statement)
		return fail(c, c->statement, err, "StatementBegin without StatementEnd");
	if (c->unended && c->part == PART_UP)
		return fail(c, c->unended, err, "no ';' at the end of this statement");
	return 0;
}

static int goose_part(struct cutting *c, const struct goose_rules *rules, enum part part,
	unsigned line, struct err *err)
{
	if (check_ended(c, err))
		return -1;
	if (part == PART_UP && c->has_up && !rules->again)
		return fail(c, line, err, "a second 'Up'");
	if (part == PART_DOWN && !c->has_up && !rules->again)
		return fail(c, line, err, "'Down' before 'Up'");
	c->part = part;
	c->has_up |= part == PART_UP;
	c->has_down |= part == PART_DOWN;
	return 0;
}

static int goose_statement(struct cutting *c, bool begin, unsigned line, struct err *err)
{
	if (begin == (c->statement != 0))
		return fail(c, line, err,
			begin ? "StatementBegin within another"
			      : "StatementEnd without StatementBegin");
	c->statement = begin ? line : 0;
	c->unended = 0;
	return 0;
}

/* ENVSUBST is what older versions call it. */
static bool is_substitution(const struct words *all, const char *state)
{
	struct words rest = *all, word;

	words_next(&rest, &word);
	return (words_are(&word, "ENVSUB") || words_are(&word, "ENVSUBST")) &&
		words_are(&rest, state);
}

static int goose_directive(struct cutting *c, const struct goose_rules *rules, struct words all,
	unsigned line, struct err *err)
{
	struct words rest = all, word;

	if (!rules->option && words_are(&all, rules->no_transaction)) {
		c->transaction = FORMAT_TRANSACTION_NONE;
		return 0;
	}
	if (is_substitution(&all, "ON") || is_substitution(&all, "OFF")) {
		c->substitute |= is_substitution(&all, "ON");
		return 0;
	}
	words_next(&rest, &word);
	if (words_are(&word, "Up") && rules->option && words_are(&rest, rules->no_transaction))
		c->transaction = FORMAT_TRANSACTION_NONE;
	else if (rest.len && !rules->option)
		return fail(c, line, err, "this directive is not known");
	if (words_are(&word, "Up"))
		return goose_part(c, rules, PART_UP, line, err);
	if (words_are(&word, "Down"))
		return goose_part(c, rules, PART_DOWN, line, err);
	if (words_are(&word, "StatementBegin"))
		return goose_statement(c, true, line, err);
	if (words_are(&word, "StatementEnd"))
		return goose_statement(c, false, line, err);
	return fail(c, line, err, "this directive is not known");
}

/* Whether the line's code ends with `;`, as far as goose looks. */
static bool ends_statement(const struct line *line)
{
	struct words rest = {line->text, line->len}, word, last = {0};

	while (words_next(&rest, &word)) {
		if (word.len >= 2 && !memcmp(word.text, "--", 2))
			break;
		last = word;
	}
	return last.len && last.text[last.len - 1] == ';';
}

static int goose_line(struct cutting *c, const struct goose_rules *rules, const struct line *line,
	struct err *err)
{
	bool comment = line_is_comment(line), blank = line_is_blank(line);
	struct words words;

	if (line_directive(line, rules->mark, &words)) {
		if (goose_directive(c, rules, words, line->n, err))
			return -1;
	} else if (c->part == PART_HEAD && !comment && !blank && rules->needs_end) {
		return fail(c, line->n, err, "a statement before 'Up'");
	} else if (rules->needs_end && !comment && !blank && !c->statement) {
		if (ends_statement(line))
			c->unended = 0;
		else if (!c->unended)
			c->unended = line->n;
	}
	sort_line(c, line, comment);
	return 0;
}

static int cut_lines(struct cutting *c, const struct goose_rules *rules, struct err *err)
{
	struct line line = {0};

	while (next_line(c->file->text, c->file->len, &line))
		if (goose_line(c, rules, &line, err))
			return -1;
	if (!c->has_up && !(rules->again && c->has_down))
		return fail(c, 1, err, "the file has no 'Up'");
	return check_ended(c, err);
}

/* Fills the variables in, on the lines between ENVSUB ON and OFF. */
static int substitute(
	const struct found *f, const struct format_options *options, char **text, struct err *err)
{
	struct line line = {0};
	struct str out = {0};
	struct words words;
	size_t len = strlen(*text);
	bool on = false;

	while (next_line(*text, len, &line)) {
		bool directive = line_directive(&line, goose.mark, &words);

		if (directive)
			on = is_substitution(&words, "ON") ||
				(on && !is_substitution(&words, "OFF"));
		if (!on || directive) {
			str_add_n(&out, line.text, line.len);
		} else if (fill_environment(f->path, &line, options, &out, err)) {
			str_release(&out);
			return -1;
		}
		if (line.text + line.len < *text + len)
			str_add_char(&out, '\n');
	}
	mem_free(*text);
	*text = str_take(&out);
	return 0;
}

static int read_goose(const struct found *f, const struct goose_rules *rules,
	const struct format_options *options, struct format_file *ret, struct err *err)
{
	struct cutting c = {.file = f, .tool = rules->tool, .transaction = FORMAT_TRANSACTION_FILE};

	cut_begin(&c);
	if (cut_lines(&c, rules, err) || (c.substitute && substitute(f, options, &c.up, err))) {
		cut_drop(&c);
		return -1;
	}
	cut_end(&c, ret);
	return 0;
}

bool goose_owns(const struct found *f, unsigned *ret_line)
{
	*ret_line = find_directive(f->text, f->len, goose.mark);
	return *ret_line;
}

int goose_text(const struct found *f, const struct format_options *options, struct format_file *ret,
	struct err *err)
{
	return read_goose(f, &goose, options, ret, err);
}

bool sql_migrate_owns(const struct found *f, unsigned *ret_line)
{
	*ret_line = find_directive(f->text, f->len, sql_migrate.mark);
	return *ret_line;
}

int sql_migrate_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	return read_goose(f, &sql_migrate, options, ret, err);
}

/* ---- dbmate ---- */

#define DBMATE_UP "migrate:up"
#define DBMATE_DOWN "migrate:down"

static int dbmate_up(struct cutting *c, struct words options, unsigned line, struct err *err)
{
	struct words option;

	if (c->has_up)
		return 0;
	c->part = PART_UP;
	c->has_up = true;
	while (words_next(&options, &option)) {
		if (words_are(&option, "transaction:false"))
			c->transaction = FORMAT_TRANSACTION_TEXT;
		else if (!words_are(&option, "transaction:true"))
			return fail(c, line, err, "this option of migrate:up is not known");
	}
	return 0;
}

static int dbmate_line(struct cutting *c, const struct line *line, struct err *err)
{
	bool comment = line_is_comment(line);
	struct words words;

	if (line_directive(line, DBMATE_UP, &words)) {
		if (c->part != PART_DOWN && dbmate_up(c, words, line->n, err))
			return -1;
	} else if (line_directive(line, DBMATE_DOWN, &words)) {
		if (!c->has_up)
			return fail(c, line->n, err, "migrate:down before migrate:up");
		c->part = PART_DOWN;
		c->has_down = true;
	} else if (c->part == PART_HEAD && !comment && !line_is_blank(line)) {
		return fail(c, line->n, err, "a statement before migrate:up");
	}
	sort_line(c, line, comment);
	return 0;
}

bool dbmate_owns(const struct found *f, unsigned *ret_line)
{
	*ret_line = find_directive(f->text, f->len, DBMATE_UP);
	return *ret_line;
}

int dbmate_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	struct cutting c = {.file = f, .tool = "dbmate", .transaction = FORMAT_TRANSACTION_FILE};
	struct line line = {0};
	int failed = 0;

	(void)options;
	cut_begin(&c);
	while (!failed && next_line(f->text, f->len, &line))
		failed = dbmate_line(&c, &line, err);
	if (!failed && !c.has_up)
		failed = fail(&c, 1, err, "the file has no migrate:up");
	if (failed) {
		cut_drop(&c);
		return -1;
	}
	cut_end(&c, ret);
	return 0;
}
