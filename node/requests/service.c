#include "node/requests/service.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/protocol/message.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/transport.h"
#include "node/places/answer.h"
#include "node/requests/delivery.h"
#include "node/requests/followers.h"
#include "node/requests/frontends.h"
#include "node/requests/operators.h"
#include "node/requests/promises.h"
#include "node/requests/queries.h"
#include "node/requests/request.h"
#include "node/requests/request_log.h"
#include "node/requests/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Messages come in at the requests ROUTER, from front-ends and from operators. Where there are
 * keys, the key has to fit the type (K5).
 *   - A question of an operator is answered at once, in no session (operators.c); a RELOAD ends the
 *     turn and is answered by the node (S6).
 *   - HELLO opens the session of a front-end, if herd, version and name are right (Q1). All else
 *     needs the session that was opened last on that connection, and none of whose replies was
 *     lost; otherwise the answer is RESET (Q1).
 *   - A REQUEST is answered by request.c: replies go out in batches, the last of them says that it
 *     was taken (Q4); questions go to the places actor.
 *   - PING keeps a front-end alive for five seconds (Q8).
 * Answers that had to wait come later, with number 0: those of WHATSATs when the places actor has
 * them or takes too long, those of IAMATs when enough neighbours hold the record (R18). */

enum {
    /* A question to the places actor is given up this long before the client would be, or at half
     * its time if that is short. */
    PLACES_MARGIN_MS = 500,
    /* Answers that leave in one turn when neighbours have acknowledged: some ten milliseconds. The
     * tick goes on with the rest. */
    RELEASES_PER_TURN = 65536,
};

static const int64_t frontend_dead_after_ns = 5 * TIMESTAMP_NS_PER_S;

struct service {
    service_context_t context;
    frontends_t *frontends;
    followers_t *followers;
    queries_t *queries;
    promises_t *promises; /* NULL: no answer waits for neighbours or the disk */
    delivery_t delivery;
    request_t request;
    request_log_t request_log;
    operators_t operators;
    int64_t asked_ns; /* see service_asked_ns */
};

static void drop(service_t *self, const char *problem, text_t peer)
{
    log_dropped(self->context.log, NULL, "requests", problem, peer);
}

static void remove_frontend(service_t *self, frontend_link_t *frontend, const char *reason)
{
    log_event(self->context.log, LOG_FRONTEND_LEFT, LOG_PEER(frontend->label), "front-end left: %s",
              reason);
    if (followers_find(self->followers, frontends_routing_id(frontend)) == NULL) {
        desk_set_named(self->context.desk, frontends_routing_id(frontend), false);
    }
    frontends_remove(self->frontends, frontend);
}

/* Answers a WHATSAT that waited, with `json`; its front-end may have gone. */
static void answer_query(service_t *self, uint64_t ticket, text_t json)
{
    query_t query;
    if (!queries_take(self->queries, ticket, &query)) {
        return;
    }
    frontend_link_t *frontend =
        frontends_at(self->frontends, query.frontend, query.frontend_serial);
    if (frontend != NULL) {
        (void)request_answer_query(&self->request, &query, json, frontend);
        delivery_send_batch(&self->delivery, frontend);
    }
    free(query.answer);
}

static void answer_query_with_error(service_t *self, uint64_t ticket, places_status_t outcome,
                                    text_t message)
{
    buffer_t json;
    buffer_init(&json, LIMIT_REPLY_SIZE);
    places_answer_t none = {.status = outcome, .error_message = message};
    if (places_answer_write(&none, &json) == STATUS_OK) {
        answer_query(self, ticket, buffer_text(&json));
    }
    buffer_done(&json);
}

/* Hands the questions of the turn to the places actor, all in one message. */
static void ask_places(service_t *self)
{
    request_t *request = &self->request;
    size_t count = request->question_count;
    request->question_count = 0;
    if (count == 0 ||
        places_actor_ask(self->context.places, request->questions, count) == STATUS_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        answer_query_with_error(self, request->questions[i].ticket, PLACES_STATUS_OVER_QUERY_LIMIT,
                                TEXT("too many questions are waiting at this server"));
    }
    delivery_flush(&self->delivery);
}

