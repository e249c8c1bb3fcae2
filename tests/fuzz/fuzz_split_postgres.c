#include "adapters/postgres/dialect.h"
#include "tests/fuzz/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_split(&postgres_dialect, data, size);
	return 0;
}
