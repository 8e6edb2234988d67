/* foreign.h - knows a client that speaks another protocol by the first bytes that it sends. Pure.
 *
 * Owner: values. Threads: any.
 * Such a client must not be read on: a web page can make a browser send lines that move a client
 * behind the head of an HTTP request or within a TLS handshake, and a proxy's header would shift
 * the answers by one.
 */
#ifndef HERD_FRONTEND_LINES_FOREIGN_H
#define HERD_FRONTEND_LINES_FOREIGN_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether the first line of a connection that is not empty is the head of a request of HTTP (RFC
 * 9112, section 3) or its kin (RTSP, SIP), of a proxy (haproxy's proxy-protocol.txt, version 1), of
 * SSH (RFC 4253, section 4.2) or of TLS: returns the protocol's name, or NULL. */
const char *foreign_line(text_t line);

/* The same for a first line that has no end yet; such a one of TLS may never have one. */
const char *foreign_unfinished(text_t bytes);

/* How much of a proxy's head of version 2 a connection has begun with. That head begins with 12
 * bytes that are lines too, the first two of them empty, and may come in any pieces. So the bytes
 * that fit are held back until it is clear what they are; only the first line is not, because each
 * client may begin with an empty one and wait for its answer. Open value struct, all zeros at
 * first. */
typedef struct {
    uint8_t matched; /* bytes that fit so far */
    uint8_t given;   /* of these, bytes that foreign_head_give has given out */
    bool decided;    /* the next byte did not fit */
} foreign_head_t;

/* Takes from the front of `chunk`, which follows the bytes of before, what fits. True if the head
 * is complete: this is a proxy. */
bool foreign_head_take(foreign_head_t *self, text_t *chunk);

/* Gives out, as bytes of the client: all that is held if no head can come of it any more, or if it
 * `must`; else the first line. */
text_t foreign_head_give(foreign_head_t *self, bool must);

/* Whether a whole line or more is held. */
bool foreign_head_holds(const foreign_head_t *self);

#endif
