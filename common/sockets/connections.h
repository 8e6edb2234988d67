/* connections.h - connections that this process has accepted, over TCP or Unix sockets; their
 * peers.
 *
 * ZeroMQ can neither end the connection of one peer nor name the peer of a failed one, so this asks
 * the kernel.
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_CONNECTIONS_H
#define HERD_COMMON_SOCKETS_CONNECTIONS_H

#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONNECTIONS_PEER_SIZE = 96 };

/* Shuts down every connection of this process whose own end is `endpoint` (tcp://address:port or
 * ipc://path), so that ZeroMQ finds them ended; the listener goes on. `*ret_count` is their number.
 * STATUS_INVALID: `endpoint` is malformed.
 * STATUS_SYSTEM with errno set: the process cannot list its own descriptors. */
status_t connections_cut(const char *endpoint, size_t *ret_count) STATUS_MUST_USE;

/* Whether at least `size` bytes came from the peer; true if the kernel does not say, as for a Unix
 * socket. */
bool connections_has_received(int file, size_t size);

/* The kernel's own number of a connection, which no later one with the same descriptor has
 * (SO_COOKIE, socket(7)); 0 if it cannot be told. */
uint64_t connections_cookie(int file);

/* What ZeroMQ has read of a TCP connection, in bytes, and whether more waits; false, with nothing
 * written, if `file` is no longer the connection with that cookie, or of another kind. What comes
 * while the kernel is asked may be missing: the next size can be less than this one. */
bool connections_read_size(int file, uint64_t cookie, uint64_t *ret_size, bool *ret_waits);

/* Ends the connection with that cookie, and drops what waits in it; false if it is gone already.
 * Its descriptor stays ZeroMQ's, which finds it ended. `reserve` is a descriptor that may be
 * replaced: there may be no other left. */
bool connections_end(int file, uint64_t cookie, int reserve);

/* Writes who is at the other end of the descriptor: "192.0.2.1:40112", or "process 712 of user
 * 1000" for a Unix socket. False, with nothing written, if that is unknown, e.g. because the
 * connection is closed. */
bool connections_peer(int file, char out[CONNECTIONS_PEER_SIZE]);

#endif
