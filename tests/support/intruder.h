/* intruder.h - a program that speaks to the ports of a herd with no key, a wrong one, or another's.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_INTRUDER_H
#define HERD_TESTS_SUPPORT_INTRUDER_H

#include "common/protocol/message.h"
#include "common/security/security.h"
#include "tests/support/herd.h"

#include <stdbool.h>

typedef struct intruder intruder_t;

/* How it comes (open value struct; borrowed for the call). */
typedef struct {
    int type;               /* of the socket, e.g. ZMQ_DEALER */
    const char *endpoint;   /* where it connects to */
    const char *server;     /* the member whose public key it uses; NULL: it has no keys */
    bool stranger;          /* its key is a new one, in no folder */
    bool wrong_server;      /* it uses another key than the member's */
    roles_role_t role;      /* unless a stranger, it has the key of this role ... */
    const char *name;       /* ... and name */
    const char *routing_id; /* NULL: none */
} intruder_options_t;

/* Connects, to a herd with keys; caller frees with intruder_destroy. */
intruder_t *intruder_new(const herd_t *herd, const intruder_options_t *options);
void intruder_destroy(intruder_t **self_p);

/* Its public key, Z85; borrowed. */
const char *intruder_key(const intruder_t *self);

/* Sends a message as soon as that is possible; false if it never is within `limit_ms`. */
bool intruder_send(intruder_t *self, message_type_t type, const char *header, const char *body,
                   int64_t limit_ms);

/* Waits for a message of that type and drops others; fails the test at WAIT_LIMIT_MS. */
void intruder_expect(intruder_t *self, message_type_t type);

/* Its socket; borrowed. */
void *intruder_socket(const intruder_t *self);

#endif
