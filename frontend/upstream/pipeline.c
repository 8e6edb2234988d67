/* A ring of entries, one a line, in the order of the lines; entry i has the sequence
 * head_sequence + i. A request waits for the node, a malformed line only for its turn, and a reply
 * that comes out of turn is stored. The head is never ready: as soon as its reply comes, it and the
 * ready entries behind it leave, so in the usual order nothing is stored or copied twice.
 *
 * Requests before asked_sequence were asked. When the node has forgotten them, asked_sequence goes
 * back to the head and all that still wait are asked again, under their old sequences (Q7); lines
 * are kept for that. Lines and stored replies stand in two buffers that are compacted only when
 * much of them is unused. What the replies will probably come to is summed in `reserved`, so that a
 * session can stop reading before its client's output grows too large.
 */
#include "frontend/upstream/pipeline.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FIRST_CAPACITY = 8,
    /* Bytes reserved for each entry itself, so that a cap on bytes caps entries too. */
    ENTRY_COST = 64,
    /* A buffer is compacted only when more than this, and more than half of it, is unused. */
    COMPACT_SIZE = 16384,
};

typedef enum {
    ENTRY_WAITING, /* for the node's reply */
    ENTRY_INVALID, /* is answered with its own line */
    ENTRY_STORED,  /* its reply came out of turn */
} entry_kind_t;

struct pipeline_entry {
    int64_t receipt_ns;    /* POSIX time */
    uint64_t receipt_ms;   /* steady time */
    uint64_t line_offset;  /* counted from the connection's first line */
    uint32_t line_size;    /* bytes */
    uint32_t reserved;     /* bytes, its part of pipeline_t.reserved */
    uint32_t reply_offset; /* [STORED] in pipeline_t.replies */
    uint32_t reply_size;   /* [STORED] bytes */
    entry_kind_t kind : 8;
    bool is_lookup : 1;
};

void pipeline_init(pipeline_t *self, size_t maximum)
{
    assert(maximum <= UINT32_MAX);
    *self = (pipeline_t){.head_sequence = 1, .asked_sequence = 1};
    buffer_init(&self->lines, maximum);
    buffer_init(&self->replies, maximum);
}

void pipeline_done(pipeline_t *self)
{
    free(self->entries);
    buffer_done(&self->lines);
    buffer_done(&self->replies);
    pipeline_init(self, self->lines.maximum);
}

/* The entry that stands `index` entries behind the oldest. */
static pipeline_entry_t *entry_at(const pipeline_t *self, uint64_t index)
{
    return &self->entries[(self->first + index) & (self->capacity - 1)];
}

static text_t entry_line(const pipeline_t *self, const pipeline_entry_t *entry)
{
    return (text_t){.data = self->lines.data + (entry->line_offset - self->lines_offset),
                    .size = entry->line_size};
}

/* Makes room for one more entry. */
static void reserve_entry(pipeline_t *self)
{
    if (self->count < self->capacity) {
        return;
    }
    uint32_t capacity = self->capacity > 0 ? 2 * self->capacity : FIRST_CAPACITY;
    pipeline_entry_t *entries = memory_new_array(capacity, sizeof *entries);
    for (uint32_t i = 0; i < self->count; i++) {
        entries[i] = *entry_at(self, i);
    }
    free(self->entries);
    self->entries = entries;
    self->capacity = capacity;
    self->first = 0;
}

static status_t add(pipeline_t *self, text_t line, const pipeline_entry_t *entry)
{
    status_t status = buffer_append(&self->lines, line.data, line.size);
    if (status != STATUS_OK) {
        return status;
    }
    reserve_entry(self);
    pipeline_entry_t *added = entry_at(self, self->count);
    *added = *entry;
    added->line_offset = self->lines_offset + self->lines.size - line.size;
    added->line_size = (uint32_t)line.size;
    self->count++;
    self->reserved += added->reserved;
    return STATUS_OK;
}

status_t pipeline_add_request(pipeline_t *self, const pipeline_request_t *request, size_t reserved)
{
    pipeline_entry_t entry = {.kind = ENTRY_WAITING,
                              .receipt_ns = request->receipt_ns,
                              .receipt_ms = request->receipt_ms,
                              .is_lookup = request->is_lookup,
                              .reserved = (uint32_t)reserved + ENTRY_COST};
    return add(self, request->line, &entry);
}

