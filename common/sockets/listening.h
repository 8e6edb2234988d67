/* listening.h - TCP sockets that listen; one meaning of "*" for all programs.
 *
 * Owner: none; the caller closes the descriptors, which do not block and are close-on-exec.
 * Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_LISTENING_H
#define HERD_COMMON_SOCKETS_LISTENING_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

/* How a socket listens (open value struct). */
typedef struct {
    int queue;         /* connections that may wait to be accepted */
    bool shares_port;  /* others of this user may listen there too (SO_REUSEPORT) */
    bool every_family; /* [::] takes IPv4 too */
} listening_t;

/* Whether the machine lacks the address or its family (::1 without IPv6): others may do. */
bool listening_is_absent(int error);

/* Listens on one address. Returns the descriptor; -1, and errno, if the kernel refuses. */
int listening_open(const listening_t *self, const struct addrinfo *address);

/* Listens on every address of the machine: [::], which takes IPv4 too, or 0.0.0.0 on a machine
 * without IPv6. Returns as listening_open. */
int listening_open_everywhere(const listening_t *self, uint16_t port);

#endif
