/* moment.h - times that readers ask for, as spans: "2026-11-27" is a whole day. Pure.
 *
 * Owner: values. Threads: any.
 * Sources: RFC 3339 and OGC 17-069r4, section 7.15.4 (datetime); the README of OwnTracks Recorder
 * (its forms of from and to).
 */
#ifndef HERD_FRONTEND_WEB_GEO_MOMENT_H
#define HERD_FRONTEND_WEB_GEO_MOMENT_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* From the first nanosecond to the last one, POSIX time (open value struct). What lies before 1970
 * is -1, what lies beyond int64_t is INT64_MAX. */
typedef struct {
    int64_t from_ns;
    int64_t to_ns;
} moment_span_t;

/* Reads the offset of a zone, all of "+02:00". False: it is none. */
enum { MOMENT_OFFSET_SIZE = 6 };
bool moment_read_offset(text_t text, int64_t *ret_offset_ns);

/* Reads one time, "2026-11-27T05:00:00.25+02:00", "2026-11-27T03:00:00Z", or a date, "2026-11-27":
 * the span of its last digit. False: it is none of these. */
bool moment_read(text_t text, moment_span_t *ret_span);

/* The same of a time that may be cut behind any part, "2026-11-27T03" or "2026-11", and needs no
 * zone: then it is UTC. */
bool moment_read_short(text_t text, moment_span_t *ret_span);

/* Reads one time, or two with "/" between: "../2026-11-27T03:00:00Z". One that is empty or ".." has
 * no bound. False: it is malformed, or ends before it begins. */
bool moment_read_interval(text_t text, moment_span_t *ret_span);

static inline bool moment_has(const moment_span_t *self, int64_t time_ns)
{
    return time_ns >= self->from_ns && time_ns <= self->to_ns;
}

#endif
