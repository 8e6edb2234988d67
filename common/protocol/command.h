/* command.h - one client line -> IAMAT, WHATSAT or invalid (client-protocol.md, L and C rules).
 *
 * Owner: values; texts borrow from the line. Threads: any.
 */
#ifndef HERD_COMMON_PROTOCOL_COMMAND_H
#define HERD_COMMON_PROTOCOL_COMMAND_H

#include "common/base/text.h"

#include <stdint.h>

typedef enum {
    COMMAND_INVALID, /* anything else: answered "? " and the line */
    COMMAND_IAMAT,
    COMMAND_WHATSAT,
} command_kind_t;

/* Open value struct. In brackets: the kinds in which a field is set. */
typedef struct {
    command_kind_t kind;
    text_t client;          /* [IAMAT, WHATSAT] any bytes except white space and LF */
    text_t position;        /* [IAMAT] valid ISO 6709 */
    text_t client_time;     /* [IAMAT] valid POSIX time */
    int64_t client_time_ns; /* [IAMAT] */
    uint32_t radius_km;     /* [WHATSAT] 0 .. LIMIT_RADIUS_KM */
    uint32_t result_count;  /* [WHATSAT] 0 .. LIMIT_RESULTS */
} command_t;

/* Parses `line` (the bytes between two LFs, any length). Samples:
 *   IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503
 *   WHATSAT kiwi.cs.ucla.edu 10 5
 * AT lines are invalid here: they travel between nodes only. */
command_t command_parse(text_t line);

#endif