/* Q3, Q4 */
static void take_request(service_t *self, frontend_link_t *frontend, text_t body, int64_t now_ns,
                         int64_t steady_ns)
{
    request_step_t step;
    self->asked_ns = steady_ns;
    do {
        step = request_answer_group(&self->request, &body, frontend, now_ns, steady_ns);
        request_log_group(&self->request_log, &self->request, frontend);
        if (step == REQUEST_PAUSE) {
            delivery_send_replies(&self->delivery, frontend, 0);
            ask_places(self);
        }
    } while (step != REQUEST_END);
    delivery_send_replies(&self->delivery, frontend, 1);
}

static void refuse(service_t *self, const transport_inbound_t *inbound, text_t reason)
{
    message_t refused = {
        .type = MESSAGE_REFUSED, .header = inbound->message.header, .body = reason};
    delivery_send(&self->delivery, inbound->peer, &refused);
}

static void turn_away(service_t *self, const transport_inbound_t *inbound, const char *problem,
                      text_t reason)
{
    drop(self, problem, inbound->peer);
    refuse(self, inbound, reason);
}

static void welcome(service_t *self, const transport_inbound_t *inbound)
{
    char body[LIMIT_NAME_SIZE + GENERATION_SIZE + 64];
    int size =
        snprintf(body, sizeof body, "version %d\nname %s\ngeneration %.*s\n", MESSAGE_VERSION,
                 self->context.member->name, GENERATION_SIZE, self->context.generation.hex);
    const message_t message = {.type = MESSAGE_WELCOME,
                               .header = inbound->message.header,
                               .body = {.data = body, .size = (size_t)size}};
    delivery_send(&self->delivery, inbound->peer, &message);
}

/* Why a HELLO is turned away: for the log, and for the front-end. */
typedef struct {
    const char *problem; /* NULL: it is for us */
    text_t reason;
} misfit_t;

/* Whether two paths are one file now, or are spelt the same. */
static bool is_same_file(text_t one, const char *other)
{
    struct stat states[2];
    char *copy = memory_copy_text(one.data, one.size);
    bool same = strcmp(copy, other) == 0 ||
                (stat(copy, &states[0]) == 0 && stat(other, &states[1]) == 0 &&
                 states[0].st_dev == states[1].st_dev && states[0].st_ino == states[1].st_ino);
    free(copy);
    return same;
}

/* Q1: two herd files may give one name and one socket to two members. A bus that has moved, or a
 * file at another place, is no proof by itself: one of the two was started before that. */
static bool is_of_another_file(const service_context_t *context, text_t body)
{
    text_t bus;
    text_t file;
    return context->config->path != NULL && message_value(body, "bus", &bus) &&
           message_value(body, "file", &file) && !endpoint_same(bus, context->member->bus) &&
           !is_same_file(file, context->config->path);
}

/* Whether a HELLO is of this herd and member, and of a version that we speak (M2, Q1). */
static misfit_t misfit_of(const service_t *self, text_t body)
{
    const service_context_t *context = &self->context;
    text_t herd;
    if (!message_has_version(body) || !message_value(body, "herd", &herd) ||
        !text_equal(herd, text_of(context->config->herd_name))) {
        return (misfit_t){"a HELLO of another herd or version",
                          TEXT("another herd, or a version that is not spoken here\n")};
    }
    if (is_of_another_file(context, body)) {
        return (misfit_t){"a HELLO of another herd file, or for another member",
                          TEXT("another member's node, or another herd file's\n")};
    }
    return (misfit_t){0};
}

/* K5: whether a front-end or follower with a key gives the name of the key. */
static bool has_own_name(const security_holder_t *holder, text_t body, const char *key)
{
    text_t name;
    return holder == NULL ||
           (message_value(body, key, &name) && text_equal(name, text_of(holder->name)));
}

/* F1: why a FOLLOW is turned away, if it is. */
static misfit_t misfit_of_follow(const service_t *self, const security_holder_t *holder,
                                 text_t body)
{
    text_t member;
    if (!has_own_name(holder, body, "follower")) {
        return (misfit_t){"a FOLLOW by another name than that of its key",
                          TEXT("this is not the name that your key has\n")};
    }
    if (!message_value(body, "member", &member) ||
        !text_equal(member, text_of(self->context.member->name))) {
        return (misfit_t){"a FOLLOW of another member", TEXT("this is another member's node\n")};
    }
    return misfit_of(self, body);
}

