/* PostgreSQL's logs: the first byte says which form, and where the stream is cut in two. */
#include <string.h>

#include "adapters/postgres/loglines.h"
#include "harness/base/mem.h"
#include "tests/fuzz/fuzz.h"

static void take(void *ctx, const struct log_record *record)
{
	uint64_t *holders = NULL, *queue = NULL;
	size_t n_holders = 0, n_queue = 0;
	struct lock_message message;

	++*(size_t *)ctx;
	MUST(record->code && record->message && record->detail && record->statement &&
		record->application && record->user);
	if (lock_message_parse(record->message, &message))
		MUST(memchr(message.target.mode, '\0', sizeof(message.target.mode)));
	lock_detail_parse(record->detail, &holders, &n_holders, &queue, &n_queue);
	MUST((n_holders == 0) == !holders && (n_queue == 0) == !queue);
	mem_free(holders);
	mem_free(queue);
	mem_free(log_tag(record->statement));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_reader whole = {0}, parts = {0};
	const char *text = (const char *)data + 1;
	size_t n_whole = 0, n_parts = 0, cut;

	if (!size)
		return 0;
	cut = (size - 1) * (data[0] >> 1) / 128;
	whole.format = parts.format = data[0] & 1 ? LOG_CSV : LOG_JSON;
	log_reader_feed(&whole, text, size - 1, take, &n_whole);
	log_reader_feed(&parts, text, cut, take, &n_parts);
	log_reader_feed(&parts, text + cut, size - 1 - cut, take, &n_parts);
	MUST(n_whole == n_parts);
	log_reader_release(&whole);
	log_reader_release(&parts);
	return 0;
}
