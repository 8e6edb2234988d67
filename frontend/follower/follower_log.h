/* follower_log.h - what a follower says in the log: each trouble once, until it changes or the node
 * takes us.
 *
 * Owner: the follower, which embeds it. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_FOLLOWER_FOLLOWER_LOG_H
#define HERD_FRONTEND_FOLLOWER_FOLLOWER_LOG_H

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/copy/copy.h"
#include "common/log/log.h"

/* Open only to be embedded. */
typedef struct {
    log_t *log;                     /* borrowed */
    const char *endpoint;           /* borrowed; may be set anew */
    char problem[LIMIT_LOG_SAMPLE]; /* logged since the node took us; "": none */
    int64_t since_ns;               /* steady: when the node took us, until the copy is complete */
    uint64_t received;              /* records, when the node took us */
    uint64_t unstored;              /* records for which there was no room, as was logged */
} follower_log_t;

/* The node takes us; `state` says what the copy had before. */
void follower_log_up(follower_log_t *self, const copy_state_t *state, int64_t steady_ns);

/* The copy has perhaps changed: whether it has all now that the node has, or finds no room. */
void follower_log_copy(follower_log_t *self, const copy_state_t *state, int64_t steady_ns);

/* It does not any more. */
void follower_log_lost(follower_log_t *self, const char *reason);

/* It refuses us; `reason` is foreign. */
void follower_log_refused(follower_log_t *self, text_t reason);

/* There can be no connection now. */
void follower_log_failed(follower_log_t *self, const char *reason);

/* A message of the node was dropped. */
void follower_log_dropped(const follower_log_t *self, const char *what, text_t sample);

#endif
