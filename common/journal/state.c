#include "common/journal/state.h"

#include "common/base/memory.h"
#include "common/protocol/record.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

enum { HEX_SIZE = 16 };

void journal_state_init(journal_state_t *self)
{
    memset(self, 0, sizeof *self);
}

void journal_state_done(journal_state_t *self)
{
    free(self->checkpoints);
    journal_state_init(self);
}

static void copy_name(text_t name, char *out)
{
    assert(name.size <= LIMIT_NAME_SIZE);
    *text_copy(name, out) = '\0';
}

void journal_state_add(journal_state_t *self, text_t neighbour, const link_checkpoint_t *checkpoint)
{
    assert(self->checkpoint_count < LIMIT_MEMBERS);
    size_t count = self->checkpoint_count + 1;
    self->checkpoints = memory_resize(self->checkpoints, count * sizeof *self->checkpoints);
    journal_checkpoint_t *added = &self->checkpoints[self->checkpoint_count];
    copy_name(neighbour, added->neighbour);
    added->checkpoint = *checkpoint;
    self->checkpoint_count = count;
}

bool journal_state_find(const journal_state_t *self, text_t neighbour,
                        link_checkpoint_t *ret_checkpoint)
{
    for (size_t i = 0; i < self->checkpoint_count; i++) {
        if (text_equal(text_of(self->checkpoints[i].neighbour), neighbour)) {
            *ret_checkpoint = self->checkpoints[i].checkpoint;
            return true;
        }
    }
    return false;
}

static void put(buffer_t *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(buffer_t *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status_t status = buffer_format_list(out, format, arguments);
    va_end(arguments);
    assert(status == STATUS_OK); /* see journal_state_write */
}

void journal_state_write(const journal_state_t *self, buffer_t *out)
{
    size_t begin = out->size;
    put(out, "herd-journal %d\nherd %s\nmember %s\ngeneration %.*s\n", JOURNAL_STATE_FORMAT,
        self->herd, self->member, GENERATION_SIZE, self->generation.hex);
    if (self->has_parent) {
        put(out, "parent %.*s %llu\n", GENERATION_SIZE, self->parent.generation.hex,
            (unsigned long long)self->parent.index);
    }
    put(out, "tail %llu\nserial %lu\nwritten %lld\n", (unsigned long long)self->tail,
        (unsigned long)self->serial, (long long)self->written_ns);
    if (self->refused > 0) {
        put(out, "refused %llu\n", (unsigned long long)self->refused);
    }
    for (size_t i = 0; i < self->checkpoint_count; i++) {
        const journal_checkpoint_t *of = &self->checkpoints[i];
        put(out, "checkpoint %s %.*s %llu %llu\n", of->neighbour, GENERATION_SIZE,
            of->checkpoint.generation.hex, (unsigned long long)of->checkpoint.index,
            (unsigned long long)of->checkpoint.level);
    }
    char checksum[HEX_SIZE];
    text_write_hex(XXH3_64bits(out->data + begin, out->size - begin), HEX_SIZE, checksum);
    put(out, "checksum %.*s\n", HEX_SIZE, checksum);
}

/* Cuts the next line off, and returns what stands behind its `key` and a space; false, with nothing
 * cut, if it has another key. */
static bool take_value(text_t *rest, text_t key, text_t *ret_value)
{
    text_t after = *rest;
    text_t line;
    text_t word;
    if (!text_take_line(&after, &line) || line.size > JOURNAL_STATE_LINE_SIZE ||
        !text_take_until(&line, ' ', &word) || !text_equal(word, key)) {
        return false;
    }
    *rest = after;
    *ret_value = line;
    return true;
}

static bool take_name(text_t *rest, text_t key, char *out)
{
    text_t value;
    if (!take_value(rest, key, &value) || !record_name_is_valid(value)) {
        return false;
    }
    copy_name(value, out);
    return true;
}

static bool take_number(text_t *rest, text_t key, uint64_t maximum, uint64_t *ret_value)
{
    text_t value;
    return take_value(rest, key, &value) && text_to_u64(value, maximum, ret_value);
}

/* fedcba9876543210fedcba9876543210 4711 */
static bool take_parent(text_t *rest, journal_state_t *state)
{
    text_t value;
    text_t generation;
    state->has_parent = take_value(rest, TEXT("parent"), &value);
    return !state->has_parent || (text_take_until(&value, ' ', &generation) &&
                                  generation_parse(generation, &state->parent.generation) &&
                                  text_to_u64(value, UINT64_MAX, &state->parent.index));
}

/* Hands 00112233445566778899aabbccddeeff 980 980 */
static bool add_checkpoint(text_t value, journal_state_t *state)
{
    text_t name;
    text_t generation;
    text_t index;
    link_checkpoint_t checkpoint;
    if (state->checkpoint_count == LIMIT_MEMBERS || !text_take_until(&value, ' ', &name) ||
        !record_name_is_valid(name) || !text_take_until(&value, ' ', &generation) ||
        !generation_parse(generation, &checkpoint.generation) ||
        !text_take_until(&value, ' ', &index) ||
        !text_to_u64(index, UINT64_MAX, &checkpoint.index) ||
        !text_to_u64(value, UINT64_MAX, &checkpoint.level)) {
        return false;
    }
    journal_state_add(state, name, &checkpoint);
    return true;
}

static bool take_checkpoints(text_t *rest, journal_state_t *state)
{
    text_t value;
    while (take_value(rest, TEXT("checkpoint"), &value)) {
        if (!add_checkpoint(value, state)) {
            return false;
        }
    }
    return true;
}

static bool take_lines(text_t *rest, journal_state_t *state)
{
    text_t value;
    uint64_t serial;
    if (!take_name(rest, TEXT("herd"), state->herd) ||
        !take_name(rest, TEXT("member"), state->member) ||
        !take_value(rest, TEXT("generation"), &value) ||
        !generation_parse(value, &state->generation) || !take_parent(rest, state) ||
        !take_number(rest, TEXT("tail"), UINT64_MAX, &state->tail) ||
        !take_number(rest, TEXT("serial"), UINT32_MAX, &serial) ||
        !take_value(rest, TEXT("written"), &value) || !text_to_i64(value, &state->written_ns)) {
        return false;
    }
    state->serial = (uint32_t)serial;
    if (take_value(rest, TEXT("refused"), &value) &&
        (!text_to_u64(value, UINT64_MAX, &state->refused) || state->refused == 0)) {
        return false;
    }
    return take_checkpoints(rest, state);
}

/* Whether what is left is the right checksum of what stands before it. */
static bool has_checksum(text_t text, text_t rest)
{
    text_t value;
    uint64_t checksum;
    size_t size = text.size - rest.size;
    return take_value(&rest, TEXT("checksum"), &value) && rest.size == 0 &&
           value.size == HEX_SIZE && text_from_hex(value, &checksum) &&
           checksum == XXH3_64bits(text.data, size);
}

status_t journal_state_read(text_t text, journal_state_t *ret_self)
{
    text_t rest = text;
    uint64_t format;
    if (!take_number(&rest, TEXT("herd-journal"), UINT64_MAX, &format)) {
        return STATUS_DAMAGED;
    }
    if (format != JOURNAL_STATE_FORMAT) {
        return STATUS_VERSION;
    }
    journal_state_t state;
    journal_state_init(&state);
    if (!take_lines(&rest, &state) || !has_checksum(text, rest)) {
        journal_state_done(&state);
        return STATUS_DAMAGED;
    }
    *ret_self = state;
    return STATUS_OK;
}
