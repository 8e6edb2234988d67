#include "frontend/upstream/node_message.h"

static node_message_t malformed(const message_t *message, text_t sample)
{
    return (node_message_t){
        .kind = NODE_MESSAGE_MALFORMED, .text = sample, .what = message_type_text(message->type)};
}

/* "version 1" LF "name" SP name LF ... */
static node_message_t read_welcome(const message_t *message, const node_message_session_t *at)
{
    text_t version;
    node_message_t welcome = {.kind = NODE_MESSAGE_WELCOME};
    if (!at->greeting || !message_value(message->body, "version", &version) ||
        !text_equal(version, TEXT("1"))) {
        return malformed(message, message->body);
    }
    (void)message_value(message->body, "name", &welcome.text);
    return welcome;
}

/* `number`: what follows the session in the header */
static node_message_t read_reply(const message_t *message, text_t number,
                                 const node_message_session_t *at)
{
    uint64_t answered;
    if (!at->serving || !text_to_u64(number, 1, &answered) || answered > at->unanswered) {
        return malformed(message, message->header);
    }
    return (node_message_t){
        .kind = NODE_MESSAGE_REPLY, .text = message->body, .answered = (unsigned)answered};
}

/* reason LF */
static node_message_t read_refused(const message_t *message)
{
    node_message_t refused = {.kind = NODE_MESSAGE_REFUSED};
    text_t body = message->body;
    (void)text_take_line(&body, &refused.text);
    return refused;
}

/* The header: session [ SP number ] */
node_message_t node_message_read(const message_t *message, const node_message_session_t *at)
{
    text_t rest = message->header;
    text_t part;
    uint64_t session;
    if (!text_take_until(&rest, ' ', &part) || !text_to_u64(part, UINT64_MAX, &session)) {
        return malformed(message, message->header);
    }
    if (session != at->session || (!at->greeting && !at->serving)) {
        return (node_message_t){.kind = NODE_MESSAGE_LATE};
    }
    switch (message->type) {
    case MESSAGE_WELCOME: return read_welcome(message, at);
    case MESSAGE_REPLY: return read_reply(message, rest, at);
    case MESSAGE_PONG: return (node_message_t){.kind = NODE_MESSAGE_PONG};
    case MESSAGE_RESET: return (node_message_t){.kind = NODE_MESSAGE_RESET};
    case MESSAGE_REFUSED: return read_refused(message);
    default: return malformed(message, message->header);
    }
}
