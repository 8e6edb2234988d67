/* Any messages at both halves of a link: no crash, and its answers keep within the limits of a
 * message. An input is messages, each a type (one byte, modulo the number of types), a header up to
 * LF and a body up to a zero byte. */
#include "common/base/limits.h"
#include "common/replication/link.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const message_t *message)
{
    assert((unsigned)message->type < MESSAGE_TYPES);
    assert(message->header.size <= LIMIT_HEADER_SIZE && message->body.size <= LIMIT_BODY_SIZE);
}

/* Takes what the link has to say, as a socket that is never full. */
static void drain(link_t *link, int64_t now_ns)
{
    message_t message;
    while (link_next_answer(link, now_ns, now_ns, &message)) {
        check_message(&message);
    }
    while (link_next(link, now_ns, now_ns, &message)) {
        check_message(&message);
        link_sent(link, now_ns);
    }
}

/* Cuts the next message off; its session, "1", is that of the link's first HELLO. */
static bool take_message(text_t *rest, message_t *ret_message)
{
    if (rest->size == 0) {
        return false;
    }
    ret_message->type = (message_type_t)((unsigned char)rest->data[0] % MESSAGE_TYPES);
    *rest = text_after(*rest, 1);
    ret_message->header = ret_message->body = (text_t){0};
    return text_take_until(rest, '\n', &ret_message->header) &&
           ret_message->header.size <= LIMIT_HEADER_SIZE &&
           (rest->size == 0 || text_take_until(rest, '\0', &ret_message->body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    link_identity_t identity = {
        .herd = TEXT("herd"), .member = TEXT("One"), .neighbour = TEXT("Other"), .mark = 1};
    memset(identity.generation.hex, 'a', GENERATION_SIZE);
    text_t rest = {.data = (const char *)data, .size = size};
    int64_t now_ns = INT64_C(1600000000000000000);
    store_t *store = store_new(64, 1);
    link_t *link = link_new(&identity, store);
    message_t message;
    link_disconnected(link, now_ns);
    link_connected(link, now_ns);
    drain(link, now_ns);
    while (take_message(&rest, &message)) {
        now_ns += INT64_C(100000000);
        if (message.type == MESSAGE_HELLO || message.type == MESSAGE_DATA ||
            message.type == MESSAGE_LEAVES || message.type == MESSAGE_AUDIT) {
            link_take(link, &message, now_ns, now_ns);
        } else {
            link_take_answer(link, &message, now_ns);
        }
        if (link_wants_digest(link, now_ns)) {
            store_digest_step(store, SIZE_MAX);
        }
        drain(link, now_ns);
    }
    const link_counters_t *counters = link_counters(link);
    assert(counters->received == counters->newer + counters->same + counters->older +
                                     counters->expired + counters->refused);
    link_destroy(&link);
    store_destroy(&store);
    return 0;
}
