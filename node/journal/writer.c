/* Orders are carried out one after the other, and each has one news:
 *
 *   reactor -- order_t --------------> thread   a chunk, the end of a transaction, or both
 *   reactor <-- journal_writer_news_t -- thread
 *   reactor -- $TERM, over the actor's pipe --> thread   when the orders before it are done
 *
 * A chunk is kept until the next call, to go with the end if that is what comes: so a transaction
 * of one chunk, which is what a lone request makes, wakes the thread once and the reactor once.
 *
 * Small transactions are in data.mdb a second later at most, also if no other follows
 * (journal_disk_settle): so copies of that file have them.
 *
 * After a failure the rest of that transaction is passed over: its chunks come back, its end has no
 * effect. The journal begins another. Orders are bounded by the journal: JOURNAL_CHUNKS_MAX chunks,
 * or, where a transaction must be ended in one turn, what the store holds. So the pipes have no
 * mark of their own, which would make the reactor wait. */
#include "node/journal/writer.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <assert.h>
#include <czmq.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

static const int64_t settle_after_ns = 1 * TIMESTAMP_NS_PER_S;

typedef struct {
    journal_part_t part;    /* of the chunk */
    char *chunk;            /* NULL: the end alone */
    journal_part_t end;     /* of the transaction */
    journal_state_t *state; /* of the end; NULL: the chunk alone */
} order_t;

struct journal_writer {
    zactor_t *thread;
    zsock_t *socket;     /* PAIR: orders out, news in */
    loop_watch_t *watch; /* of `socket`; NULL: none */
    order_t kept;        /* a chunk that was not sent yet; without one: nothing is kept */
    atomic_bool ended;   /* the thread touches no order and no news any more */
};

typedef struct {
    zsock_t *pipe; /* the actor's */
    zsock_t *socket;
    journal_disk_t *disk;
    uint64_t failed;   /* the newest transaction that is lost */
    int64_t settle_ns; /* steady: what is not in data.mdb goes there; 0: all is there */
} writer_t;

/* What the thread is started with. */
typedef struct {
    const char *endpoint;
    journal_disk_t *disk;
    atomic_bool *ended;
} start_t;

static zsock_t *make_socket(void)
{
    zsock_t *socket = zsock_new(ZMQ_PAIR); /* at the start */
    assert(socket != NULL);
    zsock_set_sndhwm(socket, 0);
    zsock_set_rcvhwm(socket, 0);
    return socket;
}

/* ---- the thread ---- */

static void tell(writer_t *self, const journal_writer_news_t *news)
{
    int sent = zmq_send(zsock_resolve(self->socket), news, sizeof *news, 0);
    assert(sent == (int)sizeof *news || zsys_interrupted);
}

static uint64_t transaction_of(const order_t *order)
{
    return order->chunk != NULL ? order->part.transaction : order->end.transaction;
}

static status_t commit(writer_t *self, const order_t *order, journal_writer_news_t *news)
{
    int64_t begin_ns = clock_steady_ns();
    status_t status = journal_disk_commit(self->disk, &order->end, order->state, &news->problem);
    if (status == STATUS_OK) {
        news->event = JOURNAL_WRITER_COMMITTED;
        news->records = journal_disk_records(self->disk);
        news->size = journal_disk_size(self->disk);
        news->live_size = journal_disk_live_size(self->disk);
        news->took_ns = clock_steady_ns() - begin_ns;
    }
    return status;
}

static void carry_out(writer_t *self, const order_t *order)
{
    journal_writer_news_t news = {
        .event = JOURNAL_WRITER_TAKEN, .transaction = transaction_of(order), .chunk = order->chunk};
    if (order->chunk != NULL) {
        news.status = journal_disk_put(self->disk, &order->part, order->chunk, &news.problem);
    }
    if (news.status == STATUS_OK && order->state != NULL) {
        news.status = commit(self, order, &news);
    }
    if (news.status != STATUS_OK) {
        news.event = JOURNAL_WRITER_FAILED;
        self->failed = news.transaction;
    }
    tell(self, &news);
}

/* What is left of a transaction that failed. */
static void pass_over(writer_t *self, const order_t *order)
{
    if (order->chunk != NULL) {
        journal_writer_news_t news = {.event = JOURNAL_WRITER_TAKEN, .chunk = order->chunk};
        tell(self, &news);
    }
}

/* Carries out one order; false if there is none. */
static bool take_order(writer_t *self)
{
    order_t order;
    int size = zmq_recv(zsock_resolve(self->socket), &order, sizeof order, ZMQ_DONTWAIT);
    if (size != (int)sizeof order) {
        return false;
    }
    if (transaction_of(&order) <= self->failed) {
        pass_over(self, &order);
    } else {
        carry_out(self, &order);
    }
    if (order.state != NULL) {
        journal_state_done(order.state);
        free(order.state);
    }
    return true;
}

/* Settles when it is time. If that fails, all is on the disk as before, and the next transaction
 * does it; but the disk has a fault, which is told. */
