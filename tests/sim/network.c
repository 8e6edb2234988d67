#include "tests/sim/network.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <stdlib.h>

#define MICROSECOND INT64_C(1000)

/* One way, from within one machine to over a satellite. The jitter is as much again on some
 * connections, and next to nothing on the others: there, what is in step stays in step. */
static const int64_t latency_min_ns = 20 * MICROSECOND;
static const int64_t jitter_min_ns = 20 * MICROSECOND;
static const int64_t latency_max_ns = 600 * TIMESTAMP_NS_PER_MS;
/* ZMQ_RECONNECT_IVL, and something by chance; doubled after each attempt that failed, up to
 * ZMQ_RECONNECT_IVL_MAX. */
static const int64_t retry_ns = 100 * TIMESTAMP_NS_PER_MS;
static const int64_t retry_max_ns = 5 * TIMESTAMP_NS_PER_S;
/* How late a message of an earlier session comes at most. */
static const int64_t late_max_ns = 10 * TIMESTAMP_NS_PER_S;
/* While messages may come late, one in so many of those that came in time comes once more. */
static const uint64_t late_copy_once_in = 24;

typedef struct connection connection_t;

/* One way of a connection. */
typedef struct {
    connection_t *connection;
    bool is_back;                                   /* from the ROUTER to the DEALER */
    bool scheduled;                                 /* its next arrival */
    network_packet_t *packets[LIMIT_PIPE_MESSAGES]; /* a ring */
    size_t first;
    size_t count;
    int64_t last_arrival_ns; /* nothing overtakes */
} pipe_t;

struct connection {
    network_t *network;
    size_t number;    /* among the network's connections */
    size_t from;      /* member */
    size_t to;        /* member */
    bool open;        /* there is a DEALER */
    bool established; /* the DEALER is connected */
    bool wanted;      /* NETWORK_WRITABLE is scheduled */
    uint64_t attempt; /* to establish it: earlier ones are void */
    unsigned blocked; /* partitions in force between `from` and `to`, in this direction */
    int64_t retry_ns; /* until the attempt after the next one, if that fails */
    int64_t latency_ns;
    int64_t jitter_ns; /* more latency by chance, less than this */
    size_t capacity;   /* of each pipe, messages */
    pipe_t forward;    /* from DEALER to ROUTER */
    pipe_t back;
};

/* How a member reads. */
typedef struct {
    bool listens;
    int64_t interval_ns; /* between two messages */
    int64_t next_ns;     /* not before */
    uint64_t messages;   /* received */
    uint64_t bytes;      /* of these */
} reader_t;

/* A packet that comes late. */
typedef struct {
    network_packet_t *packet; /* NULL: it has come */
    size_t connection;
    bool is_back;
} late_t;

struct network {
    schedule_t *schedule;
    random_t *random;
    network_handlers_t handlers;
    connection_t **connections; /* both ways of each edge, one after the other */
    size_t connection_count;
    size_t connection_capacity; /* allocated */
    reader_t *readers;          /* by member */
    late_t *late;
    size_t late_count;
    size_t late_capacity; /* allocated */
    bool late_allowed;
    int64_t latency_ns; /* of connections to come; 0: by chance */
    network_counters_t counters;
};

network_t *network_new(size_t member_count, schedule_t *schedule, random_t *random,
                       const network_handlers_t *handlers)
{
    network_t *self = memory_new(sizeof *self);
    self->schedule = schedule;
    self->random = random;
    self->handlers = *handlers;
    self->readers = memory_new_array(member_count, sizeof(reader_t));
    return self;
}

static void lose_first(pipe_t *pipe)
{
    free(pipe->packets[pipe->first]);
    pipe->first = (pipe->first + 1) % LIMIT_PIPE_MESSAGES;
    pipe->count--;
}

void network_destroy(network_t **self_p)
{
    network_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->connection_count; i++) {
        connection_t *connection = self->connections[i];
        while (connection->forward.count > 0) {
            lose_first(&connection->forward);
        }
        while (connection->back.count > 0) {
            lose_first(&connection->back);
        }
        free(connection);
    }
    for (size_t i = 0; i < self->late_count; i++) {
        free(self->late[i].packet);
    }
    free(self->connections);
    free(self->late);
    free(self->readers);
    free(self);
    *self_p = NULL;
}

void network_set_latency(network_t *self, int64_t latency_ns)
{
    self->latency_ns = latency_ns;
}

