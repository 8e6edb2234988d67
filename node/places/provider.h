/* provider.h - the providers on the network: one row each.
 *
 * Owner: the rows are constant. Threads: any. Free of I/O and clocks: a provider is two functions,
 * the text of a request, and an answer made of what came back.
 */
#ifndef HERD_NODE_PLACES_PROVIDER_H
#define HERD_NODE_PLACES_PROVIDER_H

#include "common/base/buffer.h"
#include "common/base/text.h"
#include "common/config/config.h"
#include "node/places/answer.h"
#include "node/places/elements.h"
#include "node/places/query.h"
#include "node/places/question.h"

#include <stdbool.h>
#include <stddef.h>

/* What came back (open value struct). */
typedef struct {
    unsigned http_status;   /* 100 .. 599 */
    text_t body;            /* any bytes */
    const char *field_mask; /* what Places API (New) was asked for; NULL: not known */
} places_reply_t;

/* Writes the request; places_question_end then says whether it fitted. */
typedef void places_ask_fn(const places_asking_t *asking, places_question_t *question);

/* Appends the whole answer, at most `query->result_count` places, to `out` (room for
 * LIMIT_REPLY_SIZE), and returns the status in it. What is odd in the reply is left out and noted
 * (`notes` begins with zeros). If nothing can be used, it is an answer that says so. */
typedef places_status_t places_decode_fn(const places_reply_t *reply, const places_query_t *query,
                                         places_notes_t *notes, buffer_t *out);

/* One provider (open value struct). */
typedef struct {
    const char *name;      /* as in the herd file */
    const char *base_url;  /* unless the herd file has another */
    size_t reply_maximum;  /* bytes of a reply */
    size_t concurrent_max; /* requests at a time, whatever the herd file says */
    bool may_be_kept;      /* its terms allow to keep answers for a while */
    bool is_shared;        /* run by volunteers for all: left alone as soon as it is busy */
    places_ask_fn *ask;
    places_decode_fn *decode;
} places_provider_t;

/* The row of a provider; NULL for those that are not on the network. */
const places_provider_t *places_provider_find(config_places_t places);

#endif
