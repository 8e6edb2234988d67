/* link.h - one neighbour: what we send it, and how far we have processed what it sends us.
 *
 * docs/replication.md, R5 to R15, R18 and R19, and docs/bus-protocol.md, B1 to B14. Free of I/O,
 * clocks and threads: a message and a time come in, messages go out. node/bus/neighbour.c puts it
 * on sockets, the simulator on a virtual network. Owner: the neighbour. Threads: one, the store's.
 *
 * The sending half, over our DEALER, is a cursor into the store's list of changes, not a queue.
 * HELLO opens a session, WANT says from which index on, DATA goes out while the window has room,
 * ACK moves the window. The receiving half, over our ROUTER, is a checkpoint: the generation and
 * the index up to which the neighbour's list is processed. The answers that are due are state, not
 * a queue: link_next_answer derives the messages from it. */
#ifndef HERD_COMMON_REPLICATION_LINK_H
#define HERD_COMMON_REPLICATION_LINK_H

#include "common/base/buffer.h"
#include "common/base/text.h"
#include "common/protocol/message.h"
#include "common/replication/generation.h"
#include "common/replication/offset.h"
#include "common/store/store.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct link link_t;

/* A point in the list of one generation of a member (open value struct). */
typedef struct {
    generation_t generation;
    uint64_t index; /* processed up to here, or recovered up to here */
    uint64_t level; /* the greatest tail of the list at which all of it was processed (R8) */
} link_checkpoint_t;

/* The links of one member (open; zero at first, every field theirs). An empty member takes the
 * whole list of one neighbour at a time (R11). */
typedef struct {
    link_t *filler; /* the link whose neighbour was asked for its whole list last; NULL: no link */
    uint64_t marks; /* bit n: some link has mark n */
} link_group_t;

/* Which halves a link has. */
typedef enum {
    LINK_NEIGHBOURS,  /* both: it joins two members */
    LINK_TO_FOLLOWER, /* the sending half, at a node (R20) */
    LINK_OF_FOLLOWER, /* the receiving half, at a follower */
} link_kind_t;

/* What takes records at a follower, in place of the store's own merge (open value struct). */
typedef struct {
    /* A record as the node has it, in the order of the node's list. */
    store_outcome_t (*take)(void *argument, const record_t *record);
    /* The node was asked for the whole list, or for a repair: from now on it sends each record that
     * it has in these leaves of the digest, bit by bit, or in all if NULL (R20). */
    void (*asked)(void *argument, const uint64_t *leaves);
    /* Records of clients of these hashes come next (store_fetch_begin): what `take` will read can
     * be fetched. STORE_FETCH_BATCH at most. NULL: it need not hear of that. */
    void (*coming)(void *argument, const uint32_t *hashes, size_t count);
    void *argument;
} link_sink_t;

/* Who we are and which neighbour this link goes to (open value struct); copied by link_new. */
typedef struct {
    link_kind_t kind;
    const link_sink_t *sink; /* borrowed as long as the link lives; NULL but LINK_OF_FOLLOWER */
    link_group_t *group;     /* of the member's links, borrowed as long as they live; NULL: none */
    text_t herd;             /* name of the herd */
    text_t member;           /* our name */
    text_t neighbour;        /* its name */
    generation_t generation; /* ours; new unless our list goes on exactly where it stopped (R7) */
    /* Number of the neighbour's mark; LIMIT_MARKED_NEIGHBOURS or more: no mark. No two links of a
     * store have the same mark at the same time. What a link that is gone has marked does not count
     * for the next one with that number (R6). */
    unsigned mark;
    bool has_parent;          /* our list goes on where that of an earlier generation ... */
    link_checkpoint_t parent; /* ... was recovered up to (R7) */
    size_t batch_size;        /* bytes after which a DATA or LEAVES ends; 0: LIMIT_BATCH_SIZE */
    uint64_t first_session;   /* sessions count on from it; random: no two lives share one (R8) */
} link_identity_t;

/* What a received message meant, for the log and for the socket. */
typedef enum {
    LINK_NOTHING,      /* nothing to report */
    LINK_UP,           /* the neighbour takes our records from now on */
    LINK_OPENED,       /* it opened a session to us */
    LINK_RESTARTED,    /* the same, and our own connection to it leads nowhere: make it anew (B9) */
    LINK_RESET,        /* it does not know our session: we open anew */
    LINK_REFUSED,      /* it does not accept us; link_reason says why */
    LINK_HERD_DIFFERS, /* it belongs to another herd; it was refused */
    LINK_REPAIRED,     /* records that an audit found missing are here now (R15) */
    LINK_GAP,          /* records before this message are missing: asked for again */
    LINK_BAD,          /* malformed, or of a session that is over: dropped and counted */
} link_event_t;

/* Counters since link_new (open value struct). */
typedef struct {
    uint64_t sent;     /* records */
    uint64_t received; /* records: the sum of the next five */
    uint64_t newer;    /* taken */
    uint64_t same;     /* duplicates */
    uint64_t older;    /* stale */
    uint64_t expired;  /* too old to be taken (R16) */
    uint64_t refused;  /* malformed, or there was no room */
    uint64_t bad_messages;
    uint64_t gaps;               /* NAKs sent */
    uint64_t audits;             /* AUDITs sent */
    uint64_t comparisons;        /* digests compared by us, as the receiver */
    uint64_t repaired;           /* records, of `newer`, that only an audit brought */
    int64_t clock_difference_ns; /* neighbour's clock minus ours, when it last said HELLO */
} link_counters_t;

