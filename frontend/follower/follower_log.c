#include "frontend/follower/follower_log.h"

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

void follower_log_up(follower_log_t *self, const copy_state_t *state)
{
    self->problem[0] = '\0';
    log_event(
        self->log, LOG_FOLLOWING,
        LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->endpoint), LOG_NUMBER("records", state->served)),
        "following the node at %s: %zu clients are in the copy, up to %llu changes to come",
        self->endpoint, state->served, (unsigned long long)state->behind);
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
