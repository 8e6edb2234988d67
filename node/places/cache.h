/* cache.h - answers of a provider that are kept for a while, for those who ask the same again.
 *
 * Owner: places_remote. Threads: one. Free of clocks: times are given, steady, in ns.
 * A table of LIMIT_KEPT_ANSWERS places in sets of four: a new answer takes the place, in its set, of the one that would
 * end first. Answers over LIMIT_KEPT_ANSWER_SIZE are not kept. Only for providers whose terms allow it (docs/places.md).
 */
#ifndef HERD_NODE_PLACES_CACHE_H
#define HERD_NODE_PLACES_CACHE_H

#include "common/base/text.h"
#include "node/places/lookups.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct places_cache places_cache_t;

/* An empty table whose answers are kept for `lifetime_ns` (> 0); caller frees with places_cache_destroy. */
places_cache_t *places_cache_new(int64_t lifetime_ns);

/* Frees it and clears the pointer; NULL is fine. */
void places_cache_destroy(places_cache_t **self_p);

/* Keeps a copy of `text` as the answer for `spot` from `now_ns` on, instead of an older one. */
void places_cache_put(places_cache_t *self, const places_spot_t *spot, text_t text, int64_t now_ns);

/* The answer for `spot`, borrowed until the next call; false where none is kept. */
bool places_cache_get(places_cache_t *self, const places_spot_t *spot, int64_t now_ns,
                      text_t *ret_text);

/* Bytes of all texts that are held. */
size_t places_cache_size(const places_cache_t *self);

#endif
