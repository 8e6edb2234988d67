/* connections.h - the TCP and Unix connections that a listener of this process has accepted, and their peers.
 *
 * ZeroMQ has no call to end the connection of one peer, or to name the peer of one that failed: this asks the kernel.
 * Owner: none. Threads: any.
 */
#ifndef HERD_NODE_SECURITY_CONNECTIONS_H
#define HERD_NODE_SECURITY_CONNECTIONS_H

#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONNECTIONS_PEER_SIZE = 96 };

/* Shuts down every connection of this process whose own end is `endpoint` (tcp://address:port or ipc://path), so that
 * ZeroMQ finds them ended; the listener goes on. `*ret_count`: the number of them. STATUS_SYSTEM with errno set where the
 * process cannot look at its own descriptors, STATUS_INVALID where `endpoint` is none. */
status_t connections_cut(const char *endpoint, size_t *ret_count) STATUS_MUST_USE;

/* Whether so many bytes came from its peer; true where that cannot be told, as of a Unix socket. */
bool connections_has_received(int file, size_t size);

/* Writes who is at the other end of the descriptor, "192.0.2.1:40112", or "process 712 of user 1000" of a Unix socket;
 * false, and nothing written, where that cannot be told, e.g. because it is closed. */
bool connections_peer(int file, char out[CONNECTIONS_PEER_SIZE]);

#endif
