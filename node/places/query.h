/* query.h - a question about what is around a position, its answer, and how the provider does: what
 * the actor, its providers and its askers share.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_NODE_PLACES_QUERY_H
#define HERD_NODE_PLACES_QUERY_H

#include "common/base/text.h"

#include <stdint.h>

/* One question (open value struct). */
typedef struct {
    uint64_t ticket;       /* the asker's, comes back with the answer */
    double latitude_deg;   /* -90 .. 90 */
    double longitude_deg;  /* -180 .. 180 */
    uint32_t radius_km;    /* 0 .. LIMIT_RADIUS_KM */
    uint32_t result_count; /* most results wanted, 0 .. LIMIT_RESULTS */
} places_query_t;

/* Bytes, with the zero: why a request failed, in a few words; what is wrong with the provider. */
enum { PLACES_REASON_SIZE = 160, PLACES_TROUBLE_SIZE = 1024 };

/* How the provider does (open value struct); strings are constants. */
typedef struct {
    const char *provider; /* as in the herd file */
    const char *state;    /* breaker.h; "closed" if the provider is not on the network */
    uint64_t requests;    /* sent to it */
    uint64_t failures;    /* of these, answered by an error or not at all */
    uint64_t joined;      /* questions that shared the request of another */
    uint64_t kept;        /* questions answered from the cache */
    uint64_t refused;     /* questions refused unasked: it fails, or too many wait */
    uint64_t dropped;     /* places, or other parts of its answers, that were odd and left out */
    uint64_t unusable;    /* of the failures: answers that came and could not be used */
    char trouble[PLACES_TROUBLE_SIZE]; /* what is wrong now, for operators; "": nothing */
} places_figures_t;

/* Receives one answer: `json` in the shape of a Google Places Nearby Search answer, ending in
 * exactly two LFs; borrowed for the call. */
typedef void places_answer_fn(void *argument, uint64_t ticket, text_t json);

#endif
