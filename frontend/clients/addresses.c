/* A table with open addressing: an address lies at the slot that its hash names, or in the next
 * free one behind it. The hash is one of a family, chosen at random, so that no one can choose
 * addresses that all lie together (Dietzfelbinger et al., "A reliable randomized algorithm for the
 * closest-pair problem", 1997: multiply-shift). */
#include "frontend/clients/addresses.h"

#include "common/base/entropy.h"
#include "common/base/memory.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BITS = 6 };

typedef struct {
    uint64_t address;
    size_t count; /* 0: the slot is free */
} slot_t;

struct addresses {
    slot_t *slots; /* 2 to the power of `bits` */
    unsigned bits;
    size_t used;     /* slots that are not free, at most half of them */
    uint64_t factor; /* of the hash, odd */
};

static size_t capacity(const addresses_t *self)
{
    return (size_t)1 << self->bits;
}

addresses_t *addresses_new(void)
{
    addresses_t *self = memory_new(sizeof *self);
    self->bits = FIRST_BITS;
    self->slots = memory_new(capacity(self) * sizeof *self->slots);
    self->factor = entropy_number() | 1;
    return self;
}

void addresses_destroy(addresses_t **self_p)
{
    if (*self_p != NULL) {
        free((*self_p)->slots);
        free(*self_p);
        *self_p = NULL;
    }
}

uint64_t addresses_of(const struct sockaddr *address)
{
    uint64_t result = 0;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        memcpy(&result, &v4->sin_addr, sizeof v4->sin_addr);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6)) {
            memcpy(&result, &v6->s6_addr[12], 4);
        } else {
            memcpy(&result, v6->s6_addr, sizeof result);
        }
    }
    return result;
}

static size_t home(const addresses_t *self, uint64_t address)
{
    return (size_t)((address * self->factor) >> (64 - self->bits));
}

/* The slot of the address, or the free one where it would be. */
static size_t find(const addresses_t *self, uint64_t address)
{
    size_t i = home(self, address);
    while (self->slots[i].count > 0 && self->slots[i].address != address) {
        i = (i + 1) & (capacity(self) - 1);
    }
    return i;
}

static void grow(addresses_t *self)
{
    slot_t *former = self->slots;
    size_t former_capacity = capacity(self);
    self->bits++;
    self->slots = memory_new(capacity(self) * sizeof *self->slots);
    for (size_t i = 0; i < former_capacity; i++) {
        if (former[i].count > 0) {
            self->slots[find(self, former[i].address)] = former[i];
        }
    }
    free(former);
}

size_t addresses_add(addresses_t *self, uint64_t address)
{
    if (2 * self->used >= capacity(self)) {
        grow(self);
    }
    slot_t *slot = &self->slots[find(self, address)];
    if (slot->count == 0) {
        slot->address = address;
        self->used++;
    }
    return ++slot->count;
}

/* Moves back what lies behind a slot that has become free, if that is nearer to its home. */
static void close_gap(addresses_t *self, size_t gap)
{
    size_t mask = capacity(self) - 1;
    for (size_t i = (gap + 1) & mask; self->slots[i].count > 0; i = (i + 1) & mask) {
        size_t way = (i - home(self, self->slots[i].address)) & mask;
        if (way >= ((i - gap) & mask)) {
            self->slots[gap] = self->slots[i];
            self->slots[i].count = 0;
            gap = i;
        }
    }
}

void addresses_remove(addresses_t *self, uint64_t address)
{
    size_t i = find(self, address);
    assert(self->slots[i].count > 0);
    if (--self->slots[i].count == 0) {
        self->used--;
        close_gap(self, i);
    }
}

size_t addresses_count(const addresses_t *self, uint64_t address)
{
    return self->slots[find(self, address)].count;
}
