/* retry_after.h - how long a server asks to be left alone: the header Retry-After of its answer.
 *
 * Owner: values. Threads: any. Free of I/O; the caller says what time it is.
 * Source: RFC 9110, 10.2.3: a number of seconds, or a date in one of the three forms of 5.6.7. A
 * date is the server's, so it is compared with the server's own clock, the header Date, where that
 * is there: our clock may be wrong.
 */
#ifndef HERD_NODE_PLACES_RETRY_AFTER_H
#define HERD_NODE_PLACES_RETRY_AFTER_H

#include "common/base/text.h"

#include <stdint.h>

/* Seconds to wait, 1 .. LIMIT_RETRY_AFTER_S; 0 if `value` is neither a number nor a date. `date` is
 * the header Date, or empty; `now_s` is POSIX time. */
int64_t retry_after_read(text_t value, text_t date, int64_t now_s);

#endif