static void take_follow(service_t *self, const transport_inbound_t *inbound,
                        const security_holder_t *holder)
{
    uint64_t session;
    char reason[64];
    const message_t *message = &inbound->message;
    if (!text_to_u64(message->header, UINT64_MAX, &session)) {
        drop(self, "a header without session", inbound->peer);
        return;
    }
    misfit_t misfit = misfit_of_follow(self, holder, message->body);
    if (misfit.problem == NULL &&
        !followers_add(self->followers, inbound->peer, session, message->body)) {
        snprintf(reason, sizeof reason, "there are %zu followers already (max_followers)\n",
                 followers_max(self->followers));
        misfit = (misfit_t){"too many followers", text_of(reason)};
    }
    if (misfit.problem != NULL) {
        char label[FRONTENDS_LABEL_SIZE];
        frontends_write_label(message->body, "follower", label);
        log_event(self->context.log, LOG_FOLLOWER_REFUSED, LOG_PEER(label), "refused: %s",
                  misfit.problem);
        refuse(self, inbound, misfit.reason);
    }
}

/* F5: what a follower sends in its session. False: it is none of it. */
static bool take_follower_message(service_t *self, const transport_inbound_t *inbound,
                                  int64_t steady_ns)
{
    const message_t *message = &inbound->message;
    bool shared = message->type == MESSAGE_GOODBYE || message->type == MESSAGE_RESET;
    if (!shared && !followers_take_type(message->type)) {
        return false;
    }
    if (followers_take(self->followers, inbound->peer, message, steady_ns)) {
        return true;
    }
    if (shared) {
        return false;
    }
    text_t header = message->header;
    text_t session = {0};
    text_take_until(&header, ' ', &session);
    const message_t reset = {.type = MESSAGE_RESET, .header = session};
    delivery_send(&self->delivery, inbound->peer, &reset);
    return true;
}

/* Q1 */
static void take_frontend_hello(service_t *self, const transport_inbound_t *inbound,
                                const security_holder_t *holder, uint64_t session,
                                int64_t steady_ns)
{
    const message_t *message = &inbound->message;
    if (!has_own_name(holder, message->body, "frontend")) {
        guard_note(self->context.guard, ROLES_DOMAIN_REQUESTS, inbound, holder,
                   "it gives another name than its key has");
        refuse(self, inbound, TEXT("this is not the name that your key has\n"));
        return;
    }
    misfit_t misfit = misfit_of(self, message->body);
    if (misfit.problem != NULL) {
        turn_away(self, inbound, misfit.problem, misfit.reason);
        return;
    }
    frontend_link_t *frontend = frontends_add(self->frontends, inbound->peer, session);
    if (frontend == NULL) {
        turn_away(self, inbound, "too many front-ends", TEXT("too many front-ends\n"));
        return;
    }
    frontend->heard_ns = steady_ns;
    frontends_introduce(frontend, message->body);
    desk_set_named(self->context.desk, inbound->peer, true);
    log_event(self->context.log, LOG_FRONTEND_CAME, LOG_PEER(frontend->label), "front-end came");
    welcome(self, inbound);
}

/* Q8 */
static void take_ping(service_t *self, frontend_link_t *frontend, const message_t *message)
{
    frontends_take_figures(self->frontends, frontend, message->body);
    message_t pong = {.type = MESSAGE_PONG, .header = message->header};
    delivery_send(&self->delivery, frontends_routing_id(frontend), &pong);
}

