/* numbers.h - the numbers of a copy's clients: where each one's record is, and what is known of it.
 *
 * Owner: the copy. Threads: one. Some nine bytes a client. A number that is given back waits behind
 * all others that were, and for `rest` of them at least, so that who remembers it can still tell
 * whose it was.
 */
#ifndef HERD_COMMON_COPY_NUMBERS_H
#define HERD_COMMON_COPY_NUMBERS_H

#include "common/store/slab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of a number. */
enum {
    NUMBERS_USED = 1 << 0,
    NUMBERS_SHOWN = 1 << 1,     /* the watcher knows it */
    NUMBERS_CONFIRMED = 1 << 2, /* the node sent it since its list was asked for */
};

#define NUMBERS_NONE UINT32_MAX /* no number */

/* Open only to be embedded; read by its owner. */
typedef struct {
    slab_handle_t *handles; /* of the records; of a free number, the next free one */
    uint32_t *serials;      /* uses so far */
    uint8_t *flags;         /* NUMBERS_... */
    uint32_t end;           /* all that were ever used are less */
    uint32_t capacity;      /* of the three */
    uint32_t free_first;    /* NUMBERS_NONE: none is free below `end` */
    uint32_t free_last;
    uint32_t free_count;
    uint32_t rest; /* as many free ones are not used again */
} numbers_t;

void numbers_init(numbers_t *self, uint32_t rest);
void numbers_done(numbers_t *self);

/* A number that is not used. */
uint32_t numbers_take(numbers_t *self);

/* Gives it back. */
void numbers_give(numbers_t *self, uint32_t number);

static inline bool numbers_has(const numbers_t *self, uint32_t number, unsigned flag)
{
    return number < self->end && (self->flags[number] & flag) != 0;
}

/* Has what is known of a number brought into the caches. */
static inline void numbers_fetch(const numbers_t *self, uint32_t number)
{
    __builtin_prefetch(&self->flags[number], 1);
    __builtin_prefetch(&self->handles[number], 1);
}

/* Takes a flag from all numbers. */
void numbers_clear(numbers_t *self, unsigned flag);

/* Bytes of memory. */
size_t numbers_memory(const numbers_t *self);

#endif
