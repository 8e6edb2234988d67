/* question.h - the text of a request to a provider on the network.
 *
 * Owner: the caller. Threads: one at a time. Free of I/O and clocks.
 * A provider writes on the three sheets; places_question_end says whether all of it fitted.
 */
#ifndef HERD_NODE_PLACES_QUESTION_H
#define HERD_NODE_PLACES_QUESTION_H

#include "common/base/buffer.h"
#include "common/base/sheet.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/config/config.h"
#include "node/places/query.h"

#include <stdint.h>

/* What a request is made of (open value struct; all borrowed). */
typedef struct {
    const config_provider_t *settings;
    const char *base_url;        /* without "/" at its end */
    text_t key;                  /* key.h; empty if the provider wants none */
    const places_query_t *query; /* radius and results > 0 */
    int64_t timeout_ms;          /* how long the caller waits for the answer */
} places_asking_t;

/* The text of a request (open value struct, not to be moved: the sheets point into it). */
typedef struct {
    sheet_t url;
    sheet_t headers;     /* "Name: value" lines, each with its LF */
    sheet_t body;        /* POSTed; if it is empty, the request is a GET */
    buffer_t buffers[3]; /* what the sheets write into, LIMIT_PLACES_QUESTION_SIZE bytes each */
} places_question_t;

/* An empty question. Caller frees its memory with places_question_done. */
void places_question_init(places_question_t *self);
void places_question_done(places_question_t *self);

/* Appends degrees with one to seven decimals (about 1 cm), e.g. "-118.445127". */
void places_question_put_degrees(sheet_t *sheet, double degrees);

/* Appends `text` percent-encoded: all but letters, digits and "-._~" (RFC 3986, 2.3). */
void places_question_put_percent(sheet_t *sheet, text_t text);

/* Ends the writing. STATUS_FULL if a text passed LIMIT_PLACES_QUESTION_SIZE; there is then nothing
 * to send. The three functions below are for a question that was ended well; what they return is
 * borrowed until places_question_done. */
status_t places_question_end(places_question_t *self) STATUS_MUST_USE;

/* Zero-terminated. */
const char *places_question_url(const places_question_t *self);
text_t places_question_headers(const places_question_t *self);
text_t places_question_body(const places_question_t *self);

#endif