static void settle(writer_t *self, bool at_once)
{
    journal_writer_news_t news = {.event = JOURNAL_WRITER_FAILED};
    int64_t now_ns = clock_steady_ns();
    if (journal_disk_is_settled(self->disk)) {
        self->settle_ns = 0;
    } else if (self->settle_ns == 0) {
        self->settle_ns = now_ns + settle_after_ns;
    }
    if (self->settle_ns != 0 && (at_once || now_ns >= self->settle_ns)) {
        news.status = journal_disk_settle(self->disk, &news.problem);
        bool settled = news.status == STATUS_OK && journal_disk_is_settled(self->disk);
        self->settle_ns = settled ? 0 : now_ns + settle_after_ns;
        if (news.status != STATUS_OK && !at_once) {
            tell(self, &news);
        }
    }
}

/* Milliseconds until then; -1: never. */
static long settle_left_ms(const writer_t *self)
{
    int64_t left_ns = self->settle_ns - clock_steady_ns();
    if (self->settle_ns == 0) {
        return -1;
    }
    return left_ns > 0 ? (long)(left_ns / TIMESTAMP_NS_PER_MS) + 1 : 0;
}

static void block_signals(void)
{
    sigset_t signals;
    sigfillset(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void run_writer(zsock_t *pipe, void *argument)
{
    start_t *start = argument;
    atomic_bool *ended = start->ended;
    writer_t self = {.pipe = pipe, .socket = make_socket(), .disk = start->disk};
    block_signals();
    int connected = zsock_connect(self.socket, "%s", start->endpoint);
    assert(connected == 0);
    zsock_signal(pipe, 0); /* from here on `start` may be gone */
    zmq_pollitem_t items[] = {{.socket = zsock_resolve(pipe), .events = ZMQ_POLLIN},
                              {.socket = zsock_resolve(self.socket), .events = ZMQ_POLLIN}};
    while ((items[0].revents & ZMQ_POLLIN) == 0) {
        if (zmq_poll(items, 2, settle_left_ms(&self)) < 0 && errno != EINTR) {
            break;
        }
        while (take_order(&self)) {
        }
        settle(&self, false);
    }
    while (take_order(&self)) { /* that came before the end */
    }
    settle(&self, true);
    journal_disk_close(&self.disk);
    zsock_destroy(&self.socket);
    atomic_store(ended, true);
}

/* ---- the reactor's side ---- */

journal_writer_t *journal_writer_new(journal_disk_t **disk_p)
{
    journal_writer_t *self = memory_new(sizeof *self);
    char endpoint[64];
    self->socket = make_socket();
    /* With the time: a closed socket keeps its name for a while, and an address may come again. */
    snprintf(endpoint, sizeof endpoint, "inproc://journal-%p-%lld", (void *)self,
             (long long)clock_steady_ns());
    int bound = zsock_bind(self->socket, "%s", endpoint);
    assert(bound == 0);
    start_t start = {.endpoint = endpoint, .disk = *disk_p, .ended = &self->ended};
    self->thread = zactor_new(run_writer, &start); /* at the start; waits for its signal */
    assert(self->thread != NULL);
    *disk_p = NULL;
    return self;
}

void journal_writer_destroy(journal_writer_t **self_p)
{
    journal_writer_t *self = *self_p;
    journal_writer_news_t news;
    if (self == NULL) {
        return;
    }
    journal_writer_send(self);
    zactor_destroy(&self->thread);
    assert(atomic_load(&self->ended)); /* that was waited for */
    while (journal_writer_receive(self, &news)) {
        free(news.chunk);
    }
    loop_unwatch(&self->watch);
    zsock_destroy(&self->socket);
    free(self);
    *self_p = NULL;
}

status_t journal_writer_watch(journal_writer_t *self, loop_t *loop, loop_fn *call, void *argument)
{
    self->watch = loop_watch_socket(loop, zsock_resolve(self->socket), ZMQ_POLLIN, call, argument);
    return self->watch != NULL ? STATUS_OK : STATUS_SYSTEM;
}

static void send_kept(journal_writer_t *self)
{
    void *socket = zsock_resolve(self->socket);
    int sent = zmq_send(socket, &self->kept, sizeof self->kept, ZMQ_DONTWAIT);
    loop_stir(self->watch);
    assert(sent == (int)sizeof self->kept); /* the pipe has no mark */
    self->kept = (order_t){0};
}

void journal_writer_put(journal_writer_t *self, const journal_part_t *part, char **chunk_p)
{
    journal_writer_send(self);
    self->kept.part = *part;
    self->kept.chunk = *chunk_p;
    *chunk_p = NULL;
}

void journal_writer_commit(journal_writer_t *self, const journal_part_t *end,
                           journal_state_t *state)
{
    self->kept.end = *end;
    self->kept.state = memory_new(sizeof *state);
    *self->kept.state = *state;
    journal_state_init(state);
    send_kept(self);
}

void journal_writer_send(journal_writer_t *self)
{
    if (self->kept.chunk != NULL) {
        send_kept(self);
    }
}

bool journal_writer_receive(journal_writer_t *self, journal_writer_news_t *ret_news)
{
    int size = zmq_recv(zsock_resolve(self->socket), ret_news, sizeof *ret_news, ZMQ_DONTWAIT);
    return size == (int)sizeof *ret_news;
}
