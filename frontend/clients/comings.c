#include "frontend/clients/comings.h"

#include "common/clock/clock.h"
#include "common/log/shares.h"

#include <stdio.h>

enum {
    TOLD_EVERY_MS = 1000,
    LINE_SIZE = 32,    /* bytes that such a line has, beside what all have */
    REASON_SIZE = 256, /* why a client left; more is cut */
};

void comings_init(comings_t *self, log_t *log)
{
    *self = (comings_t){.log = log};
}

/* Whether one more line about clients of the address is logged; if not, it is counted. */
static bool takes(comings_t *self, uint64_t address)
{
    uint64_t peer = log_shares_peer(address, TEXT("came or left"));
    bool taken = log_takes(self->log, peer, clock_now_ns(), LINE_SIZE);
    self->left_out += !taken;
    return taken;
}

void comings_came(comings_t *self, uint64_t address, const char *peer)
{
    if (takes(self, address)) {
        log_event(self->log, LOG_CLIENT_CAME, LOG_PEER(peer), "client came");
        log_traffic_coming(self->log, LOG_CAME, clock_now_ns(), text_of(peer), TEXT("client came"));
    }
}

void comings_left(comings_t *self, uint64_t address, const char *peer, const char *reason)
{
    if (takes(self, address)) {
        char said[REASON_SIZE];
        snprintf(said, sizeof said, "client left: %s", reason);
        log_event(self->log, LOG_CLIENT_LEFT, LOG_PEER(peer), "%s", said);
        log_traffic_coming(self->log, LOG_LEFT, clock_now_ns(), text_of(peer), text_of(said));
    }
}

void comings_tick(comings_t *self, uint64_t now_ms)
{
    if (self->left_out == 0 || now_ms - self->told_ms < TOLD_EVERY_MS) {
        return;
    }
    log_event(self->log, LOG_COMINGS_CUT, LOG_ABOUT(NULL, LOG_NUMBER("lines", self->left_out)),
              "%llu lines of clients that came or left are not in the log, for their addresses had "
              "more in a second than one may; they were served as others",
              (unsigned long long)self->left_out);
    self->left_out = 0;
    self->told_ms = now_ms;
}
