/* intruder.h - somebody who speaks to the ports of a herd: with no key, a wrong one, or one that is not his.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_INTRUDER_H
#define HERD_TESTS_SUPPORT_INTRUDER_H

#include "common/protocol/message.h"
#include "common/security/security.h"
#include "tests/support/client.h"
#include "tests/support/herd.h"

#include <stdbool.h>

typedef struct intruder intruder_t;

/* How it comes (open value struct; borrowed for the call). */
typedef struct {
    int type;             /* of the socket, e.g. ZMQ_DEALER */
    const char *endpoint; /* where to */
    const char *server; /* the member whose public key it takes to be there; NULL: it has no keys */
    bool stranger;      /* its key is a new one, in no folder */
    bool wrong_server;  /* it takes another key to be the member's */
    roles_role_t role;  /* else it has the key of this role ... */
    const char *name;   /* ... and name */
    const char *routing_id; /* NULL: none */
} intruder_options_t;

/* Connects, to a herd with keys; caller frees with intruder_destroy. */
intruder_t *intruder_new(const herd_t *herd, const intruder_options_t *options);
void intruder_destroy(intruder_t **self_p);

/* Its public key, Z85; borrowed. */
const char *intruder_key(const intruder_t *self);

/* Sends a message as soon as that is possible; false where it never was within `limit_ms`. */
bool intruder_send(intruder_t *self, message_type_t type, const char *header, const char *body,
                   int64_t limit_ms);

/* Waits for a message of that type, and takes all others; fails the test where none comes. */
void intruder_expect(intruder_t *self, message_type_t type);

/* The socket. */
void *intruder_socket(const intruder_t *self);

/* Between a client and a port, noting what the client sends: listens on a port of its own. */
typedef struct wire wire_t;

/* Caller frees with wire_destroy. */
wire_t *wire_new(uint16_t port);
void wire_destroy(wire_t **self_p);

/* Where to connect to; borrowed. */
const char *wire_endpoint(const wire_t *self);

/* Carries bytes until `condition` holds; fails the test at WAIT_LIMIT_MS. */
void wire_carry(wire_t *self, bool (*condition)(void *argument), void *argument);

/* What the client has sent so far; borrowed. */
text_t wire_sent(const wire_t *self);

#endif
