/* What the node does, and what the doors do:
 *
 *   doors_open        listen; the node is taken as away since now
 *   node away         go on for patience_ms: one that restarts is back before that, and what
 *                     clients ask meanwhile is kept for it (client-protocol.md, N1)
 *   still away        shut: accept those that the kernel has taken already, and close the sockets
 *   node there        open; an endpoint that the kernel refuses, because another program has taken
 *                     its port meanwhile, is tried again each second, for ever
 *
 * One timer does both: it waits for the end of the patience while the node is away, and for the
 * next attempt while it is there.
 */
#include "frontend/clients/doors.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/claim.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/holder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { ATTEMPT_MS = 1000 };

struct doors {
    doors_settings_t settings;
    listener_t *listeners[LIMIT_LISTENERS];
    int refusals[LIMIT_LISTENERS]; /* errno, logged since the listener was last open; 0: none */
    size_t count;
    uv_timer_t timer;
    bool node_is_there;
};

static void log_refusal(doors_t *self, const char *endpoint, const char *reason, const char *next)
{
    log_event(self->settings.log, LOG_LISTEN_FAILED,
              LOG_ABOUT(NULL, LOG_TEXT("endpoint", endpoint), LOG_TEXT("reason", reason)),
              "cannot listen on %s: %s; %s", endpoint, reason, next);
}

/* The same for errno; names the process that has the port. */
static void log_system_refusal(doors_t *self, const char *endpoint, const char *next)
{
    char reason[HOLDER_SIZE];
    holder_explain(errno, endpoint, reason);
    log_refusal(self, endpoint, reason, next);
}

static void log_opened(doors_t *self, size_t i)
{
    const char *endpoint = self->settings.endpoints[i];
    self->refusals[i] = 0;
    log_event(self->settings.log, LOG_LISTENING, LOG_ABOUT(NULL, LOG_TEXT("endpoint", endpoint)),
              "listening on %s", endpoint);
}

static void on_patience_ended(uv_timer_t *timer);
static void on_attempt(uv_timer_t *timer);

/* Opens what is shut. A refusal is logged once until its reason changes. */
static void open_all(doors_t *self)
{
    bool refused = false;
    for (size_t i = 0; i < self->count; i++) {
        if (listener_is_open(self->listeners[i])) {
            continue;
        }
        if (listener_open(self->listeners[i]) == STATUS_OK) {
            log_opened(self, i);
            continue;
        }
        refused = true;
        if (self->refusals[i] != errno) {
            self->refusals[i] = errno;
            log_system_refusal(self, self->settings.endpoints[i],
                               "no clients come in there; trying again each second");
        }
    }
    if (refused) {
        uv_timer_start(&self->timer, on_attempt, ATTEMPT_MS, 0);
    }
}

static void on_attempt(uv_timer_t *timer)
{
    open_all(timer->data);
}

static bool is_any_open(const doors_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (listener_is_open(self->listeners[i])) {
            return true;
        }
    }
    return false;
}

static void shut_all(doors_t *self)
{
    uv_timer_stop(&self->timer);
    for (size_t i = 0; i < self->count; i++) {
        listener_shut(self->listeners[i]);
    }
}

static void on_patience_ended(uv_timer_t *timer)
{
    doors_t *self = timer->data;
    if (!is_any_open(self)) {
        return;
    }
    log_event(self->settings.log, LOG_DOORS_SHUT,
              LOG_ABOUT(NULL, LOG_NUMBER("away_ms", self->settings.patience_ms)),
              "the node has been away for %llu ms (request_timeout); new clients are refused until "
              "it is back, those that are connected stay",
              (unsigned long long)self->settings.patience_ms);
    shut_all(self);
}

void doors_node_left(doors_t *self, uint64_t since_ms)
{
    uint64_t end_ms = since_ms + self->settings.patience_ms;
    uint64_t now_ms = uv_now(self->settings.loop);
    self->node_is_there = false;
    if (self->settings.patience_ms == 0) {
        return;
    }
    uv_timer_start(&self->timer, on_patience_ended, end_ms > now_ms ? end_ms - now_ms : 0, 0);
}

void doors_node_came(doors_t *self)
{
    if (!self->node_is_there) {
        self->node_is_there = true;
        uv_timer_stop(&self->timer);
        open_all(self);
    }
}

void doors_retry(doors_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        listener_retry(self->listeners[i]);
    }
}

void doors_shut(doors_t *self)
{
    self->node_is_there = true; /* nothing that it does opens them again */
    shut_all(self);
}

uint64_t doors_tenant(const config_t *config, const config_member_t *member)
{
    char node[ENDPOINT_PATH_SIZE] = "";
    endpoint_t endpoint;
    if (endpoint_parse(member->requests, &endpoint) == STATUS_OK) {
        endpoint_write(&endpoint, node);
    }
    return claim_tenant(text_of(config->herd_name), text_of(member->name), text_of(node));
}

/* Makes one listener and opens it; logs what goes wrong. */
static status_t add(doors_t *self, const char *endpoint)
{
    static const char next[] = "the start ends here";
    const listener_settings_t settings = {.loop = self->settings.loop,
                                          .log = self->settings.log,
                                          .endpoint = endpoint,
                                          .tenant = self->settings.tenant,
                                          .accepted = self->settings.accepted,
                                          .has_room = self->settings.has_room,
                                          .argument = self->settings.argument,
                                          .pauses = self->settings.pauses};
    const char *problem;
    listener_t *listener = listener_new(&settings, &problem);
    if (listener == NULL) {
        log_refusal(self, endpoint, problem, next);
        return STATUS_INVALID;
    }
    self->listeners[self->count++] = listener;
    if (listener_open(listener) != STATUS_OK) {
        log_system_refusal(self, endpoint, next);
        return STATUS_SYSTEM;
    }
    log_opened(self, self->count - 1);
    return STATUS_OK;
}

status_t doors_open(const doors_settings_t *settings, doors_t **ret_self)
{
    doors_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    assert(settings->endpoint_count <= LIMIT_LISTENERS);
    uv_timer_init(settings->loop, &self->timer);
    self->timer.data = self;
    status_t status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < settings->endpoint_count; i++) {
        status = add(self, settings->endpoints[i]);
    }
    if (status != STATUS_OK) {
        doors_close(&self);
        return status;
    }
    doors_node_left(self, uv_now(settings->loop));
    *ret_self = self;
    return STATUS_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void doors_close(doors_t **self_p)
{
    doors_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    for (size_t i = 0; i < self->count; i++) {
        listener_close(&self->listeners[i]);
    }
    uv_close((uv_handle_t *)&self->timer, on_timer_closed);
}
