/* http_head.h - the head of a request of HTTP/1 (RFC 9110, RFC 9112), read once and strictly. Pure.
 *
 * Owner: values; texts borrow from the bytes. Threads: any.
 * Two programs that read one head differently are how requests are smuggled, so whatever can be
 * read in two ways is refused: line ends other than CR LF, folded lines, white space before a
 * colon, zero bytes, lengths that are said twice, signed, or beside chunks, no Host or two.
 * A sample:
 *
 *   PUT /v1/clients/kiwi HTTP/1.1
 *   Host: 127.0.0.1:11790
 *   Content-Length: 37
 */
#ifndef HERD_FRONTEND_WEB_HTTP_HTTP_HEAD_H
#define HERD_FRONTEND_WEB_HTTP_HTTP_HEAD_H

#include "common/base/limits.h"
#include "common/base/text.h"
#include "frontend/web/http/http_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Looks for the end of a head whose bytes come in pieces (open value struct, all zeros at first).
 */
typedef struct {
    size_t scanned; /* bytes that were looked at */
    size_t line;    /* where the line begins that they end in */
    size_t start;   /* bytes in front of the request line: an empty line */
    size_t fields;  /* lines behind the request line */
    bool begun;     /* the request line has ended */
} http_scan_t;

typedef enum {
    HTTP_SCAN_MORE,    /* the head has not ended */
    HTTP_SCAN_FOUND,   /* it has; `scanned` bytes are the head, its empty line included */
    HTTP_SCAN_REFUSED, /* it is none, or too long: `ret_status` */
} http_scan_outcome_t;

/* Looks at the bytes from `scanned` on; `bytes` are all that came of the head. */
http_scan_outcome_t http_head_scan(http_scan_t *self, text_t bytes, http_status_t *ret_status);

typedef enum {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_PUT,
    HTTP_POST,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_PATCH,
    HTTP_METHODS,
} http_method_t;

/* A field (open value struct). */
typedef struct {
    text_t name;  /* as it was spelled */
    text_t value; /* without the white space around it */
} http_field_t;

/* Open value struct. */
typedef struct {
    http_method_t method;
    unsigned minor;          /* of the version 1.x: 0 or 1 */
    text_t path;             /* begins with "/", escapes not undone; "*" of OPTIONS */
    text_t query;            /* behind the "?"; empty if there is none */
    text_t host;             /* name or address, and perhaps a port */
    bool has_length;         /* Content-Length is there */
    bool is_chunked;         /* the body comes in chunks */
    bool keeps_alive;        /* the connection may serve another request */
    bool expects_continue;   /* the body comes when "100 Continue" was said */
    bool takes_gzip;         /* an answer may be compressed */
    bool wants_websocket;    /* Upgrade: websocket, and Connection: upgrade */
    uint64_t content_length; /* bytes; 0 if it is not said */
    size_t field_count;
    http_field_t fields[LIMIT_HTTP_FIELDS];
} http_head_t;

/* Reads a head that http_head_scan has found. Returns HTTP_OK, or what to answer; nothing behind a
 * head that is refused can be trusted. */
http_status_t http_head_read(text_t bytes, http_head_t *ret_head);

/* The value of the first field of that name, in lower case; false if there is none. */
bool http_head_find(const http_head_t *self, text_t name, text_t *ret_value);

/* Whether two texts are the same but for the case of ASCII letters; of one size, the second. */
bool http_head_same_bytes(const char *one, const char *other, size_t size);
static inline bool http_head_same(text_t one, text_t other)
{
    return one.size == other.size && http_head_same_bytes(one.data, other.data, one.size);
}

/* Whether a list of tokens, separated by commas, has this one, in whatever case. */
bool http_head_list_has(text_t list, text_t token);

#endif
