#include "common/base/sheet.h"

#include <stdarg.h>

status_t sheet_end(sheet_t *self)
{
    if (self->status != STATUS_OK) {
        self->out->size = self->start;
    }
    return self->status;
}

void sheet_fail(sheet_t *self, status_t status)
{
    if (self->status == STATUS_OK) {
        self->status = status;
    }
}

char *sheet_reserve(sheet_t *self, size_t size)
{
    if (self->status == STATUS_OK) {
        self->status = buffer_reserve(self->out, size);
    }
    return self->status == STATUS_OK ? self->out->data + self->out->size : NULL;
}

void sheet_put_more(sheet_t *self, text_t text)
{
    if (self->status == STATUS_OK) {
        self->status = buffer_append(self->out, text.data, text.size);
    }
}

void sheet_put_string(sheet_t *self, const char *string)
{
    sheet_put(self, text_of(string));
}

void sheet_put_u64(sheet_t *self, uint64_t value)
{
    char text[TEXT_NUMBER_SIZE];
    sheet_put(self, (text_t){.data = text, .size = text_write_u64(value, text)});
}

void sheet_format(sheet_t *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (self->status == STATUS_OK) {
        self->status = buffer_format_list(self->out, format, arguments);
    }
    va_end(arguments);
}
