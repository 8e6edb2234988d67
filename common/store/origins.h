/* origins.h - names of members that took records, each stored once and given a small number.
 *
 * Owner: the store. Threads: the store's.
 */
#ifndef HERD_COMMON_STORE_ORIGINS_H
#define HERD_COMMON_STORE_ORIGINS_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdint.h>

enum { ORIGINS_SLOTS = 2 * LIMIT_ORIGINS };

/* Open only to be embedded. */
typedef struct {
    char **names;        /* `count` names, in the order of their first appearance */
    uint8_t *name_sizes; /* bytes of each */
    size_t count;
    size_t capacity;
    uint16_t slots[ORIGINS_SLOTS]; /* open addressing by name: number + 1, or 0 if free */
} origins_t;

void origins_init(origins_t *self);
void origins_done(origins_t *self);

/* The number of `name` (1 .. LIMIT_NAME_SIZE bytes), a new one if it was not known. STATUS_FULL
 * past LIMIT_ORIGINS names. */
status_t origins_intern(origins_t *self, text_t name, uint16_t *ret_number) STATUS_MUST_USE;

/* The name of a number that origins_intern gave; borrowed until origins_done. */
static inline text_t origins_name(const origins_t *self, uint16_t number)
{
    return (text_t){.data = self->names[number], .size = self->name_sizes[number]};
}

#endif
