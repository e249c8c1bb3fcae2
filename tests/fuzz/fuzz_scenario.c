/* The YAML of a scenario: its index, and its keys against the table. */
#include <string.h>

#include "harness/scenario/schema.h"
#include "harness/scenario/yaml_index.h"
#include "tests/fuzz/fuzz.h"

static int take(void *ctx, const char *path, const char *text, struct err *err)
{
	(void)err;
	MUST(*path && text);
	++*(size_t *)ctx;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct yaml_index index = {0};
	struct err err = {0};
	size_t n = 0;

	if (yaml_index_read("f.yaml", text, size, &index, &err) ||
		schema_load("f.yaml", text, size, &index, take, &n, &err))
		MUST(!strncmp(err.text, "f.yaml:", 7));
	yaml_index_release(&index);
	return 0;
}
