/* The two threads share nothing but a pair of inproc sockets and, for its end, the actor's own pipe:
 *
 *   node  -- places_query_t[] ------------------------------> actor     one frame a batch of questions
 *   node <-- places_figures_t, answer_header_t[], JSON texts --- actor   three frames a batch of answers
 *   node  -- $TERM, over the actor's pipe -------------------> actor    never behind questions or answers
 *
 * Questions on their way are counted, and bounded, by the asker. An actor whose answers find no room waits
 * until they do, without taking more questions, and goes on looking for its end. */
#include "node/places/actor.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/answer.h"
#include "node/places/http.h"
#include "node/places/local.h"
#include "node/places/remote.h"

#include <assert.h>
#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* What the node keeps. */
struct places_actor {
    zactor_t *actor;
    zsock_t *socket;          /* PAIR: questions out, answers in */
    size_t asked_count;       /* questions whose answers were not received yet */
    places_figures_t figures; /* that came with the last answers */
};

/* What the starting thread hands to the actor: borrowed until the actor signals that it is ready. */
typedef struct {
    const config_t *config;
    log_t *log;
    const char *endpoint;     /* of the node's PAIR */
    places_figures_t figures; /* of the start, written by the actor before it signals */
    _Atomic int status;       /* a status_t, written by the actor before it signals */
} start_t;

/* What the actor keeps. */
typedef struct {
    zsock_t *pipe;           /* from zactor; brings $TERM only */
    zsock_t *socket;         /* PAIR: questions in, answers out */
    places_local_t *local;   /* NULL where the provider is another */
    places_remote_t *remote; /* NULL where the provider is another */
    bool ending;             /* an answer found no way: the node is going */
    buffer_t headers;        /* answer_header_t, one for each text in `texts` */
    buffer_t texts;          /* answers that were not sent yet, one after another */
} worker_t;

/* Which question an answer belongs to, and how much of the second frame it is. */
typedef struct {
    uint64_t ticket;
    uint64_t size; /* bytes */
} answer_header_t;

/* ---- the actor's thread ---- */

/* Why a file cannot be used, for the log. */
static const char *load_trouble(status_t status, char *out, size_t out_size)
{
    switch (status) {
    case STATUS_NOT_FOUND: return "there is no such file";
    case STATUS_TOO_LONG:
        return "it is larger than 4 GiB; `herdctl places import` makes a smaller one of it";
    case STATUS_VERSION:
        return "it was imported by another version, or on another kind of machine; import it again";
    case STATUS_DAMAGED: return "it is damaged; import it again";
    case STATUS_INVALID: return "no row in it is a place: 19 columns, tab-separated, are expected";
    default: return strerror_r(errno, out, out_size);
    }
}

static status_t load_local(worker_t *self, const config_t *config, log_t *log)
{
    char path[PATH_MAX];
    char reason[128];
    int64_t begin_ns = clock_steady_ns();
    text_escape(text_of(config->places_file), path, sizeof path);
    status_t status = places_local_open(config->places_file, config->places_classes, &self->local);
    if (status != STATUS_OK) {
        log_event(log, LOG_PLACES_UNUSABLE, NULL, "places: cannot use %s: %s; the start ends here",
                  path, load_trouble(status, reason, sizeof reason));
        return status == STATUS_NOT_FOUND || status == STATUS_SYSTEM ? STATUS_NOT_FOUND
                                                                     : STATUS_INVALID;
    }
    const places_local_load_t *load = places_local_load(self->local);
    log_event(log, LOG_PLACES_READY, LOG_ABOUT(NULL, LOG_NUMBER("places", load->row_count)),
              "places: %zu places of %s ready in %lld ms, index %zu KiB", load->row_count, path,
              (long long)((clock_steady_ns() - begin_ns) / TIMESTAMP_NS_PER_MS),
              load->index_size / 1024);
    if (load->skipped_count > 0) {
        log_event(log, LOG_PLACES_ROWS_SKIPPED,
                  LOG_ABOUT(NULL, LOG_NUMBER("rows", load->skipped_count)),
                  "places: skipped %zu rows that are no places, the first of them in line %zu; the "
                  "others "
                  "are served",
                  load->skipped_count, load->first_skipped);
    }
    return STATUS_OK;
}

