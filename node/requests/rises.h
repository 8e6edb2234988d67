/* rises.h - when the counts that tell of trouble last rose: "lately" is what health asks for, and a
 * count since the start does not say it.
 *
 * docs/bus-protocol.md, S1: the keys NAME_last of REPORT.
 * Owner: the operators, who embed it. Threads: the reactor's. Free of I/O and clocks.
 */
#ifndef HERD_NODE_REQUESTS_RISES_H
#define HERD_NODE_REQUESTS_RISES_H

#include "common/protocol/report_keys.h"

#include <stdint.h>

/* Each count that is watched, and the key of the time at which it last rose. */
#define RISES_MAP(X)                                                                               \
    X(LOG_LOST, LOG_LOST_LAST)                                                                     \
    X(KEYS_REFUSED, KEYS_REFUSED_LAST)                                                             \
    X(CONNECTIONS_CUT, CONNECTIONS_CUT_LAST)                                                       \
    X(CONNECTIONS_REFUSED, CONNECTIONS_REFUSED_LAST)                                               \
    X(UNSTORED, UNSTORED_LAST)                                                                     \
    X(UNKEPT, UNKEPT_LAST)                                                                         \
    X(TAP_RESETS, TAP_RESETS_LAST)                                                                 \
    X(CLOCK_STEPS, CLOCK_STEPS_LAST)                                                               \
    X(FOLLOWERS_REFUSED, FOLLOWERS_REFUSED_LAST)

enum {
#define RISES_ENUM(name, last) RISES_##name,
    RISES_MAP(RISES_ENUM)
#undef RISES_ENUM
        RISES
};

/* The key of the time, by index. */
extern const report_key_t rises_last_keys[RISES];

/* Open struct, for embedding: all zeros at first. */
typedef struct {
    uint64_t counts[RISES]; /* as they were noted last */
    int64_t last_ns[RISES]; /* POSIX: when each was last seen to have risen; 0: never */
} rises_t;

/* Our clock was set forward by `step_ns`, or back: the times go along. */
void rises_shift(rises_t *self, int64_t step_ns);

/* Notes the counts as they are at `now_ns`. */
void rises_note(rises_t *self, const uint64_t counts[RISES], int64_t now_ns);

#endif
