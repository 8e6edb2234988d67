/* seen.h - whether a client was met before: a set of the hashes of IDs, 11 to 21 bytes for each.
 *
 * Two IDs of the same 64 bits, which are as good as random, would count as one: for a million
 * clients the odds are one to forty million.
 *
 * Owner: the caller. Threads: one. Free of I/O.
 */
#ifndef HERD_DEPLOY_HERDCTL_CLIENTS_SEEN_H
#define HERD_DEPLOY_HERDCTL_CLIENTS_SEEN_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open only to be embedded. */
typedef struct {
    uint64_t *slots; /* linear probing; 0: empty */
    size_t capacity; /* a power of 2 */
    size_t count;
    uint64_t seed; /* so that no one can choose IDs that collide */
} herdctl_seen_t;

void herdctl_seen_init(herdctl_seen_t *self, uint64_t seed);
void herdctl_seen_done(herdctl_seen_t *self);

/* Adds a client; false if it was there. */
bool herdctl_seen_add(herdctl_seen_t *self, text_t client);

#endif
