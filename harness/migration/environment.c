/* What a command may know: all that its caller has set, but no way to another database. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "harness/base/mem.h"
#include "harness/migration/runner.h"

/* Beginnings of names, and parts of names, that clients and frameworks read servers from. */
static const char *const prefixes[] = {"PG", "MYSQL", "MARIADB", "POSTGRES", "DB_", "DATABASE",
	"JDBC", "SPRING_DATASOURCE", "FLYWAY_", "GOOSE_", NULL};
static const char *const parts[] = {"DATABASE_URL", "_DSN", "DB_URL", "DB_HOST", NULL};
static const char *const values[] = {
	"postgres://", "postgresql:", "postgresql+", "mysql:", "mysql2:", "mariadb:", NULL};

/* proc.c sets these itself. */
static const char *const own[] = {"PATH", "HOME", "LANG", "LC_MESSAGES", "TZ", NULL};

static bool named(const char *variable, size_t len, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (strlen(names[i]) == len && !strncmp(variable, names[i], len))
			return true;
	return false;
}

static bool leads_to_database(const char *variable, const char *value)
{
	size_t len = (size_t)(value - variable);

	for (size_t i = 0; prefixes[i]; i++)
		if (!strncasecmp(variable, prefixes[i], strlen(prefixes[i])))
			return true;
	for (size_t i = 0; parts[i]; i++) {
		const char *at = strcasestr(variable, parts[i]);

		if (at && (size_t)(at - variable) + strlen(parts[i]) <= len)
			return true;
	}
	for (size_t i = 0; values[i]; i++)
		if (strcasestr(value, values[i]))
			return true;
	return false;
}

char **command_environment(char *const *added)
{
	char **env = NULL;
	size_t n = 0, cap = 0;

	for (char **v = environ; v && *v; v++) {
		const char *equals = strchr(*v, '=');

		if (equals && !named(*v, (size_t)(equals - *v), own) &&
			!leads_to_database(*v, equals))
			*MEM_PUSH(env, n, cap) = mem_strdup(*v);
	}
	for (size_t i = 0; added[i]; i++)
		*MEM_PUSH(env, n, cap) = mem_strdup(added[i]);
	(void)MEM_PUSH(env, n, cap);
	return env;
}

void environment_free(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		mem_free(env[i]);
	mem_free(env);
}
