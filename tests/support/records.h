/* records.h - records for tests, one line each. */
#ifndef HERD_TESTS_SUPPORT_RECORDS_H
#define HERD_TESTS_SUPPORT_RECORDS_H

#include "common/base/timestamp.h"
#include "common/protocol/record.h"

/* A record of `client` that `origin` received at `receipt_s` seconds, with the valid time text
 * `client_time`. Borrows the strings. The order time is the client time. */
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
