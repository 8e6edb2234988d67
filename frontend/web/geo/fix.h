/* fix.h - what a program says of where a client is, as the position and time of an IAMAT. Pure.
 *
 * Owner: values. Threads: any.
 * A body is {"lat": 34.06893, "lon": -118.445127, "altitude": 89.5, "time": 1621464827.959498503},
 * with or without its last two members, or a Feature of GeoJSON (RFC 7946) with a Point and, among
 * its properties, a time. A time is POSIX seconds, as a number or as a text, or a text of RFC 3339.
 */
#ifndef HERD_FRONTEND_WEB_GEO_FIX_H
#define HERD_FRONTEND_WEB_GEO_FIX_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FIX_POSITION_SIZE = 80, /* bytes of the longest position that is made */
    FIX_TIME_SIZE = 24,
    FIX_DECIMALS = 8, /* of degrees: a millimetre */
};

/* Open value struct. */
typedef struct {
    char position[FIX_POSITION_SIZE]; /* ISO 6709: "+34.06893-118.445127" */
    size_t position_size;             /* bytes */
    char time[FIX_TIME_SIZE];         /* POSIX seconds; empty if there is none */
    size_t time_size;                 /* bytes */
} fix_t;

/* Reads a body. NULL, or what is wrong with it: a sentence without its full stop. */
const char *fix_read(text_t body, fix_t *ret_fix);

/* Puts a time of the clock into it. */
void fix_set_time(fix_t *self, int64_t now_ns);

/* Reads a time, written as a number or within quotation marks; nanoseconds since 1970. False: it is
 * none, or before 1970. */
bool fix_read_time(text_t value, int64_t *ret_time_ns);

static inline text_t fix_position(const fix_t *self)
{
    return (text_t){.data = self->position, .size = self->position_size};
}

static inline text_t fix_time(const fix_t *self)
{
    return (text_t){.data = self->time, .size = self->time_size};
}

#endif
