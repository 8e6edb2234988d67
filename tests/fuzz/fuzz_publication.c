/* A message of a tap, as herdctl takes it apart: topic, LF, meta frame, LF, body. */
#include "deploy/herdctl/tap/tap.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const herdctl_tap_filter_t filter = {.kinds = PUBLICATION_ALL, .client = "k*"};
    text_t rest = {.data = (const char *)data, .size = size};
    herdctl_tap_message_t message = {0};
    text_t record;
    text_t client;
    publication_count_t count;
    if (!text_take_line(&rest, &message.topic) || !text_take_line(&rest, &message.meta) ||
        publication_parse(message.topic, message.meta, &message.publication) != STATUS_OK) {
        return 0;
    }
    message.body = rest;
    (void)herdctl_tap_filter_wants(&filter, &message);
    while (publication_take_count(&message.publication.counts, &count)) {
    }
    size_t taken = 0;
    while (herdctl_tap_records_take(&message, &rest, &record)) {
        assert(record.size <= size);
        (void)herdctl_tap_records_client(&message, record, &client);
        taken++;
    }
    assert(taken <= size && rest.size == 0);
    return 0;
}
