/* listening.h - TCP sockets that listen: one meaning of "*", and one way to share a port, for all
 * programs.
 *
 * No other file sets SO_REUSEPORT (.ci/check banned).
 * Owner: the caller, who closes each socket with listening_close. They do not block, and are
 * close-on-exec. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_LISTENING_H
#define HERD_COMMON_SOCKETS_LISTENING_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

/* How a socket listens (open value struct). */
typedef struct {
    int queue; /* connections that may wait to be accepted */
    /* Whose the port is (claim.h): other processes of this tenant may listen on it too, and no one
     * else. 0: only this process. */
    uint64_t tenant;
    bool every_family; /* [::] takes IPv4 too */
    bool at_once;      /* does not wait for a process that may be about to claim a taken port */
} listening_t;

/* A socket that listens (open value struct). */
typedef struct {
    int file;
    int claim; /* -1 without a tenant */
} listening_socket_t;

/* Whether the machine lacks the address or its family (::1 without IPv6): others may do. */
bool listening_is_absent(int error);

/* Listens on one address. False, and errno, if the kernel refuses; EADDRINUSE also if another
 * tenant has the port. May take half a second where a port is taken, unless `at_once`. */
bool listening_open(const listening_t *self, const struct addrinfo *address,
                    listening_socket_t *ret_socket);

/* Listens on every address of the machine: [::], which takes IPv4 too, or 0.0.0.0 on a machine
 * without IPv6. Returns as listening_open. */
bool listening_open_everywhere(const listening_t *self, uint16_t port,
                               listening_socket_t *ret_socket);

/* Closes it, and sets both descriptors to -1. */
void listening_close(listening_socket_t *socket);

#endif
