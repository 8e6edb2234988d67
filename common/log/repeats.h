/* repeats.h - keeps one kind of event from flooding the log: of each event and peer at most one a
 * second passes; the others are counted, and the last of them is shown with their number.
 *
 * Owner: the log. Threads: one at a time. Free of clocks.
 */
#ifndef HERD_COMMON_LOG_REPEATS_H
#define HERD_COMMON_LOG_REPEATS_H

#include "common/base/text.h"
#include "common/log/events.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct log_repeats log_repeats_t;

/* The last of some events that did not pass (open value struct); texts borrow until the next
 * call. */
typedef struct {
    log_event_t event;
    const char *peer; /* NULL: none */
    text_t message;
    uint64_t repeated; /* the number of these events */
} log_held_t;

/* Caller frees with log_repeats_destroy. */
log_repeats_t *log_repeats_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void log_repeats_destroy(log_repeats_t **self_p);

/* Whether `event` of `peer` (NULL: none) may be shown at `steady_ns` (> 0); if not, it is kept and
 * counted. Once LIMIT_LOG_REPEATS pairs of event and peer are kept, the event of a further peer is
 * counted with another peer's. */
bool log_repeats_pass(log_repeats_t *self, log_event_t event, const char *peer, text_t message,
                      int64_t steady_ns);

/* Takes out one whose second is over (INT64_MAX: any). False if there is none. */
bool log_repeats_take(log_repeats_t *self, int64_t steady_ns, log_held_t *ret_held);

#endif
