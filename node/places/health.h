/* health.h - how a provider on the network does: when it is asked, when it is left alone, and what
 * operators are told of it.
 *
 * Owner: remote.c. Threads: one. Free of I/O but for the log, and of clocks: callers give times,
 * steady, in ns.
 * Each ending of a request is judged (verdict.h). An outage, a busy provider and a refused key open
 * the breaker (breaker.h); a fault of content does not: it shows that the provider answers.
 *   Retry-After             opens it at once, for just that time
 *   busy, of a shared one   opens it at once, for `busy_pause` at least
 *   anything else           after `breaker_failures` in a row, for `breaker_pause`
 * All of these end by themselves. Trouble is told while the breaker is open, and as long as the key
 * is refused, or `breaker_failures` answers in a row could not be used.
 */
#ifndef HERD_NODE_PLACES_HEALTH_H
#define HERD_NODE_PLACES_HEALTH_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "node/places/breaker.h"
#include "node/places/provider.h"
#include "node/places/query.h"
#include "node/places/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open value struct; strings are borrowed as long as it is used. */
typedef struct {
    const places_provider_t *provider;
    const config_provider_t *settings;
    log_t *log;
    breaker_t breaker;
    places_status_t last_failure;    /* the status of the answer that the last failure was given */
    verdict_t last;                  /* the last verdict */
    size_t unusable;                 /* faults of content in a row */
    char reason[PLACES_REASON_SIZE]; /* of the last failure, in a few words; escaped */
} places_health_t;

/* How one request ended (open value struct; borrowed for the call). */
typedef struct {
    const http_response_t *response;
    places_status_t status; /* in the answer that was made of it */
    const places_notes_t *notes;
    bool shows_key; /* the response repeats our key: it is not logged */
} places_ending_t;

places_health_t places_health_new(const config_provider_t *settings,
                                  const places_provider_t *provider, log_t *log);

/* Whether a question may be asked at `now_ns`: looks only, or takes the place of the one that tries
 * a provider whose pause is over. */
bool places_health_would_allow(const places_health_t *self, int64_t now_ns);
bool places_health_allows(places_health_t *self, int64_t now_ns);

/* Judges the ending of a request, logs what is new, and returns the verdict. */
verdict_t places_health_judge(places_health_t *self, const places_ending_t *ending, int64_t now_ns);

/* A question could not even be sent. */
void places_health_unsent(places_health_t *self, int64_t now_ns);

/* Others at this address were told to leave the provider alone for `wait_ns` (> 0). */
void places_health_told_by_others(places_health_t *self, int64_t wait_ns, int64_t now_ns);

/* The key was read again: what was refused is asked again at once. */
void places_health_new_key(places_health_t *self);

/* How long the provider is left alone still; 0: it is not. */
int64_t places_health_pause_ns(const places_health_t *self, int64_t now_ns);

/* Writes its state and trouble to `figures`. */
void places_health_show(const places_health_t *self, int64_t now_ns, places_figures_t *figures);

#endif
