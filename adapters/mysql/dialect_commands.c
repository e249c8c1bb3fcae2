/* The commands of the `mariadb` and `mysql` clients. */
#include <string.h>
#include <strings.h>

#include "adapters/mysql/dialect_pieces.h"

static const struct command {
	const char *name;
	char letter;
	bool params;
	enum my_action action;
} commands[] = {
	{"?", '?', true, MY_ACT_SKIP},
	{"charset", 'C', true, MY_ACT_TELL},
	{"clear", 'c', false, MY_ACT_CLEAR},
	{"connect", 'r', true, MY_ACT_CONNECT},
	{"delimiter", 'd', true, MY_ACT_DELIMITER},
	{"edit", 'e', false, MY_ACT_TELL},
	{"ego", 'G', false, MY_ACT_SEND},
	{"exit", 'q', false, MY_ACT_QUIT},
	{"go", 'g', false, MY_ACT_SEND},
	{"help", 'h', true, MY_ACT_SKIP},
	{"nopager", 'n', false, MY_ACT_SKIP},
	{"notee", 't', false, MY_ACT_SKIP},
	{"nowarning", 'w', false, MY_ACT_SKIP},
	{"pager", 'P', true, MY_ACT_SKIP},
	{"print", 'p', false, MY_ACT_SKIP},
	{"prompt", 'R', true, MY_ACT_SKIP},
	{"query_attributes", '\0', true, MY_ACT_SKIP},
	{"quit", 'q', false, MY_ACT_QUIT},
	{"rehash", '#', false, MY_ACT_SKIP},
	{"resetconnection", 'x', false, MY_ACT_CONNECT},
	{"sandbox", '-', false, MY_ACT_SKIP},
	{"source", '.', true, MY_ACT_TELL},
	{"status", 's', false, MY_ACT_SKIP},
	{"system", '!', true, MY_ACT_TELL},
	{"tee", 'T', true, MY_ACT_SKIP},
	{"use", 'u', true, MY_ACT_USE},
	{"warnings", 'W', false, MY_ACT_SKIP},
};

static size_t skip_space(const char *text, size_t len, size_t at)
{
	while (at < len && my_is_space(text[at]))
		at++;
	return at;
}

enum my_action my_command_named(const char *text, size_t len, const char **ret_name)
{
	size_t start = skip_space(text, len, 0), end = start, args;

	while (end < len && !my_is_space(text[end]))
		end++;
	args = skip_space(text, len, end);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];

		if (strlen(c->name) != end - start ||
			strncasecmp(text + start, c->name, end - start) != 0)
			continue;
		if (args < len && !c->params)
			return MY_ACT_NONE;
		*ret_name = c->name;
		return c->action;
	}
	return MY_ACT_NONE;
}

enum my_action my_command_letter(char letter, bool *ret_params)
{
	for (size_t i = 0; letter && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].letter == letter) {
			*ret_params = commands[i].params;
			/* Another database: as a statement it would have to be written anew. */
			return commands[i].action == MY_ACT_USE ? MY_ACT_CONNECT
								: commands[i].action;
		}
	return MY_ACT_NONE;
}

bool my_delimiter_argument(const char *text, size_t len, char ret[static MY_DELIMITER_SIZE])
{
	char found[MY_DELIMITER_SIZE] = "";
	size_t at = skip_space(text, len, 0), n = 0;
	char quote = at < len && strchr("'\"`", text[at]) ? text[at++] : '\0';

	for (; at < len && n + 1 < sizeof(found); at++) {
		if (quote ? text[at] == quote : my_is_space(text[at]))
			break;
		/* Would take the commands' own mark away. */
		if (text[at] == '\\' || !text[at])
			return false;
		found[n++] = text[at];
	}
	if (n)
		memcpy(ret, found, sizeof(found));
	return n > 0;
}
