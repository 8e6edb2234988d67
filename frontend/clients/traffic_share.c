#include "frontend/clients/traffic_share.h"

#include "common/clock/clock.h"
#include "common/log/shares.h"
#include "frontend/clients/receipt.h"

#include <stdio.h>
#include <string.h>

enum { INTERVAL_MS = 1000 };

void traffic_share_init(traffic_share_t *self, const char *peer)
{
    *self = (traffic_share_t){.number = log_shares_peer(0, text_of(peer))};
}

void traffic_share_done(traffic_share_t *self, const traffic_of_t *of)
{
    if (self->left_out > 0) {
        log_event(of->log, LOG_TRAFFIC_CUT,
                  LOG_ABOUT(of->peer, LOG_NUMBER("lines", self->left_out)),
                  "%u lines of this client's traffic are not in the log, for it had more in a "
                  "second than one client may; it is served as before",
                  (unsigned)self->left_out);
    }
    self->left_out = 0;
}

bool traffic_share_tick(traffic_share_t *self, const traffic_of_t *of, uint64_t now_ms)
{
    if (now_ms - self->since_ms >= INTERVAL_MS) {
        traffic_share_done(self, of);
        self->since_ms = now_ms;
    }
    return self->left_out > 0;
}

/* Whether one more line of `size` bytes is logged; if not, it is counted. */
static bool takes(traffic_share_t *self, const traffic_of_t *of, int64_t now_ns, size_t size)
{
    bool taken = log_traffic_takes(of->log, self->number, now_ns, size);
    self->left_out += !taken;
    *of->cut += !taken;
    return taken;
}

void traffic_share_received(traffic_share_t *self, const traffic_of_t *of, int64_t receipt_ns,
                            text_t line, const command_t *command)
{
    if (log_has_traffic(of->log) && !receipt_is_repeated(command, line) &&
        takes(self, of, receipt_ns, line.size)) {
        log_traffic(of->log, LOG_RECEIVED, receipt_ns, text_of(of->peer), line);
    }
}

/* The lines that are not in the log yet, since their answers would have repeated them. */
void traffic_share_unanswered(traffic_share_t *self, const traffic_of_t *of,
                              const pipeline_t *pipeline)
{
    int64_t now_ns = clock_now_ns();
    uint32_t count = log_has_traffic(of->log) ? pipeline_count(pipeline) : 0;
    for (uint32_t i = 0; i < count; i++) {
        pipeline_request_t request = pipeline_at(pipeline, i);
        command_t command = command_parse(request.line);
        if (receipt_is_repeated(&command, request.line) &&
            takes(self, of, now_ns, request.line.size)) {
            log_traffic(of->log, LOG_RECEIVED, request.receipt_ns, text_of(of->peer), request.line);
        }
    }
}

void traffic_share_answered(traffic_share_t *self, const traffic_of_t *of, text_t reply)
{
    int64_t now_ns = clock_now_ns();
    const char *lf = memchr(reply.data, '\n', reply.size);
    text_t line = text_first(reply, lf != NULL ? (size_t)(lf - reply.data) : reply.size);
    if (!takes(self, of, now_ns, line.size)) {
        return;
    }
    log_traffic(of->log, LOG_ANSWERED, now_ns, text_of(of->peer), line);
    if (line.size + 1 < reply.size) {
        char note[48];
        int size =
            snprintf(note, sizeof note, "(and %zu bytes of JSON)", reply.size - line.size - 1);
        log_traffic(of->log, LOG_ANSWERED, now_ns, text_of(of->peer),
                    (text_t){.data = note, .size = (size_t)size});
    }
}