/* Draws how far it is, and how much may be under way. */
static void set_course(const network_t *self, connection_t *connection)
{
    static const size_t capacities[] = {1, 2, 5, LIMIT_PIPE_MESSAGES};
    random_t *random = self->random;
    if (self->latency_ns > 0) {
        connection->latency_ns = self->latency_ns;
        connection->jitter_ns = 1;
        connection->capacity = LIMIT_PIPE_MESSAGES;
        return;
    }
    connection->latency_ns = random_duration(random, latency_min_ns, latency_max_ns);
    connection->jitter_ns = random_once_in(random, 2) ? connection->latency_ns : jitter_min_ns;
    connection->capacity = capacities[random_below(random, 4)];
}

static size_t add_connection(network_t *self, size_t from, size_t to)
{
    if (self->connection_count == self->connection_capacity) {
        self->connection_capacity = 2 * self->connection_capacity + 32;
        self->connections =
            memory_resize(self->connections, self->connection_capacity * sizeof(connection_t *));
    }
    connection_t *connection = memory_new(sizeof *connection);
    connection->network = self;
    connection->number = self->connection_count;
    connection->from = from;
    connection->to = to;
    set_course(self, connection);
    connection->forward.connection = connection;
    connection->back.connection = connection;
    connection->back.is_back = true;
    self->connections[self->connection_count] = connection;
    return self->connection_count++;
}

size_t network_join(network_t *self, size_t one, size_t other)
{
    size_t number = add_connection(self, one, other);
    size_t reverse = add_connection(self, other, one);
    assert(reverse == network_reverse(number));
    self->connections[reverse]->latency_ns = self->connections[number]->latency_ns;
    self->connections[reverse]->jitter_ns = self->connections[number]->jitter_ns;
    return number;
}

size_t network_from(const network_t *self, size_t connection)
{
    return self->connections[connection]->from;
}

size_t network_to(const network_t *self, size_t connection)
{
    return self->connections[connection]->to;
}

size_t network_reverse(size_t connection)
{
    return connection ^ 1;
}

static bool is_blocked(const connection_t *connection, bool is_back)
{
    const network_t *network = connection->network;
    size_t way = is_back ? network_reverse(connection->number) : connection->number;
    return network->connections[way]->blocked > 0;
}

static reader_t *reader_of(const pipe_t *pipe)
{
    const connection_t *connection = pipe->connection;
    return &connection->network->readers[pipe->is_back ? connection->from : connection->to];
}

static void on_arrival(void *subject, uint64_t detail);

/* Schedules the arrival of the pipe's first message: when it is there and may be read. */
static void schedule_arrival(pipe_t *pipe)
{
    const network_packet_t *first = pipe->packets[pipe->first];
    if (pipe->count == 0 || pipe->scheduled || is_blocked(pipe->connection, pipe->is_back)) {
        return;
    }
    const reader_t *reader = reader_of(pipe);
    int64_t due_ns = first->arrival_ns > reader->next_ns ? first->arrival_ns : reader->next_ns;
    pipe->scheduled = true;
    schedule_at(pipe->connection->network->schedule, due_ns, on_arrival, pipe, 0);
}

static bool has_arrived(const pipe_t *pipe)
{
    int64_t now_ns = schedule_now_ns(pipe->connection->network->schedule);
    return pipe->count > 0 && !is_blocked(pipe->connection, pipe->is_back) &&
           pipe->packets[pipe->first]->arrival_ns <= now_ns && reader_of(pipe)->next_ns <= now_ns;
}

static void on_arrival(void *subject, uint64_t detail)
{
    (void)detail;
    pipe_t *pipe = subject;
    const connection_t *connection = pipe->connection;
    const network_handlers_t *handlers = &connection->network->handlers;
    pipe->scheduled = false;
    if (has_arrived(pipe)) {
        handlers->ready(handlers->context, connection->number,
                        pipe->is_back ? NETWORK_ANSWER : NETWORK_MESSAGE);
    }
    schedule_arrival(pipe);
}

static network_packet_t *packet_new(const message_t *message)
{
    size_t header_size = message->header.size;
    network_packet_t *packet = memory_new(sizeof *packet + header_size + message->body.size);
    text_copy(message->body, text_copy(message->header, packet->bytes));
    packet->message = (message_t){
        .type = message->type,
        .header = {.data = packet->bytes, .size = header_size},
        .body = {.data = packet->bytes + header_size, .size = message->body.size},
    };
    return packet;
}

