#include "frontend/upstream/request_text.h"

/* Lines that came in one read are a nanosecond apart (receipt_stamp). */
enum { TIME_END_SIZE = 4, TIME_END_LIMIT = 10000 };

/* Writes a text of `size` bytes. All of the field is copied, whatever its size: that takes no call,
 * and behind it there is room. */
static char *put_kept(const char kept[TEXT_NUMBER_SIZE], size_t size, char *out)
{
    memcpy(out, kept, TEXT_NUMBER_SIZE);
    return out + size;
}

static char *put_connection(request_text_t *self, uint64_t connection, char *out)
{
    if (connection != self->connection || self->connection_size == 0) {
        self->connection = connection;
        self->connection_size = text_write_u64(connection, self->connection_text);
    }
    return put_kept(self->connection_text, self->connection_size, out);
}

static char *put_time(request_text_t *self, int64_t time_ns, char *out)
{
    if (time_ns < TIME_END_LIMIT) {
        return out + text_write_i64(time_ns, out);
    }
    uint64_t begin = (uint64_t)time_ns / TIME_END_LIMIT;
    if (begin != self->begin) {
        self->begin = begin;
        self->begin_size = text_write_u64(begin, self->begin_text);
    }
    out = put_kept(self->begin_text, self->begin_size, out);
    text_write_digits((uint64_t)time_ns % TIME_END_LIMIT, TIME_END_SIZE, out);
    return out + TIME_END_SIZE;
}

char *request_text_write(request_text_t *self, uint64_t connection,
                         const pipeline_request_t *request, char *out)
{
    out = put_connection(self, connection, out);
    *out++ = ' ';
    out += text_write_u64(request->sequence, out);
    *out++ = ' ';
    out = put_time(self, request->receipt_ns, out);
    *out++ = ' ';
    out = text_copy(request->line, out);
    *out++ = '\n';
    return out;
}
