/* What becomes due in a session, ten times a second and when places are short:
 *
 * An idle connection costs nothing but its struct (trim). One is idle that neither sends a whole
 * request nor reads of its answers; it gives up its place when a new one has none, or when
 * `idle_timeout` has passed, but not while it waits for us. A request that does not come whole in
 * time is refused (408), one that the node does not answer in time gets 503, and a client that does
 * not read its answers is disconnected. A stop ends each connection as soon as it is quiet. */
#include "frontend/web/session_parts.h"

#include "common/base/limits.h"
#include "frontend/clients/client_socket.h"

/* Of silence while the program stops: the client has no more to ask. */
enum { QUIET_MS = 200 };

/* Whether the client reads of its answers, slowly perhaps: looks at what is still on its way. */
static void watch_reading(session_t *self)
{
    if (output_size(&self->output) == 0) {
        self->unread = 0;
        return;
    }
    size_t unread = client_socket_unread(&self->tcp);
    if (unread < self->unread) {
        session_note_move(self);
    }
    self->unread = unread;
}

static void end_because_idle(session_t *self, const char *reason)
{
    uint64_t idle_ms = uv_now(self->shared->loop) - self->moved_ms;
    self->shared->figures.given_up++;
    log_event(self->shared->log, LOG_CLIENT_GIVEN_UP,
              LOG_ABOUT(self->peer, LOG_NUMBER("idle_ms", idle_ms)),
              "idle for %llu ms%s, and %s; the client is disconnected and may come again",
              (unsigned long long)idle_ms, self->spoke ? "" : " without a request", reason);
    session_close_because(self, "idle");
}

/* The first of `order` that has been idle for `least_ms` and for which nothing is under way here;
 * NULL if there is none. */
static session_t *find_idle(session_shared_t *shared, list_link_t *order, uint64_t least_ms)
{
    list_link_t *link = order->next;
    for (int i = 0; link != order && i < LIMIT_IDLE_LOOKED_AT; i++) {
        session_t *session = LIST_OWNER(link, session_t, order);
        link = link->next;
        if (uv_now(shared->loop) - session->moved_ms < least_ms) {
            return NULL;
        }
        if (exchanges_first(&session->exchanges) == NULL && !session->streams) {
            return session;
        }
        session_note_move(session); /* it waits for us */
    }
    return NULL;
}

bool session_make_room(session_shared_t *shared)
{
    session_t *idle = find_idle(shared, &shared->newcomers, LIMIT_NEWCOMER_IDLE_MS);
    if (idle == NULL) {
        idle = find_idle(shared, &shared->idle, LIMIT_IDLE_MS);
    }
    if (idle == NULL) {
        return false;
    }
    end_because_idle(idle, "its place is needed for a new client");
    return true;
}

void session_end_idle(session_shared_t *shared)
{
    uint64_t timeout_ms = (uint64_t)shared->config->idle_timeout_s * 1000;
    list_link_t *orders[] = {&shared->newcomers, &shared->idle};
    for (size_t i = 0; timeout_ms > 0 && i < sizeof orders / sizeof orders[0]; i++) {
        session_t *idle = find_idle(shared, orders[i], timeout_ms);
        while (idle != NULL) {
            end_because_idle(idle, "idle_timeout has passed");
            idle = find_idle(shared, orders[i], timeout_ms);
        }
    }
}

/* An idle connection costs nothing but its struct. */
static void trim(session_t *self)
{
    size_t before = self->footprint;
    output_trim(&self->output);
    if (self->kept.size == 0) {
        buffer_done(&self->kept);
    }
    exchanges_trim(&self->exchanges);
    session_account(self);
    self->shared->given_back += before - self->footprint;
    bool waits = self->state == SESSION_DISCARDING || self->incoming.since_ms != 0 ||
                 traffic_share_tick(&self->traffic, uv_now(self->shared->loop)) ||
                 self->shared->stopping;
    if (self->footprint == 0 && !waits) {
        list_remove(&self->active);
    }
}

/* [stopping] Whether all is answered and no more has come for a while, or it is time to end. */
static bool is_quiet(const session_t *self, uint64_t now_ms)
{
    bool done = exchanges_first(&self->exchanges) == NULL && !self->put_off;
    return (done && now_ms - self->moved_ms >= QUIET_MS) || now_ms >= self->shared->finish_ms;
}

/* Answers what the node has not answered in time. */
static void answer_late_ones(session_t *self, uint64_t now_ms)
{
    uint64_t timeout_ms = (uint64_t)self->shared->config->request_timeout_ms;
    const exchange_t *first = exchanges_first(&self->exchanges);
    while (first != NULL && now_ms >= first->receipt_ms + timeout_ms) {
        session_answer_late(self);
        first = self->state != SESSION_CLOSING ? exchanges_first(&self->exchanges) : NULL;
    }
}

/* Whether it is over: closes or refuses it then. */
static bool end_if_due(session_t *self, uint64_t now_ms)
{
    const session_incoming_t *incoming = &self->incoming;
    if (self->state == SESSION_DISCARDING && now_ms >= self->deadline_ms) {
        session_close_because(self, "done");
        return true;
    }
    if (output_size(&self->output) > 0 && !self->streams &&
        now_ms - self->moved_ms >= LIMIT_HTTP_READING_MS) {
        self->shared->figures.given_up++;
        session_close_because(self, "it does not read its answers");
        return true;
    }
    if (self->state == SESSION_OPEN && incoming->since_ms != 0 &&
        now_ms - incoming->since_ms >= LIMIT_HTTP_ARRIVAL_MS) {
        session_refuse(self, HTTP_REQUEST_TIMEOUT, "The request did not come whole in time.");
        return self->state == SESSION_CLOSING;
    }
    return false;
}

void session_tick(session_t *self)
{
    uint64_t now_ms = uv_now(self->shared->loop);
    watch_reading(self);
    if (end_if_due(self, now_ms)) {
        return;
    }
    answer_late_ones(self, now_ms);
    if (self->state == SESSION_CLOSING) {
        return;
    }
    if (self->shared->stopping && self->state == SESSION_OPEN && is_quiet(self, now_ms)) {
        session_finish(self);
    }
    if (!self->touched) {
        trim(self);
    }
    self->touched = false;
}

void session_stop(session_t *self)
{
    if (self->state == SESSION_DISCARDING) {
        uint64_t deadline_ms = uv_now(self->shared->loop) + SESSION_STOP_LINGER_MS;
        self->deadline_ms = deadline_ms < self->deadline_ms ? deadline_ms : self->deadline_ms;
    }
    session_note_move(self);
    session_account(self);
}
