#include "adapters/mysql/dialect.h"
#include "tests/fuzz/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_split(&mysql_dialect, data, size);
	return 0;
}
