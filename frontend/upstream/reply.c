#include "frontend/upstream/reply.h"

#include "common/base/limits.h"

/* Whether a client may be sent it: an answer begins with its AT line; "?" marks an invalid line. */
static bool is_reply(text_t text)
{
    if (text.size == 0 || text.data[text.size - 1] != '\n') {
        return false;
    }
    return text_equal(text, TEXT("?\n")) || text_equal(text_first(text, 3), TEXT("AT "));
}

bool reply_take(text_t *body, reply_t *ret_reply)
{
    text_t rest = *body;
    reply_t reply;
    uint64_t size;
    if (!text_take_u64(&rest, ' ', UINT64_MAX, &reply.connection) ||
        !text_take_u64(&rest, ' ', UINT64_MAX, &reply.sequence) ||
        !text_take_u64(&rest, ' ', LIMIT_BODY_SIZE, &size) || size > rest.size) {
        return false;
    }
    reply.text = text_first(rest, size);
    if (!is_reply(reply.text)) {
        return false;
    }
    *ret_reply = reply;
    *body = text_after(rest, size);
    return true;
}
