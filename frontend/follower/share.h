/* share.h - how much of the loop's time something may take while more of it always waits.
 *
 * Owner: values. Threads: any. Free of I/O and clocks. A token bucket of time: who has taken little
 * for a while goes on at once, who takes without end gets SHARE_PART of the time, in pieces.
 */
#ifndef HERD_FRONTEND_FOLLOWER_SHARE_H
#define HERD_FRONTEND_FOLLOWER_SHARE_H

#include <stdint.h>

enum {
    SHARE_PART = 5,      /* a fifth of the time */
    SHARE_BURST_MS = 10, /* that much at once, after a time with little to do */
};

/* Zeroed: nothing was taken yet. */
typedef struct {
    int64_t left_ns; /* negative: taken in advance */
    int64_t at_ns;   /* steady: end of what was taken last */
} share_t;

/* It took the time from `begin_ns` to `end_ns`, both steady and not before what it took last. */
void share_take(share_t *self, int64_t begin_ns, int64_t end_ns);

/* Nanoseconds from the end of what it took last for which it has to rest; 0: none. SHARE_PART times
 * SHARE_BURST_MS at most, also if it was held up itself. */
int64_t share_rest_ns(const share_t *self);

#endif
