/* zap.h - the ZeroMQ Authentication Protocol (rfc.zeromq.org/spec/27), the part of a handler: a request taken apart, a reply.
 *
 * Owner: values. Threads: any. Free of I/O.
 * A request has seven frames: version "1.0", request id, domain, address, routing id, mechanism, and for CURVE the client's
 * public key, 32 bytes. A reply has six: version, request id, status code, status text, user id, metadata.
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

/* STATUS_INVALID: not that form, another version or mechanism, or an unknown domain; then `ret_id` is what stands in the
 * place of the id, for a refusal, or empty. */
status_t zap_read(zmsg_t *message, zap_request_t *ret_request, text_t *ret_id) STATUS_MUST_USE;

/* The reply that lets the holder of `key` in. Caller destroys it. */
zmsg_t *zap_accept(text_t id, const security_holder_t *holder);

/* The reply that does not. */
zmsg_t *zap_refuse(text_t id);

/* "front-end/Goloman". */
void zap_write_user(const security_holder_t *holder, char out[ZAP_USER_SIZE]);

#endif
