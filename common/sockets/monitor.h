/* monitor.h - what ZeroMQ reports about the connections of a socket: the PAIR that delivers its
 * events (zmq_socket_monitor(3)).
 *
 * Owner: the socket's. Threads: one. The owner must read a monitor that it has opened: ZeroMQ keeps
 * its events without a limit, because its I/O thread would block at one. Sockets that connect have
 * few events.
 */
#ifndef HERD_COMMON_SOCKETS_MONITOR_H
#define HERD_COMMON_SOCKETS_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

/* The events of failed handshakes. */
enum {
    MONITOR_FAILURES = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
};

/* Room for the address of a monitor. */
enum { MONITOR_ADDRESS_SIZE = 64 };

/* Starts the reports of `events` of `socket`, at an address that no other monitor of this process
 * has or had. Whoever calls this sees to it that someone connects (monitor_connect), or ends the
 * reports: without a reader the next event blocks ZeroMQ's I/O thread. False with errno set. */
bool monitor_start(void *socket, int events, char ret_address[MONITOR_ADDRESS_SIZE]);

/* A PAIR that takes the events of that address; NULL with errno set. Any thread. */
void *monitor_connect(void *context, const char *address);

/* The PAIR for `events` of `socket`, both raw sockets of `context`; NULL with errno set. Caller
 * ends it with monitor_close, before the socket. */
void *monitor_open(void *context, void *socket, int events);

/* Closes it and clears the pointer; NULL is fine. */
void monitor_close(void *socket, void **monitor_p);

/* Takes the next event without waiting; false if there is none. */
bool monitor_next(void *monitor, uint16_t *ret_event, uint32_t *ret_value);

/* What a failed handshake says about the peer that we connect to, as "it ...". NULL for other
 * events, and for failures that a peer causes by ending. `secure`: we came with keys. */
const char *monitor_problem(uint16_t event, bool secure);

#endif
