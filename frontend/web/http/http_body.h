/* http_body.h - the body of a request, taken out of the bytes that carry it (RFC 9112, section 6
 * and 7.1). Pure.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_HTTP_HTTP_BODY_H
#define HERD_FRONTEND_WEB_HTTP_HTTP_BODY_H

#include "common/base/text.h"
#include "frontend/web/http/http_head.h"
#include "frontend/web/http/http_status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum {
    HTTP_BODY_PLAIN,      /* `left` bytes are still to come */
    HTTP_BODY_SIZE,       /* of a chunk: its first digit or a further one */
    HTTP_BODY_EXTENSION,  /* behind it, to be passed over */
    HTTP_BODY_SIZE_LF,    /* its CR was there */
    HTTP_BODY_CHUNK,      /* `left` bytes of a chunk are still to come */
    HTTP_BODY_CHUNK_CR,   /* behind it */
    HTTP_BODY_CHUNK_LF,   /* and the LF */
    HTTP_BODY_TRAILER,    /* at the beginning of a line behind the last chunk */
    HTTP_BODY_TRAILER_IN, /* in such a line */
    HTTP_BODY_TRAILER_LF, /* its CR was there */
    HTTP_BODY_LAST_LF,    /* the CR of the empty line was there */
    HTTP_BODY_ENDED,
} http_body_state_t;

/* Open value struct; the fields are this module's alone. */
typedef struct {
    http_body_state_t state;
    uint64_t left;  /* bytes */
    uint64_t total; /* bytes of the body so far, or of all of it if that is known */
    size_t digits;  /* of the size of this chunk */
    size_t extra;   /* bytes of extensions and trailers */
} http_body_t;

typedef enum {
    HTTP_BODY_MORE,    /* it has not ended; all bytes were taken */
    HTTP_BODY_DONE,    /* it has */
    HTTP_BODY_REFUSED, /* malformed or too long */
} http_body_outcome_t;

/* Begins the body that the head announces. HTTP_CONTENT_TOO_LARGE: of more than
 * LIMIT_HTTP_BODY_SIZE. */
http_status_t http_body_begin(http_body_t *self, const http_head_t *head);

/* How far http_body_take came (open value struct). */
typedef struct {
    size_t taken;         /* bytes that were read */
    size_t size;          /* bytes of the body among them, which were moved */
    http_status_t status; /* REFUSED: why */
} http_body_part_t;

/* Takes bytes off the front of `bytes` and moves those of the body to `out`, which may be where
 * they come from: nothing is written ahead of what was read. Sets `ret_part` in any case. */
http_body_outcome_t http_body_take(http_body_t *self, text_t bytes, char *out,
                                   http_body_part_t *ret_part);

#endif
