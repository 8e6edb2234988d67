#include "node/places/health.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "node/places/key.h"

#include <stdio.h>

places_health_t places_health_new(const config_provider_t *settings,
                                  const places_provider_t *provider, log_t *log)
{
    return (places_health_t){
        .provider = provider,
        .settings = settings,
        .log = log,
        .breaker = breaker_new(settings->breaker_failures,
                               settings->breaker_pause_ms * TIMESTAMP_NS_PER_MS,
                               LIMIT_BREAKER_PAUSE_MS * TIMESTAMP_NS_PER_MS),
        .last = VERDICT_GOOD,
    };
}

/* ---- the log ---- */

static void log_failure(const places_health_t *self, const places_ending_t *ending)
{
    char sample[2 * LIMIT_LOG_SAMPLE];
    const http_response_t *response = ending->response;
    text_escape(ending->shows_key ? TEXT("") : response->body, sample, sizeof sample);
    log_event(self->log, LOG_PLACES_FAILED,
              LOG_ABOUT(self->provider->name,
                        LOG_TEXT("status", places_answer_status_name(ending->status)),
                        LOG_NUMBER("http_status", response->status)),
              "places: %s: %s, HTTP status %u %s; the client is told so",
              places_answer_status_name(ending->status), response->reason, response->status,
              sample);
}

/* What was left out of an answer that was used. */
static void log_dropped_elements(const places_health_t *self, const places_ending_t *ending)
{
    char sample[2 * LIMIT_LOG_SAMPLE];
    const places_notes_t *notes = ending->notes;
    text_escape(ending->shows_key ? TEXT("") : notes->sample, sample, sizeof sample);
    log_event(self->log, LOG_PLACES_DROPPED,
              LOG_ABOUT(self->provider->name, LOG_NUMBER("count", notes->dropped)),
              "places: %zu parts of an answer are not as they should be, the first: %s; they are "
              "left out, the others are passed on",
              notes->dropped, sample);
}

static void log_pause(const places_health_t *self, int64_t now_ns)
{
    int64_t pause_ms = places_health_pause_ns(self, now_ns) / TIMESTAMP_NS_PER_MS;
    log_event(self->log, LOG_PLACES_PAUSED,
              LOG_ABOUT(self->provider->name, LOG_NUMBER("pause_ms", pause_ms)),
              "places: the provider fails: left alone for %lld ms; questions are answered at once "
              "without places",
              (long long)pause_ms);
}

/* Logs the state of the breaker if it is no longer `before`. */
static void log_state(const places_health_t *self, breaker_state_t before, int64_t now_ns)
{
    const char *name = self->provider->name;
    if (self->breaker.state == before) {
        return;
    }
    switch (self->breaker.state) {
    case BREAKER_OPEN: log_pause(self, now_ns); break;
    case BREAKER_HALF_OPEN:
        log_event(self->log, LOG_PLACES_TRIED, LOG_PEER(name),
                  "places: the provider is tried again");
        break;
    case BREAKER_CLOSED:
        log_event(self->log, LOG_PLACES_BACK, LOG_PEER(name), "places: the provider answers again");
        break;
    }
}

static void log_denied(const places_health_t *self)
{
    char source[PLACES_KEY_SOURCE_SIZE];
    log_event(self->log, LOG_PLACES_KEY_REFUSED, LOG_PEER(self->provider->name),
              "places: the provider refuses the key in %s (%s); correct it there, or in the "
              "provider's console, and reload; questions are answered without places",
              places_key_source(self->settings, source), self->reason);
}

/* ---- judging ---- */

bool places_health_would_allow(const places_health_t *self, int64_t now_ns)
{
    return breaker_would_allow(&self->breaker, now_ns);
}

bool places_health_allows(places_health_t *self, int64_t now_ns)
{
    breaker_state_t before = self->breaker.state;
    bool allowed = breaker_allows(&self->breaker, now_ns);
    log_state(self, before, now_ns);
    return allowed;
}

/* One that a group of volunteers runs for all is spared as soon as it is busy. */
static bool is_to_be_spared(const places_health_t *self, const places_ending_t *ending)
{
    const http_response_t *response = ending->response;
    return self->provider->is_shared &&
           (response->status == 429 || response->status == 504 || ending->notes->busy);
}

