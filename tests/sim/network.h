/* network.h - a virtual network in place of ZeroMQ: what a DEALER and the ROUTER that it is connected to do with messages.
 *
 * A connection is what one member's DEALER has to one neighbour's ROUTER. Each of its two ways is a pipe: an ordered
 * queue with a latency, of at most 16 messages (LIMIT_PIPE_MESSAGES). What the herd relies on, and no more:
 *   - a full pipe takes nothing (EAGAIN), nor does one that is not established (ZMQ_IMMEDIATE);
 *   - a connection that breaks loses what is under way, and establishes itself anew;
 *   - of a connection that is closed, the first messages under way may still arrive;
 *   - a partition holds messages back, one way or both; connections need both ways to be established;
 *   - one end does not learn what became of the other.
 * Owner: the herd. Threads: one.
 */
#ifndef HERD_TESTS_SIM_NETWORK_H
#define HERD_TESTS_SIM_NETWORK_H

#include "common/protocol/message.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct network network_t;

/* A message under way or received (open value struct): `message` borrows from the bytes behind it. */
typedef struct {
    message_t message;
    int64_t arrival_ns;
    char bytes[];
} network_packet_t;

/* What there is to do at one end of a connection. */
typedef enum {
    NETWORK_MESSAGE,  /* the ROUTER may receive */
    NETWORK_ANSWER,   /* the DEALER may receive */
    NETWORK_WRITABLE, /* the DEALER is established and has room */
} network_readiness_t;

/* Whom the network calls (open value struct); all borrowed. */
typedef struct {
    void *context;
    void (*ready)(void *context, size_t connection, network_readiness_t readiness);
    /* One of an earlier session, come late: NETWORK_MESSAGE or NETWORK_ANSWER, handed over at once. */
    void (*late)(void *context, size_t connection, network_readiness_t readiness,
                 const message_t *message);
} network_handlers_t;

/* What it counted (open value struct). */
typedef struct {
    uint64_t messages;    /* taken from a sender, both ways */
    uint64_t bytes;       /* their headers and bodies */
    uint64_t batches;     /* of the messages: DATA with records */
    uint64_t batch_bytes; /* of these */
    uint64_t lost;        /* of these */
    uint64_t refused;     /* not taken: EAGAIN */
    uint64_t late;        /* came after their connection's end, or twice */
    int64_t last_busy_ns; /* when the last message but heartbeats and acknowledgements was taken */
    uint64_t trace;       /* hash of all that was received, and when: equal where two runs are */
} network_counters_t;

/* `schedule` and `random` are borrowed. Caller frees with network_destroy. */
network_t *network_new(size_t member_count, schedule_t *schedule, random_t *random,
                       const network_handlers_t *handlers);
void network_destroy(network_t **self_p);

/* All connections that are added from now on have this latency, without jitter, and room; 0, as at first: by chance. */
void network_set_latency(network_t *self, int64_t latency_ns);

/* Adds both connections of two neighbours: that of `one` to `other` has the returned number, the other way the
 * next. Before the first is opened. */
size_t network_join(network_t *self, size_t one, size_t other);

/* Who connects, and to whom; and the connection the other way. */
size_t network_from(const network_t *self, size_t connection);
size_t network_to(const network_t *self, size_t connection);
size_t network_reverse(size_t connection);

/* The ROUTER of `member` listens, or does no longer. */
void network_listen(network_t *self, size_t member, bool listens);

/* A new DEALER in place of what there was; NETWORK_WRITABLE tells when it is established. */
void network_open(network_t *self, size_t connection);

/* No DEALER any more. */
void network_close(network_t *self, size_t connection);

/* Loses what is under way, both ways; it establishes itself anew. */
void network_break(network_t *self, size_t connection);

/* Whether the DEALER takes a message. */
bool network_is_writable(const network_t *self, size_t connection);

/* By the DEALER, by the ROUTER. False: not taken. The message is copied. */
bool network_send(network_t *self, size_t connection, const message_t *message);
bool network_answer(network_t *self, size_t connection, const message_t *message);

/* The next message that has arrived, NETWORK_MESSAGE or NETWORK_ANSWER; NULL where there is none. Caller frees with
 * free(). */
network_packet_t *network_receive(network_t *self, size_t connection, network_readiness_t which);

/* Asks for one NETWORK_WRITABLE soon: there is more to send than fits into a turn. */
void network_want_writable(network_t *self, size_t connection);

/* One partition more, or less, between the connection's `from` and its `to`, in this direction only. */
void network_block(network_t *self, size_t connection);
void network_unblock(network_t *self, size_t connection);

/* A member that reads a message at most each `interval_ns`; 0: as fast as they come. */
void network_slow(network_t *self, size_t member, int64_t interval_ns);

/* Whether messages that a connection loses may come later all the same, once or twice. */
void network_set_late(network_t *self, bool late);

const network_counters_t *network_counters(const network_t *self);

/* Messages and bytes that a member received; nothing else is set. */
network_counters_t network_received(const network_t *self, size_t member);

#endif
