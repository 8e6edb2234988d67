#include "common/sockets/passage.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/frame.h"

#include <assert.h>
#include <stdlib.h>

/* Memory that an empty queue keeps, in bytes. */
enum { KEPT_SIZE = 4 * LIMIT_BATCH_SIZE };

/* What came for one end. */
typedef struct {
    buffer_t bytes; /* messages behind heads, as in a stream (frame.h)... */
    size_t taken;   /* ...of which so many bytes were received */
    bool full;      /* who sends here waits for room */
    passage_stir_fn *stir;
    void *argument;
} queue_t;

struct passage {
    queue_t queues[PASSAGE_ENDS]; /* by receiving end */
};

static queue_t *other(passage_t *self, passage_end_t end)
{
    return &self->queues[end == PASSAGE_NODE ? PASSAGE_FRONTEND : PASSAGE_NODE];
}

static size_t waiting(const queue_t *queue)
{
    return queue->bytes.size - queue->taken;
}

static void stir(const queue_t *queue)
{
    if (queue->stir != NULL) {
        queue->stir(queue->argument);
    }
}

passage_t *passage_new(void)
{
    passage_t *self = memory_new(sizeof *self);
    for (unsigned end = 0; end < PASSAGE_ENDS; end++) {
        buffer_init(&self->queues[end].bytes, LIMIT_STREAM_OUTPUT_SIZE);
    }
    return self;
}

void passage_destroy(passage_t **self_p)
{
    passage_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (unsigned end = 0; end < PASSAGE_ENDS; end++) {
        buffer_done(&self->queues[end].bytes);
    }
    free(self);
    *self_p = NULL;
}

void passage_tell(passage_t *self, passage_end_t end, passage_stir_fn *stir_end, void *argument)
{
    self->queues[end].stir = stir_end;
    self->queues[end].argument = argument;
}

void passage_clear(passage_t *self)
{
    for (unsigned end = 0; end < PASSAGE_ENDS; end++) {
        queue_t *queue = &self->queues[end];
        buffer_clear(&queue->bytes);
        queue->taken = 0;
        queue->full = false;
    }
}

/* What was received makes room. */
static void tidy(queue_t *queue)
{
    if (waiting(queue) > 0 && queue->taken < KEPT_SIZE) {
        return;
    }
    buffer_consume(&queue->bytes, queue->taken);
    queue->taken = 0;
    if (queue->bytes.size == 0 && queue->bytes.capacity > KEPT_SIZE) {
        buffer_done(&queue->bytes);
    }
}

status_t passage_send(passage_t *self, passage_end_t from, const message_t *message)
{
    queue_t *queue = other(self, from);
    unsigned char head[FRAME_HEAD_SIZE];
    size_t size = sizeof head + message->header.size + message->body.size;
    tidy(queue);
    if (buffer_reserve(&queue->bytes, size) != STATUS_OK) {
        return STATUS_AGAIN;
    }
    frame_write_head(message, head);
    const text_t parts[] = {
        {.data = (const char *)head, .size = sizeof head}, message->header, message->body};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        status_t status = buffer_append(&queue->bytes, parts[i].data, parts[i].size);
        assert(status == STATUS_OK);
    }
    stir(queue);
    return STATUS_OK;
}

/* Tells who waits to send that there is room again. */
static void note_room(passage_t *self, passage_end_t at)
{
    queue_t *queue = &self->queues[at];
    if (queue->full && waiting(queue) <= LIMIT_STREAM_UNSENT_SIZE) {
        queue->full = false;
        stir(other(self, at));
    }
}

status_t passage_receive(passage_t *self, passage_end_t at, message_t *ret_message)
{
    queue_t *queue = &self->queues[at];
    frame_head_t head;
    if (waiting(queue) == 0) {
        return STATUS_AGAIN;
    }
    const char *text = queue->bytes.data + queue->taken;
    status_t status = frame_read_head(text, &head);
    assert(status == STATUS_OK); /* our own */
    text += FRAME_HEAD_SIZE;
    *ret_message = (message_t){.type = head.type,
                               .header = {.data = text, .size = head.header_size},
                               .body = {.data = text + head.header_size, .size = head.body_size}};
    queue->taken += FRAME_HEAD_SIZE + head.header_size + head.body_size;
    note_room(self, at);
    return STATUS_OK;
}

bool passage_has(const passage_t *self, passage_end_t at)
{
    return waiting(&self->queues[at]) > 0;
}

bool passage_has_room(passage_t *self, passage_end_t from)
{
    queue_t *queue = other(self, from);
    queue->full = waiting(queue) > LIMIT_STREAM_UNSENT_SIZE;
    return !queue->full;
}
