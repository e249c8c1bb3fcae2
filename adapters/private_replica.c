#include "adapters/private_replica.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/run_dir.h"
#include "harness/base/mem.h"

void private_replica_init(struct private_replica *p, const char *provider,
	const struct provider_config *config, const struct provider_env *env)
{
	p->config = config;
	p->env = env;
	p->info.provider = mem_strdup(provider);
	p->info.ours = true;
}

void private_replica_tell(const struct private_replica *p, const char *format, ...)
{
	char text[256];
	va_list args;

	if (!p->env->progress)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->env->progress(p->env->ctx, text);
}

int private_replica_make_dir(struct private_replica *p, struct err *err)
{
	return run_dir_make(p->env->journal, &p->dir, err);
}

int private_replica_release(
	struct private_replica *p, const struct private_engine *engine, struct err *err)
{
	int result = engine->quit(p, err);

	if (!result)
		result = run_dir_remove(p->dir, p->env->journal, err);
	engine->release(p);
	replica_info_release(&p->info);
	free(p->dir);
	return result;
}
