/* What becomes of a question to a provider on the network (docs/places.md, "Load"):
 *
 *   asked      If the cache has the answer to an equal question, that is the answer. Otherwise the
 *              question joins the lookup of an equal one, or becomes a lookup of its own. Without
 *              room for that it is refused (OVER_QUERY_LIMIT).
 *   waiting    Lookups start in their order, as many at a time as the provider and the herd file
 *              allow; with a public server, as slots.h allows all members on this machine.
 *              One whose deadline passes first is refused (OVER_QUERY_LIMIT). One whose turn comes
 *              while the breaker is open is refused with the status of the last failure.
 *   under way  One HTTP request, with what is left of the time. Its reply, or its failure, is made
 *              into an answer; breaker and figures learn how it went, and a good answer goes to the
 *              cache. All who joined get the same text, and the lookup is gone.
 *
 * So each question is answered once, by its deadline. The log has a sample of what a failing
 * provider sent; what holds our key is neither logged nor passed on. */
#include "node/places/remote.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/cache.h"
#include "node/places/health.h"
#include "node/places/http.h"
#include "node/places/key.h"
#include "node/places/lookups.h"
#include "node/places/provider.h"
#include "node/places/slots.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct places_remote {
    const config_t *config;
    log_t *log;
    places_asker_t asker;
    const places_provider_t *provider;
    places_key_t key;
    http_t *http;
    places_lookups_t *lookups;
    places_cache_t *cache; /* NULL if nothing is kept */
    places_health_t health;
    places_slots_t *slots;    /* shared with the other members here; NULL: none needed */
    bool waits_for_slot;      /* all are in use */
    bool is_alone;            /* the slots cannot be used: said already */
    size_t request_count;     /* requests under way */
    size_t request_count_max; /* most of them at a time */
    int64_t patience_ns;      /* a question's time, from asking to the answer */
    buffer_t answer;          /* the answer being made */
    places_figures_t figures;
};

/* How long after all slots were in use they are looked at again. */
enum { SLOT_WAIT_MS = 50 };

#define TOO_MANY TEXT("too many questions to the places provider are waiting")

/* ---- the start ---- */

static void log_bad_key(const places_remote_t *self, status_t status, const char *consequence)
{
    char reason[128];
    char source[PLACES_KEY_SOURCE_SIZE];
    const char *trouble = places_key_trouble(status, reason, sizeof reason);
    log_event(self->log, LOG_PLACES_KEY_UNUSABLE, NULL, "places: cannot use the key in %s: %s; %s",
              places_key_source(&self->config->provider, source), trouble, consequence);
}

static status_t read_key(places_remote_t *self)
{
    status_t status = places_key_from_settings(&self->config->provider, &self->key);
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    log_bad_key(self, status, "the start ends here");
    return status == STATUS_NOT_FOUND ? STATUS_NOT_FOUND : STATUS_INVALID;
}

void places_remote_read_key(places_remote_t *self)
{
    places_key_t key = {0};
    status_t status = places_key_from_settings(&self->config->provider, &key);
    if (status != STATUS_OK) {
        log_bad_key(self, status, "the one that was read before stays");
    } else if (!text_equal(places_key_text(&key), places_key_text(&self->key))) {
        char source[PLACES_KEY_SOURCE_SIZE];
        self->key = key;
        places_health_new_key(&self->health);
        log_event(self->log, LOG_PLACES_KEY_READ, NULL, "places: a new key was read from %s",
                  places_key_source(&self->config->provider, source));
    } else {
        places_health_new_key(&self->health); /* it may have been allowed meanwhile */
    }
    places_key_done(&key);
}

/* Late enough for a slow provider, early enough to be passed on before the front-end gives up. */
static int64_t patience_ns(const config_t *config)
{
    int64_t most_ms = config->request_timeout_ms * 8 / 10;
    int64_t time_ms = config->provider.timeout_ms < most_ms ? config->provider.timeout_ms : most_ms;
    return time_ms * TIMESTAMP_NS_PER_MS;
}

static void on_done(void *argument, void *tag, const http_response_t *response);

static http_t *new_http(places_remote_t *self)
{
    const config_provider_t *settings = &self->config->provider;
    return http_new(&(http_settings_t){.ca_file = settings->ca_file,
                                       .proxy = settings->proxy,
                                       .user_agent = settings->user_agent,
                                       .connect_timeout_ms = settings->connect_timeout_ms,
                                       .maximum = self->provider->reply_maximum,
                                       .done = on_done,
                                       .argument = self});
}