/* link_group_take_mark returns the least mark that no link of the group has,
 * LIMIT_MARKED_NEIGHBOURS if all are taken; link_group_give_mark gives it back, when the link is
 * destroyed. */
unsigned link_group_take_mark(link_group_t *self);
void link_group_give_mark(link_group_t *self, unsigned mark);

/* A link that is down. `store` is borrowed. Caller frees with link_destroy. */
link_t *link_new(const link_identity_t *identity, store_t *store);

/* Frees it and clears the pointer; NULL is fine. */
void link_destroy(link_t **self_p);

/* How far we have processed the neighbour's list: what a journal keeps with the records. False
 * while nothing is known, and once a record of it has found no room: it is not all here then. */
bool link_checkpoint(const link_t *self, link_checkpoint_t *ret_checkpoint);

/* Puts back what a journal kept; before the first message. */
void link_restore(link_t *self, const link_checkpoint_t *checkpoint);

/* The connection was made anew: the sending half is down until link_connected. */
void link_disconnected(link_t *self, int64_t steady_ns);

/* The connection takes messages: a new session opens with HELLO. */
void link_connected(link_t *self, int64_t steady_ns);

/* Whether nothing was heard from the neighbour for dead_after (B8): make the connection anew. */
bool link_is_dead(const link_t *self, int64_t steady_ns);

/* Whether what the neighbour acknowledges is waited for (R18). If not, it may acknowledge later,
 * with what comes next (B5). */
void link_await_acks(link_t *self, bool awaited);

/* Makes the next message for the DEALER, if there is one: HELLO, DATA, LEAVES, AUDIT, or an empty
 * DATA after a second. `now_ns` is the clock that the neighbour is told. Its texts borrow until the
 * next call. The caller then calls link_sent or link_unsent. */
bool link_next(link_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message);

/* The message of link_next left. */
void link_sent(link_t *self, int64_t steady_ns);

/* It did not (EAGAIN): as if it had not been asked for. */
void link_unsent(link_t *self);

/* Whether link_next may have a message now: records, HELLO, LEAVES, or a heartbeat or AUDIT that is
 * due. */
bool link_is_due(link_t *self, int64_t steady_ns);

/* Whether the link waits for the digest of the store: call store_digest_step until it is complete,
 * then link_next and link_next_answer. */
bool link_wants_digest(link_t *self, int64_t steady_ns);

/* Takes WANT, ACK, NAK, RESET, COMPARE or REFUSED, received on the DEALER. `steady_ns` is not
 * before it came: an ACK may say the neighbour's clock (R19). */
link_event_t link_take_answer(link_t *self, const message_t *message, int64_t steady_ns);

/* Takes HELLO, DATA, LEAVES or AUDIT, received on the ROUTER from this neighbour; merges records
 * into the store. */
link_event_t link_take(link_t *self, const message_t *message, int64_t now_ns, int64_t steady_ns);

/* Makes the next answer for the ROUTER, if one is due: WANT, REFUSED, RESET, COMPARE, NAK or ACK,
 * one for each call. Sent or not, it is done with: the neighbour asks again. `now_ns` is the clock
 * that the neighbour is told, read now. Its texts borrow until the next call. */
bool link_next_answer(link_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message);

/* Whether the neighbour takes our records; whether there is no connection to it at all. */
bool link_is_up(const link_t *self);
bool link_is_down(const link_t *self);

/* Whether the neighbour has acknowledged everything that we have. */
bool link_is_level(const link_t *self);

/* Of the list that it takes over since it opened the session: how many records are still to be sent
 * at most. 0: it has what there was when we said HELLO, or has not said yet what it needs. */
uint64_t link_fill_left(const link_t *self);

/* The greatest index such that the neighbour has acknowledged, for each entry that ever stood in
 * our list up to it, that record or a greater one of its client (R18). It never goes back. */
uint64_t link_held(const link_t *self);

/* Whether the neighbour is there: it has opened a session to us, or taken ours. */
bool link_has_heard(const link_t *self);

/* Whether it has opened a session to us, and we have everything that it had then. */
bool link_has_caught_up(const link_t *self);

/* Whether its newest HELLO found that its list goes on from what was processed: nothing is
 * compared, nor sent from the beginning. */
bool link_has_resumed(const link_t *self);

/* As link_has_caught_up, and DATA has come in this session, behind whose last nothing was left in
 * its list, nor is anything compared. */
bool link_has_all(const link_t *self);

/* Whether what it sent again, for a comparison, has come. */
bool link_is_repaired(const link_t *self);

/* Entries that HELLO told of and were not processed, at most; 0 without a session. */
uint64_t link_behind(const link_t *self);

/* The list that is processed, and up to where; the index is 0 while it is not known. */
link_checkpoint_t link_position(const link_t *self);

/* The connection to us has ended: the session with it. What was processed stays known. */
void link_lost(link_t *self);

/* What is known of the neighbour's clock (R19). Borrowed. */
const offset_t *link_clock(const link_t *self);

/* Has the neighbour open its session anew, and compares what both hold (R16): records may be
 * missing here though its list was processed. */
void link_compare_anew(link_t *self);

/* Entries from the acknowledged index to the tail: an upper bound of what the neighbour still
 * needs. */
uint64_t link_lag(const link_t *self);

/* DATA messages that the neighbour has not acknowledged. */
unsigned link_unacknowledged(const link_t *self);

const link_counters_t *link_counters(const link_t *self);

/* Why the neighbour refused us (LINK_REFUSED): foreign text, to be escaped. Borrowed until the next
 * message. */
text_t link_reason(const link_t *self);

#endif
