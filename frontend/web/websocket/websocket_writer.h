/* websocket_writer.h - frames for a client (RFC 6455), made by wslay. Pure.
 *
 * Owner: the program; one serves all sessions, as each frame is written whole. Threads: one.
 */
#ifndef HERD_FRONTEND_WEB_WEBSOCKET_WEBSOCKET_WRITER_H
#define HERD_FRONTEND_WEB_WEBSOCKET_WEBSOCKET_WRITER_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "frontend/web/websocket/websocket_reader.h"

#include <stdint.h>

typedef struct websocket_writer websocket_writer_t;

/* Caller frees with websocket_writer_destroy. */
websocket_writer_t *websocket_writer_new(void);

/* Clears the pointer; NULL is fine. */
void websocket_writer_destroy(websocket_writer_t **self_p);

/* Appends a frame: WEBSOCKET_TEXT, a whole message, or WEBSOCKET_PING or WEBSOCKET_PONG of at most
 * WEBSOCKET_CONTROL_MAX bytes. STATUS_FULL, with nothing appended: there is no room. */
status_t websocket_writer_put(websocket_writer_t *self, websocket_kind_t kind, text_t content,
                              buffer_t *out) STATUS_MUST_USE;

/* Appends a close frame: no code, or one with a reason, a sentence that is cut to what it can hold.
 * STATUS_FULL likewise. */
status_t websocket_writer_close(websocket_writer_t *self, uint16_t code, text_t reason,
                                buffer_t *out) STATUS_MUST_USE;

#endif
