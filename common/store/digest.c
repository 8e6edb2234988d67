#include "common/store/digest.h"

#include "common/base/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <xxhash.h>

struct digest {
    digest_sum_t root;
    digest_sum_t nodes[DIGEST_NODES];
    digest_sum_t leaves[DIGEST_LEAVES];
};

digest_t *digest_new(void)
{
    return memory_new(sizeof(digest_t));
}

void digest_destroy(digest_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

static unsigned leaf_of_hash(uint64_t hash)
{
    return (unsigned)(hash >> 48);
}

unsigned digest_leaf_of(text_t client)
{
    return leaf_of_hash(XXH3_64bits(client.data, client.size));
}

static uint64_t hash_text(text_t text)
{
    return htole64(XXH3_64bits(text.data, text.size));
}

/* The hash of a record (R12): over the hashes of its texts and over its times, as little-endian
 * words, so that it is the same number on all machines, and no byte can pass from one field to the
 * next. The client time is hashed as text. The era is left out if it is the first. */
static digest_sum_t hash_record(const record_t *record, uint64_t client_hash)
{
    const uint64_t words[] = {
        htole64(client_hash),
        htole64((uint64_t)record->order_time_ns),
        htole64((uint64_t)record->receipt_time_ns),
        hash_text(record->origin),
        hash_text(record->position),
        hash_text(record->client_time),
        htole64((uint64_t)record->era_ns),
    };
    bool has_era = record->era_ns != 0 && !record_is_tombstone(record);
    XXH128_hash_t hash = XXH3_128bits(words, sizeof words - (has_era ? 0 : sizeof words[0]));
    return (digest_sum_t){.low = hash.low64, .high = hash.high64};
}

static void add_sum(digest_sum_t *sum, digest_sum_t more)
{
    sum->low += more.low;
    sum->high += more.high;
}

static void add_to_all(digest_t *self, unsigned leaf, digest_sum_t more)
{
    add_sum(&self->leaves[leaf], more);
    add_sum(&self->nodes[leaf / DIGEST_NODE_LEAVES], more);
    add_sum(&self->root, more);
}

void digest_add(digest_t *self, const record_t *record)
{
    uint64_t hash = XXH3_64bits(record->client.data, record->client.size);
    add_to_all(self, leaf_of_hash(hash), hash_record(record, hash));
}

void digest_subtract(digest_t *self, const record_t *record)
{
    uint64_t hash = XXH3_64bits(record->client.data, record->client.size);
    digest_sum_t sum = hash_record(record, hash);
    add_to_all(self, leaf_of_hash(hash), (digest_sum_t){.low = 0 - sum.low, .high = 0 - sum.high});
}

digest_sum_t digest_root(const digest_t *self)
{
    return self->root;
}

digest_sum_t digest_node(const digest_t *self, unsigned node)
{
    return self->nodes[node];
}

digest_sum_t digest_leaf(const digest_t *self, unsigned leaf)
{
    return self->leaves[leaf];
}

void digest_sum_write(digest_sum_t sum, char *out)
{
    text_write_hex(sum.high, DIGEST_SUM_SIZE / 2, out);
    text_write_hex(sum.low, DIGEST_SUM_SIZE / 2, out + DIGEST_SUM_SIZE / 2);
}

/* 0123456789abcdef0123456789abcdef */
bool digest_sum_parse(text_t text, digest_sum_t *ret_sum)
{
    digest_sum_t sum;
    if (text.size != DIGEST_SUM_SIZE ||
        !text_from_hex(text_first(text, DIGEST_SUM_SIZE / 2), &sum.high) ||
        !text_from_hex(text_after(text, DIGEST_SUM_SIZE / 2), &sum.low)) {
        return false;
    }
    *ret_sum = sum;
    return true;
}
