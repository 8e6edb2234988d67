/* zap.h - the ZeroMQ Authentication Protocol (rfc.zeromq.org/spec/27), as a handler needs it.
 *
 * Owner: values. Threads: any. Free of I/O.
 * A request has seven frames: version "1.0", request id, domain, address, routing id, mechanism,
 * and for CURVE the client's public key, 32 bytes. A reply has six: version, request id, status
 * code, status text, user id, metadata.
 */
#ifndef HERD_NODE_SECURITY_ZAP_H
#define HERD_NODE_SECURITY_ZAP_H

#include "common/security/security.h"
#include "common/sockets/transport.h"

#include <czmq.h>

/* The property of a connection that holds its peer's public key in Z85: for transport_property. */
#define ZAP_KEY_PROPERTY "X-Key"

enum {
    ZAP_USER_SIZE = LIMIT_NAME_SIZE + 16, /* "front-end/Goloman" and a zero */
};

/* Open value struct; texts borrow from the message. */
typedef struct {
    text_t id;
    roles_domain_t domain;
    text_t address;                      /* foreign bytes */
    char key[CERTIFICATES_KEY_SIZE + 1]; /* Z85, and a zero */
} zap_request_t;

/* Takes a request apart. STATUS_INVALID: another form, version or mechanism, or an unknown domain.
 * `*ret_id` is always set, for a refusal: to the second frame, or empty. */
status_t zap_read(zmsg_t *message, zap_request_t *ret_request, text_t *ret_id) STATUS_MUST_USE;

/* The reply that lets `holder` in. Caller destroys it. */
zmsg_t *zap_accept(text_t id, const security_holder_t *holder);

/* The reply that lets nobody in. Caller destroys it. */
zmsg_t *zap_refuse(text_t id);

/* Writes "front-end/Goloman" and a zero. */
void zap_write_user(const security_holder_t *holder, char out[ZAP_USER_SIZE]);

#endif
