/* timestamp.h - reads and writes the text of POSIX times and of their differences.
 *
 * Owner: values. Threads: any.
 * A time is an int64_t of nanoseconds since 1970-01-01T00:00:00Z without leap seconds
 * (POSIX.1-2017, section 4.16), never a double, which cannot hold the nanoseconds of this century.
 * The writers add no terminating zero.
 */
#ifndef HERD_COMMON_BASE_TIMESTAMP_H
#define HERD_COMMON_BASE_TIMESTAMP_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMESTAMP_NS_PER_S  INT64_C(1000000000)
#define TIMESTAMP_NS_PER_MS INT64_C(1000000)

enum {
    /* 10 digits of seconds, point, nine decimals: the longest text of a time. */
    TIMESTAMP_SIZE = 20,
    /* Sign, 10 digits of seconds, point, nine decimals: the longest text of a difference. */
    TIMESTAMP_DIFFERENCE_SIZE = 21,
    /* "2026-03-01T12:00:00.250Z" */
    TIMESTAMP_ISO8601_SIZE = 24,
};

/* Reads "1621464827.959498503": one or more digits, perhaps a point and one or more decimals, of
 * which the first nine count (client-protocol.md, T1 to T3). False for any other form, and past
 * INT64_MAX ns (2262-04-11). */
bool timestamp_parse(text_t text, int64_t *ret_time_ns);

/* Writes `time_ns` >= 0 as seconds, point and nine decimals, e.g. "1621464827.959498503", to `out`
 * (TIMESTAMP_SIZE bytes). Returns the size written. timestamp_parse reads it. */
size_t timestamp_write(int64_t time_ns, char *out);

/* Writes `difference_ns` as sign, seconds, point and nine decimals, e.g. "+0.263873386"; zero is
 * "+0.000000000" (client-protocol.md, D2). `out` has TIMESTAMP_DIFFERENCE_SIZE bytes. Returns the
 * size written. */
size_t timestamp_write_difference(int64_t difference_ns, char *out);

/* Returns the size that timestamp_write_difference writes. */
size_t timestamp_difference_size(int64_t difference_ns);

/* Reads exactly what timestamp_write_difference writes, except INT64_MIN, which is no difference of
 * two times after 1970. False for any other form. */
bool timestamp_parse_difference(text_t text, int64_t *ret_difference_ns);

/* Reads a time of ISO 8601 in UTC, "2026-03-01T12:00:00Z", with up to nine decimals of a second,
 * "2026-03-01T12:00:00.250Z". False for any other form, a date that is not in the calendar, and a
 * time before 1970 or past INT64_MAX ns. */
bool timestamp_parse_iso8601(text_t text, int64_t *ret_time_ns);

/* Writes `time_ns` as ISO 8601 in UTC with milliseconds to `out` (TIMESTAMP_ISO8601_SIZE bytes). A
 * time before 1970 becomes 1970-01-01; the last possible year is 2262. */
void timestamp_write_iso8601(int64_t time_ns, char *out);

#endif
