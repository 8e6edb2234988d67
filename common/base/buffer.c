#include "common/base/buffer.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Growth starts here: a few client lines. */
enum { BUFFER_FIRST_CAPACITY = 512 };

void buffer_init(buffer_t *self, size_t maximum)
{
    *self = (buffer_t){.maximum = maximum};
}

void buffer_done(buffer_t *self)
{
    free(self->data);
    buffer_init(self, self->maximum);
}

status_t buffer_reserve(buffer_t *self, size_t size)
{
    if (size <= self->capacity - self->size) {
        return STATUS_OK;
    }
    if (size > self->maximum - self->size) {
        return STATUS_FULL;
    }
    size_t capacity = self->capacity > 0 ? self->capacity : BUFFER_FIRST_CAPACITY;
    while (capacity < self->size + size) {
        capacity *= 2;
    }
    if (capacity > self->maximum) {
        capacity = self->maximum;
    }
    self->data = memory_resize(self->data, capacity);
    self->capacity = capacity;
    return STATUS_OK;
}

status_t buffer_append(buffer_t *self, const void *data, size_t size)
{
    status_t status = buffer_reserve(self, size);
    if (status == STATUS_OK && size > 0) {
        memcpy(self->data + self->size, data, size);
        self->size += size;
    }
    return status;
}

status_t buffer_format_list(buffer_t *self, const char *format, va_list arguments)
{
    char *text = NULL;
    int size = vasprintf(&text, format, arguments);
    if (size < 0) {
        return STATUS_SYSTEM;
    }
    status_t status = buffer_append(self, text, (size_t)size);
    free(text);
    return status;
}

status_t buffer_format(buffer_t *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status_t status = buffer_format_list(self, format, arguments);
    va_end(arguments);
    return status;
}

void buffer_consume(buffer_t *self, size_t count)
{
    assert(count <= self->size);
    self->size -= count;
    if (count > 0 && self->size > 0) {
        memmove(self->data, self->data + count, self->size);
    }
}