static void tell_breaker(places_health_t *self, const places_ending_t *ending, verdict_t verdict,
                         int64_t now_ns)
{
    int64_t wait_s = ending->response->retry_after_s;
    if (verdict == VERDICT_GOOD || verdict == VERDICT_CONTENT) {
        breaker_succeeded(&self->breaker);
    } else if (wait_s > 0) {
        breaker_told(&self->breaker, now_ns, wait_s * TIMESTAMP_NS_PER_S);
    } else if (is_to_be_spared(self, ending)) {
        breaker_busy(&self->breaker, now_ns, self->settings->busy_pause_ms * TIMESTAMP_NS_PER_MS);
    } else {
        breaker_failed(&self->breaker, now_ns);
    }
}

static void note_failure(places_health_t *self, const places_ending_t *ending, verdict_t verdict)
{
    char reason[PLACES_REASON_SIZE];
    self->last_failure = ending->status;
    text_escape(text_of(verdict_reason(ending->response, ending->status, reason, sizeof reason)),
                self->reason, sizeof self->reason);
    log_failure(self, ending);
    if (verdict == VERDICT_DENIED && self->last != VERDICT_DENIED) {
        log_denied(self);
    }
}

verdict_t places_health_judge(places_health_t *self, const places_ending_t *ending, int64_t now_ns)
{
    breaker_state_t before = self->breaker.state;
    verdict_t verdict = verdict_of(ending->response, ending->status, ending->notes);
    self->unusable = verdict == VERDICT_CONTENT ? self->unusable + 1 : 0;
    if (verdict != VERDICT_GOOD) {
        note_failure(self, ending, verdict);
    } else if (ending->notes->dropped > 0) {
        log_dropped_elements(self, ending);
    }
    tell_breaker(self, ending, verdict, now_ns);
    self->last = verdict;
    log_state(self, before, now_ns);
    return verdict;
}

void places_health_unsent(places_health_t *self, int64_t now_ns)
{
    breaker_state_t before = self->breaker.state;
    self->last_failure = PLACES_STATUS_UNKNOWN_ERROR;
    self->last = VERDICT_OUTAGE;
    snprintf(self->reason, sizeof self->reason, "a question could not be sent");
    breaker_failed(&self->breaker, now_ns);
    log_state(self, before, now_ns);
}

void places_health_told_by_others(places_health_t *self, int64_t wait_ns, int64_t now_ns)
{
    breaker_state_t before = self->breaker.state;
    self->last_failure = PLACES_STATUS_OVER_QUERY_LIMIT;
    snprintf(self->reason, sizeof self->reason, "it told another member here to wait");
    breaker_told(&self->breaker, now_ns, wait_ns);
    log_state(self, before, now_ns);
}

void places_health_new_key(places_health_t *self)
{
    if (self->last == VERDICT_DENIED) {
        self->last = VERDICT_GOOD;
        breaker_succeeded(&self->breaker);
    }
}

int64_t places_health_pause_ns(const places_health_t *self, int64_t now_ns)
{
    int64_t left_ns = self->breaker.open_until_ns - now_ns;
    return self->breaker.state == BREAKER_OPEN && left_ns > 0 ? left_ns : 0;
}

void places_health_show(const places_health_t *self, int64_t now_ns, places_figures_t *figures)
{
    char source[PLACES_KEY_SOURCE_SIZE];
    const char *name = self->provider->name;
    breaker_state_t state = breaker_state_at(&self->breaker, now_ns);
    figures->state = breaker_state_text(state);
    figures->trouble[0] = '\0';
    if (self->last == VERDICT_DENIED) {
        snprintf(figures->trouble, sizeof figures->trouble, "%s refuses the key in %s (%s)", name,
                 places_key_source(self->settings, source), self->reason);
    } else if (state == BREAKER_OPEN) {
        snprintf(figures->trouble, sizeof figures->trouble, "%s fails and is left alone (%s)", name,
                 self->reason);
    } else if (self->unusable >= self->settings->breaker_failures) {
        snprintf(figures->trouble, sizeof figures->trouble,
                 "%s answers, but its answers cannot be used (%s)", name, self->reason);
    }
}
