/* request_log.h - what the log says of clients' lines, their answers, and IAMATs that get none.
 *
 * Owner: the service, which embeds it. Threads: the reactor's.
 */
#ifndef HERD_NODE_REQUESTS_REQUEST_LOG_H
#define HERD_NODE_REQUESTS_REQUEST_LOG_H

#include "common/log/log.h"
#include "node/requests/frontends.h"
#include "node/requests/request.h"

#include <stddef.h>
#include <stdint.h>

/* Open value struct. */
typedef struct {
    log_t *log; /* borrowed */
    /* IAMATs not answered since the start: neighbours did not acknowledge them (R18). */
    uint64_t unkept;
    /* IAMATs not answered since the start: there was no room for the record. */
    uint64_t unstored;
} request_log_t;

/* Writes what became of each line of the last group: the line and its answer where traffic is
 * logged, and why a line has no answer. `frontend->replies` must still hold the answers. */
void request_log_group(request_log_t *self, const request_t *request, frontend_link_t *frontend,
                       int64_t now_ns);

/* Writes an answer that had to wait, where traffic is logged. `frontend->replies` must still hold
 * the answer. */
void request_log_answer(const request_log_t *self, frontend_link_t *frontend,
                        const request_outcome_t *outcome, int64_t now_ns);

/* Says once a second how many lines of its clients were left out, because one had more than one may
 * (common/log/shares.h). */
void request_log_left_out(const request_log_t *self, frontend_link_t *frontend, int64_t steady_ns);

/* Counts IAMATs that waited for neighbours too long, and says so. */
void request_log_late(request_log_t *self, size_t count);

#endif
