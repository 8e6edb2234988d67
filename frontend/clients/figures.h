/* figures.h - what a front-end counts, and tells its node each second (bus-protocol.md, Q8).
 *
 * Owner: the front-end. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_CLIENTS_FIGURES_H
#define HERD_FRONTEND_CLIENTS_FIGURES_H

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* A count whose last rise an operator wants to know (open value struct). */
typedef struct {
    uint64_t told;   /* the count when it was last told */
    int64_t last_ns; /* POSIX time at which a higher one was told; 0: never */
} figures_rise_t;

/* Counts since the start (open value struct, all zeros at first). */
typedef struct {
    uint64_t lines;       /* from clients */
    uint64_t malformed;   /* lines answered here, without the node */
    uint64_t received;    /* bytes from clients */
    uint64_t sent;        /* bytes to clients, given to the kernel or to libuv */
    uint64_t slow;        /* times that a client had to read its answers before it was read from */
    uint64_t turned_away; /* clients beyond max_connections, or of one address beyond its own */
    uint64_t given_up; /* clients disconnected before all of their lines were answered, or idle */
    uint64_t traffic_cut;   /* lines of clients that the traffic log left out (traffic_share.h) */
    uint64_t accept_pauses; /* times that new clients had to wait for descriptors or memory */
    figures_rise_t turned_away_rise;
    figures_rise_t log_lost_rise;
    figures_rise_t traffic_cut_rise;
    figures_rise_t accept_pauses_rise;
} figures_t;

/* What is counted elsewhere, for figures_write (open value struct). */
typedef struct {
    size_t clients;    /* connections */
    uint64_t log_lost; /* lines that the log has lost */
    int64_t now_ns;    /* POSIX time */
} figures_others_t;

/* Appends the body of a PING. STATUS_FULL if there is no room. */
status_t figures_write(figures_t *self, const figures_others_t *others,
                       buffer_t *out) STATUS_MUST_USE;

#endif
