#include "node/requests/request_log.h"

#include <stdio.h>

/* R18: the front-end's time-out closes the connections. */
static void note_unkept(request_log_t *self, size_t count, const char *reason)
{
    self->unkept += count;
    log_event(
        self->log, LOG_PROMISE_UNKEPT, LOG_ABOUT(NULL, LOG_NUMBER("unkept", self->unkept)),
        "%s: %zu IAMATs not answered, their clients will be disconnected; %llu since the start",
        reason, count, (unsigned long long)self->unkept);
}

static void note_result(request_log_t *self, const frontend_link_t *frontend,
                        request_result_t result)
{
    switch (result) {
    case REQUEST_ANSWERED:
    case REQUEST_WAITS: break;
    case REQUEST_NO_ROOM:
        self->unstored++;
        log_event(self->log, LOG_STORE_FULL, LOG_PEER(frontend->label),
                  "no room for another client (max_clients, max_memory); its update is not "
                  "answered, known clients are served");
        break;
    case REQUEST_NO_PROMISE: note_unkept(self, 1, "too many IAMATs wait for neighbours"); break;
    }
}

void request_log_group(request_log_t *self, const request_t *request,
                       const frontend_link_t *frontend)
{
    for (size_t i = 0; i < request->outcome_count; i++) {
        note_result(self, frontend, request->outcomes[i].result);
    }
}

void request_log_late(request_log_t *self, size_t count, const char *whom)
{
    char reason[64];
    if (count > 0) {
        snprintf(reason, sizeof reason, "%s did not take IAMATs in time", whom);
        note_unkept(self, count, reason);
    }
}
