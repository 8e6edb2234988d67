/* The node's side of the places actor. A provider may take its time, and the node must never wait
 * for it: the work is done in a thread of its own (worker.c), and the two threads share only a pair
 * of inproc sockets and, to end it, the actor's own pipe:
 *
 *   node  -- places_query_t[] --------------------------------------> worker   a batch of questions
 *   node  -- nothing -----------------------------------------------> worker   look again (reload)
 *   node <-- places_figures_t, places_worker_header_t[], JSON texts -- worker   a batch of answers
 *   node  -- $TERM, over the actor's pipe --------------------------> worker   overtakes the others
 *
 * Questions come in one frame, answers in three. The node counts the questions that are not
 * answered yet, and asks no more at LIMIT_WAITING_QUERIES: that bounds the pipe towards the worker.
 * In the other direction, a worker whose answers find no room waits until they do. It takes no
 * questions meanwhile, and goes on looking for its end. */
#include "node/places/actor.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "node/places/http.h"
#include "node/places/worker.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>

struct places_actor {
    zactor_t *thread;
    zsock_t *socket;          /* PAIR: questions out, answers in */
    loop_watch_t *watch;      /* of `socket`; NULL: none */
    size_t asked_count;       /* questions whose answers were not received yet */
    places_figures_t figures; /* that came with the last answers */
};

status_t places_actor_new(const config_t *config, log_t *log, places_actor_t **ret_self)
{
    if (http_global_init() != STATUS_OK) {
        log_event(log, LOG_PLACES_UNUSABLE, NULL,
                  "places: libcurl cannot be started; the start ends here");
        return STATUS_INVALID;
    }
    places_actor_t *self = memory_new(sizeof *self);
    self->socket = zsock_new(ZMQ_PAIR); /* at the start */
    assert(self->socket != NULL);
    /* An inproc pipe holds what its two ends allow together; asked_count bounds the questions. */
    zsock_set_sndhwm(self->socket, LIMIT_WAITING_QUERIES);
    zsock_set_rcvhwm(self->socket, LIMIT_PIPE_MESSAGES);
    /* With the time: a closed socket keeps its name for a while, and an address may come again. */
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://places-%p-%lld", (void *)self,
             (long long)clock_steady_ns());
    int bound = zsock_bind(self->socket, "%s", endpoint);
    assert(bound == 0);
    places_worker_start_t start = {
        .config = config, .log = log, .endpoint = endpoint, .status = STATUS_INVALID};
    /* Returns when the actor has signalled. */
    self->thread = zactor_new(places_worker_run, &start); /* at the start */
    assert(self->thread != NULL);
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
    zactor_destroy(&self->thread);
    loop_unwatch(&self->watch);
    zsock_destroy(&self->socket);
    free(self);
    *self_p = NULL;
}

void *places_actor_socket(places_actor_t *self)
{
    return zsock_resolve(self->socket);
}

status_t places_actor_watch(places_actor_t *self, loop_t *loop, loop_fn *call, void *argument)
{
    self->watch = loop_watch_socket(loop, places_actor_socket(self), ZMQ_POLLIN, call, argument);
    return self->watch != NULL ? STATUS_OK : STATUS_SYSTEM;
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
    loop_stir(self->watch);
    if (zmq_send(places_actor_socket(self), queries, count * sizeof *queries, ZMQ_DONTWAIT) < 0) {
        return STATUS_AGAIN;
    }
    self->asked_count += count;
    return STATUS_OK;
}

void places_actor_look_again(places_actor_t *self)
{
    /* If the queue is full, the worker is busy; a file is looked after in any case. */
    (void)zmq_send(places_actor_socket(self), "", 0, ZMQ_DONTWAIT);
    loop_stir(self->watch);
}

static void take_answers(places_actor_t *self, text_t headers, text_t texts,
                         places_answer_fn *answer, void *argument)
{
    places_worker_header_t header;
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
