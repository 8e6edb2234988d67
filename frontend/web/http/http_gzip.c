#include "frontend/web/http/http_gzip.h"

#include <limits.h>
#include <zlib.h>

enum {
    LEVEL = 1,             /* speed counts more than the last bytes */
    WINDOW_BITS = 15 + 16, /* with the head of gzip */
    MEMORY_LEVEL = 8,      /* zlib's own default */
};

static bool deflate_all(z_stream *stream, text_t content, buffer_t *out)
{
    if (content.size > UINT_MAX || buffer_reserve(out, content.size) != STATUS_OK) {
        return false;
    }
    stream->next_in = (Bytef *)(uintptr_t)content.data; /* zlib reads it only */
    stream->avail_in = (uInt)content.size;
    stream->next_out = (Bytef *)(out->data + out->size);
    stream->avail_out = (uInt)content.size; /* more than that would be no use */
    if (deflate(stream, Z_FINISH) != Z_STREAM_END) {
        return false;
    }
    buffer_commit(out, (size_t)stream->total_out);
    return true;
}

bool http_gzip(text_t content, buffer_t *out)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return false;
    }
    bool good = deflate_all(&stream, content, out);
    deflateEnd(&stream);
    return good;
}