/* S1 to S6 */
static void take_question(service_t *self, const transport_inbound_t *inbound,
                          const security_holder_t *holder, int64_t now_ns)
{
    buffer_t body;
    const char *problem;
    char by[SENDER_SIZE];
    sender_write(transport_property(inbound, "Peer-Address"), holder, by);
    const operators_question_t asked = {
        .message = &inbound->message, .by = by, .now_ns = now_ns, .steady_ns = clock_steady_ns()};
    if (inbound->message.type == MESSAGE_RELOAD) {
        operators_note_reload(&self->operators, inbound->peer, &asked);
        return;
    }
    buffer_init(&body, LIMIT_BODY_SIZE);
    if (operators_answer(&self->operators, &asked, &body, &problem)) {
        message_t report = {
            .type = MESSAGE_REPORT, .header = inbound->message.header, .body = buffer_text(&body)};
        delivery_send(&self->delivery, inbound->peer, &report);
    } else {
        drop(self, problem, inbound->peer);
    }
    buffer_done(&body);
}

int64_t service_asked_ns(const service_t *self)
{
    return self->asked_ns;
}

bool service_wants_reload(const service_t *self)
{
    return operators_want_reload(&self->operators);
}

void service_answer_reload(service_t *self, text_t report)
{
    message_t message = {.type = MESSAGE_REPORT, .body = report};
    text_t peer = operators_end_reload(&self->operators, &message.header);
    delivery_send(&self->delivery, peer, &message);
}

void service_note_reload(service_t *self, bool refused, bool keys_changed)
{
    const operators_reload_end_t end = {
        .refused = refused, .keys_changed = keys_changed, .now_ns = clock_now_ns()};
    operators_note_reload_end(&self->operators, &end);
}

/* A message in the session of a front-end. */
static void take_frontend_message(service_t *self, frontend_link_t *frontend,
                                  const message_t *message, int64_t now_ns, int64_t steady_ns)
{
    frontend->heard_ns = steady_ns;
    switch (message->type) {
    case MESSAGE_REQUEST: take_request(self, frontend, message->body, now_ns, steady_ns); break;
    case MESSAGE_PING: take_ping(self, frontend, message); break;
    case MESSAGE_GOODBYE: remove_frontend(self, frontend, "it said goodbye"); break;
    default:
        drop(self, "a type that front-ends do not send", frontends_routing_id(frontend));
        break;
    }
}

/* `holder`: whose key it came with; NULL without keys. */
static void take_message(service_t *self, const transport_inbound_t *inbound,
                         const security_holder_t *holder, int64_t now_ns, int64_t steady_ns)
{
    const message_t *message = &inbound->message;
    uint64_t session;
    if (holder != NULL && !roles_may_request(holder->role, message->type)) {
        guard_note(self->context.guard, ROLES_DOMAIN_REQUESTS, inbound, holder,
                   "such a key does not send this type"); /* K5 */
        return;
    }
    if (message_is_question(message->type)) {
        take_question(self, inbound, holder, now_ns);
        return;
    }
    if (message->type == MESSAGE_FOLLOW) {
        take_follow(self, inbound, holder);
        return;
    }
    if (take_follower_message(self, inbound, steady_ns)) {
        return;
    }
    if (!text_to_u64(message->header, UINT64_MAX, &session)) {
        drop(self, "a header without session", inbound->peer);
        return;
    }
    if (message->type == MESSAGE_HELLO) {
        take_frontend_hello(self, inbound, holder, session, steady_ns);
        return;
    }
    frontend_link_t *frontend = frontends_find(self->frontends, inbound->peer);
    if (frontend == NULL || frontend->session != session || frontend->broken) {
        message_t reset = {.type = MESSAGE_RESET, .header = message->header};
        delivery_send(&self->delivery, inbound->peer, &reset);
        return;
    }
    take_frontend_message(self, frontend, message, now_ns, steady_ns);
}

static void show_inbound(const service_t *self, const transport_inbound_t *inbound)
{
    const follower_t *follower = followers_find(self->followers, inbound->peer);
    const delivery_peer_t peer = {.name = inbound->peer,
                                  .follower = follower != NULL ? follower->label : NULL};
    delivery_show_inbound(&self->delivery, peer, &inbound->message);
}

/* K1, K4: by its key, unless it is of this process. */
static bool admits(const service_t *self, const transport_inbound_t *inbound,
                   const security_holder_t **ret_holder)
{
    *ret_holder = NULL;
    return desk_is_inner(self->context.desk, inbound->peer) ||
           guard_admits(self->context.guard, ROLES_DOMAIN_REQUESTS, inbound, ret_holder);
}

