#include "node/places/cache.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    WAYS = 4, /* slots of a set */
    SETS = LIMIT_KEPT_ANSWERS / WAYS,
};

/* A slot; free if text is NULL. */
typedef struct {
    places_spot_t spot;
    int64_t until_ns; /* steady */
    char *text;
    size_t size; /* bytes */
} kept_t;

struct places_cache {
    int64_t lifetime_ns;
    size_t size; /* bytes of all texts */
    kept_t sets[SETS][WAYS];
};

places_cache_t *places_cache_new(int64_t lifetime_ns)
{
    assert(lifetime_ns > 0);
    places_cache_t *self = memory_new(sizeof *self);
    self->lifetime_ns = lifetime_ns;
    return self;
}

static void drop(places_cache_t *self, kept_t *kept)
{
    self->size -= kept->size;
    free(kept->text);
    *kept = (kept_t){0};
}

void places_cache_destroy(places_cache_t **self_p)
{
    places_cache_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < WAYS; j++) {
            drop(self, &self->sets[i][j]);
        }
    }
    free(self);
    *self_p = NULL;
}

static kept_t *set_of(places_cache_t *self, const places_spot_t *spot)
{
    return self->sets[XXH3_64bits(spot, sizeof *spot) % SETS];
}

static kept_t *find(places_cache_t *self, const places_spot_t *spot)
{
    kept_t *set = set_of(self, spot);
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].text != NULL && memcmp(&set[i].spot, spot, sizeof *spot) == 0) {
            return &set[i];
        }
    }
    return NULL;
}

/* The slot for a new answer: a free one, otherwise that of the answer that would expire first. */
static kept_t *slot_in(kept_t *set)
{
    kept_t *slot = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].text == NULL) {
            return &set[i];
        }
        if (set[i].until_ns < slot->until_ns) {
            slot = &set[i];
        }
    }
    return slot;
}

void places_cache_put(places_cache_t *self, const places_spot_t *spot, text_t text, int64_t now_ns)
{
    if (text.size > LIMIT_KEPT_ANSWER_SIZE) {
        return;
    }
    kept_t *kept = find(self, spot);
    kept = kept != NULL ? kept : slot_in(set_of(self, spot));
    drop(self, kept);
    *kept = (kept_t){.spot = *spot,
                     .until_ns = now_ns + self->lifetime_ns,
                     .text = memory_copy_text(text.data, text.size),
                     .size = text.size};
    self->size += text.size;
}

bool places_cache_get(places_cache_t *self, const places_spot_t *spot, int64_t now_ns,
                      text_t *ret_text)
{
    kept_t *kept = find(self, spot);
    if (kept == NULL) {
        return false;
    }
    if (kept->until_ns <= now_ns) {
        drop(self, kept);
        return false;
    }
    *ret_text = (text_t){.data = kept->text, .size = kept->size};
    return true;
}

size_t places_cache_size(const places_cache_t *self)
{
    return self->size;
}
