/* told.h - what one watcher was told: whom it knows to be in its view, and what it has to hear
 * next.
 *
 * Free of I/O, clocks and threads. Owner: the stream that it belongs to; kept for a while after the
 * stream was cut. Threads: one.
 *
 * Events are not kept, only who has to be looked at again. A change of a client marks it in the
 * watchers whose view it was in, or is in now (views.h). When the watcher can take an event, the
 * client that has waited longest is looked up where it is by then, and told_settle says what that
 * means to the watcher: it came, it moved, it left, or nothing. So a client that moved a hundred
 * times is told once, one that came and left meanwhile is not told, and a watcher that stands still
 * costs its set and nothing more: 32 to 80 bytes a client, at most `maximum` clients.
 *
 * A change has an index that only grows, in the caller's list of changes; an event carries an index
 * too (told_index): all that changed up to it has been told. So who comes back with the index of
 * the last event that reached it hears what it missed, once (told_resume). For that, clients that
 * were told to have left are kept too, as long as there is room, until told_forget_left.
 *
 * The way of a stream (told_begin with base 0) or of one that comes back and is not known any more
 * (base: the index that it has):
 *     told_begin, told_scan for each client in the view, told_end; from then on also, in between:
 *     told_mark for each change that views_match finds;
 *     while an event can be sent: told_next, look up, told_settle, send with told_index.
 * Who comes back unknown may know whoever changed since, as no one remembers what it was told:
 * before told_end also told_doubt for each client that changed since and is not in the view. It
 * hears that they left, also of those that it never knew. A view that changes: told_recheck,
 * told_scan for each client in the new view, told_end.
 */
#ifndef HERD_COMMON_WATCH_TOLD_H
#define HERD_COMMON_WATCH_TOLD_H

#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most clients that one set may have; most that may be in doubt, beyond its maximum: as many as the
 * largest view of herd-web has, as the state anew is no longer than so many leaves. */
enum { TOLD_MAX = 1 << 20, TOLD_DOUBTS_MAX = 10000 };

typedef struct told told_t;

/* A client (open value struct). Handles are used again: the serial tells one use from the next. */
typedef struct {
    uint32_t handle;
    uint32_t serial;
} told_client_t;

/* What a watcher is to hear of a client. */
typedef enum {
    TOLD_NOTHING,
    TOLD_ENTER, /* it came into the view, or its events may have been lost */
    TOLD_MOVE,  /* it changed, and is in the view as before */
    TOLD_LEAVE, /* it is not in the view any more, or there is no such client any more */
} told_event_t;

/* An empty set for at most `maximum` clients, 1 .. TOLD_MAX. Caller frees with told_destroy. */
told_t *told_new(size_t maximum);

/* Frees it and clears the pointer; NULL is fine. */
void told_destroy(told_t **self_p);

/* Begins to learn who is in the view, with a new set. `base`: what the watcher knows already of
 * this view, as an index; 0 if it knows nothing. (Where the view has changed, an index is of the
 * new one if it is later than told_index was then.) `tail`: index of the newest change; what left
 * up to it is not known here. Until told_end events carry no later index than the base. */
void told_begin(told_t *self, uint64_t base, uint64_t tail);

/* A client is in the view now, and changed last at `index` >= 1. The watcher will hear of it,
 * unless it knows: it was told, or that was not after the base. Fails as told_mark does. */
status_t told_scan(told_t *self, told_client_t client, uint64_t index) STATUS_MUST_USE;

/* With a base, after told_scan of all in view: a client changed after the base, by the list of
 * changes or without it. Wherever it is when it is settled, the watcher will hear of it.
 * STATUS_FULL if there are too many, STATUS_DAMAGED as told_mark: the set is of no use then, and
 * the stream has to begin anew. */
status_t told_doubt(told_t *self, told_client_t client) STATUS_MUST_USE;

/* All that are in the view were scanned. */
void told_end(told_t *self);

/* A client changed, or was removed, at `index`, which is not less than in any earlier call; it was
 * or is in the view, `is_in` says whether it is now. STATUS_FULL beyond the maximum: the client is
 * left out (told_is_cut). STATUS_DAMAGED if the handle now belongs to another client before the
 * watcher heard that the first one left: no event can name that one any more, so the stream has to
 * begin anew, with a new set. */
status_t told_mark(told_t *self, told_client_t client, bool is_in, uint64_t index) STATUS_MUST_USE;

/* The view has changed; `tail` is the index of the newest change. Whoever was told is looked at
 * again: who is in the new view too, and did not change, will be TOLD_NOTHING. Begins to learn who
 * is in the new view, as told_begin. */
void told_recheck(told_t *self, uint64_t tail);

/* The watcher has come back, and has received all up to the event that carried `index`, of which
 * the caller knows that it is not beyond the newest change. What was
 * sent after that will be sent again. False if that cannot be said any more, as clients that left
 * after it were forgotten, or no event can have carried it: then the watcher is as one that is not
 * known. No change then. A client that is told again and whose handle has another serial by now
 * cannot be named: begin anew, too. */
bool told_resume(told_t *self, uint64_t index);

/* Forgets the clients that left, and were told to have, up to `index`: whoever comes back has later
 * ones, or is not known. */
void told_forget_left(told_t *self, uint64_t index);

/* The client that has waited longest to be looked at; false if none waits. */
bool told_next(const told_t *self, told_client_t *ret_client);

/* Settles the client of told_next, which must have said one: `is_in` says whether that very client
 * (same serial) is in the view now. Returns what the watcher is to hear, which the caller sends. */
told_event_t told_settle(told_t *self, bool is_in);

/* The index for the event settled last: all up to it was told. `tail` is the index of the newest
 * change of all. 0: none yet, the event should carry none. */
uint64_t told_index(const told_t *self, uint64_t tail);

/* Whether clients were left out because the set was full, since told_begin or told_recheck; the
 * caller tells the watcher, and when there is room calls told_recheck and scans again. */
bool told_is_cut(const told_t *self);

/* Whether the watcher was told of the client, or may have been, and not that it left. */
bool told_knows(const told_t *self, told_client_t client);

/* Clients that the watcher knows to be in its view; those that wait to be looked at; bytes. */
size_t told_count(const told_t *self);
size_t told_waiting(const told_t *self);
size_t told_memory(const told_t *self);

#endif