void service_receive(service_t *self)
{
    int64_t now_ns = clock_now_ns();
    int64_t steady_ns = clock_steady_ns();
    int64_t end_ns = steady_ns + LIMIT_MESSAGES_TURN_NS;
    desk_begin_turn(self->context.desk, steady_ns);
    /* What comes behind a RELOAD stays in the socket until that is done. */
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN && !service_wants_reload(self) &&
                    (i == 0 || clock_steady_ns() < end_ns);
         i++) {
        transport_inbound_t inbound;
        status_t status = desk_receive(self->context.desk, steady_ns, &inbound);
        if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
            break;
        }
        const security_holder_t *holder;
        bool admitted = admits(self, &inbound, &holder);
        if (admitted && status == STATUS_OK) {
            show_inbound(self, &inbound);
            take_message(self, &inbound, holder, now_ns, steady_ns);
        } else if (admitted) {
            drop(self, status_text(status), holder != NULL ? text_of(holder->name) : inbound.peer);
        }
        transport_inbound_done(&inbound);
    }
    ask_places(self);
    desk_end_turn(self->context.desk);
}

static void on_places(void *argument, uint64_t ticket, text_t json)
{
    answer_query(argument, ticket, json);
}

void service_take_answers(service_t *self)
{
    int64_t end_ns = clock_steady_ns() + LIMIT_MESSAGES_TURN_NS;
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN && (i == 0 || clock_steady_ns() < end_ns); i++) {
        if (!places_actor_receive(self->context.places, on_places, self)) {
            break;
        }
    }
    delivery_flush(&self->delivery);
}

/* R18: notes what enough neighbours hold now. */
static void note_held(service_t *self)
{
    neighbour_t *const *neighbours = neighbours_all(self->context.neighbours);
    size_t count = neighbours_count(self->context.neighbours);
    promises_begin_round(self->promises);
    for (size_t i = 0; i < count; i++) {
        promises_note_held(self->promises, link_held(neighbour_link(neighbours[i])));
    }
    if (self->context.journal != NULL) {
        promises_note_disk(self->promises, journal_keeper_held(self->context.journal));
    }
    promises_end_round(self->promises);
}

void service_release(service_t *self)
{
    if (self->promises == NULL) {
        return;
    }
    note_held(self);
    promise_t promise;
    text_t reply;
    for (int i = 0; i < RELEASES_PER_TURN && promises_take_kept(self->promises, &promise, &reply);
         i++) {
        frontend_link_t *frontend =
            frontends_at(self->frontends, promise.frontend, promise.frontend_serial);
        if (frontend == NULL) {
            continue;
        }
        (void)request_answer_promise(&self->request, &promise, reply, frontend);
        delivery_send_batch(&self->delivery, frontend);
    }
    delivery_flush(&self->delivery);
}

size_t service_owed_answers(const service_t *self)
{
    return self->promises != NULL ? promises_count(self->promises) : 0;
}

/* Whom a promise waits for. */
static const char *name_holders(const config_t *config)
{
    if (!config->acknowledge_disk) {
        return "neighbours";
    }
    return config->acknowledge_peers > 0 ? "neighbours or the disk" : "the disk";
}

static void drop_late_promises(service_t *self, int64_t steady_ns)
{
    if (self->promises != NULL) {
        const config_t *config = self->context.config;
        int64_t timeout_ns = config->request_timeout_ms * TIMESTAMP_NS_PER_MS;
        request_log_late(&self->request_log,
                         promises_drop_late(self->promises, steady_ns - timeout_ns),
                         name_holders(config));
    }
}

static void answer_late_queries(service_t *self, int64_t steady_ns)
{
    int64_t timeout_ms = self->context.config->request_timeout_ms;
    int64_t margin_ms = timeout_ms / 2 < PLACES_MARGIN_MS ? timeout_ms / 2 : PLACES_MARGIN_MS;
    int64_t latest_ns = steady_ns - (timeout_ms - margin_ms) * TIMESTAMP_NS_PER_MS;
    size_t slot = 0;
    uint64_t ticket;
    while (queries_next_late(self->queries, latest_ns, &slot, &ticket)) {
        answer_query_with_error(self, ticket, PLACES_STATUS_UNKNOWN_ERROR,
                                TEXT("the places provider did not answer in time"));
    }
    delivery_flush(&self->delivery);
}

