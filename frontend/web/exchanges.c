#include "frontend/web/exchanges.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct exchanges_ring {
    uint32_t first; /* place of the oldest */
    uint32_t count; /* exchanges */
    uint32_t asked; /* of these, from the oldest on, those that were asked or need not be */
    size_t memory;  /* bytes that all take, with this */
    exchange_t *places[LIMIT_HTTP_PIPELINE];
};

static exchange_t **slot(exchanges_ring_t *ring, uint32_t index)
{
    return &ring->places[(ring->first + index) % LIMIT_HTTP_PIPELINE];
}

static size_t size_of(const exchange_t *exchange)
{
    return sizeof *exchange + exchange->line_size;
}

bool exchanges_are_full(const exchanges_t *self)
{
    return self->ring != NULL && self->ring->count == LIMIT_HTTP_PIPELINE;
}

exchange_t *exchanges_add(exchanges_t *self, exchange_manner_t manner, text_t line,
                          size_t answer_max)
{
    assert(!exchanges_are_full(self));
    if (self->ring == NULL) {
        self->ring = memory_new(sizeof *self->ring);
        self->ring->memory = sizeof *self->ring;
    }
    exchange_t *exchange = memory_new(sizeof *exchange + line.size);
    exchange->manner = manner;
    exchange->line_size = line.size;
    text_copy(line, exchange->line);
    buffer_init(&exchange->answer, answer_max);
    *slot(self->ring, self->ring->count++) = exchange;
    self->ring->memory += size_of(exchange);
    return exchange;
}

exchange_t *exchanges_first(const exchanges_t *self)
{
    return self->ring != NULL && self->ring->count > 0 ? *slot(self->ring, 0) : NULL;
}

exchange_t *exchanges_find(const exchanges_t *self, uint64_t sequence)
{
    if (self->ring == NULL || sequence < self->sequence ||
        sequence - self->sequence >= self->ring->asked) {
        return NULL;
    }
    exchange_t *exchange = *slot(self->ring, (uint32_t)(sequence - self->sequence));
    return exchange->is_ready ? NULL : exchange;
}

size_t exchanges_memory(const exchanges_t *self)
{
    return self->ring != NULL ? self->ring->memory : 0;
}

void exchanges_account(exchanges_t *self, const exchange_t *exchange)
{
    self->ring->memory += exchange->answer.capacity;
}

void exchanges_drop(exchanges_t *self)
{
    exchanges_ring_t *ring = self->ring;
    exchange_t *exchange = *slot(ring, 0);
    ring->memory -= size_of(exchange) + exchange->answer.capacity;
    buffer_done(&exchange->answer);
    free(exchange);
    ring->first = (ring->first + 1) % LIMIT_HTTP_PIPELINE;
    ring->count--;
    ring->asked -= ring->asked > 0;
    self->sequence++;
}

bool exchanges_ask(exchanges_t *self, pipeline_request_t *ret_request)
{
    exchanges_ring_t *ring = self->ring;
    while (ring != NULL && ring->asked < ring->count) {
        uint32_t index = ring->asked++;
        const exchange_t *exchange = *slot(ring, index);
        if (exchange->is_ready) {
            continue;
        }
        *ret_request = (pipeline_request_t){
            .sequence = self->sequence + index,
            .receipt_ns = exchange->receipt_ns,
            .receipt_ms = exchange->receipt_ms,
            .is_lookup = exchange->manner.kind == EXCHANGE_PLACES,
            .line = {.data = exchange->line, .size = exchange->line_size},
        };
        return true;
    }
    return false;
}

bool exchanges_ask_again(exchanges_t *self)
{
    if (self->ring == NULL) {
        return false;
    }
    self->ring->asked = 0;
    return self->ring->count > 0;
}

void exchanges_trim(exchanges_t *self)
{
    if (exchanges_first(self) == NULL) {
        free(self->ring);
        self->ring = NULL;
    }
}

void exchanges_done(exchanges_t *self)
{
    while (exchanges_first(self) != NULL) {
        exchanges_drop(self);
    }
    exchanges_trim(self);
}
