/* copy.h - a copy of what one member knows, kept by a follower: the newest record of each client,
 * each under a number that stays.
 *
 * docs/bus-protocol.md, F rules; docs/replication.md, R20. Free of I/O, clocks and threads:
 * messages of the node and a time come in, messages to it come out, as from the receiving half of a
 * link. frontend/follower puts it on a socket, the simulator on a virtual network. Owner: the
 * program that follows. Threads: one.
 *
 * What the node says replaces what is here, also where it is older: a copy has no records of its
 * own. While the node is away the copy stays as it is, and can be read. A node that comes back in
 * the same life sends what was missed; with another life, or another member, the digests are
 * compared (R13), and what the node does not have goes: once the copy has all that the node has, so
 * nothing goes only to come again. At no time is the copy empty because a connection was lost.
 *
 * Each client has a number, below copy_number_end, from its first record until it is removed;
 * indexes and sets can be made of numbers. A number is used again, for another client, as late as
 * possible, once `rest` others have been given back: who keeps one beyond `removed` also keeps its
 * serial (copy_serial).
 *
 * A copy may have a part of the clients only (`keeps`): who looks at one area, or only passes what
 * comes, needs no memory for the others.
 *
 * A client is served, or not: not if it was forgotten (R17), or its record has expired by the time
 * of the node (R16). Only what is served is told to the watcher, and read. */
#ifndef HERD_COMMON_COPY_COPY_H
#define HERD_COMMON_COPY_COPY_H

#include "common/protocol/message.h"
#include "common/protocol/record.h"
#include "common/replication/link.h"
#include "common/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct copy copy_t;

/* What one is made of (open value struct). */
typedef struct {
    text_t herd;        /* name of the herd; copied */
    text_t follower;    /* our name, as FOLLOW says it; copied */
    size_t max_clients; /* records beyond are refused, and counted */
    size_t max_memory;  /* bytes of records (store_limit_memory); 0: no bound */
    uint32_t rest;      /* numbers that are given back rest while these are no more */
    uint64_t seed;      /* of the table, as for store_new: random in production */
    generation_t life;  /* ours: generation_new() in production */
    /* The record of `number` is served and new: the client came (`known` is false), or its record
     * changed. Called for each change, as it is taken. The record borrows for the call. */
    void (*changed)(void *argument, uint32_t number, const record_t *record, bool known);
    /* The client of `number` is not served any more: it was forgotten, has expired, or is not at
     * the node. `client` borrows for the call; the number may be used again after it. */
    void (*removed)(void *argument, uint32_t number, text_t client);
    /* Whether a record of the node, which is no tombstone, is to be here; `served`: it has not
     * expired. What is not counts as if the node did not have it. NULL: all are, tombstones too. A
     * copy of a part is not audited (R15). The record borrows for the call. */
    bool (*keeps)(void *argument, const record_t *record, bool served);
    /* Records of these numbers come next, STORE_FETCH_BATCH at most: what `changed` will read can
     * be fetched. */
    void (*coming)(void *argument, const uint32_t *numbers, size_t count);
    void *argument; /* for these four, which may read the copy, nothing else; any may be NULL */
} copy_settings_t;

/* How it is (open value struct). */
typedef struct {
    bool open;            /* the node sends to us: HELLO came, and copy_lost has not since */
    bool current;         /* and we have all that it had then: what is read is what it serves */
    int64_t heard_ns;     /* steady: last DATA taken; 0: none. The copy's age is now minus that */
    generation_t node;    /* the life of the node's list that was processed ... */
    uint64_t index;       /* ... up to here; 0 while it is not known */
    uint64_t behind;      /* entries of its list that HELLO told of and are not here, at most */
    size_t served;        /* clients */
    uint64_t unstored;    /* records that found no room */
    uint64_t received;    /* records; of these ... */
    uint64_t changes;     /* ... those that changed something */
    uint64_t dropped;     /* clients that were here and not at the node */
    uint64_t comparisons; /* of digests */
    uint64_t repaired;    /* records that only an audit brought (R15): a defect */
    uint64_t bad;         /* messages that were malformed, or of a session that is no more */
} copy_state_t;