/* Waits until the socket is ready for `event`; false when the actor is to end. */
static bool worker_wait(const worker_t *self, short event)
{
    zmq_pollitem_t items[] = {{.socket = zsock_resolve(self->pipe), .events = ZMQ_POLLIN},
                              {.socket = zsock_resolve(self->socket), .events = event}};
    while (zmq_poll(items, 2, -1) >= 0 || errno == EINTR) {
        if (items[0].revents != 0) {
            return false;
        }
        if (items[1].revents != 0) {
            return true;
        }
    }
    return false;
}

static places_figures_t worker_figures(const worker_t *self)
{
    if (self->remote != NULL) {
        return *places_remote_figures(self->remote);
    }
    return (places_figures_t){.provider = self->local != NULL ? "local" : "none",
                              .state = "closed"};
}

/* Sends the answers that are there, waiting for room; false when the actor is to end. */
static bool send_answers(worker_t *self)
{
    void *socket = zsock_resolve(self->socket);
    const int flags = ZMQ_DONTWAIT | ZMQ_SNDMORE;
    places_figures_t figures = worker_figures(self);
    while (zmq_send(socket, &figures, sizeof figures, flags) < 0) {
        if ((errno != EAGAIN && errno != EINTR) || !worker_wait(self, ZMQ_POLLOUT)) {
            return false;
        }
    }
    /* A pipe takes a message whole: where its first frame found room, so do the others. */
    bool sent = zmq_send(socket, self->headers.data, self->headers.size, flags) >= 0 &&
                zmq_send(socket, self->texts.data, self->texts.size, ZMQ_DONTWAIT) >= 0;
    buffer_clear(&self->headers);
    buffer_clear(&self->texts);
    return sent;
}

/* Puts an answer into the batch, and sends the batch where it is full. */
static void take_answer(void *argument, uint64_t ticket, text_t json)
{
    worker_t *self = argument;
    if (self->ending) {
        return;
    }
    const answer_header_t header = {.ticket = ticket, .size = json.size};
    status_t status = buffer_append(&self->texts, json.data, json.size);
    assert(status == STATUS_OK);
    status = buffer_append(&self->headers, &header, sizeof header);
    assert(status == STATUS_OK);
    if (self->texts.size >= LIMIT_BATCH_SIZE) {
        self->ending = !send_answers(self);
    }
}

static status_t load_provider(worker_t *self, const start_t *start)
{
    switch (start->config->places) {
    case CONFIG_PLACES_LOCAL: return load_local(self, start->config, start->log);
    case CONFIG_PLACES_NONE: return STATUS_OK;
    default: break;
    }
    const places_asker_t asker = {.answer = take_answer, .argument = self};
    return places_remote_new(start->config, start->log, asker, &self->remote);
}

static status_t worker_init(worker_t *self, zsock_t *pipe, const start_t *start)
{
    *self = (worker_t){.pipe = pipe, .socket = zsock_new(ZMQ_PAIR)};
    /* An answer is bounded by its places (geonames.h), a batch by answer_batch. */
    buffer_init(&self->headers, LIMIT_BODY_SIZE);
    buffer_init(&self->texts, (size_t)2 * LIMIT_BODY_SIZE);
    assert(self->socket != NULL);
    zsock_set_rcvhwm(self->socket, LIMIT_WAITING_QUERIES);
    zsock_set_sndhwm(self->socket, LIMIT_PIPE_MESSAGES);
    if (zsock_connect(self->socket, "%s", start->endpoint) != 0) {
        return STATUS_INVALID;
    }
    return load_provider(self, start);
}

static void worker_done(worker_t *self)
{
    buffer_done(&self->headers);
    buffer_done(&self->texts);
    places_local_close(&self->local);
    places_remote_destroy(&self->remote);
    zsock_destroy(&self->socket);
}

