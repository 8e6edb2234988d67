/* What becomes due in a session of HTTP, beside what does in any (frontend/clients): a request that
 * does not come whole in time is refused (408), one that the node does not answer in time gets 503,
 * and a client that does not read its answers is disconnected. */
#include "frontend/web/web_session_parts.h"

#include "common/base/limits.h"

/* Answers what the node has not answered in time. */
static void answer_late_ones(web_session_t *self, uint64_t now_ms)
{
    uint64_t timeout_ms = (uint64_t)self->base.shared->config->request_timeout_ms;
    const exchange_t *first = exchanges_first(&self->exchanges);
    while (first != NULL && now_ms >= first->receipt_ms + timeout_ms) {
        web_session_answer_late(self);
        first = self->base.state != SESSION_CLOSING ? exchanges_first(&self->exchanges) : NULL;
    }
}

/* Whether it is over: closes or refuses it then. */
static bool end_if_due(web_session_t *self, uint64_t now_ms)
{
    uint64_t since_ms = web_session_since_ms(self);
    if (session_end_if_overdue(&self->base, now_ms)) {
        return true;
    }
    bool may_stall = self->base.streams && self->base.state == SESSION_OPEN;
    if (output_size(&self->base.output) > 0 && !may_stall &&
        now_ms - self->base.moved_ms >= LIMIT_HTTP_READING_MS) {
        self->base.shared->figures.given_up++;
        session_close_because(&self->base, "it does not read its answers");
        return true;
    }
    if (self->base.state == SESSION_OPEN && since_ms != 0 &&
        now_ms - since_ms >= LIMIT_HTTP_ARRIVAL_MS) {
        web_session_refuse(self, HTTP_REQUEST_TIMEOUT, "The request did not come whole in time.");
        return self->base.state == SESSION_CLOSING;
    }
    return false;
}

void web_session_tick(session_t *base)
{
    web_session_t *self = web_session_of(base);
    uint64_t now_ms = uv_now(base->shared->loop);
    size_t unread = base->unread;
    session_watch_reading(base);
    if (self->socket != NULL) {
        web_session_socket_tick(self, base->unread < unread);
    }
    if (end_if_due(self, now_ms)) {
        return;
    }
    answer_late_ones(self, now_ms);
    if (base->state == SESSION_CLOSING) {
        return;
    }
    session_finish_if_quiet(base, now_ms);
    bool awaits = self->socket != NULL && self->socket->since_ms != 0;
    session_end_tick(base, web_session_since_ms(self) != 0 || awaits);
}
