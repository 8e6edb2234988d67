#include "frontend/reply.h"

#include "common/limits.h"

/* A number and the space behind it. */
static bool take_number(text_t *rest, uint64_t maximum, uint64_t *ret_number)
{
    const char *space = memchr(rest->data, ' ', text_first(*rest, TEXT_NUMBER_SIZE + 1).size);
    if (space == NULL) {
        return false;
    }
    text_t digits = text_first(*rest, (size_t)(space - rest->data));
    *rest = text_after(*rest, digits.size + 1);
    return text_to_u64(digits, maximum, ret_number);
}

/* What a client may be sent: an answer that begins with its AT line, or the mark of an invalid line. */
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
    if (rest.size == 0 || !take_number(&rest, UINT64_MAX, &reply.connection) || rest.size == 0 ||
        !take_number(&rest, UINT64_MAX, &reply.sequence) || rest.size == 0 ||
        !take_number(&rest, LIMIT_BODY_SIZE, &size) || size > rest.size) {
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
