/* network.h - a virtual network in place of ZeroMQ: what a DEALER and its ROUTER do with messages.
 *
 * A connection goes from one member's DEALER to one neighbour's ROUTER. Each of its two ways is a
 * pipe: an ordered queue with a latency, of at most 16 messages (LIMIT_PIPE_MESSAGES). What the
 * herd relies on, and no more:
 *   - a full pipe takes nothing (EAGAIN), nor does one that is not established (ZMQ_IMMEDIATE);
 *   - a connection that breaks loses what is under way, and establishes itself anew;
 *   - when a connection is closed, the first messages under way may still arrive;
 *   - a partition holds messages back, one way or both; a connection needs both ways to be
 *     established;
 *   - neither end learns what happened to the other.
 *
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

/* A message under way or received (open value struct): `message` borrows from the bytes behind
 * it. */
typedef struct {
    message_t message;
    int64_t arrival_ns;
    char bytes[];
} network_packet_t;

/* What can be done at one end of a connection. */
typedef enum {
    NETWORK_MESSAGE,  /* the ROUTER may receive */
    NETWORK_ANSWER,   /* the DEALER may receive */
    NETWORK_WRITABLE, /* the DEALER is established and has room */
} network_readiness_t;

/* Whom the network calls (open value struct); all borrowed. */
typedef struct {
    void *context;
    void (*ready)(void *context, size_t connection, network_readiness_t readiness);
    /* A message of an earlier session came late: NETWORK_MESSAGE or NETWORK_ANSWER, handed over at
     * once. */
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
    int64_t last_busy_ns; /* when the last message was taken, other than heartbeat, ACK and AUDIT */
    uint64_t trace;       /* hash of all that was received, and when: equal runs have equal ones */
} network_counters_t;

/* `schedule` and `random` are borrowed. Caller frees with network_destroy. */
network_t *network_new(size_t member_count, schedule_t *schedule, random_t *random,
                       const network_handlers_t *handlers);
void network_destroy(network_t **self_p);

/* Connections that are added from now on have this latency, no jitter, and room; 0, as at first: by
 * chance. */
void network_set_latency(network_t *self, int64_t latency_ns);

/* Adds both connections of two neighbours, before the first is opened. Returns the number of the
 * one from `one` to `other`; the other way has the next number. */
size_t network_join(network_t *self, size_t one, size_t other);

/* Who connects; to whom; the connection the other way. */
size_t network_from(const network_t *self, size_t connection);
size_t network_to(const network_t *self, size_t connection);
size_t network_reverse(size_t connection);

/* The ROUTER of `member` listens, or no longer. */
void network_listen(network_t *self, size_t member, bool listens);

/* Makes a new DEALER in place of the old one; NETWORK_WRITABLE says when it is established. */
void network_open(network_t *self, size_t connection);

/* Closes the DEALER. */
void network_close(network_t *self, size_t connection);

/* Breaks the connection: what is under way is lost, both ways, and it establishes itself anew. */
void network_break(network_t *self, size_t connection);

/* Whether the DEALER takes a message. */
bool network_is_writable(const network_t *self, size_t connection);

/* Sends a copy of the message, from the DEALER or from the ROUTER. False: not taken. */
bool network_send(network_t *self, size_t connection, const message_t *message);
bool network_answer(network_t *self, size_t connection, const message_t *message);

/* The next message that has arrived, NETWORK_MESSAGE or NETWORK_ANSWER; NULL if there is none.
 * Caller frees with free(). */
network_packet_t *network_receive(network_t *self, size_t connection, network_readiness_t which);

/* Asks for one NETWORK_WRITABLE soon: there is more to send than fits in a turn. */
void network_want_writable(network_t *self, size_t connection);

/* Adds or ends a partition between the connection's `from` and its `to`, in this direction only. */
void network_block(network_t *self, size_t connection);
void network_unblock(network_t *self, size_t connection);

/* Has a member read a message at most each `interval_ns`; 0: as fast as they come. */
void network_slow(network_t *self, size_t member, int64_t interval_ns);

/* Allows messages that a connection loses to come late, once or twice. */
void network_set_late(network_t *self, bool late);

const network_counters_t *network_counters(const network_t *self);

/* Messages and bytes that a member received; nothing else is set. */
network_counters_t network_received(const network_t *self, size_t member);

#endif
