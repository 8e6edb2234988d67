/* record.h - the AT record: what the herd knows of one client, its order and its texts.
 *
 * Owner: values; texts borrow. Threads: any.
 * docs/replication.md, R1 to R3 and R17, says what the fields mean and why the order is what it is.
 */
#ifndef HERD_COMMON_PROTOCOL_RECORD_H
#define HERD_COMMON_PROTOCOL_RECORD_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/protocol/rules.h"

#include <stdbool.h>
#include <stdint.h>

/* Open value struct. Times are POSIX, in nanoseconds. Client, position and client time are less
 * than LIMIT_LINE_SIZE bytes together (record_text_size). */
typedef struct {
    text_t client;           /* 1 byte or more, without white space and LF */
    text_t position;         /* ISO 6709, as the client sent it; empty in a tombstone */
    text_t client_time;      /* as the client sent it */
    text_t origin;           /* the member that took it */
    int64_t client_time_ns;  /* value of client_time */
    int64_t receipt_time_ns; /* the origin's clock when it took it */
    int64_t order_time_ns;   /* min (client time, receipt time + the origin's max_clock_lead) */
    int64_t era_ns;          /* the tombstone's own, or of the last one before it; 0: the first */
} record_t;

/* Whether its client was forgotten (R17): a tombstone has no position. */
static inline bool record_is_tombstone(const record_t *record)
{
    return record->position.size == 0;
}

/* The era that a tombstone of this order time begins (R17). */
static inline int64_t record_era_from(int64_t order_time_ns)
{
    return order_time_ns > 0 ? order_time_ns : 1;
}

/* The time that expiry counts from (R16): it grows with the order of R3 and R17. */
static inline int64_t record_age_from(const record_t *record)
{
    return record->era_ns > record->order_time_ns ? record->era_ns : record->order_time_ns;
}

/* Bytes of client, position and client time together. */
static inline size_t record_text_size(const record_t *record)
{
    return record->client.size + record->position.size + record->client_time.size;
}

/* The order time of R2. */
static inline int64_t record_order_time(int64_t client_time_ns, int64_t receipt_time_ns,
                                        int64_t max_clock_lead_ns)
{
    int64_t latest;
    if (!RULE(CLOCK_BOUND) || __builtin_add_overflow(receipt_time_ns, max_clock_lead_ns, &latest)) {
        latest = INT64_MAX;
    }
    return client_time_ns < latest ? client_time_ns : latest;
}

/* Compares two records of one client and one era in the total order of R3: < 0 if `one` is older, 0
 * if they are the same bytes, > 0 if it is newer. The first field that differs decides: order time,
 * receipt time, origin, client time, position, text of the client time. */
int record_compare(const record_t *one, const record_t *other);

/* The same for records of any eras: the later era is the newer; within one, a tombstone is older
 * than all that comes after it (R17). */
int record_compare_eras(const record_t *one, const record_t *other);

/* Whether a record of an earlier era that `era_ns` did not know of outlives its beginning (R17). */
bool record_outlives(const record_t *record, int64_t era_ns);

/* Appends the line that a client is answered with (client-protocol.md, A1), with its LF; not for a
 * tombstone:
 *   AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503
 * STATUS_FULL, with nothing appended, if the longest line of such fields would pass the buffer's
 * maximum. */
status_t record_append_answer(const record_t *record, buffer_t *out) STATUS_MUST_USE;

/* record_answer_size returns the bytes of that line; record_write_answer writes it to `out`, which
 * has room for them, and returns the byte behind it. */
size_t record_answer_size(const record_t *record);
char *record_write_answer(const record_t *record, char *out);

/* Appends the line that travels on the bus (bus-protocol.md, `record`): the answer's, then the
 * order time, "=" if it is the client time, then the era, unless it is the first, then LF:
 *   AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503 =
 *   AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1001.5 = 1621464827959498503
 *   FORGET Clark +0.263873386 kiwi.cs.ucla.edu 1621464827.959498503 =
 * STATUS_FULL as above. */
status_t record_append_bus_line(const record_t *record, buffer_t *out) STATUS_MUST_USE;

/* Parses a bus line (without its LF); texts borrow from it. STATUS_TOO_LONG past
 * LIMIT_RECORD_LINE_SIZE, or if client, position and client time are LIMIT_LINE_SIZE bytes or more
 * together. STATUS_INVALID if it is malformed otherwise, also in its position. STATUS_OUT_OF_RANGE
 * if a time is malformed, does not fit or contradicts the others. */
status_t record_parse_bus_line(text_t line, record_t *ret_record) STATUS_MUST_USE;

/* Checks a record that came in another form than a bus line, and sets its client_time_ns: as
 * record_parse_bus_line, which takes the line of whatever passes here. */
status_t record_check(record_t *record) STATUS_MUST_USE;

/* Whether `name` may name a member or herd: 1 .. LIMIT_NAME_SIZE letters, digits, "_", "-", ".",
 * the first of them a letter or digit. */
bool record_name_is_valid(text_t name);

#endif