static void init(places_remote_t *self)
{
    const config_provider_t *settings = &self->config->provider;
    size_t most = self->provider->concurrent_max;
    self->lookups = places_lookups_new();
    self->health = places_health_new(settings, self->provider, self->log);
    self->request_count_max = settings->max_concurrent < most ? settings->max_concurrent : most;
    if (self->provider->is_shared) {
        const config_t *config = self->config;
        self->slots = places_slots_new(
            settings->lock_dir != NULL ? settings->lock_dir : config->run_dir,
            settings->base_url != NULL ? settings->base_url : self->provider->base_url, most);
    }
    if (self->provider->may_be_kept && settings->cache_s > 0) {
        self->cache = places_cache_new(settings->cache_s * TIMESTAMP_NS_PER_S);
    }
    self->figures.provider = self->provider->name;
    buffer_init(&self->answer, LIMIT_REPLY_SIZE);
    self->http = new_http(self);
}

status_t places_remote_new(const config_t *config, log_t *log, places_asker_t asker,
                           places_remote_t **ret_self)
{
    places_remote_t *self = memory_new(sizeof *self);
    *self = (places_remote_t){.config = config,
                              .log = log,
                              .asker = asker,
                              .provider = places_provider_find(config->places),
                              .patience_ns = patience_ns(config)};
    init(self);
    places_health_show(&self->health, clock_steady_ns(), &self->figures);
    status_t status = read_key(self);
    if (status != STATUS_OK) {
        places_remote_destroy(&self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

void places_remote_destroy(places_remote_t **self_p)
{
    places_remote_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    http_destroy(&self->http);
    places_lookups_destroy(&self->lookups);
    places_cache_destroy(&self->cache);
    places_slots_destroy(&self->slots);
    buffer_done(&self->answer);
    places_key_done(&self->key);
    free(self);
    *self_p = NULL;
}

/* ---- answers ---- */

/* Gives the answer that was made to all who asked, and frees the lookup. */
static void answer_lookup(places_remote_t *self, places_lookup_t *lookup)
{
    for (size_t i = 0; i < lookup->ticket_count; i++) {
        self->asker.answer(self->asker.argument, lookup->tickets[i], buffer_text(&self->answer));
    }
    places_lookups_remove(self->lookups, lookup);
}

static void refuse_lookup(places_remote_t *self, places_lookup_t *lookup, places_status_t status,
                          text_t message)
{
    self->figures.refused += lookup->ticket_count;
    buffer_clear(&self->answer);
    places_answer_refuse(status, message, &self->answer);
    answer_lookup(self, lookup);
}

/* What holds our key is neither passed on nor logged. */
static bool shows_key(const places_remote_t *self, text_t body)
{
    text_t key = places_key_text(&self->key);
    return key.size > 0 && body.size >= key.size &&
           memmem(body.data, body.size, key.data, key.size) != NULL;
}

/* Makes what came back into an answer; returns the status in it. */
static places_status_t make_answer(places_remote_t *self, const places_query_t *query,
                                   const http_response_t *response, places_notes_t *notes)
{
    buffer_clear(&self->answer);
    if (response->outcome != HTTP_ANSWERED) {
        return places_answer_refuse(PLACES_STATUS_UNKNOWN_ERROR,
                                    verdict_outcome_text(response->outcome), &self->answer);
    }
    const places_reply_t reply = {.http_status = response->status,
                                  .body = response->body,
                                  .field_mask = self->config->provider.field_mask};
    if (shows_key(self, reply.body)) {
        return reply.http_status == 200
                   ? places_answer_refuse_body(notes, &self->answer)
                   : places_answer_refuse_http(reply.http_status, (text_t){0}, &self->answer);
    }
    return self->provider->decode(&reply, query, notes, &self->answer);
}

static void count_ending(places_remote_t *self, verdict_t verdict, const places_notes_t *notes)
{
    self->figures.failures += verdict != VERDICT_GOOD ? 1 : 0;
    self->figures.unusable += verdict == VERDICT_CONTENT ? 1 : 0;
    self->figures.dropped += verdict == VERDICT_GOOD ? notes->dropped : 0;
}

/* ---- slots ---- */

/* A folder that is gone or full is said once; until it is back, this member counts only its own
 * requests. */
static void note_slots(places_remote_t *self, status_t status)
{
    char reason[128];
    bool is_alone = status == STATUS_SYSTEM;
    if (is_alone && !self->is_alone) {
        const config_provider_t *settings = &self->config->provider;
        char shown[PATH_MAX];
        const char *why = strerror_r(errno, reason, sizeof reason);
        text_escape(
            text_of(settings->lock_dir != NULL ? settings->lock_dir : self->config->run_dir), shown,
            sizeof shown);
        log_event(self->log, LOG_PLACES_UNSHARED, LOG_PEER(self->provider->name),
                  "places: cannot share the slots of the provider with other members, in %s: %s; "
                  "it may be asked too often from this address",
                  shown, why);
    }
    self->is_alone = is_alone;
}

static void give_slot(places_remote_t *self, places_lookup_t *lookup)
{
    if (lookup->slot != PLACES_LOOKUPS_NO_SLOT) {
        places_slots_give(self->slots, lookup->slot);
        lookup->slot = PLACES_LOOKUPS_NO_SLOT;
    }
}

/* Whether a request may begin. If the provider told others here to leave it alone, that is heeded
 * first. */
static bool take_slot(places_remote_t *self, places_lookup_t *lookup, int64_t now_ns)
{
    if (self->slots == NULL || !places_health_would_allow(&self->health, now_ns)) {
        return true;
    }
    int64_t wait_ns = places_slots_paused_until(self->slots, now_ns) - now_ns;
    if (wait_ns > 0) {
        places_health_told_by_others(&self->health, wait_ns, now_ns);
        return true;
    }
    status_t status = places_slots_take(self->slots, &lookup->slot);
    if (status != STATUS_OK) {
        lookup->slot = PLACES_LOOKUPS_NO_SLOT;
    }
    note_slots(self, status);
    return status != STATUS_AGAIN;
}

/* What the provider told us, it told this address. */
static void tell_others(places_remote_t *self, int64_t now_ns)
{
    const breaker_t *breaker = &self->health.breaker;
    if (self->slots == NULL || breaker->state != BREAKER_OPEN || !breaker->held ||
        places_slots_paused_until(self->slots, now_ns) >= breaker->open_until_ns) {
        return;
    }
    note_slots(self, places_slots_pause(self->slots, breaker->open_until_ns));
}

/* ---- endings ---- */

static void on_done(void *argument, void *tag, const http_response_t *response)
{
    places_remote_t *self = argument;
    places_lookup_t *lookup = tag;
    places_notes_t notes = {0};
    self->request_count--;
    const places_ending_t ending = {.response = response,
                                    .status = make_answer(self, &lookup->query, response, &notes),
                                    .notes = &notes,
                                    .shows_key = shows_key(self, response->body)};
    int64_t now_ns = clock_steady_ns();
    give_slot(self, lookup);
    verdict_t verdict = places_health_judge(&self->health, &ending, now_ns);
    tell_others(self, now_ns);
    count_ending(self, verdict, &notes);
    if (verdict == VERDICT_GOOD && self->cache != NULL) {
        places_cache_put(self->cache, &lookup->spot, buffer_text(&self->answer), now_ns);
    }
    answer_lookup(self, lookup);
}

/* ---- questions ---- */

static status_t submit_question(places_remote_t *self, places_lookup_t *lookup,
                                const places_question_t *question, int64_t left_ms)
{
    text_t body = places_question_body(question);
    return http_submit(self->http, &(http_request_t){.url = places_question_url(question),
                                                     .headers = places_question_headers(question),
                                                     .body = body,
                                                     .is_post = body.size > 0,
                                                     .timeout_ms = left_ms > 0 ? left_ms : 1,
                                                     .tag = lookup});
}

/* Sends the request of a lookup; false if its text does not fit, or libcurl does not take it. */
static bool submit(places_remote_t *self, places_lookup_t *lookup, int64_t now_ns)
{
    const config_provider_t *settings = &self->config->provider;
    int64_t left_ms = (lookup->deadline_ns - now_ns) / TIMESTAMP_NS_PER_MS;
    const places_asking_t asking = {
        .settings = settings,
        .base_url = settings->base_url != NULL ? settings->base_url : self->provider->base_url,
        .key = places_key_text(&self->key),
        .query = &lookup->query,
        .timeout_ms = left_ms};
    places_question_t question;
    places_question_init(&question);
    self->provider->ask(&asking, &question);
    bool sent = places_question_end(&question) == STATUS_OK &&
                submit_question(self, lookup, &question, left_ms) == STATUS_OK;
    places_question_done(&question);
    return sent;
}

static void start_lookup(places_remote_t *self, places_lookup_t *lookup, int64_t now_ns)
{
    if (!places_health_allows(&self->health, now_ns)) {
        give_slot(self, lookup);
        refuse_lookup(self, lookup, self->health.last_failure,
                      TEXT("the places provider fails, and is left alone for a while"));
        return;
    }
    lookup->under_way = submit(self, lookup, now_ns);
    if (lookup->under_way) {
        self->request_count++;
        self->figures.requests++;
        return;
    }
    give_slot(self, lookup);
    places_health_unsent(&self->health, now_ns);
    refuse_lookup(self, lookup, PLACES_STATUS_UNKNOWN_ERROR,
                  TEXT("the question could not be sent"));
}

/* Answers what waited too long; starts what may start. */
static void start_lookups(places_remote_t *self, int64_t now_ns)
{
    places_lookup_t *lookup;
    while ((lookup = places_lookups_late(self->lookups, now_ns)) != NULL) {
        refuse_lookup(self, lookup, PLACES_STATUS_OVER_QUERY_LIMIT, TOO_MANY);
    }
    self->waits_for_slot = false;
    while (!self->waits_for_slot && self->request_count < self->request_count_max &&
           (lookup = places_lookups_next(self->lookups)) != NULL) {
        self->waits_for_slot = !take_slot(self, lookup, now_ns);
        if (!self->waits_for_slot) {
            start_lookup(self, lookup, now_ns);
        }
    }
    places_health_show(&self->health, now_ns, &self->figures);
}

/* Answers one question that is not a lookup; its answer is `json`. */
static void answer_question(const places_remote_t *self, const places_query_t *query, text_t json)
{
    self->asker.answer(self->asker.argument, query->ticket, json);
}

void places_remote_ask(places_remote_t *self, const places_query_t *query)
{
    int64_t now_ns = clock_steady_ns();
    places_spot_t spot = places_lookups_spot(query);
    bool joined = false;
    text_t kept;
    if (self->cache != NULL && places_cache_get(self->cache, &spot, now_ns, &kept)) {
        self->figures.kept++;
        answer_question(self, query, kept);
        return;
    }
    if (places_lookups_add(self->lookups, query, now_ns + self->patience_ns, &joined) !=
        STATUS_OK) {
        self->figures.refused++;
        buffer_clear(&self->answer);
        places_answer_refuse(PLACES_STATUS_OVER_QUERY_LIMIT, TOO_MANY, &self->answer);
        answer_question(self, query, buffer_text(&self->answer));
        return;
    }
    self->figures.joined += joined ? 1 : 0;
    start_lookups(self, now_ns);
}

void places_remote_step(places_remote_t *self)
{
    http_step(self->http);
    start_lookups(self, clock_steady_ns());
}

void places_remote_wait(places_remote_t *self, const int *descriptors, size_t count)
{
    int64_t now_ns = clock_steady_ns();
    int64_t wake_ns = places_lookups_deadline(self->lookups);
    int64_t pause_ns = places_health_pause_ns(&self->health, now_ns);
    int64_t wait_ms = INT32_MAX;
    if (pause_ns > 0 && now_ns + pause_ns < wake_ns) {
        wake_ns = now_ns + pause_ns; /* the figures change */
    }
    if (self->waits_for_slot && now_ns + SLOT_WAIT_MS * TIMESTAMP_NS_PER_MS < wake_ns) {
        wake_ns = now_ns + SLOT_WAIT_MS * TIMESTAMP_NS_PER_MS;
    }
    if (wake_ns != INT64_MAX) {
        wait_ms = wake_ns > now_ns ? (wake_ns - now_ns) / TIMESTAMP_NS_PER_MS + 1 : 0;
    }
    http_wait(self->http, descriptors, count, wait_ms);
}

const places_figures_t *places_remote_figures(const places_remote_t *self)
{
    return &self->figures;
}
