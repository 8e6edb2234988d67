/* addresses.h - how many connections each client address has.
 *
 * Owner: the front-end. Threads: the reactor's.
 * What counts as one address: an IPv4 address, also one that is mapped to IPv6 (RFC 4291, section
 * 2.5.5.2), and an IPv6 network of 64 bits, for a host has all addresses of its network (RFC 4862).
 */
#ifndef HERD_FRONTEND_CLIENTS_ADDRESSES_H
#define HERD_FRONTEND_CLIENTS_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct addresses addresses_t;

/* Makes an empty table; caller frees with addresses_destroy. */
addresses_t *addresses_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void addresses_destroy(addresses_t **self_p);

/* What a socket's address counts as; all families but IPv4 and IPv6 count as one. */
uint64_t addresses_of(const struct sockaddr *address);

/* Counts one connection more; returns how many there are now. */
size_t addresses_add(addresses_t *self, uint64_t address);

/* Counts one connection less, of an address that has one. */
void addresses_remove(addresses_t *self, uint64_t address);

/* The number of connections. */
size_t addresses_count(const addresses_t *self, uint64_t address);

#endif
