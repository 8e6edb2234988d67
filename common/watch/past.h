/* past.h - what changed since a moment, where a list of changes does not say it, and an index for
 * moments.
 *
 * Free of I/O, clocks and threads. Owner: the program that has the watchers (herd-web). Threads:
 * one.
 *
 * A copy's list has each client once, at its last change (common/copy/copy.h), so it says who
 * changed since; but who departed is in no list. So the newest of these are kept here, with their
 * names, as many as there is room for: a watcher that comes back hears that they left. A client
 * that comes without a change of the list (its record is served again) is kept here, too.
 *
 * An index counts both: 1, and the index of the list, and all that were ever added here. It grows
 * with each change, and for each index it is known up to where the list had come (past_list). */
#ifndef HERD_COMMON_WATCH_PAST_H
#define HERD_COMMON_WATCH_PAST_H

#include "common/base/text.h"
#include "common/watch/told.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct past past_t;

/* One of those kept (open value struct). */
typedef struct {
    told_client_t client;
    text_t name; /* borrowed until past_add */
} past_client_t;

/* For at most `maximum` clients, whose names have at most `max_memory` bytes together. Caller frees
 * with past_destroy. */
past_t *past_new(size_t maximum, size_t max_memory);

/* Frees it and clears the pointer; NULL is fine. */
void past_destroy(past_t **self_p);

/* The index of this moment; `list` is the index of the list's newest change. */
uint64_t past_index(const past_t *self, uint64_t list);

/* A client departed, or came without the list. The oldest go where room is needed. `name` is
 * copied. */
void past_add(past_t *self, told_client_t client, uint64_t list, text_t name);

/* The name of a client that was added; false if it is not kept any more. */
bool past_name(const past_t *self, told_client_t client, text_t *ret_name);

/* Whether all that were added after that index are kept. */
bool past_reaches(const past_t *self, uint64_t index);

/* What the index of the list was then. */
uint64_t past_list(const past_t *self, uint64_t index);

/* How many of those kept were added after that index; the n-th of them, the newest is 0. */
size_t past_count(const past_t *self, uint64_t index);
past_client_t past_at(const past_t *self, size_t n);

/* Bytes of memory. */
size_t past_memory(const past_t *self);

#endif
