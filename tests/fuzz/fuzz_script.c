/* The scripts of the workload. */
#include <string.h>

#include "harness/base/mem.h"
#include "harness/workload/script.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scenario_workload settings = {.seed = 1};
	char *text = mem_strndup((const char *)data, size);

	for (int marks = 0; marks < 2; marks++) {
		struct sample_set samples = {0};
		unsigned next = 0;
		const struct script_context context = {.settings = &settings,
			.question_marks = marks,
			.samples = &samples,
			.next_statement = &next};
		struct script script = {0};
		struct err err = {0};

		if (!script_parse(text, strlen(text), "f.sql", "f", &context, &script, &err))
			script_release(&script);
		else
			MUST(err.kind == ERR_USAGE && !strncmp(err.text, "f.sql:", 6));
		sample_set_release(&samples);
	}
	mem_free(text);
	return 0;
}
