/* port.h - free TCP ports for the processes that a test starts.
 *
 * Owner: the test. Threads: one.
 * A port must lie below the range from which the kernel takes local ports for outgoing connections
 * (32768 and up on Linux), because a connector to a dead port in that range may connect to itself.
 * So the kernel cannot choose. Instead a pool locks slices of the ports between 20000 and 32000
 * against other test programs (flock, which ends with the program, however it ends), and asks the
 * kernel by bind(2) which ports of a slice are free.
 */
#ifndef HERD_TESTS_SUPPORT_PORT_H
#define HERD_TESTS_SUPPORT_PORT_H

#include <stdint.h>

typedef struct port_pool port_pool_t;

/* A pool without a slice yet. Caller frees with port_pool_destroy. */
port_pool_t *port_pool_new(void);

/* The next port, free at this moment and taken only once. Fails the test if there is none. */
uint16_t port_pool_take(port_pool_t *self);

/* Takes a port of the loopback address as another program would, without sharing it: returns a
 * socket that listens there, which the caller closes. Fails the test if it cannot. */
int port_occupy(uint16_t port);

/* Gives the slices back and clears the pointer; NULL is fine. */
void port_pool_destroy(port_pool_t **self_p);

#endif
