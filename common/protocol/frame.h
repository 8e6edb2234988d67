/* frame.h - how messages stand in a stream of bytes: the request link over a Unix socket
 * (bus-protocol.md, "Streams").
 *
 * Each side first sends the preamble; then messages follow, each behind a head:
 *   1 byte   version, 1
 *   1 byte   kind of message
 *   2 bytes  size of the header
 *   4 bytes  size of the body; both sizes big-endian
 *
 * The preamble tells the two transports of a Unix socket apart. ZeroMQ begins with 0xff. Read by
 * ZeroMQ, ours is one whole frame of its first version (7 bytes), which it takes for a routing id,
 * and answers with its own 0xff: so whoever connects to a node of 0.1 finds out.
 *
 * Pure. Owner: values. Threads: any.
 */
#ifndef HERD_COMMON_PROTOCOL_FRAME_H
#define HERD_COMMON_PROTOCOL_FRAME_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/protocol/message.h"

#include <stddef.h>

enum {
    FRAME_HEAD_SIZE = 8,     /* bytes */
    FRAME_PREAMBLE_SIZE = 8, /* bytes */
    FRAME_ZEROMQ = 0xff,     /* the first byte of ZeroMQ's own protocol (rfc.zeromq.org/spec/23) */
    /* A whole message, in bytes. */
    FRAME_SIZE_MAX = FRAME_HEAD_SIZE + LIMIT_HEADER_SIZE + LIMIT_BODY_SIZE,
};

/* FRAME_PREAMBLE_SIZE bytes. */
#define FRAME_PREAMBLE "\aHERD/1\n"

/* What a head says (open value struct): sizes in bytes, within their limits. */
typedef struct {
    message_type_t type;
    size_t header_size;
    size_t body_size;
} frame_head_t;

/* Whether messages of this type go over streams: those of the request link do, and those between a
 * node and its followers. */
bool frame_carries(message_type_t type);

/* The head of `message`, of a type that frame_carries. */
void frame_write_head(const message_t *message, unsigned char out[FRAME_HEAD_SIZE]);

/* Reads a head of FRAME_HEAD_SIZE foreign bytes. STATUS_VERSION: of another version.
 * STATUS_INVALID: of no kind. STATUS_TOO_LONG: header or body exceed their limits. */
status_t frame_read_head(const char *bytes, frame_head_t *ret_head) STATUS_MUST_USE;

#endif
