/* records.h - records for tests, in one line each. */
#ifndef HERD_TESTS_RECORDS_H
#define HERD_TESTS_RECORDS_H

#include "common/base/timestamp.h"
#include "common/protocol/record.h"

/* A record of `client` taken by `origin` at `receipt_s`, with the client's time text `client_time` (valid). Strings
 * are borrowed. The order time is the client time. */
static inline record_t record_for_test(const char *client, const char *client_time,
                                       const char *origin, int64_t receipt_s)
{
    record_t record = {
        .client = text_of(client),
        .position = TEXT("+34.068930-118.445127"),
        .client_time = text_of(client_time),
        .origin = text_of(origin),
        .receipt_time_ns = receipt_s * TIMESTAMP_NS_PER_S,
    };
    bool valid = timestamp_parse(record.client_time, &record.client_time_ns);
    record.order_time_ns = valid ? record.client_time_ns : -1;
    return record;
}

#endif
