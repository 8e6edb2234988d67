/* websocket_reader.h - frames of a client (RFC 6455): bytes in, whole messages and control frames
 * out. Pure.
 *
 * Owner: one session. Threads: one.
 * wslay takes frames apart and undoes their masks. What a client of ours may send is decided here:
 * masked frames without extensions, text messages of at most LIMIT_WEBSOCKET_MESSAGE_SIZE bytes in
 * however many fragments, and control frames. A reader is needed while a frame or a message has
 * begun and not ended (websocket_reader_is_between): an idle connection needs none, so that wslay's
 * 4.2 kB are not spent on it.
 */
#ifndef HERD_FRONTEND_WEB_WEBSOCKET_WEBSOCKET_READER_H
#define HERD_FRONTEND_WEB_WEBSOCKET_WEBSOCKET_READER_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct websocket_reader websocket_reader_t;

/* Bytes of what wslay keeps of one direction, about. */
enum { WEBSOCKET_CONTEXT_SIZE = 4096 + 128 };

/* Bytes of a control frame, at most (RFC 6455, section 5.5). */
enum { WEBSOCKET_CONTROL_MAX = 125 };

/* Why a connection ends (RFC 6455, section 7.4.1; 1013: IANA's registry). */
typedef enum {
    WEBSOCKET_NO_CODE = 0, /* a close frame without one */
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_UNSUPPORTED_DATA = 1003,
    WEBSOCKET_INVALID_DATA = 1007,
    WEBSOCKET_POLICY_VIOLATION = 1008,
    WEBSOCKET_TOO_BIG = 1009,
    WEBSOCKET_INTERNAL_ERROR = 1011,
    WEBSOCKET_TRY_AGAIN_LATER = 1013,
} websocket_code_t;

typedef enum {
    WEBSOCKET_MORE,    /* all bytes were taken */
    WEBSOCKET_TEXT,    /* a message: `content`, which is UTF-8 */
    WEBSOCKET_PING,    /* to be answered by a pong with the same `content` */
    WEBSOCKET_PONG,    /* an answer */
    WEBSOCKET_CLOSE,   /* the client ends the connection: `code` */
    WEBSOCKET_REFUSED, /* no such frame is taken: the connection has to end with `code` */
} websocket_kind_t;

/* What came (open value struct). */
typedef struct {
    websocket_kind_t kind;
    text_t content;     /* borrowed until the next call */
    uint16_t code;      /* websocket_code_t, or one of the client's */
    const char *reason; /* [REFUSED] a sentence */
} websocket_event_t;

/* At the beginning of a frame. Caller frees with websocket_reader_destroy. */
websocket_reader_t *websocket_reader_new(void);

/* Clears the pointer; NULL is fine. */
void websocket_reader_destroy(websocket_reader_t **self_p);

/* Gives it the next bytes, borrowed until websocket_reader_next says WEBSOCKET_MORE. */
void websocket_reader_give(websocket_reader_t *self, text_t bytes);

/* The next of what these bytes end. Nothing may be asked of it behind WEBSOCKET_CLOSE and
 * WEBSOCKET_REFUSED. */
websocket_event_t websocket_reader_next(websocket_reader_t *self);

/* Whether no frame and no message has begun and not ended. */
bool websocket_reader_is_between(const websocket_reader_t *self);

/* Bytes that it takes. */
size_t websocket_reader_memory(const websocket_reader_t *self);

#endif
