/* cache.h - keeps the answers of a provider for a while, for those who ask the same again.
 *
 * Owner: remote.c. Threads: one. Free of clocks: callers give times, steady, in ns.
 * A table of LIMIT_KEPT_ANSWERS slots in sets of four. A new answer takes a free slot of its set,
 * or that of the answer that would expire first. Answers over LIMIT_KEPT_ANSWER_SIZE are not kept.
 * Only for providers whose terms allow it (docs/places.md).
 */
#ifndef HERD_NODE_PLACES_CACHE_H
#define HERD_NODE_PLACES_CACHE_H

#include "common/base/text.h"
#include "node/places/lookups.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct places_cache places_cache_t;

/* An empty cache that keeps each answer for `lifetime_ns` (> 0); caller frees with
 * places_cache_destroy. */
places_cache_t *places_cache_new(int64_t lifetime_ns);

/* Frees it and clears the pointer; NULL is fine. */
void places_cache_destroy(places_cache_t **self_p);

/* Keeps a copy of `text` as the answer for `spot` from `now_ns` on, instead of an older one.
 * If it is too large, the older one stays. */
void places_cache_put(places_cache_t *self, const places_spot_t *spot, text_t text, int64_t now_ns);

/* The answer for `spot`, borrowed until the next call; false if none is kept. */
bool places_cache_get(places_cache_t *self, const places_spot_t *spot, int64_t now_ns,
                      text_t *ret_text);

/* Bytes of all texts that are kept. */
size_t places_cache_size(const places_cache_t *self);

#endif
