#include "common/protocol/frame.h"

#include <assert.h>

enum { VERSION = 1 };

/* The kinds on the wire, by number; 0 is none. They keep their numbers for ever. */
static const message_type_t types_by_kind[] = {
    MESSAGE_TYPES,  MESSAGE_HELLO,  MESSAGE_WELCOME, MESSAGE_REFUSED,  MESSAGE_REQUEST,
    MESSAGE_REPLY,  MESSAGE_PING,   MESSAGE_PONG,    MESSAGE_RESET,    MESSAGE_GOODBYE,
    MESSAGE_STATUS, MESSAGE_FORGET, MESSAGE_WHERE,   MESSAGE_LOGLEVEL, MESSAGE_ECHO,
    MESSAGE_RELOAD, MESSAGE_REPORT, MESSAGE_FOLLOW,  MESSAGE_WANT,     MESSAGE_DATA,
    MESSAGE_ACK,    MESSAGE_NAK,    MESSAGE_COMPARE, MESSAGE_LEAVES,   MESSAGE_AUDIT,
};

enum { KINDS = sizeof types_by_kind / sizeof types_by_kind[0] };

/* 0: none */
static unsigned char kind_of(message_type_t type)
{
    for (unsigned kind = 1; kind < KINDS; kind++) {
        if (types_by_kind[kind] == type) {
            return (unsigned char)kind;
        }
    }
    return 0;
}

bool frame_carries(message_type_t type)
{
    return kind_of(type) != 0;
}

void frame_write_head(const message_t *message, unsigned char out[FRAME_HEAD_SIZE])
{
    size_t header_size = message->header.size;
    size_t body_size = message->body.size;
    assert(header_size <= LIMIT_HEADER_SIZE && body_size <= LIMIT_BODY_SIZE);
    out[0] = VERSION;
    out[1] = kind_of(message->type);
    assert(out[1] != 0);
    out[2] = (unsigned char)(header_size >> 8);
    out[3] = (unsigned char)header_size;
    out[4] = (unsigned char)(body_size >> 24);
    out[5] = (unsigned char)(body_size >> 16);
    out[6] = (unsigned char)(body_size >> 8);
    out[7] = (unsigned char)body_size;
}

/* 01 04 00 05 00 00 00 2a: a REQUEST with a header of 5 bytes and a body of 42 */
status_t frame_read_head(const char *bytes, frame_head_t *ret_head)
{
    const unsigned char *head = (const unsigned char *)bytes;
    if (head[0] != VERSION) {
        return STATUS_VERSION;
    }
    if (head[1] == 0 || head[1] >= KINDS) {
        return STATUS_INVALID;
    }
    size_t header_size = (size_t)head[2] << 8 | head[3];
    size_t body_size =
        (size_t)head[4] << 24 | (size_t)head[5] << 16 | (size_t)head[6] << 8 | head[7];
    if (header_size > LIMIT_HEADER_SIZE || body_size > LIMIT_BODY_SIZE) {
        return STATUS_TOO_LONG;
    }
    *ret_head = (frame_head_t){
        .type = types_by_kind[head[1]], .header_size = header_size, .body_size = body_size};
    return STATUS_OK;
}
