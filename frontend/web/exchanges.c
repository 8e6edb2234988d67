#include "frontend/web/exchanges.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

static exchange_t **slot(const exchanges_t *self, uint32_t index)
{
    return &self->ring[(self->first + index) % LIMIT_HTTP_PIPELINE];
}

static size_t size_of(const exchange_t *exchange)
{
    return sizeof *exchange + exchange->line_size;
}

bool exchanges_are_full(const exchanges_t *self)
{
    return self->count == LIMIT_HTTP_PIPELINE;
}

exchange_t *exchanges_add(exchanges_t *self, exchange_manner_t manner, text_t line,
                          size_t answer_max)
{
    assert(!exchanges_are_full(self));
    if (self->ring == NULL) {
        self->ring = memory_new_array(LIMIT_HTTP_PIPELINE, sizeof(exchange_t *));
        self->memory += LIMIT_HTTP_PIPELINE * sizeof(exchange_t *);
    }
    exchange_t *exchange = memory_new(sizeof *exchange + line.size);
    exchange->manner = manner;
    exchange->line_size = line.size;
    text_copy(line, exchange->line);
    buffer_init(&exchange->answer, answer_max);
    *slot(self, self->count++) = exchange;
    self->memory += size_of(exchange);
    return exchange;
}

exchange_t *exchanges_first(const exchanges_t *self)
{
    return self->count > 0 ? *slot(self, 0) : NULL;
}

exchange_t *exchanges_find(const exchanges_t *self, uint64_t sequence)
{
    if (sequence < self->sequence || sequence - self->sequence >= self->asked) {
        return NULL;
    }
    exchange_t *exchange = *slot(self, (uint32_t)(sequence - self->sequence));
    return exchange->is_ready ? NULL : exchange;
}

void exchanges_account(exchanges_t *self, const exchange_t *exchange)
{
    self->memory += exchange->answer.capacity;
}

void exchanges_drop(exchanges_t *self)
{
    exchange_t *exchange = *slot(self, 0);
    self->memory -= size_of(exchange) + exchange->answer.capacity;
    buffer_done(&exchange->answer);
    free(exchange);
    self->first = (self->first + 1) % LIMIT_HTTP_PIPELINE;
    self->count--;
    self->asked -= self->asked > 0;
    self->sequence++;
}

bool exchanges_ask(exchanges_t *self, pipeline_request_t *ret_request)
{
    while (self->asked < self->count) {
        uint32_t index = self->asked++;
        const exchange_t *exchange = *slot(self, index);
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
    self->asked = 0;
    return self->count > 0;
}

void exchanges_trim(exchanges_t *self)
{
    if (self->count == 0 && self->ring != NULL) {
        free(self->ring);
        self->ring = NULL;
        self->first = 0;
        self->memory = 0;
    }
}

void exchanges_done(exchanges_t *self)
{
    while (self->count > 0) {
        exchanges_drop(self);
    }
    exchanges_trim(self);
}
