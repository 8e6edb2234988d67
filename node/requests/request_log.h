/* request_log.h - what the log says of IAMATs that get no answer. Lines and answers are in the
 * logs of the front-ends.
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
    /* IAMATs not answered since the start: neighbours or the disk did not acknowledge them
     * (R18). */
    uint64_t unkept;
    /* IAMATs not answered since the start: there was no room for the record. */
    uint64_t unstored;
} request_log_t;

/* Says why lines of the last group have no answer. */
void request_log_group(request_log_t *self, const request_t *request,
                       const frontend_link_t *frontend);

/* Counts IAMATs that waited too long for `whom`, e.g. "neighbours", and says so. */
void request_log_late(request_log_t *self, size_t count, const char *whom);

#endif
