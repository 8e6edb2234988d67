/* flood.h - a node in the wrong hands: messages without end to whoever connects.
 *
 * Owner: the test. Threads: one of its own.
 * A listener that shakes hands as ZeroMQ does (rfc.zeromq.org/spec/37, NULL), and then sends frames
 * of a byte, each saying that more follow, until it is cut off; to one caller after the other.
 */
#ifndef HERD_TESTS_SUPPORT_FLOOD_H
#define HERD_TESTS_SUPPORT_FLOOD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Open struct; the fields are this module's but for those that say how it goes. */
typedef struct {
    int listener;
    const char *type; /* of its socket */
    pthread_t thread;
    atomic_uint cut;              /* connections that were ended by the other side */
    atomic_uint_fast64_t largest; /* bytes that one of them took */
} flood_t;

/* Listens on 127.0.0.1 as a ZeroMQ socket of that type, e.g. "ROUTER". */
void flood_start(flood_t *self, uint16_t port, const char *type);

/* Once no one connects any more. */
void flood_stop(flood_t *self);

#endif
