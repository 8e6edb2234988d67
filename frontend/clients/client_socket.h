/* client_socket.h - the socket of a client: its options, its name in the log, what it has not read.
 *
 * Owner: the session. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_CLIENTS_CLIENT_SOCKET_H
#define HERD_FRONTEND_CLIENTS_CLIENT_SOCKET_H

#include "common/base/text.h"
#include "common/sockets/address.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

/* An address, "#", a count of connections. */
enum { CLIENT_SOCKET_PEER_SIZE = ADDRESS_TEXT_SIZE + 1 + TEXT_NUMBER_SIZE };

/* Writes e.g. "127.0.0.1:40112#7", the seventh connection since the start, and a zero; returns the
 * size without it. */
size_t client_socket_peer(const struct sockaddr *address, uint64_t connection,
                          char out[CLIENT_SOCKET_PEER_SIZE]);

/* Replies leave at once, and a client whose machine vanished is noticed within two minutes. */
void client_socket_set_options(int file);

/* Bytes that we have written and the client has not acknowledged, here or in the kernel. */
size_t client_socket_unread(const uv_tcp_t *tcp);

#endif
