#include "frontend/web/websocket/websocket_writer.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <wslay/wslay.h>

enum {
    CODE_SIZE = 2,
    HEAD_MAX = 10, /* bytes in front of the content, without a mask */
};

struct websocket_writer {
    wslay_frame_context_ptr context;
    buffer_t *out; /* where the frame goes that is being made */
};

static ssize_t on_made(const uint8_t *data, size_t size, int flags, void *argument)
{
    (void)flags;
    const websocket_writer_t *self = argument;
    text_copy((text_t){.data = (const char *)data, .size = size},
              self->out->data + self->out->size); /* put has made room */
    buffer_commit(self->out, size);
    return (ssize_t)size;
}

websocket_writer_t *websocket_writer_new(void)
{
    const struct wslay_frame_callbacks callbacks = {.send_callback = on_made};
    websocket_writer_t *self = memory_new(sizeof *self);
    (void)wslay_frame_context_init(&self->context, &callbacks, self);
    (void)memory_checked(self->context, WEBSOCKET_CONTEXT_SIZE);
    return self;
}

void websocket_writer_destroy(websocket_writer_t **self_p)
{
    websocket_writer_t *self = *self_p;
    if (self != NULL) {
        wslay_frame_context_free(self->context);
        free(self);
        *self_p = NULL;
    }
}

static status_t put(websocket_writer_t *self, uint8_t opcode, text_t content, buffer_t *out)
{
    struct wslay_frame_iocb frame = {.fin = 1,
                                     .opcode = opcode,
                                     .payload_length = content.size,
                                     .data = (const uint8_t *)content.data,
                                     .data_length = content.size};
    status_t status = buffer_reserve(out, HEAD_MAX + content.size);
    if (status != STATUS_OK) {
        return status;
    }
    self->out = out;
    ssize_t size = wslay_frame_send(self->context, &frame);
    assert(size == (ssize_t)content.size); /* it was asked for what it can do */
    self->out = NULL;
    return STATUS_OK;
}

status_t websocket_writer_put(websocket_writer_t *self, websocket_kind_t kind, text_t content,
                              buffer_t *out)
{
    uint8_t opcode = WSLAY_TEXT_FRAME;
    if (kind == WEBSOCKET_PING || kind == WEBSOCKET_PONG) {
        assert(content.size <= WEBSOCKET_CONTROL_MAX);
        opcode = kind == WEBSOCKET_PING ? WSLAY_PING : WSLAY_PONG;
    }
    return put(self, opcode, content, out);
}

status_t websocket_writer_close(websocket_writer_t *self, uint16_t code, text_t reason,
                                buffer_t *out)
{
    char content[WEBSOCKET_CONTROL_MAX] = {(char)(code >> 8), (char)(code & 0xff)};
    text_t part = text_first(reason, sizeof content - CODE_SIZE);
    const char *end = text_copy(part, content + CODE_SIZE);
    text_t whole = {.data = content, .size = code == 0 ? 0 : (size_t)(end - content)};
    return put(self, WSLAY_CONNECTION_CLOSE, whole, out);
}
