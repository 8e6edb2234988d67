/* provider.h - what the providers on the network have in common: one row each, and the parts of questions and
 * answers that are the same for several.
 *
 * Owner: the rows are constant; questions are the caller's. Threads: any. Free of I/O and clocks: a provider is two
 * functions, the text of a request, and an answer from what came back.
 */
#ifndef HERD_NODE_PLACES_PROVIDER_H
#define HERD_NODE_PLACES_PROVIDER_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/config/config.h"
#include "node/places/answer.h"
#include "node/places/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request is made of (open value struct; all borrowed). */
typedef struct {
    const config_provider_t *settings;
    const char *base_url;        /* without "/" at its end */
    text_t key;                  /* key.h; empty where the provider wants none */
    const places_query_t *query; /* radius and results > 0 */
    int64_t timeout_ms;          /* how long the answer is waited for */
} places_asking_t;

/* The text of a request (open value struct); the buffers are the caller's. */
typedef struct {
    buffer_t url;
    buffer_t headers; /* "Name: value" lines, LF behind each */
    buffer_t body;    /* POSTed where not empty, else it is a GET */
} places_question_t;

/* What came back (open value struct). */
typedef struct {
    unsigned http_status; /* 100 .. 599 */
    text_t body;          /* any bytes */
} places_reply_t;

/* Appends the request to `question`; STATUS_FULL past LIMIT_PLACES_QUESTION_SIZE. */
typedef status_t places_ask_fn(const places_asking_t *asking, places_question_t *question);

/* Appends the whole answer for at most `result_count` places to `out`, and returns the status that is in it; where it does not fit,
 * or the reply is not what it should be, an answer that says so. */
typedef places_status_t places_decode_fn(const places_reply_t *reply, const places_query_t *query,
                                         buffer_t *out);

/* One provider (open value struct). */
typedef struct {
    const char *name;      /* as in the herd file */
    const char *base_url;  /* where the herd file says nothing */
    size_t reply_maximum;  /* bytes of a reply */
    size_t concurrent_max; /* requests at a time, whatever the herd file says */
    bool may_be_kept;      /* its terms allow to keep answers for a while */
    bool
        is_shared; /* run for all by volunteers: when it says that it is busy, it is left alone at once */
    places_ask_fn *ask;
    places_decode_fn *decode;
} places_provider_t;

void places_question_init(places_question_t *self);
void places_question_done(places_question_t *self);

/* Appends degrees with up to seven decimals (about 1 cm), one at least, e.g. "-118.445127". */
status_t places_question_degrees(buffer_t *out, double degrees) STATUS_MUST_USE;

/* Appends `text` percent-encoded: all but letters, digits and "-._~" (RFC 3986, 2.3). */
status_t places_question_percent(buffer_t *out, text_t text) STATUS_MUST_USE;

/* Appends an answer without results, and returns `status`. */
places_status_t places_refuse(places_status_t status, text_t message, buffer_t *out);

/* The same for an HTTP status other than 200. `message_json` is the provider's reason, a JSON string as it was sent; any other
 * value, or one that is too long, is passed over. */
places_status_t places_refuse_http(unsigned http_status, text_t message_json, buffer_t *out);

/* The same for a 200 in which the provider says that it failed: UNKNOWN_ERROR. */
places_status_t places_refuse_remark(text_t message_json, buffer_t *out);

/* The same for a 200 whose body is not in the expected form. */
places_status_t places_refuse_body(buffer_t *out);

#endif
