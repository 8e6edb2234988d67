/* inflow.h - what comes in by the connections that this process has opened, and the end of those
 * by which more comes than may (meter.h): the other end may lie.
 *
 * ZeroMQ reads a message without end as long as there is memory, whatever the owner of the socket
 * does meanwhile. So a thread of its own looks, 50 times a second while there are connections, and
 * cuts. It also takes the events of the sockets' monitors, of which a socket has only one.
 * Unix sockets are not measured: the kernel does not count what comes by them.
 *
 * Owner: the program. Threads: calls about a socket are made by the thread that has it.
 */
#ifndef HERD_COMMON_SOCKETS_INFLOW_H
#define HERD_COMMON_SOCKETS_INFLOW_H

#include "common/sockets/meter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct inflow inflow_t;

/* What may come in (open value struct, borrowed): for one connection and for all together. */
typedef struct {
    void *context;                /* ZeroMQ's, of the sockets */
    size_t count;                 /* sockets at most */
    const meter_limits_t *limits; /* without counts of connections */
} inflow_settings_t;

/* Watches nothing yet. NULL with errno set: there is no descriptor or thread left for it. Caller
 * ends it with inflow_destroy, before the context. */
inflow_t *inflow_new(const inflow_settings_t *settings);

/* Ends the thread, clears the pointer; NULL is fine. No socket may be watched any more. */
void inflow_destroy(inflow_t **self_p);

/* Watches `socket` as number `index`, from 0, which has one connection at a time; before it
 * connects. False with errno set: it goes unwatched. */
bool inflow_watch(inflow_t *self, size_t index, void *socket);

/* Ends that, before the socket is closed; fine if it is not watched. */
void inflow_leave(inflow_t *self, size_t index, void *socket);

/* A whole message was received: what comes by that connection is counted anew from here. */
void inflow_delivered(inflow_t *self, size_t index);

/* Why a connection of that socket was cut, "it sends ..."; NULL: none was, since inflow_watch. */
const char *inflow_verdict(const inflow_t *self, size_t index);

/* Forgets both of these, for an owner that has told them. */
void inflow_forget(inflow_t *self, size_t index);

/* The last event of MONITOR_FAILURES of that socket since inflow_watch; 0: there was none. */
uint16_t inflow_failure(const inflow_t *self, size_t index);

#endif
