/* The worker takes questions in batches, a message each; an empty one asks it to look again at what
 * it has read from the disk. With a file of places, or without a provider, it answers questions one
 * after another, waits for the next batch, and looks after the file (watch.c). With a provider on
 * the network it hands them to remote.c, and one loop carries both HTTP and questions; answers come
 * when the provider sends them.
 *
 * Either way an answer goes to the end of `texts`, with a header that says whose it is. What has
 * gathered is sent at LIMIT_BATCH_SIZE bytes, and otherwise when the turn ends: many questions in a
 * turn cost few messages. If the node does not take them, the worker waits for it, and takes no
 * more questions. Whatever it waits for, $TERM ends it; what is not answered then is dropped. */
#include "node/places/worker.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/answer.h"
#include "node/places/remote.h"
#include "node/places/watch.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>

typedef struct {
    zsock_t *pipe;           /* from zactor; brings $TERM only */
    zsock_t *socket;         /* PAIR: questions in, answers out */
    places_watch_t *watch;   /* NULL unless the provider is a file */
    places_remote_t *remote; /* NULL unless the provider is on the network */
    bool ending;             /* $TERM came, or the socket failed, while answers waited for room */
    places_figures_t shown;  /* that were sent last */
    buffer_t headers;        /* places_worker_header_t, one for each text in `texts` */
    buffer_t texts;          /* answers that were not sent yet, one after another */
} worker_t;

/* ---- answers ---- */

/* Waits until the socket is ready for `event`, or `timeout_ms` have passed (-1: never); false when
 * the actor is to end. */
static bool worker_wait(const worker_t *self, short event, int64_t timeout_ms)
{
    zmq_pollitem_t items[] = {{.socket = zsock_resolve(self->pipe), .events = ZMQ_POLLIN},
                              {.socket = zsock_resolve(self->socket), .events = event}};
    while (zmq_poll(items, 2, (long)timeout_ms) >= 0 || errno == EINTR) {
        if (items[0].revents != 0) {
            return false;
        }
        if (items[1].revents != 0 || timeout_ms >= 0) {
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
    return self->watch != NULL ? *places_watch_figures(self->watch)
                               : (places_figures_t){.provider = "none", .state = "closed"};
}

/* What is not counted by answers is told at once, whether there are answers or not. */
static bool is_news(const worker_t *self, const places_figures_t *figures)
{
    return strcmp(figures->state, self->shown.state) != 0 ||
           strcmp(figures->trouble, self->shown.trouble) != 0;
}

/* Sends the answers that are there, waiting for room; without any, and without news, does
 * nothing. */
static void send_answers(worker_t *self)
{
    void *socket = zsock_resolve(self->socket);
    const int flags = ZMQ_DONTWAIT | ZMQ_SNDMORE;
    places_figures_t figures = worker_figures(self);
    if (self->headers.size == 0 && !is_news(self, &figures)) {
        return;
    }
    self->shown = figures;
    while (zmq_send(socket, &figures, sizeof figures, flags) < 0) {
        if ((errno != EAGAIN && errno != EINTR) || !worker_wait(self, ZMQ_POLLOUT, -1)) {
            self->ending = true;
            return;
        }
    }
    /* A pipe takes a message whole: if its first frame found room, so do the others. */
    if (zmq_send(socket, self->headers.data, self->headers.size, flags) < 0 ||
        zmq_send(socket, self->texts.data, self->texts.size, ZMQ_DONTWAIT) < 0) {
        self->ending = true;
    }
    buffer_clear(&self->headers);
    buffer_clear(&self->texts);
}

/* Makes the last `size` bytes of `texts` an answer of the batch, and sends that if it is full. */
static void end_answer(worker_t *self, uint64_t ticket, size_t size)
{
    const places_worker_header_t header = {.ticket = ticket, .size = size};
    status_t status = buffer_append(&self->headers, &header, sizeof header);
    assert(status == STATUS_OK);
    if (self->texts.size >= LIMIT_BATCH_SIZE) {
        send_answers(self);
    }
}

/* An answer of the provider on the network. */
static void take_answer(void *argument, uint64_t ticket, text_t json)
{
    worker_t *self = argument;
    if (self->ending) {
        return;
    }
    status_t status = buffer_append(&self->texts, json.data, json.size);
    assert(status == STATUS_OK);
    end_answer(self, ticket, json.size);
}

static status_t write_answer(const worker_t *self, const places_query_t *query, buffer_t *out)
{
    if (self->watch == NULL || query->radius_km == 0 || query->result_count == 0) {
        const places_answer_t none = {.status = PLACES_STATUS_ZERO_RESULTS};
        return places_answer_write(&none, out);
    }
    const places_local_query_t where = {.latitude_deg = query->latitude_deg,
                                        .longitude_deg = query->longitude_deg,
                                        .radius_m = query->radius_km * 1000.0,
                                        .maximum = query->result_count};
    return places_watch_answer(self->watch, &where, out);
}

/* ---- questions ---- */

/* Nothing within no radius, and no results wanted: answered here, whoever the provider is. */
static void take_question(worker_t *self, const places_query_t *query)
{
    if (self->remote != NULL && query->radius_km > 0 && query->result_count > 0) {
        places_remote_ask(self->remote, query);
        return;
    }
    size_t size_before = self->texts.size;
    status_t status = write_answer(self, query, &self->texts);
    assert(status == STATUS_OK);
    end_answer(self, query->ticket, self->texts.size - size_before);
}

/* A message without questions: what lies on the disk may be another now. */
static void look_again(worker_t *self)
{
    if (self->watch != NULL) {
        places_watch_look(self->watch, true);
    } else if (self->remote != NULL) {
        places_remote_read_key(self->remote);
    }
}

/* Receives one batch of questions, if there is one. */
static void take_batch(worker_t *self)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, zsock_resolve(self->socket), ZMQ_DONTWAIT) >= 0) {
        const char *questions = zmq_msg_data(&message);
        size_t count = zmq_msg_size(&message) / sizeof(places_query_t);
        if (count == 0) {
            look_again(self);
        }
        for (size_t i = 0; i < count && !self->ending; i++) {
            places_query_t query; /* copied: a message's bytes need not be aligned for it */
            memcpy(&query, questions + i * sizeof query, sizeof query);
            take_question(self, &query);
        }
    }
    zmq_msg_close(&message);
}

