#include "frontend/follower/follower_log.h"

#include "common/base/timestamp.h"

#include <stdio.h>
#include <string.h>

/* False: it was logged. */
static bool is_news(follower_log_t *self, const char *problem)
{
    if (strncmp(self->problem, problem, sizeof self->problem - 1) == 0) {
        return false;
    }
    snprintf(self->problem, sizeof self->problem, "%s", problem);
    return true;
}

void follower_log_up(follower_log_t *self, const copy_state_t *state, int64_t steady_ns)
{
    self->problem[0] = '\0';
    self->since_ns = steady_ns;
    self->received = state->received;
    log_event(
        self->log, LOG_FOLLOWING,
        LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->endpoint), LOG_NUMBER("records", state->served)),
        "following the node at %s: %zu clients are in the copy, up to %llu changes to come",
        self->endpoint, state->served, (unsigned long long)state->behind);
}

void follower_log_copy(follower_log_t *self, const copy_state_t *state, int64_t steady_ns)
{
    if (state->current && self->since_ns != 0) {
        double took_s = (double)(steady_ns - self->since_ns) / (double)TIMESTAMP_NS_PER_S;
        uint64_t received = state->received - self->received;
        self->since_ns = 0;
        log_event(self->log, LOG_COPY_COMPLETE,
                  LOG_ABOUT(NULL, LOG_NUMBER("clients", state->served),
                            LOG_NUMBER("records", received), LOG_NUMBER("ms", took_s * 1000)),
                  "the copy is complete: %zu clients; %llu records came within %.3f s",
                  state->served, (unsigned long long)received, took_s);
    }
    if (state->unstored > self->unstored) {
        self->unstored = state->unstored;
        log_event(self->log, LOG_COPY_FULL,
                  LOG_ABOUT(NULL, LOG_NUMBER("clients", state->served),
                            LOG_NUMBER("unstored", state->unstored)),
                  "no room in the copy for a record (max_clients, max_memory); %zu clients are in "
                  "it, others are not found here",
                  state->served);
    }
}

void follower_log_lost(follower_log_t *self, const char *reason)
{
    /* Whatever comes of it, the first reason says most. */
    if (self->problem[0] == '\0' && is_news(self, reason)) {
        log_event(self->log, LOG_FOLLOWING_LOST, LOG_ABOUT(NULL, LOG_TEXT("reason", reason)),
                  "the node is not followed: %s; connecting anew, the copy stays as it is", reason);
    }
}

void follower_log_refused(follower_log_t *self, text_t reason)
{
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(reason, shown, sizeof shown);
    if (is_news(self, shown)) {
        log_event(self->log, LOG_FOLLOWING_REFUSED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->endpoint), LOG_TEXT("reason", shown)),
                  "the node at %s does not take us as a follower: %s; asking again each second",
                  self->endpoint, shown);
    }
}

void follower_log_failed(follower_log_t *self, const char *reason)
{
    if (is_news(self, reason)) {
        log_event(self->log, LOG_NODE_CONNECT_FAILED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->endpoint), LOG_TEXT("reason", reason)),
                  "cannot connect to the node at %s, to follow it: %s; trying again each second",
                  self->endpoint, reason);
    }
}

void follower_log_dropped(const follower_log_t *self, const char *what, text_t sample)
{
    log_dropped(self->log, NULL, "follower", what, sample);
}