static void count_message(network_t *self, const message_t *message)
{
    network_counters_t *counters = &self->counters;
    counters->messages++;
    counters->bytes += message->header.size + message->body.size;
    if (message->type == MESSAGE_DATA && message->body.size > 0) {
        counters->batches++;
        counters->batch_bytes += message->header.size + message->body.size;
    }
    bool idle = message->type == MESSAGE_ACK || message->type == MESSAGE_AUDIT ||
                (message->type == MESSAGE_DATA && message->body.size == 0);
    if (!idle) {
        counters->last_busy_ns = schedule_now_ns(self->schedule);
    }
}

static bool put_into(pipe_t *pipe, const message_t *message)
{
    connection_t *connection = pipe->connection;
    network_t *self = connection->network;
    if (!connection->established || pipe->count >= connection->capacity) {
        self->counters.refused++;
        return false;
    }
    int64_t jitter_ns = (int64_t)random_below(self->random, (uint64_t)connection->jitter_ns);
    int64_t arrival_ns = schedule_now_ns(self->schedule) + connection->latency_ns + jitter_ns;
    network_packet_t *packet = packet_new(message);
    packet->arrival_ns = arrival_ns > pipe->last_arrival_ns ? arrival_ns : pipe->last_arrival_ns;
    pipe->last_arrival_ns = packet->arrival_ns;
    pipe->packets[(pipe->first + pipe->count) % LIMIT_PIPE_MESSAGES] = packet;
    pipe->count++;
    count_message(self, message);
    schedule_arrival(pipe);
    return true;
}

bool network_send(network_t *self, size_t connection, const message_t *message)
{
    return put_into(&self->connections[connection]->forward, message);
}

bool network_answer(network_t *self, size_t connection, const message_t *message)
{
    return put_into(&self->connections[connection]->back, message);
}

bool network_is_writable(const network_t *self, size_t connection)
{
    const connection_t *one = self->connections[connection];
    return one->established && one->forward.count < one->capacity;
}

static void on_writable(void *subject, uint64_t detail)
{
    (void)detail;
    connection_t *connection = subject;
    const network_handlers_t *handlers = &connection->network->handlers;
    connection->wanted = false;
    if (network_is_writable(connection->network, connection->number)) {
        handlers->ready(handlers->context, connection->number, NETWORK_WRITABLE);
    }
}

void network_want_writable(network_t *self, size_t connection)
{
    connection_t *wanted = self->connections[connection];
    if (!wanted->wanted) {
        wanted->wanted = true;
        schedule_at(self->schedule, schedule_now_ns(self->schedule) + 10 * MICROSECOND, on_writable,
                    wanted, 0);
    }
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
}

static void on_late(void *subject, uint64_t detail)
{
    network_t *self = subject;
    late_t late = self->late[detail];
    self->late[detail].packet = NULL;
    self->counters.late++;
    self->handlers.late(self->handlers.context, late.connection,
                        late.is_back ? NETWORK_ANSWER : NETWORK_MESSAGE, &late.packet->message);
    free(late.packet);
}

static void send_late(network_t *self, const pipe_t *pipe, const message_t *message)
{
    if (self->late_count == self->late_capacity) {
        self->late_capacity = 2 * self->late_capacity + 16;
        self->late = memory_resize(self->late, self->late_capacity * sizeof(late_t));
    }
    self->late[self->late_count] = (late_t){.packet = packet_new(message),
                                            .connection = pipe->connection->number,
                                            .is_back = pipe->is_back};
    int64_t delay_ns = random_duration(self->random, TIMESTAMP_NS_PER_MS, late_max_ns);
    schedule_at(self->schedule, schedule_now_ns(self->schedule) + delay_ns, on_late, self,
                self->late_count++);
}

