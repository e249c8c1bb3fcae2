#include <stdio.h>

#include "adapters/postgres/observer_facts.h"
#include "harness/base/mem.h"

int observer_leftovers_open(struct observer_facts *f, struct err *err)
{
	if (observer_ask(&f->session, OBSERVER_LEFTOVERS, NULL, 0, err))
		return -1;
	f->n_marks = observer_rows(&f->session);
	f->marks = mem_zalloc(f->n_marks * sizeof(*f->marks));
	for (unsigned i = 0; i < f->n_marks; i++)
		f->marks[i].oid = (uint32_t)observer_value_number(&f->session, i, 1);
	return 0;
}

static bool marked(const struct observer_facts *f, uint32_t oid)
{
	for (size_t i = 0; i < f->n_marks; i++)
		if (f->marks[i].oid == oid)
			return true;
	return false;
}

int observer_leftovers(
	struct observer_facts *f, struct leftover **ret, size_t *ret_n, struct err *err)
{
	struct leftover *list;
	unsigned n;

	if (observer_ask(&f->session, OBSERVER_LEFTOVERS, NULL, 0, err))
		return -1;
	n = observer_rows(&f->session);
	list = mem_zalloc(n * sizeof(*list));
	for (unsigned i = 0; i < n; i++) {
		snprintf(list[i].kind, sizeof(list[i].kind), "%s",
			observer_value(&f->session, i, 0));
		list[i].object = mem_strdup(observer_value(&f->session, i, 2));
		list[i].table = mem_strdup(observer_value(&f->session, i, 3));
		list[i].existed_before =
			marked(f, (uint32_t)observer_value_number(&f->session, i, 1));
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
