/* The client's reading of a script; see my_pieces(). */
#include "adapters/mysql/dialect_pieces.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/dialect_blocks.h"
#include "adapters/mysql/dialect_mode.h"
#include "harness/base/mem.h"

struct reader {
	const char *text;
	size_t len, at;
	char delimiter[MY_DELIMITER_SIZE];
	size_t delimiter_len;
	bool quit;
	bool delimiter_set; /* the script says DELIMITER */
	bool whole;	    /* bodies are kept whole at `;` */
	struct my_modes modes;
	struct my_blocks blocks;
	struct my_pieces *pieces;
	/* The statement that is being read. */
	bool open;
	size_t start, end;
	bool unread;
	const char *command; /* a client command in its middle */
	char letter[3];
};

static void tell(struct reader *r, size_t at, const char *what)
{
	if (r->pieces->error)
		return;
	r->pieces->error = what;
	r->pieces->error_at = at;
}

static void forget(struct reader *r)
{
	r->open = r->unread = false;
	r->command = NULL;
}

/* Code in [from, to). */
static void take(struct reader *r, size_t from, size_t to)
{
	if (!r->open) {
		r->open = true;
		r->start = from;
		my_blocks_begin(&r->blocks, r->text, from, r->modes.now);
	}
	r->end = r->at = to;
}

static struct my_piece *push(struct reader *r, size_t start, size_t end, const char *command)
{
	struct my_piece *piece = MEM_PUSH(r->pieces->items, r->pieces->n, r->pieces->cap);

	*piece = (struct my_piece){.start = start, .end = end, .mode = r->modes.now};
	snprintf(piece->command, sizeof(piece->command), "%s", command);
	return piece;
}

static void quit(struct reader *r, size_t at)
{
	r->quit = true;
	tell(r, at, "the client ends here: nothing after 'quit' is run");
}

static void set_delimiter(struct reader *r, size_t at, size_t end)
{
	r->delimiter_set = true;
	if (my_delimiter_argument(r->text + at, end - at, r->delimiter))
		r->delimiter_len = strlen(r->delimiter);
	else
		tell(r, at, "DELIMITER without a delimiter");
}

/* A command by name in [start, end); true when it was one. */
static bool run_named(struct reader *r, size_t start, size_t end)
{
	const char *name = NULL;
	enum my_action action = my_command_named(r->text + start, end - start, &name);

	switch (action) {
	case MY_ACT_NONE:
		return false;
	case MY_ACT_USE:
		push(r, start, end, "");
		break;
	case MY_ACT_TELL:
	case MY_ACT_CONNECT:
		push(r, start, end, name)->connects = action == MY_ACT_CONNECT;
		break;
	case MY_ACT_DELIMITER:
		set_delimiter(r, start + strlen(name), end);
		break;
	case MY_ACT_QUIT:
		quit(r, start);
		break;
	case MY_ACT_SKIP:
	case MY_ACT_SEND:
	case MY_ACT_CLEAR:
		break;
	}
	return true;
}

static void finish(struct reader *r)
{
	struct my_piece *piece;

	if (!r->open)
		return;
	if (r->command || !run_named(r, r->start, r->end)) {
		piece = push(r, r->start, r->end, r->command ? r->command : "");
		piece->unread = r->unread;
		my_modes_follow(&r->modes, r->text + r->start, r->end - r->start);
	}
	forget(r);
}

static size_t trimmed(const struct reader *r, size_t start, size_t end)
{
	while (end > start && my_is_space(r->text[end - 1]))
		end--;
	return end;
}

static bool first_on_line(const struct reader *r)
{
	size_t at = r->at;

	while (at && my_is_space(r->text[at - 1]) && r->text[at - 1] != '\n')
		at--;
	return at == 0 || r->text[at - 1] == '\n';
}

static bool says_delimiter(const struct reader *r)
{
	static const char word[] = "delimiter";
	size_t n = sizeof(word) - 1;
	const char *at = r->text + r->at;

	return r->len - r->at > n && !strncasecmp(at, word, n) && my_is_space(at[n]);
}

/* A line that is a command, where no statement is open. DELIMITER counts behind the end of a
 * statement, too. */
static bool command_line(struct reader *r)
{
	bool delimiter = says_delimiter(r);
	const char *line = r->text + r->at;
	size_t end;

	if (!delimiter && !first_on_line(r))
		return false;
	end = my_line_end(r->text, r->len, r->at);
	if (!delimiter &&
		(memmem(line, end - r->at, r->delimiter, r->delimiter_len) ||
			memmem(line, end - r->at, "\\g", 2)))
		return false;
	if (!run_named(r, r->at, trimmed(r, r->at, end)))
		return false;
	r->at = end;
	return true;
}

static bool at_delimiter(const struct reader *r)
{
	return r->len - r->at >= r->delimiter_len &&
		!memcmp(r->text + r->at, r->delimiter, r->delimiter_len);
}

/* The end of a command's argument: the delimiter or the end of the line. */
static size_t argument_end(const struct reader *r, size_t at)
{
	size_t end = my_line_end(r->text, r->len, at);
	const char *mark = memmem(r->text + at, end - at, r->delimiter, r->delimiter_len);

	return mark ? (size_t)(mark - r->text) : end;
}

