/* Any bytes as the body of a REPLY: each reply lies in it, and ends in LF. */
#include "frontend/upstream/reply.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t body = {.data = (const char *)data, .size = size};
    text_t before = body;
    reply_t reply;
    while (reply_take(&body, &reply)) {
        assert(reply.text.size > 0 && reply.text.data[reply.text.size - 1] == '\n');
        assert(reply.text.data > before.data && body.size < before.size);
        assert(reply.text.data + reply.text.size <= (const char *)data + size);
        before = body;
    }
    assert(body.size == before.size);
    return 0;
}
