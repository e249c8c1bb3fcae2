/*
 * Every value of a YAML file with its dotted path and line, in the file's order. It finds what the
 * YAML itself has wrong (syntax, keys given twice, aliases), and tells where a key stands when its
 * value turns out to be wrong later.
 */
#ifndef REHEARSE_SCENARIO_YAML_INDEX_H
#define REHEARSE_SCENARIO_YAML_INDEX_H

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/scenario/keys.h"

struct yaml_node {
	char *path;	 /* "workload.scripts.0.weight"; "" the whole file */
	const char *key; /* its last part, in path; a key's own dots included */
	char *value;	 /* SHAPE_SCALAR, else NULL */
	unsigned line;	 /* from 1, of the key, or of the list's item */
	enum key_shape shape;
};

struct yaml_index {
	struct yaml_node *nodes;
	size_t n, cap;
};

/* Errors: ERR_USAGE, `FILE:LINE: message`. Release it in any case. */
int yaml_index_read(
	const char *file, const char *text, size_t len, struct yaml_index *ret, struct err *err);
void yaml_index_release(struct yaml_index *index);

const struct yaml_node *yaml_index_find(const struct yaml_index *index, const char *path);
/* The line of a path, or of the nearest thing around it that is there; 1 at the least. */
unsigned yaml_index_line(const struct yaml_index *index, const char *path);

#endif