bool service_wants_digest(service_t *self, int64_t steady_ns)
{
    return operators_want_digest(&self->operators) ||
           followers_want_digest(self->followers, steady_ns);
}

void service_pump(service_t *self, int64_t now_ns, int64_t steady_ns)
{
    if (followers_pump(self->followers, now_ns, steady_ns)) {
        desk_wake(self->context.desk);
    }
}

void service_tick(service_t *self, int64_t steady_ns)
{
    size_t slot = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self->frontends, &slot)) != NULL) {
        if (steady_ns - frontend->heard_ns > frontend_dead_after_ns) {
            remove_frontend(self, frontend, "nothing heard for 5 s");
        }
    }
    followers_tick(self->followers, steady_ns);
    desk_tick(self->context.desk, steady_ns);
    service_pump(self, clock_now_ns(), steady_ns);
    answer_late_queries(self, steady_ns);
    service_release(self);
    drop_late_promises(self, steady_ns);
    operators_note_rises(&self->operators, clock_now_ns());
}

static operators_context_t operators_context(service_t *self)
{
    return (operators_context_t){
        .config = self->context.config,
        .member = self->context.member,
        .log = self->context.log,
        .store = self->context.store,
        .neighbours = self->context.neighbours,
        .herd_time = self->context.herd_time,
        .journal = self->context.journal,
        .places = self->context.places,
        .promises = self->promises,
        .queries = self->queries,
        .request = &self->request,
        .request_log = &self->request_log,
        .frontends = self->frontends,
        .followers = self->followers,
        .tap = self->context.tap,
        .guard = self->context.guard,
        .started_ns = self->context.started_ns,
    };
}

/* R18: makes the queue, if answers wait for anything. */
static void make_promises(service_t *self)
{
    const config_t *config = self->context.config;
    if (config->acknowledge_peers > 0 || config->acknowledge_disk) {
        self->promises = promises_new(config->acknowledge_peers, LIMIT_PROMISES_SIZE);
        promises_set_disk(self->promises, config->acknowledge_disk);
    }
}

service_t *service_new(const service_context_t *context)
{
    service_t *self = memory_new(sizeof *self);
    self->context = *context;
    self->frontends = frontends_new();
    self->queries = queries_new();
    self->delivery = (delivery_t){.desk = context->desk,
                                  .frontends = self->frontends,
                                  .tap = context->tap,
                                  .log = context->log};
    const followers_context_t followers = {.store = context->store,
                                           .delivery = &self->delivery,
                                           .log = context->log,
                                           .herd = context->config->herd_name,
                                           .member = context->member->name,
                                           .max_count = &context->config->max_followers,
                                           .generation = context->generation};
    self->followers = followers_new(&followers);
    make_promises(self);
    request_context_t request = {
        .store = context->store,
        .queries = self->queries,
        .promises = self->promises,
        .frontends = self->frontends,
        .member = text_of(context->member->name),
        .max_clock_lead_ns = context->config->max_clock_lead_ms * TIMESTAMP_NS_PER_MS,
        .has_places = context->places != NULL,
    };
    request_init(&self->request, &request);
    self->request_log.log = context->log;
    self->operators.context = operators_context(self);
    return self;
}

void service_apply(service_t *self)
{
    const config_t *config = self->context.config;
    self->request.context.max_clock_lead_ns = config->max_clock_lead_ms * TIMESTAMP_NS_PER_MS;
    if (self->promises != NULL) {
        promises_set_peers(self->promises, config->acknowledge_peers);
        promises_set_disk(self->promises, config->acknowledge_disk);
    } else {
        make_promises(self);
        self->request.context.promises = self->promises;
    }
    followers_apply(self->followers);
    self->operators.context = operators_context(self);
    service_release(self);
}

void service_destroy(service_t **self_p)
{
    service_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    followers_destroy(&self->followers);
    request_done(&self->request);
    queries_destroy(&self->queries);
    promises_destroy(&self->promises);
    frontends_destroy(&self->frontends);
    free(self);
    *self_p = NULL;
}
