/* port.h - free TCP ports for the processes that a test starts.
 *
 * Owner: the test. Threads: one.
 * Node ports lie below the range from which the kernel takes local ports for outgoing connections (32768 and
 * up on Linux), so they cannot simply be asked of the kernel: a connector to a dead port within that range may
 * connect to itself. Instead a slice of ports between 20000 and 32000 is locked against other test programs
 * (flock, given back when the program ends, however it ends), and the kernel is asked, by bind(), which of its
 * ports are free.
 */
#ifndef HERD_TESTS_PORT_H
#define HERD_TESTS_PORT_H

#include <stdint.h>

typedef struct port_pool port_pool_t;

/* A pool without a slice yet. Caller frees with port_pool_destroy. */
port_pool_t *port_pool_new(void);

/* The next port, free at this moment and given to nobody else. Fails the test where there is none. */
uint16_t port_pool_take(port_pool_t *self);

/* Gives the slices back and clears the pointer; NULL is fine. */
void port_pool_destroy(port_pool_t **self_p);

#endif