static status_t write_answer(const worker_t *self, const places_query_t *query, buffer_t *out)
{
    if (self->local == NULL || query->radius_km == 0 || query->result_count == 0) {
        const places_answer_t none = {.status = PLACES_STATUS_ZERO_RESULTS};
        return places_answer_write(&none, out);
    }
    const places_local_query_t where = {.latitude_deg = query->latitude_deg,
                                        .longitude_deg = query->longitude_deg,
                                        .radius_m = query->radius_km * 1000.0,
                                        .maximum = query->result_count};
    return places_local_answer(self->local, &where, out);
}

static void answer_query(worker_t *self, const places_query_t *query)
{
    size_t size_before = self->texts.size;
    status_t status = write_answer(self, query, &self->texts);
    assert(status == STATUS_OK);
    const answer_header_t header = {.ticket = query->ticket,
                                    .size = self->texts.size - size_before};
    status = buffer_append(&self->headers, &header, sizeof header);
    assert(status == STATUS_OK);
}

/* Answers one batch of questions in as few messages as LIMIT_BATCH_SIZE allows; false when the actor is to
 * end. */
static bool answer_batch(worker_t *self, const char *questions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        places_query_t query; /* copied: a message's bytes need not be aligned for it */
        memcpy(&query, questions + i * sizeof query, sizeof query);
        answer_query(self, &query);
        bool full = self->texts.size >= LIMIT_BATCH_SIZE;
        if ((full || i == count - 1) && !send_answers(self)) {
            return false;
        }
    }
    return true;
}

/* Receives one batch of questions, where there is one, and gives it to `take`; false when the actor is to end. */
static bool take_batch(worker_t *self, bool (*take)(worker_t *, const char *, size_t))
{
    bool go_on = true;
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, zsock_resolve(self->socket), ZMQ_DONTWAIT) >= 0) {
        go_on = take(self, zmq_msg_data(&message), zmq_msg_size(&message) / sizeof(places_query_t));
    }
    zmq_msg_close(&message);
    return go_on;
}

static void worker_run(worker_t *self)
{
    while (worker_wait(self, ZMQ_POLLIN) && take_batch(self, answer_batch)) {
    }
}

/* Asks one batch of questions; false when the actor is to end. */
static bool ask_batch(worker_t *self, const char *questions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        places_query_t query; /* copied: a message's bytes need not be aligned for it */
        memcpy(&query, questions + i * sizeof query, sizeof query);
        if (query.radius_km == 0 || query.result_count == 0) {
            answer_query(self, &query);
        } else {
            places_remote_ask(self->remote, &query);
        }
    }
    return !self->ending;
}

/* HTTP and questions come and go in one loop. A socket's descriptor tells of changes only: before each wait both
 * sockets are asked whether something is there. */
static void worker_run_remote(worker_t *self)
{
    const int descriptors[] = {zsock_fd(self->pipe), zsock_fd(self->socket)};
    while (!self->ending && take_batch(self, ask_batch)) {
        places_remote_step(self->remote);
        if (self->headers.size > 0 && !send_answers(self)) {
            return;
        }
        if ((zsock_events(self->pipe) & ZMQ_POLLIN) != 0) {
            return;
        }
        if ((zsock_events(self->socket) & ZMQ_POLLIN) == 0) {
            places_remote_wait(self->remote, descriptors, 2);
        }
    }
}