static void tell(const pipeline_sink_t *sink, size_t reply_size)
{
    if (sink->replied != NULL) {
        text_t out = buffer_text(sink->out);
        sink->replied(sink->argument, text_after(out, out.size - reply_size));
    }
}

static status_t put_reply(const pipeline_sink_t *sink, text_t reply)
{
    status_t status = buffer_append(sink->out, reply.data, reply.size);
    if (status == STATUS_OK) {
        tell(sink, reply.size);
    }
    return status;
}

/* "? " and the line as it came (client-protocol.md). */
static status_t put_invalid(const pipeline_sink_t *sink, text_t line)
{
    size_t size = 2 + line.size + 1;
    status_t status = buffer_reserve(sink->out, size);
    if (status != STATUS_OK) {
        return status;
    }
    char *reply = sink->out->data + sink->out->size;
    reply[0] = '?';
    reply[1] = ' ';
    if (line.size > 0) {
        memcpy(reply + 2, line.data, line.size);
    }
    reply[size - 1] = '\n';
    buffer_commit(sink->out, size);
    tell(sink, size);
    return STATUS_OK;
}

status_t pipeline_add_invalid(pipeline_t *self, text_t line, const pipeline_sink_t *sink)
{
    if (self->count == 0) {
        return put_invalid(sink, line);
    }
    pipeline_entry_t entry = {.kind = ENTRY_INVALID, .reserved = (uint32_t)line.size + ENTRY_COST};
    return add(self, line, &entry);
}

/* Moves asked_sequence on to the next waiting request; false if there is none. */
static bool find_unasked(pipeline_t *self)
{
    uint64_t end = self->head_sequence + self->count;
    if (self->asked_sequence < self->head_sequence) {
        self->asked_sequence = self->head_sequence;
    }
    while (self->asked_sequence < end) {
        if (entry_at(self, self->asked_sequence - self->head_sequence)->kind == ENTRY_WAITING) {
            return true;
        }
        self->asked_sequence++;
    }
    return false;
}

bool pipeline_next_is_lookup(pipeline_t *self)
{
    return find_unasked(self) &&
           entry_at(self, self->asked_sequence - self->head_sequence)->is_lookup;
}

pipeline_request_t pipeline_at(const pipeline_t *self, uint32_t index)
{
    const pipeline_entry_t *entry = entry_at(self, index);
    return (pipeline_request_t){.sequence = self->head_sequence + index,
                                .receipt_ns = entry->receipt_ns,
                                .receipt_ms = entry->receipt_ms,
                                .is_lookup = entry->is_lookup,
                                .line = entry_line(self, entry)};
}

bool pipeline_ask(pipeline_t *self, pipeline_request_t *ret_request)
{
    if (!find_unasked(self)) {
        return false;
    }
    *ret_request = pipeline_at(self, (uint32_t)(self->asked_sequence - self->head_sequence));
    self->asked_sequence++;
    self->lookups += ret_request->is_lookup;
    return true;
}

bool pipeline_ask_again(pipeline_t *self)
{
    self->asked_sequence = self->head_sequence;
    self->lookups = 0;
    return find_unasked(self);
}

/* Forgets the oldest entry. */
static void pop(pipeline_t *self)
{
    const pipeline_entry_t *entry = entry_at(self, 0);
    self->reserved -= entry->reserved;
    self->lines_start += entry->line_size;
    if (entry->kind == ENTRY_STORED) {
        self->stored--;
        self->replies_unused += entry->reply_size;
    }
    self->first = (self->first + 1) & (self->capacity - 1);
    self->count--;
    self->head_sequence++;
    if (self->count == 0) {
        self->lines_start = self->lines.size;
    }
    if (self->lines_start == self->lines.size ||
        (self->lines_start > COMPACT_SIZE && self->lines_start > self->lines.size / 2)) {
        self->lines_offset += self->lines_start;
        buffer_consume(&self->lines, self->lines_start);
        self->lines_start = 0;
    }
}

