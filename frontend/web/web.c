#include "frontend/web/web.h"

#include "common/base/memory.h"
#include "frontend/clients/serving.h"
#include "frontend/web/api.h"
#include "frontend/web/listings.h"
#include "frontend/web/mirror.h"
#include "frontend/web/names.h"
#include "frontend/web/pushes.h"
#include "frontend/web/roster.h"
#include "frontend/web/watches.h"
#include "frontend/web/web_session.h"

#include <stdlib.h>

struct web {
    serving_t serving;
    web_settings_t settings;
    mirror_t *mirror; /* the copy of all positions */
    watches_t *watches;
    roster_t *roster;
    names_t *names; /* of towns */
    listings_t *listings;
    pushes_t *pushes;
    api_t api;
    web_session_program_t program;
};

static void use_keys(void *argument, const security_t *security)
{
    const web_t *self = argument;
    mirror_use_keys(self->mirror, security);
}

static void on_changed(void *argument, uint32_t number, const mirror_place_t *was,
                       const mirror_place_t *is)
{
    const web_t *self = argument;
    watches_changed(self->watches, number, was, is);
}

static void on_departed(void *argument, uint32_t number, text_t client)
{
    const web_t *self = argument;
    watches_departed(self->watches, number, client);
}

static void on_turned(void *argument)
{
    const web_t *self = argument;
    watches_turn(self->watches);
}

static void on_drained(void *argument, uint32_t stream)
{
    const api_t *api = argument;
    if (listings_have(stream)) {
        listings_drained(api->listings, stream);
    } else if (!pushes_have(stream)) {
        watches_drained(api->watches, stream);
    }
}

static void on_cut(void *argument, uint32_t stream)
{
    const api_t *api = argument;
    if (listings_have(stream)) {
        listings_cut(api->listings, stream);
    } else if (pushes_have(stream)) {
        pushes_cut(api->pushes, stream);
    } else {
        watches_cut(api->watches, stream);
    }
}

static void on_ended(void *argument)
{
    web_t *self = argument;
    if (self->mirror != NULL) {
        mirror_stop(self->mirror);
    }
    if (self->watches != NULL) {
        watches_stop(self->watches);
        listings_stop(self->listings);
        pushes_stop(self->pushes);
    }
    if (self->roster != NULL) {
        roster_stop(self->roster);
    }
    if (self->names != NULL) {
        names_stop(self->names);
    }
}

static status_t open_mirror(web_t *self)
{
    const web_settings_t *of = &self->settings;
    const mirror_settings_t settings = {.loop = &self->serving.reactor.loop,
                                        .log = of->log,
                                        .config = of->config,
                                        .member = of->member,
                                        .records_max = of->records_max,
                                        .security = self->serving.keys.security,
                                        .changed = on_changed,
                                        .departed = on_departed,
                                        .turned = on_turned,
                                        .argument = self};
    status_t status = mirror_open(&settings, &self->mirror);
    self->api.mirror = self->mirror;
    if (status == STATUS_OK) {
        self->watches = watches_new(&self->serving.reactor.loop, &self->serving.shared,
                                    self->mirror, self->program.writer);
        self->api.watches = self->watches;
        self->roster = roster_new(&self->serving.reactor.loop, of->config, of->member);
        self->api.roster = self->roster;
        self->names = names_new(&self->serving.reactor.loop, of->config);
        self->api.names = self->names;
        self->listings =
            listings_new(&self->serving.reactor.loop, &self->serving.shared, self->mirror);
        self->api.listings = self->listings;
        self->pushes = pushes_new(&self->serving.reactor.loop, &self->serving.shared, self->mirror,
                                  self->program.writer);
        self->api.pushes = self->pushes;
    }
    self->serving.keys.use = use_keys;
    self->serving.keys.argument = self;
    return status;
}

status_t web_new(const web_settings_t *settings, web_t **ret_self)
{
    web_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    const serving_settings_t serving = {.config = settings->config,
                                        .member = settings->member,
                                        .log = settings->log,
                                        .program = "herd-web",
                                        .endpoints = settings->member->web,
                                        .endpoint_count = settings->member->web_count,
                                        .memory_max = settings->memory_max,
                                        .signals = settings->signals,
                                        .kind = &web_session_kind,
                                        .sessions = &self->program,
                                        .ended = on_ended,
                                        .ended_argument = self};
    self->program = (web_session_program_t){.handle = api_handle,
                                            .streams = api_streams,
                                            .replied = api_replied,
                                            .received = api_received,
                                            .counted = api_counted,
                                            .drained = on_drained,
                                            .cut = on_cut,
                                            .argument = &self->api,
                                            .writer = websocket_writer_new()};
    api_init(&self->api, settings->config, settings->member, &self->serving.shared);
    status_t status = serving_init(&self->serving, &serving);
    if (status != STATUS_OK) {
        websocket_writer_destroy(&self->program.writer);
        api_done(&self->api);
        free(self);
        return status;
    }
    status = open_mirror(self);
    if (status != STATUS_OK) {
        web_destroy(&self);
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
        watches_destroy(&self->watches);
        roster_destroy(&self->roster);
        names_destroy(&self->names);
        listings_destroy(&self->listings);
        pushes_destroy(&self->pushes);
        mirror_close(&self->mirror);
        websocket_writer_destroy(&self->program.writer);
        api_done(&self->api);
        free(self);
        *self_p = NULL;
    }
}