/* An empty copy. Caller frees with copy_destroy. */
copy_t *copy_new(const copy_settings_t *settings);

/* Frees it and clears the pointer; NULL is fine. Its changes must be closed. `removed` is not
 * called. */
void copy_destroy(copy_t **self_p);

/* Reading */

/* The record of `number`, any number; its texts borrow until the next call of any function of the
 * copy. False if it is not used, or not served. */
bool copy_read(const copy_t *self, uint32_t number, record_t *ret_record);

/* Number and record of a client; borrows as above. False if it is unknown or not served. */
bool copy_find(const copy_t *self, text_t client, uint32_t *ret_number, record_t *ret_record);

/* Whether copy_find finds the client; it costs less. */
bool copy_serves_client(const copy_t *self, text_t client);

/* Has what either will read of a client brought into the caches: first this, then, after
 * something else, copy_fetch_entry with what it returned. */
uint32_t copy_fetch_begin(const copy_t *self, text_t client);
void copy_fetch_entry(const copy_t *self, uint32_t hash);

/* All numbers are less: read each from 0 on for all clients. It only grows. */
uint32_t copy_number_end(const copy_t *self);

/* Differs between two uses of a number: counts them, from 1. 0 for a number never used. */
uint32_t copy_serial(const copy_t *self, uint32_t number);

copy_state_t copy_state(const copy_t *self);

/* Bytes of memory that records, table and numbers occupy. */
size_t copy_memory(const copy_t *self);

/* Changes since a moment: of this copy's own list, which has each client once, at the index of its
 * last change (R5). `copy_life` and an index name a moment for good: an index of another life means
 * nothing. What was removed without a tombstone (expired, or not at the node) is in no list: who
 * resumes looks at what it was told of before, too. */
const generation_t *copy_life(const copy_t *self);

/* Index of the newest change, and of the last one of a number that is used, else 0. */
uint64_t copy_tail(const copy_t *self);
uint64_t copy_changed_at(const copy_t *self, uint32_t number);

/* A walk through the list from older to newer (open only to be embedded). Any number of them may be
 * open for as long as one likes, though each costs every change a little; the copy may change
 * meanwhile: a client that changes again moves behind the walk, to the tail. */
typedef struct {
    const copy_t *copy;
    store_cursor_t cursor;
} copy_changes_t;

/* One change (open value struct). */
typedef struct {
    uint32_t number;
    uint64_t index;  /* of the change */
    record_t record; /* borrows as that of copy_read; a tombstone's, too */
    bool served;
} copy_change_t;

/* Begins behind `index`; 0: with the oldest. Takes a step for each entry beyond, `steps` at most:
 * false if there are more, and nothing is open then. Caller ends it with copy_changes_close. */
bool copy_changes_open(copy_t *self, uint64_t index, size_t steps, copy_changes_t *ret_changes);
void copy_changes_close(copy_changes_t *changes);

/* The next change; false at the tail. */
bool copy_changes_next(copy_changes_t *changes, copy_change_t *ret_change);

/* Feeding, by the one who has the connection */

/* From now on the member `name`, copied, is followed: its list is not known yet. Before the first
 * message, and when another member is followed than before. */
void copy_follow(copy_t *self, text_t name);

/* The connection has ended: nothing is current until the node has opened the next one. */
void copy_lost(copy_t *self);

/* Takes a message of the node: HELLO, DATA, LEAVES or AUDIT. Times as for link_take. */
link_event_t copy_take(copy_t *self, const message_t *message, int64_t now_ns, int64_t steady_ns);

/* Makes the next message to the node, if one is due: WANT, ACK, NAK, RESET or COMPARE, one for each
 * call, as link_next_answer. */
bool copy_next_answer(copy_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message);

/* Call it several times a second, and while it returns true in the next turns of the loop, too: it
 * goes on with what takes long (digest, expiry, what is to be removed), a bounded step at a time.
 * An answer may be due afterwards. */
bool copy_step(copy_t *self, int64_t steady_ns);

/* The digest of its records, once copy_step has computed it; the first call asks for that. NULL
 * until then. Equal to the node's at rest (R12). Borrowed until the next change. */
const digest_t *copy_digest(copy_t *self);

#endif