network_packet_t *network_receive(network_t *self, size_t connection, network_readiness_t which)
{
    connection_t *one = self->connections[connection];
    pipe_t *pipe = which == NETWORK_ANSWER ? &one->back : &one->forward;
    if (!has_arrived(pipe)) {
        return NULL;
    }
    bool was_full = pipe->count >= one->capacity;
    network_packet_t *packet = pipe->packets[pipe->first];
    pipe->first = (pipe->first + 1) % LIMIT_PIPE_MESSAGES;
    pipe->count--;
    reader_t *reader = reader_of(pipe);
    reader->next_ns = schedule_now_ns(self->schedule) + reader->interval_ns;
    reader->messages++;
    reader->bytes += packet->message.header.size + packet->message.body.size;
    if (was_full && !pipe->is_back) {
        network_want_writable(self, connection);
    }
    if (self->late_allowed && random_once_in(self->random, late_copy_once_in)) {
        send_late(self, pipe, &packet->message);
    }
    uint64_t trace = mix(self->counters.trace, (uint64_t)schedule_now_ns(self->schedule));
    trace = mix(trace, connection << 8 | packet->message.type);
    self->counters.trace = mix(trace, packet->message.body.size);
    return packet;
}

/* Loses all except the first `kept` messages; some of them come late, if that is allowed. */
static void lose_beyond(pipe_t *pipe, size_t kept)
{
    const connection_t *connection = pipe->connection;
    network_t *self = connection->network;
    while (pipe->count > kept) {
        size_t last = (pipe->first + pipe->count - 1) % LIMIT_PIPE_MESSAGES;
        network_packet_t *packet = pipe->packets[last];
        for (int i = 0; i < 2 && self->late_allowed; i++) {
            if (random_once_in(self->random, 3)) {
                send_late(self, pipe, &packet->message);
            }
        }
        free(packet);
        pipe->count--;
        self->counters.lost++;
    }
}

static void on_attempt(void *subject, uint64_t detail);

static void attempt_after(connection_t *connection, int64_t delay_ns)
{
    network_t *self = connection->network;
    connection->established = false;
    connection->attempt++;
    schedule_at(self->schedule, schedule_now_ns(self->schedule) + delay_ns, on_attempt, connection,
                connection->attempt);
}

static void on_attempt(void *subject, uint64_t detail)
{
    connection_t *connection = subject;
    network_t *self = connection->network;
    if (detail != connection->attempt) {
        return;
    }
    if (!self->readers[connection->to].listens || is_blocked(connection, false) ||
        is_blocked(connection, true)) {
        attempt_after(connection,
                      connection->retry_ns + (int64_t)random_below(self->random, retry_ns / 2));
        int64_t doubled_ns = 2 * connection->retry_ns;
        connection->retry_ns = doubled_ns < retry_max_ns ? doubled_ns : retry_max_ns;
        return;
    }
    connection->retry_ns = retry_ns;
    connection->established = true;
    network_want_writable(self, connection->number);
}

void network_close(network_t *self, size_t connection)
{
    connection_t *closed = self->connections[connection];
    closed->attempt++;
    closed->open = closed->established = false;
    /* What the kernel had taken arrives. */
    lose_beyond(&closed->forward, random_below(self->random, closed->forward.count + 1));
    lose_beyond(&closed->back, 0);
}

void network_open(network_t *self, size_t connection)
{
    network_close(self, connection);
    connection_t *opened = self->connections[connection];
    opened->open = true;
    opened->retry_ns = retry_ns;
    attempt_after(opened, 2 * opened->latency_ns);
}

void network_break(network_t *self, size_t connection)
{
    connection_t *broken = self->connections[connection];
    lose_beyond(&broken->forward, 0);
    lose_beyond(&broken->back, 0);
    if (broken->open) {
        attempt_after(broken, retry_ns);
    }
}

void network_listen(network_t *self, size_t member, bool listens)
{
    self->readers[member].listens = listens;
}

void network_block(network_t *self, size_t connection)
{
    self->connections[connection]->blocked++;
}

void network_unblock(network_t *self, size_t connection)
{
    connection_t *unblocked = self->connections[connection];
    assert(unblocked->blocked > 0);
    unblocked->blocked--;
    schedule_arrival(&unblocked->forward);
    schedule_arrival(&self->connections[network_reverse(connection)]->back);
}

void network_slow(network_t *self, size_t member, int64_t interval_ns)
{
    self->readers[member].interval_ns = interval_ns;
}

void network_set_late(network_t *self, bool late)
{
    self->late_allowed = late;
}

const network_counters_t *network_counters(const network_t *self)
{
    return &self->counters;
}

network_counters_t network_received(const network_t *self, size_t member)
{
    const reader_t *reader = &self->readers[member];
    return (network_counters_t){.messages = reader->messages, .bytes = reader->bytes};
}
