/* fix_plain.h - the values of a body as most programs write it, found in one pass. Pure.
 *
 * Owner: values, which borrow from the body. Threads: any.
 * What is not that plain is for common/json, which takes all of RFC 8259: it costs ten times as
 * much. Whatever is taken here means the same there.
 */
#ifndef HERD_FRONTEND_WEB_GEO_FIX_PLAIN_H
#define HERD_FRONTEND_WEB_GEO_FIX_PLAIN_H

#include "common/base/text.h"

#include <stdbool.h>

/* The values of a body that count, as they stand there; empty: it has none (open value struct). */
typedef struct {
    text_t latitude;
    text_t longitude;
    text_t altitude;
    text_t time;
} fix_values_t;

/* Takes {"lat":34.06893,"lon":-118.445127,"time":1621464827.959498503}: an object of lat, lon,
 * altitude and time, each once at most, that are numbers without exponent. False, and nothing set:
 * it is another one, or none. */
bool fix_plain_read(text_t body, fix_values_t *ret_values);

#endif
