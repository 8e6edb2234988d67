/* What makes herd-frontend of a program that serves clients: sessions of lines. It shuts its doors
 * when the node has been away for request_timeout (doors.h). */
#include "frontend/lines/frontend.h"

#include "common/base/memory.h"
#include "frontend/clients/serving.h"
#include "frontend/lines/line_session.h"

#include <stdlib.h>

struct frontend {
    serving_t serving;
};

status_t frontend_new(const frontend_settings_t *settings, frontend_t **ret_self)
{
    frontend_t *self = memory_new(sizeof *self);
    const serving_settings_t serving = {.config = settings->config,
                                        .member = settings->member,
                                        .log = settings->log,
                                        .endpoints = settings->member->clients,
                                        .endpoint_count = settings->member->client_count,
                                        .patience_ms =
                                            (uint64_t)settings->config->request_timeout_ms,
                                        .memory_max = settings->memory_max,
                                        .signals = settings->signals,
                                        .kind = &line_session_kind,
                                        .ended_argument = settings->argument,
                                        .ended = settings->ended,
                                        .files_max = settings->files_max,
                                        .loop = settings->loop,
                                        .passage = settings->passage};
    status_t status = serving_init(&self->serving, &serving);
    if (status != STATUS_OK) {
        free(self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

void frontend_run(frontend_t *self)
{
    serving_run(&self->serving);
}

void frontend_reload(frontend_t *self)
{
    serving_reload(&self->serving);
}

void frontend_stop(frontend_t *self)
{
    serving_stop(&self->serving);
}

void frontend_destroy(frontend_t **self_p)
{
    frontend_t *self = *self_p;
    if (self != NULL) {
        serving_done(&self->serving);
        free(self);
        *self_p = NULL;
    }
}
