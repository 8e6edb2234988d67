/* monitor.h - what ZeroMQ tells of the connections of a socket: the PAIR on which its events come (zmq_socket_monitor(3)).
 *
 * Owner: the socket's. Threads: one. A monitor must be read, or none be made: its events are kept without a limit, for
 * ZeroMQ's I/O thread would wait at one. Sockets that connect have few.
 */
#ifndef HERD_COMMON_SOCKETS_MONITOR_H
#define HERD_COMMON_SOCKETS_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

/* Those of handshakes that failed. */
enum {
    MONITOR_FAILURES = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
};

/* The PAIR for `events` of `socket`, both raw sockets of `context`; NULL with errno set. Caller ends it with monitor_close,
 * before the socket. */
void *monitor_open(void *context, void *socket, int events);

/* Closes it and clears the pointer; NULL is fine. */
void monitor_close(void *socket, void **monitor_p);

/* Takes the next event without waiting; false where there is none. */
bool monitor_next(void *monitor, uint16_t *ret_event, uint32_t *ret_value);

/* What a failed handshake says of the peer that was connected to, as "it ..."; NULL of other events, and of those that
 * happen where a peer ends. `secure`: we came with keys. */
const char *monitor_problem(uint16_t event, bool secure);

#endif
