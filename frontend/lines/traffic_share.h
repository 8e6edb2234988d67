/* traffic_share.h - how much of the traffic log one client may fill in a second. Pure: no I/O.
 *
 * Owner: one session. Threads: one at a time.
 * One that sends without end must neither fill the disk nor crowd out what is logged of the others:
 * at most LIMIT_TRAFFIC_LINES lines and about LIMIT_TRAFFIC_SIZE bytes; the rest is counted.
 */
#ifndef HERD_FRONTEND_LINES_TRAFFIC_SHARE_H
#define HERD_FRONTEND_LINES_TRAFFIC_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open struct, for embedding; all zero at first. The fields are this module's alone. */
typedef struct {
    uint64_t since_ms; /* steady time at which this second began */
    uint32_t lines;    /* logged in it */
    uint32_t size;     /* bytes of them */
    uint32_t left_out; /* lines that were not logged */
} traffic_share_t;

/* Whether one more line of `size` bytes is logged; if not, it is counted. Before this, ask
 * traffic_share_ends. */
bool traffic_share_takes(traffic_share_t *self, size_t size);

/* Begins a new second if the last one is over. Returns the number of lines that were left out in
 * it; 0 if none were or it is not over. */
uint32_t traffic_share_ends(traffic_share_t *self, uint64_t now_ms);

/* Lines left out in this second. */
static inline uint32_t traffic_share_left_out(const traffic_share_t *self)
{
    return self->left_out;
}

#endif
