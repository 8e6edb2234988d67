#include "frontend/clients/output.h"

#include "common/base/memory.h"

#include <stdlib.h>

void output_init(output_t *self, size_t maximum)
{
    *self = (output_t){0};
    buffer_init(&self->gathered, maximum);
}

void output_done(output_t *self)
{
    buffer_done(&self->gathered);
}

static void free_write(output_write_t *writing)
{
    buffer_done(&writing->bytes);
    free(writing);
}

static void on_written(uv_write_t *request, int outcome)
{
    output_t *self = request->data;
    output_left_fn *left = self->writing->left;
    void *owner = request->handle->data;
    free_write(self->writing);
    self->writing = NULL;
    left(owner, outcome);
}

/* Leaves the bytes from `written` on to libuv. Returns 0, or libuv's error. */
static int write_rest(output_t *self, uv_stream_t *stream, size_t written, output_left_fn *left)
{
    output_write_t *writing = memory_new(sizeof *writing);
    writing->bytes = self->gathered;
    writing->left = left;
    writing->request.data = self;
    buffer_init(&self->gathered, self->gathered.maximum);
    uv_buf_t rest =
        uv_buf_init(writing->bytes.data + written, (unsigned)(writing->bytes.size - written));
    int outcome = uv_write(&writing->request, stream, &rest, 1, on_written);
    if (outcome != 0) {
        free_write(writing);
        return outcome;
    }
    self->writing = writing;
    return 0;
}

int output_flush(output_t *self, uv_stream_t *stream, output_left_fn *left, uint64_t *sent)
{
    size_t size = self->gathered.size;
    if (self->writing != NULL) {
        return UV_EALREADY;
    }
    if (size == 0) {
        return 0;
    }
    uv_buf_t bytes = uv_buf_init(self->gathered.data, (unsigned)size);
    int written = uv_try_write(stream, &bytes, 1);
    if (written < 0 && written != UV_EAGAIN) {
        return written;
    }
    *sent += size;
    if (written >= 0 && (size_t)written == size) {
        buffer_clear(&self->gathered);
        return 0;
    }
    int outcome = write_rest(self, stream, written > 0 ? (size_t)written : 0, left);
    return outcome == 0 ? UV_EAGAIN : outcome;
}
