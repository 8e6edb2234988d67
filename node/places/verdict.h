/* verdict.h - what the ending of a request says about the provider.
 *
 * Owner: values. Threads: any. Free of I/O and clocks.
 * Only an outage, a busy provider and a key that is refused will happen to the next question too,
 * and are what the breaker counts. A fault of content is one answer's: it costs those who asked for
 * it.
 */
#ifndef HERD_NODE_PLACES_VERDICT_H
#define HERD_NODE_PLACES_VERDICT_H

#include "node/places/answer.h"
#include "node/places/elements.h"
#include "node/places/http.h"

typedef enum {
    VERDICT_GOOD,
    VERDICT_CONTENT, /* an answer that is no use: garbled, too large, a question not understood */
    VERDICT_OUTAGE,  /* no answer, or an HTTP status of 500 and more */
    VERDICT_BUSY,    /* asked too often, or by too many */
    VERDICT_DENIED,  /* the key is missing or refused */
} verdict_t;

/* `status` and `notes` are what the provider's decoder made of the response. */
verdict_t verdict_of(const http_response_t *response, places_status_t status,
                     const places_notes_t *notes);

/* Why there is no answer, for the client; `response` was not HTTP_ANSWERED. */
text_t verdict_outcome_text(http_outcome_t outcome);

/* The same in a few words for operators: "HTTP status 503", "REQUEST_DENIED". Writes to `out`,
 * which it returns. */
const char *verdict_reason(const http_response_t *response, places_status_t status, char *out,
                           size_t out_size);

#endif