static void tell_command(struct reader *r, size_t end, bool connects)
{
	if (r->open) {
		r->command = r->letter;
		r->end = end;
	} else {
		push(r, r->at, trimmed(r, r->at, end), r->letter)->connects = connects;
	}
}

static void backslash(struct reader *r)
{
	char letter = r->at + 1 < r->len ? r->text[r->at + 1] : '\0';
	bool params = false;
	enum my_action action = my_command_letter(letter, &params);
	size_t end = r->at + 1 + (letter && letter != '\n');

	if (action == MY_ACT_NONE) {
		r->unread = r->unread || letter != 'N';
		take(r, r->at, end);
		return;
	}
	snprintf(r->letter, sizeof(r->letter), "\\%c", letter);
	if (params)
		end = argument_end(r, end);
	if (action == MY_ACT_SEND) {
		finish(r);
	} else if (action == MY_ACT_CLEAR) {
		forget(r);
	} else if (action == MY_ACT_QUIT) {
		quit(r, r->at);
	} else if (action == MY_ACT_DELIMITER) {
		end = my_line_end(r->text, r->len, end);
		set_delimiter(r, r->at + 2, end);
	} else if (action != MY_ACT_SKIP || r->open) {
		tell_command(r, end, action == MY_ACT_CONNECT);
	}
	r->at = end;
}

static void delimiter(struct reader *r)
{
	bool inside = r->whole && r->open && !strcmp(r->delimiter, ";") &&
		my_blocks_open(&r->blocks, r->at);

	if (inside) {
		take(r, r->at, r->at + 1);
		return;
	}
	r->at += r->delimiter_len;
	finish(r);
}

static void quoted(struct reader *r)
{
	bool open;
	size_t end = my_quoted_end(r->text, r->len, r->at, r->modes.now, &open);

	if (open)
		tell(r, r->at, "a quote that is never closed");
	r->unread = r->unread || open;
	take(r, r->at, end);
}

/* To the client a conditional comment on one line may stand inside of a plain one. */
static size_t comment_end(const struct reader *r, size_t at, bool *open)
{
	bool inner = false;

	for (at += 2; at + 1 < r->len; at++) {
		const char *c = r->text + at;

		if (*c == '\n') {
			inner = false;
		} else if (c[0] == '/' && c[1] == '*' && at + 2 < r->len && c[2] == '!') {
			inner = true;
		} else if (c[0] == '*' && c[1] == '/') {
			if (!inner)
				return at + 2;
			inner = false;
		}
	}
	*open = true;
	return r->len;
}

static bool comment(struct reader *r)
{
	size_t mark = my_cond_mark(r->text, r->len, r->at);
	bool open = false;

	/* The client passes lines that begin with -- over, whatever follows. */
	if (my_line_comment(r->text, r->len, r->at) ||
		(!r->open && r->len - r->at >= 2 && !memcmp(r->text + r->at, "--", 2))) {
		r->at = my_line_end(r->text, r->len, r->at);
		return true;
	}
	if (mark) {
		take(r, r->at, r->at + mark);
		return true;
	}
	if (r->len - r->at < 2 || memcmp(r->text + r->at, "/*", 2) != 0)
		return false;
	r->at = comment_end(r, r->at, &open);
	if (open)
		tell(r, r->len, "a comment that is never closed");
	return true;
}

static void step(struct reader *r)
{
	char c = r->text[r->at];

	if (my_is_space(c))
		r->at++;
	else if (!r->open && command_line(r))
		return;
	else if (c == '\\')
		backslash(r);
	else if (at_delimiter(r))
		delimiter(r);
	else if (comment(r))
		return;
	else if (c == '\'' || c == '"' || c == '`')
		quoted(r);
	else
		take(r, r->at, r->at + 1);
}

/* false: bodies were to be kept whole, but this script is not of that kind. *ret_open: behind the
 * start of a body that is never closed, 0 when there is none. */
static bool read_script(
	const char *text, size_t len, bool whole, struct my_pieces *ret, size_t *ret_open)
{
	/* A byte order mark is not part of the first word. */
	size_t mark = len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
	struct reader r = {.text = text,
		.len = len,
		.at = mark,
		.delimiter = ";",
		.delimiter_len = 1,
		.whole = whole,
		.pieces = ret};
	bool fits = true;

	while (r.at < len && !r.quit && fits) {
		step(&r);
		fits = !whole || !r.delimiter_set;
	}
	if (fits && whole && r.open && my_blocks_open(&r.blocks, len)) {
		*ret_open = r.start + 1;
		fits = false;
	}
	if (fits && !r.quit)
		finish(&r);
	my_modes_release(&r.modes);
	my_blocks_release(&r.blocks);
	return fits;
}

void my_pieces(const char *text, size_t len, struct my_pieces *ret)
{
	size_t open = 0;

	*ret = (struct my_pieces){0};
	if (read_script(text, len, true, ret, &open))
		return;
	my_pieces_release(ret);
	read_script(text, len, false, ret, &open);
	if (open && !ret->error) {
		ret->error = "the body of a stored program is never closed";
		ret->error_at = open - 1;
	}
}

void my_pieces_release(struct my_pieces *pieces)
{
	mem_free(pieces->items);
	*pieces = (struct my_pieces){0};
}
