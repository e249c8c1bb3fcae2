#include "harness/formats/names.h"

#include <string.h>

#define DIGITS "0123456789"

bool name_ends(const char *name, const char *ending)
{
	size_t len = strlen(name), n = strlen(ending);

	return len > n && !strcmp(name + len - n, ending);
}

bool names_in_folder(const char *name, unsigned depth)
{
	struct flyway_name flyway;

	if (depth == 1 && (!strcmp(name, "up.sql") || !strcmp(name, "migration.sql")))
		return true;
	return flyway_name(name, &flyway);
}

bool flyway_name(const char *name, struct flyway_name *ret)
{
	const char *sep = strstr(name, "__");

	*ret = (struct flyway_name){.prefix = name[0]};
	if (!name[0] || !strchr("VUBR", name[0]) || !sep || !name_ends(name, ".sql"))
		return false;
	ret->version = name + 1;
	ret->version_len = (size_t)(sep - ret->version);
	ret->title = sep + 2;
	if (strlen(ret->title) < strlen(".sql"))
		return false;
	ret->title_len = strlen(ret->title) - strlen(".sql");
	if (name[0] == 'R')
		return !ret->version_len;
	return ret->version_len && strspn(ret->version, DIGITS "._") >= ret->version_len &&
		strchr(DIGITS, *ret->version);
}

static int compare_digits(const char *a, size_t n_a, const char *b, size_t n_b)
{
	while (n_a && *a == '0')
		a++, n_a--;
	while (n_b && *b == '0')
		b++, n_b--;
	if (n_a != n_b)
		return n_a < n_b ? -1 : 1;
	return n_a ? memcmp(a, b, n_a) : 0;
}

int compare_numbers(const char *a, const char *b)
{
	return compare_digits(a, strlen(a), b, strlen(b));
}

int compare_dotted(const char *a, const char *b)
{
	while (*a || *b) {
		size_t n_a = strcspn(a, "._"), n_b = strcspn(b, "._");
		int order = compare_digits(a, n_a, b, n_b);

		if (order)
			return order;
		a += n_a + (a[n_a] != '\0');
		b += n_b + (b[n_b] != '\0');
	}
	return 0;
}
