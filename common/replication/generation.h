/* generation.h - the name of one life of a member's list of changes: 128 random bits, in hex.
 *
 * docs/replication.md, R7. Owner: values. Threads: any.
 */
#ifndef HERD_COMMON_REPLICATION_GENERATION_H
#define HERD_COMMON_REPLICATION_GENERATION_H

#include "common/base/text.h"

#include <stdbool.h>

enum { GENERATION_SIZE = 32 };

/* Open value struct: lower-case hex digits, not terminated. */
typedef struct {
    char hex[GENERATION_SIZE];
} generation_t;

/* A new generation, from the system's random numbers. */
generation_t generation_new(void);

/* Parses exactly GENERATION_SIZE lower-case hex digits; false for anything else. */
bool generation_parse(text_t text, generation_t *ret_generation);

bool generation_equal(const generation_t *one, const generation_t *other);

#endif
