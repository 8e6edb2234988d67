/* wire.h - stands between a client and a port, and notes what the client sends; listens on a port
 * of its own.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_WIRE_H
#define HERD_TESTS_SUPPORT_WIRE_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct wire wire_t;

/* Connects to `port` of 127.0.0.1. Caller frees with wire_destroy. */
wire_t *wire_new(uint16_t port);

/* Ends both connections, clears the pointer; NULL is fine. */
void wire_destroy(wire_t **self_p);

/* The endpoint that the client connects to; borrowed. */
const char *wire_endpoint(const wire_t *self);

/* Carries bytes both ways until `condition` holds; fails the test at WAIT_LIMIT_MS. */
void wire_carry(wire_t *self, bool (*condition)(void *argument), void *argument);

/* What the client has sent so far; borrowed. */
text_t wire_sent(const wire_t *self);

#endif
