/* view_message.h - what a watcher says by WebSocket: its view as JSON, which becomes the query of a
 * URL, so that one reader (query.h) judges both. Pure.
 *
 * Owner: the caller; texts borrow from the message and from the buffer. Threads: any.
 * Samples:
 *
 *     {"view": {"bbox": [-118.5, 33.9, -118.3, 34.1], "limit": 500}}
 *     {"view": {"near": [34.07, -118.44, 20000]}, "last": "5f0c...-17"}
 */
#ifndef HERD_FRONTEND_WEB_VIEW_MESSAGE_H
#define HERD_FRONTEND_WEB_VIEW_MESSAGE_H

#include "common/base/buffer.h"
#include "common/base/text.h"

#include <stdbool.h>

/* Open value struct. */
typedef struct {
    text_t query;  /* bbox=-118.5,33.9,-118.3,34.1&limit=500 */
    bool has_last; /* the ID of the last event that reached it */
    text_t last;
    bool is_json; /* it is JSON, whatever else is wrong with it */
} view_message_t;

/* Reads a message of at most LIMIT_WEBSOCKET_MESSAGE_SIZE bytes. NULL, or what is wrong with it, a
 * sentence. `bytes` takes the query: three times as many bytes, at most. */
const char *view_message_read(text_t text, buffer_t *bytes, view_message_t *ret_message);

#endif
