/* iso6709.h - a position's text (ISO 6709:2008, Annex H) -> degrees.
 *
 * Owner: values. Threads: any.
 * Latitude first, each part with its sign; the digits before the point say what a part holds:
 *   latitude   1-2 degrees, 4 degrees and minutes, 6 degrees, minutes and seconds
 *   longitude  1-3 degrees, 5 degrees and minutes, 7 degrees, minutes and seconds
 * (client-protocol.md, P1 to P6). Samples: "+34.068930-118.445127", "+0.5-0.12",
 * "+3404.1358-11826.7076", "+340408.15-1182642.46", "+27.5916+086.5640+8850CRSWGS_84/".
 */
#ifndef HERD_COMMON_PROTOCOL_ISO6709_H
#define HERD_COMMON_PROTOCOL_ISO6709_H

#include "common/base/text.h"

#include <stdbool.h>

/* Open value struct. */
typedef struct {
    double latitude_deg;  /* -90 .. 90, north positive */
    double longitude_deg; /* -180 .. 180, east positive */
} iso6709_position_t;

/* Parses the whole of `text`; false if it is not a position. Limits are compared exactly, not as
 * rounded doubles: "+90.00000000000000000001+0" is refused. */
bool iso6709_parse(text_t text, iso6709_position_t *ret_position);

/* Whether iso6709_parse would take it; cheaper, because no degrees are computed. */
bool iso6709_is_valid(text_t text);

/* Returns the byte behind the position at `at`, in a text from `begin` to `end`, if it is valid and
 * as nearly all clients write it: degrees with decimals, and no more. NULL for anything else, good
 * or bad. Reads from `begin` on. */
const char *iso6709_skip_usual(const char *begin, const char *at, const char *end);

#endif
