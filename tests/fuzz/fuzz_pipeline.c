/* Lines, replies and questions in any order at a pipeline, against a list of what is due: each line
 * gets one reply, in the order of the lines, and every request is asked as it was added. An input
 * is steps, each a letter and what follows up to LF: "r" a request, "R" one of LARGE_SIZE bytes,
 * "i" an invalid line, "q" ask the next, "Q" ask all anew, "t" trim; a digit: the reply to that
 * line, counted from the oldest; "A" to "J": a large one. The first byte is the maximum. */
#include "frontend/upstream/pipeline.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ENTRIES_MAX = 2048,
    UNIT_SIZE = 256, /* of the maximum */
    LARGE_SIZE = 5000,
    RESERVED = 100,
    OUT_SIZE_MAX = 30000,
};

/* A line, and its reply once there is one. */
typedef struct {
    text_t line;
    text_t reply;      /* "?" LF: its own line; empty: none yet */
    uint64_t sequence; /* as it was asked; 0: never yet */
    bool asked;        /* since all were to be asked anew */
} entry_t;

typedef struct {
    pipeline_t pipeline;
    buffer_t out;
    pipeline_sink_t sink;
    entry_t entries[ENTRIES_MAX + 10]; /* all lines so far; the sequence of the first is 1 */
    size_t count;                      /* lines */
    size_t left;                       /* replies that have left */
    uint64_t newest;                   /* sequence that was asked */
    bool is_broken;                    /* after STATUS_FULL of a reply it may only be ended */
} scene_t;

/* The next reply that leaves is that of the oldest line. */
static void on_reply(void *argument, text_t reply)
{
    scene_t *self = argument;
    const entry_t *entry = &self->entries[self->left++];
    assert(self->left <= self->count && entry->reply.size > 0);
    if (!text_equal(entry->reply, TEXT("?\n"))) {
        assert(text_equal(reply, entry->reply));
        return;
    }
    assert(reply.size == entry->line.size + 3 && text_equal(text_first(reply, 2), TEXT("? ")));
    assert(text_equal(text_first(text_after(reply, 2), entry->line.size), entry->line));
}

static void add(scene_t *self, text_t line, bool valid)
{
    const pipeline_request_t request = {
        .line = line, .receipt_ns = (int64_t)self->count, .receipt_ms = self->count};
    if (self->count == ENTRIES_MAX || (valid && line.size == 0)) { /* no command is empty */
        return;
    }
    entry_t *entry = &self->entries[self->count++];
    *entry = (entry_t){.line = line, .reply = valid ? TEXT("") : TEXT("?\n")};
    status_t status = valid ? pipeline_add_request(&self->pipeline, &request, RESERVED)
                            : pipeline_add_invalid(&self->pipeline, line, &self->sink);
    if (status != STATUS_OK) {
        self->count--;
    }
}

/* Asks the oldest that was not asked yet. */
static void ask(scene_t *self)
{
    pipeline_request_t request;
    size_t index = self->left;
    while (index < self->count &&
           (self->entries[index].reply.size > 0 || self->entries[index].asked)) {
        index++;
    }
    bool due = index < self->count;
    bool asked = pipeline_ask(&self->pipeline, &request);
    assert(asked == due);
    if (asked) {
        assert(text_equal(request.line, self->entries[index].line));
        assert(request.receipt_ns == (int64_t)request.receipt_ms);
        self->entries[index].asked = true;
        self->entries[index].sequence = request.sequence;
        self->newest = request.sequence > self->newest ? request.sequence : self->newest;
    }
}

static void ask_again(scene_t *self)
{
    bool due = false;
    for (size_t i = self->left; i < self->count; i++) {
        self->entries[i].asked = false;
        due = due || self->entries[i].reply.size == 0;
    }
    bool any = pipeline_ask_again(&self->pipeline);
    assert(any == due);
}

/* The reply to the line `offset` behind the oldest; no other than one that was asked takes it. */
static void answer(scene_t *self, size_t offset, text_t reply)
{
    entry_t *entry = &self->entries[self->left + offset];
    bool exists = self->left + offset < self->count;
    bool due = exists && entry->asked && entry->reply.size == 0;
    uint64_t sequence = exists && entry->sequence > 0 ? entry->sequence : self->newest + 1 + offset;
    if (due) {
        entry->reply = reply;
    }
    status_t status = pipeline_answer(&self->pipeline, sequence, reply, &self->sink);
    assert((status == STATUS_NOT_FOUND) == !due);
    self->is_broken = status == STATUS_FULL;
}

static void trim(scene_t *self)
{
    pipeline_trim(&self->pipeline);
    assert(self->left < self->count || pipeline_footprint(&self->pipeline) == 0);
}

static void check(const scene_t *self)
{
    uint64_t receipt_ms;
    bool any = pipeline_oldest(&self->pipeline, &receipt_ms);
    assert(any == (self->left < self->count) && (!any || receipt_ms == self->left));
    assert(pipeline_count(&self->pipeline) == self->count - self->left);
    assert(any || pipeline_reserved(&self->pipeline) == 0);
}

/* A line of LARGE_SIZE bytes and its LF. */
static text_t large(void)
{
    static char bytes[LARGE_SIZE + 1];
    memset(bytes, 'x', LARGE_SIZE);
    bytes[LARGE_SIZE] = '\n';
    return (text_t){.data = bytes, .size = sizeof bytes};
}

/* `step` ends in LF, which is part of a reply. */
static void take(scene_t *self, text_t step)
{
    text_t reply = text_after(step, 1);
    text_t line = text_first(reply, reply.size - 1);
    switch (step.data[0]) {
    case 'r': add(self, line, true); break;
    case 'R': add(self, text_first(large(), LARGE_SIZE), true); break;
    case 'i': add(self, line, false); break;
    case 'q': ask(self); break;
    case 'Q': ask_again(self); break;
    case 't': trim(self); break;
    default:
        if (text_is_digit(step.data[0])) {
            answer(self, (size_t)(step.data[0] - '0'), reply);
        } else if (step.data[0] >= 'A' && step.data[0] <= 'J') {
            answer(self, (size_t)(step.data[0] - 'A'), large());
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static scene_t self;
    text_t rest = {.data = (const char *)data, .size = size};
    text_t line;
    if (size == 0) {
        return 0;
    }
    self.count = self.left = self.newest = 0;
    self.is_broken = false;
    pipeline_init(&self.pipeline, (size_t)data[0] * UNIT_SIZE);
    buffer_init(&self.out, OUT_SIZE_MAX);
    self.sink = (pipeline_sink_t){.out = &self.out, .replied = on_reply, .argument = &self};
    rest = text_after(rest, 1);
    while (!self.is_broken && text_take_line(&rest, &line)) {
        if (line.size > 0) {
            take(&self, (text_t){.data = line.data, .size = line.size + 1});
            buffer_clear(&self.out);
        }
        if (!self.is_broken) {
            check(&self);
        }
    }
    pipeline_done(&self.pipeline);
    buffer_done(&self.out);
    return 0;
}
