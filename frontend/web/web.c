#include "frontend/web/web.h"

#include "common/base/memory.h"
#include "frontend/clients/serving.h"
#include "frontend/web/api.h"
#include "frontend/web/session.h"

#include <stdlib.h>

struct web {
    serving_t serving;
    api_t api;
    session_program_t program;
};

static const session_kind_t connections = {
    .open = session_open,
    .make_room = session_make_room,
    .end_idle = session_end_idle,
    .of_unasked = session_of_unasked,
    .of_waiting = session_of_waiting,
    .of_unwritten = session_of_unwritten,
    .of_active = session_of_active,
    .number = session_number,
    .ask = session_ask,
    .ask_again = session_ask_again,
    .answer = session_answer,
    .take_turn = session_take_turn,
    .flush = session_flush,
    .tick = session_tick,
    .stop = session_stop,
    .close = session_close,
};

status_t web_new(const web_settings_t *settings, web_t **ret_self)
{
    web_t *self = memory_new(sizeof *self);
    const serving_settings_t serving = {.config = settings->config,
                                        .member = settings->member,
                                        .log = settings->log,
                                        .program = "herd-web",
                                        .endpoints = settings->member->web,
                                        .endpoint_count = settings->member->web_count,
                                        .memory_max = settings->memory_max,
                                        .signals = settings->signals,
                                        .kind = &connections,
                                        .sessions = &self->program};
    self->program = (session_program_t){.handle = api_handle,
                                        .replied = api_replied,
                                        .counted = api_counted,
                                        .argument = &self->api};
    api_init(&self->api, settings->config, settings->member, &self->serving.shared);
    status_t status = serving_init(&self->serving, &serving);
    if (status != STATUS_OK) {
        api_done(&self->api);
        free(self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

void web_run(web_t *self)
{
    serving_run(&self->serving);
}

void web_stop(web_t *self)
{
    serving_stop(&self->serving);
}

void web_destroy(web_t **self_p)
{
    web_t *self = *self_p;
    if (self != NULL) {
        serving_done(&self->serving);
        api_done(&self->api);
        free(self);
        *self_p = NULL;
    }
}
