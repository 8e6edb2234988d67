/* What becomes due in a session, ten times a second and when places are short:
 *
 * An idle connection costs nothing but its struct (trim). A client is idle that neither sends a
 * whole request nor reads of its answers; it gives up its place when a new one has none, or when
 * `idle_timeout` has passed, but not while it waits for us. A stop ends each connection as soon as
 * it is quiet. When else it ends, its kind decides. */
#include "frontend/clients/client_socket.h"
#include "frontend/clients/session.h"

/* Of silence while the program stops: the client has no more to ask. */
enum { QUIET_MS = 200 };

void session_watch_reading(session_t *self)
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
              LOG_ABOUT(session_peer(self), LOG_NUMBER("idle_ms", idle_ms)),
              "idle for %llu ms%s, and %s; the client is disconnected and may come again",
              (unsigned long long)idle_ms, self->spoke ? "" : self->shared->kind->silent, reason);
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
        if (!shared->kind->is_busy(session) && !session->streams) {
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

static void trim(session_t *self, bool waits)
{
    session_shared_t *shared = self->shared;
    const traffic_of_t of = session_traffic(self);
    size_t before = self->footprint;
    output_trim(&self->output);
    shared->kind->trim(self);
    session_account(self);
    shared->given_back += before - self->footprint;
    waits = traffic_share_tick(&self->traffic, &of, uv_now(shared->loop)) || waits ||
            self->state == SESSION_DISCARDING || shared->kind->is_busy(self) || shared->stopping;
    if (self->footprint == 0 && !waits) {
        list_remove(&self->active);
    }
}

void session_end_tick(session_t *self, bool waits)
{
    if (!self->touched) {
        trim(self, waits);
    }
    self->touched = false;
}

void session_finish_if_quiet(session_t *self, uint64_t now_ms)
{
    const session_shared_t *shared = self->shared;
    bool done = !shared->kind->is_busy(self) && !self->put_off;
    bool quiet = (done && now_ms - self->moved_ms >= QUIET_MS) || now_ms >= shared->finish_ms;
    if (shared->stopping && self->state == SESSION_OPEN && quiet) {
        session_finish(self);
    }
}

bool session_end_if_overdue(session_t *self, uint64_t now_ms)
{
    bool overdue = self->state == SESSION_DISCARDING && now_ms >= self->deadline_ms;
    if (overdue) {
        session_close_because(self, "done");
    }
    return overdue;
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