/* Drops stored replies that no entry needs. */
static void compact_replies(pipeline_t *self)
{
    if (self->stored == 0) {
        buffer_clear(&self->replies);
        self->replies_unused = 0;
        return;
    }
    if (self->replies_unused < COMPACT_SIZE || self->replies_unused < self->replies.size / 2) {
        return;
    }
    buffer_t needed;
    buffer_init(&needed, self->replies.maximum);
    for (uint32_t i = 0; i < self->count; i++) {
        pipeline_entry_t *entry = entry_at(self, i);
        if (entry->kind == ENTRY_STORED) {
            size_t offset = needed.size;
            status_t status =
                buffer_append(&needed, self->replies.data + entry->reply_offset, entry->reply_size);
            assert(status == STATUS_OK); /* all of it has fitted before */
            entry->reply_offset = (uint32_t)offset;
        }
    }
    buffer_done(&self->replies);
    self->replies = needed;
    self->replies_unused = 0;
}

/* Puts out the entries in front that are ready. */
static status_t put_ready(pipeline_t *self, const pipeline_sink_t *sink)
{
    while (self->count > 0) {
        const pipeline_entry_t *entry = entry_at(self, 0);
        status_t status;
        if (entry->kind == ENTRY_WAITING) {
            break;
        }
        if (entry->kind == ENTRY_INVALID) {
            status = put_invalid(sink, entry_line(self, entry));
        } else {
            status = put_reply(sink, (text_t){.data = self->replies.data + entry->reply_offset,
                                              .size = entry->reply_size});
        }
        if (status != STATUS_OK) {
            return status;
        }
        pop(self);
    }
    if (self->replies.size > 0) {
        compact_replies(self);
    }
    return STATUS_OK;
}

/* Keeps a reply until its turn. */
static status_t store(pipeline_t *self, pipeline_entry_t *entry, text_t reply)
{
    size_t offset = self->replies.size;
    status_t status = buffer_append(&self->replies, reply.data, reply.size);
    if (status != STATUS_OK) {
        return status;
    }
    entry->kind = ENTRY_STORED;
    entry->reply_offset = (uint32_t)offset;
    entry->reply_size = (uint32_t)reply.size;
    self->stored++;
    self->reserved -= entry->reserved;
    entry->reserved = (uint32_t)reply.size + ENTRY_COST;
    self->reserved += entry->reserved;
    return STATUS_OK;
}

status_t pipeline_answer(pipeline_t *self, uint64_t sequence, text_t reply,
                         const pipeline_sink_t *sink)
{
    uint64_t index = sequence - self->head_sequence; /* huge if it is older than the head */
    if (index >= self->count || sequence >= self->asked_sequence ||
        entry_at(self, index)->kind != ENTRY_WAITING) {
        return STATUS_NOT_FOUND;
    }
    pipeline_entry_t *entry = entry_at(self, index);
    self->lookups -= entry->is_lookup;
    bool invalid = text_equal(reply, TEXT("?\n"));
    if (invalid) {
        entry->kind = ENTRY_INVALID;
    }
    if (index > 0) {
        return invalid ? STATUS_OK : store(self, entry, reply);
    }
    if (!invalid) {
        status_t status = put_reply(sink, reply);
        if (status != STATUS_OK) {
            return status;
        }
        pop(self);
    }
    return put_ready(self, sink);
}

bool pipeline_oldest(const pipeline_t *self, uint64_t *ret_receipt_ms)
{
    /* The oldest entry always waits: those that were ready have left. */
    if (self->count == 0) {
        return false;
    }
    *ret_receipt_ms = entry_at(self, 0)->receipt_ms;
    return true;
}

size_t pipeline_footprint(const pipeline_t *self)
{
    return self->capacity * sizeof *self->entries + self->lines.capacity + self->replies.capacity;
}

void pipeline_trim(pipeline_t *self)
{
    if (self->count == 0) {
        free(self->entries);
        self->entries = NULL;
        self->capacity = self->first = 0;
        buffer_done(&self->lines);
        buffer_done(&self->replies);
        self->lines_start = self->replies_unused = 0;
    }
}
