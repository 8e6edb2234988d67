/* meter.h - which connections to a socket take more of the process than a peer may have.
 *
 * ZeroMQ bounds the frames of a message in size and its pipes in messages; it bounds neither the
 * number of frames nor that of connections. A peer that begins a message and never ends it takes
 * all memory, one that connects again and again all descriptors (docs/security.md). What counts is
 * what a connection has brought in since its last whole message: bytes, however they are cut.
 *
 * Owner: values. Threads: any. Free of I/O and clocks.
 */
#ifndef HERD_COMMON_SOCKETS_METER_H
#define HERD_COMMON_SOCKETS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connection as it is now (open value struct). */
typedef struct {
    uint64_t number;     /* of its acceptance: the least is the oldest */
    uint64_t open_size;  /* bytes that came behind its last whole message */
    bool unread;         /* more waits in the kernel: whole messages may be among those bytes */
    bool named;          /* who it is is known, and it may be here */
    const char *verdict; /* set by meter_judge: why it is to be cut; NULL: it may stay */
} meter_connection_t;

/* What the connections of a socket may take (open value struct). */
typedef struct {
    uint64_t open_max;        /* bytes of one connection, all of which were read */
    uint64_t open_unread_max; /* the same while more waits */
    uint64_t open_total;      /* bytes of all connections that are not named */
    size_t stranger_count;    /* connections that are not named */
    size_t connection_count;  /* connections */
} meter_limits_t;

/* The bytes that came behind its last whole message, of a connection that has brought in `size`,
 * and had brought in `base` with that message. 0 where size is the lesser: both are read from the
 * kernel in two calls each (connections_read_size), and what comes between them is missing. */
uint64_t meter_open_size(uint64_t size, uint64_t base);

/* Sets the verdict of each of `count` connections; returns how many are to be cut. First those that
 * are past a limit of their own; then, until the totals hold, the largest of the strangers; last,
 * until the counts hold, the oldest of the strangers. A named one is cut for its own bytes only. */
size_t meter_judge(meter_connection_t *connections, size_t count, const meter_limits_t *limits);

#endif