/* libcurl is told to leave signals alone, and then does not keep SIGPIPE from its writes. */
static void block_broken_pipes(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void run_actor(zsock_t *pipe, void *argument)
{
    start_t *start = argument;
    worker_t worker;
    block_broken_pipes();
    status_t status = worker_init(&worker, pipe, start);
    start->figures = worker_figures(&worker);
    start->status = status;
    zsock_signal(pipe, 0); /* from here on `start` may be gone */
    if (status == STATUS_OK && worker.remote != NULL) {
        worker_run_remote(&worker);
    } else if (status == STATUS_OK) {
        worker_run(&worker);
    }
    worker_done(&worker);
}

/* ---- the node's thread ---- */

status_t places_actor_new(const config_t *config, log_t *log, places_actor_t **ret_self)
{
    if (http_global_init() != STATUS_OK) {
        log_event(log, LOG_PLACES_UNUSABLE, NULL,
                  "places: libcurl cannot be started; the start ends here");
        return STATUS_INVALID;
    }
    places_actor_t *self = memory_new(sizeof *self);
    self->socket = zsock_new(ZMQ_PAIR);
    assert(self->socket != NULL);
    /* An inproc pipe holds what its two ends allow together; questions are bounded by asked_count. */
    zsock_set_sndhwm(self->socket, LIMIT_WAITING_QUERIES);
    zsock_set_rcvhwm(self->socket, LIMIT_PIPE_MESSAGES);
    /* The time is in it because a closed socket keeps its name for a while, and memory comes round again. */
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://places-%p-%lld", (void *)self,
             (long long)clock_steady_ns());
    int bound = zsock_bind(self->socket, "%s", endpoint);
    assert(bound == 0);
    start_t start = {.config = config, .log = log, .endpoint = endpoint, .status = STATUS_INVALID};
    self->actor = zactor_new(run_actor, &start); /* returns when the actor has signalled */
    assert(self->actor != NULL);
    status_t status = (status_t)start.status;
    if (status != STATUS_OK) {
        places_actor_destroy(&self);
        return status;
    }
    self->figures = start.figures;
    *ret_self = self;
    return STATUS_OK;
}

void places_actor_destroy(places_actor_t **self_p)
{
    places_actor_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    zactor_destroy(&self->actor);
    zsock_destroy(&self->socket);
    free(self);
    *self_p = NULL;
}

void *places_actor_socket(places_actor_t *self)
{
    return zsock_resolve(self->socket);
}

status_t places_actor_ask(places_actor_t *self, const places_query_t *queries, size_t count)
{
    if (count == 0) {
        return STATUS_OK;
    }
    if (count > LIMIT_WAITING_QUERIES - self->asked_count) {
        return STATUS_AGAIN;
    }
    for (size_t i = 0; i < count; i++) {
        assert(queries[i].radius_km <= LIMIT_RADIUS_KM);
        assert(queries[i].result_count <= LIMIT_RESULTS);
    }
    if (zmq_send(places_actor_socket(self), queries, count * sizeof *queries, ZMQ_DONTWAIT) < 0) {
        return STATUS_AGAIN;
    }
    self->asked_count += count;
    return STATUS_OK;
}

static void take_answers(places_actor_t *self, text_t headers, text_t texts,
                         places_answer_fn *answer, void *argument)
{
    answer_header_t header;
    while (headers.size >= sizeof header) {
        memcpy(&header, headers.data, sizeof header);
        headers = text_after(headers, sizeof header);
        assert(header.size <= texts.size && self->asked_count > 0);
        self->asked_count--;
        answer(argument, header.ticket, text_first(texts, header.size));
        texts = text_after(texts, header.size);
    }
}

static text_t message_text(zmq_msg_t *message)
{
    return (text_t){.data = zmq_msg_data(message), .size = zmq_msg_size(message)};
}

bool places_actor_receive(places_actor_t *self, places_answer_fn *answer, void *argument)
{
    void *socket = places_actor_socket(self);
    zmq_msg_t headers;
    zmq_msg_t texts;
    zmq_msg_init(&headers);
    zmq_msg_init(&texts);
    /* All three frames or none are there. */
    bool received = zmq_recv(socket, &self->figures, sizeof self->figures, ZMQ_DONTWAIT) >= 0 &&
                    zmq_msg_recv(&headers, socket, ZMQ_DONTWAIT) >= 0 &&
                    zmq_msg_recv(&texts, socket, ZMQ_DONTWAIT) >= 0;
    if (received) {
        take_answers(self, message_text(&headers), message_text(&texts), answer, argument);
    }
    zmq_msg_close(&texts);
    zmq_msg_close(&headers);
    return received;
}

const places_figures_t *places_actor_figures(const places_actor_t *self)
{
    return &self->figures;
}