static void run_local(worker_t *self)
{
    while (!self->ending &&
           worker_wait(self, ZMQ_POLLIN,
                       self->watch != NULL ? places_watch_wait_ms(self->watch) : -1)) {
        take_batch(self);
        if (self->watch != NULL) {
            places_watch_look(self->watch, false);
        }
        send_answers(self);
    }
}

/* HTTP and questions come and go in one loop. A socket's descriptor tells of changes only, so both
 * sockets are asked before each wait whether something is there. */
static void run_remote(worker_t *self)
{
    const int descriptors[] = {zsock_fd(self->pipe), zsock_fd(self->socket)};
    while (!self->ending && (zsock_events(self->pipe) & ZMQ_POLLIN) == 0) {
        if ((zsock_events(self->socket) & ZMQ_POLLIN) == 0) {
            places_remote_wait(self->remote, descriptors, 2);
        }
        take_batch(self);
        places_remote_step(self->remote);
        send_answers(self);
    }
}

/* ---- the thread ---- */

static status_t load_provider(worker_t *self, const places_worker_start_t *start)
{
    switch (start->config->places) {
    case CONFIG_PLACES_LOCAL: return places_watch_new(start->config, start->log, &self->watch);
    case CONFIG_PLACES_NONE: return STATUS_OK;
    default: break;
    }
    const places_asker_t asker = {.answer = take_answer, .argument = self};
    return places_remote_new(start->config, start->log, asker, &self->remote);
}

static status_t worker_init(worker_t *self, zsock_t *pipe, const places_worker_start_t *start)
{
    *self = (worker_t){.pipe = pipe, .socket = zsock_new(ZMQ_PAIR)}; /* at the start */
    /* An answer is at most LIMIT_REPLY_SIZE, and comes behind less than LIMIT_BATCH_SIZE. */
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
    places_watch_destroy(&self->watch);
    places_remote_destroy(&self->remote);
    zsock_destroy(&self->socket);
}

/* libcurl is told to leave signals alone, and then does not keep SIGPIPE from its writes. */
static void block_broken_pipes(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void places_worker_run(zsock_t *pipe, void *argument)
{
    places_worker_start_t *start = argument;
    worker_t worker;
    block_broken_pipes();
    status_t status = worker_init(&worker, pipe, start);
    start->figures = worker.shown = worker_figures(&worker);
    start->status = status;
    zsock_signal(pipe, 0); /* from here on `start` may be gone */
    if (status == STATUS_OK && worker.remote != NULL) {
        run_remote(&worker);
    } else if (status == STATUS_OK) {
        run_local(&worker);
    }
    worker_done(&worker);
}
