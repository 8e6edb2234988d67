/* digest.h - what a store holds, in a few numbers: equal if two stores hold the same bytes.
 *
 * docs/replication.md, R12. Each record has a hash. The sums of these hashes, for 65,536 leaves by
 * the client's hash, for 256 nodes of 256 leaves each, and for the root, tell two members in which
 * leaves they differ, without telling what they hold. These are the Merkle trees of anti-entropy
 * (DeCandia et al., Dynamo, SOSP 2007, 4.7), with sums instead of hashes of hashes: to add or
 * remove a record costs the same, however many others there are. They find mistakes, not lies: XXH3
 * is not a cryptographic hash.
 * Owner: the store. Threads: one. Free of I/O.
 */
#ifndef HERD_COMMON_STORE_DIGEST_H
#define HERD_COMMON_STORE_DIGEST_H

#include "common/base/text.h"
#include "common/protocol/record.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    DIGEST_NODES = 256,
    DIGEST_NODE_LEAVES = 256,
    DIGEST_LEAVES = DIGEST_NODES * DIGEST_NODE_LEAVES,
    DIGEST_SUM_SIZE = 32, /* bytes of a sum as text */
};

/* Open value struct: two sums modulo 2^64, of the halves of 128-bit hashes. */
typedef struct {
    uint64_t low;
    uint64_t high;
} digest_sum_t;

typedef struct digest digest_t;

/* The digest of no records. Caller frees with digest_destroy. */
digest_t *digest_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void digest_destroy(digest_t **self_p);

/* The leaf of a client, 0 .. DIGEST_LEAVES - 1: the same at each member. Its node is
 * leaf / DIGEST_NODE_LEAVES. */
unsigned digest_leaf_of(text_t client);

/* Adds a record, or takes it out again. Its client_time_ns is not read. */
void digest_add(digest_t *self, const record_t *record);
void digest_subtract(digest_t *self, const record_t *record);

digest_sum_t digest_root(const digest_t *self);
digest_sum_t digest_node(const digest_t *self, unsigned node);
digest_sum_t digest_leaf(const digest_t *self, unsigned leaf);

static inline bool digest_sum_equal(digest_sum_t one, digest_sum_t other)
{
    return one.low == other.low && one.high == other.high;
}

/* Writes DIGEST_SUM_SIZE lower-case hex digits, not terminated. */
void digest_sum_write(digest_sum_t sum, char *out);

/* Parses exactly what digest_sum_write writes; false for anything else. */
bool digest_sum_parse(text_t text, digest_sum_t *ret_sum);

#endif
