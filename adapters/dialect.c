#include "adapters/dialect.h"

#include "harness/base/mem.h"

void sql_script_release(struct sql_script *script)
{
	if (!script)
		return;
	for (size_t i = 0; i < script->n; i++) {
		mem_free(script->statements[i].object);
		mem_free_strings(
			script->statements[i].relations, script->statements[i].n_relations);
	}
	mem_free(script->statements);
	*script = (struct sql_script){0};
}
