/* Any messages of a node, one after the other, and what a front-end makes of them: an answer counts
 * once, only in its session, and only if something was asked; what is malformed or late changes
 * nothing. An input is messages that end in a zero byte: a byte that names the type, the header up
 * to an LF, the body. In the header "$" stands for the number of the session, so that a search
 * finds it. A message of no type is a REQUEST that we send. */
#include "common/base/limits.h"
#include "frontend/upstream/node_message.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SESSION = 1700000000 };

static bool is_within(text_t inner, text_t outer)
{
    return inner.size == 0 || (outer.size >= inner.size && inner.data >= outer.data &&
                               inner.data + inner.size <= outer.data + outer.size);
}

/* "$ 1" becomes "1700000000 1". */
static text_t write_header(text_t header, char out[LIMIT_HEADER_SIZE + TEXT_NUMBER_SIZE])
{
    char *end = out;
    if (header.size > 0 && header.data[0] == '$') {
        end += text_write_u64(SESSION, end);
        header = text_after(header, 1);
    }
    end = text_copy(text_first(header, LIMIT_HEADER_SIZE), end);
    return (text_t){.data = out, .size = (size_t)(end - out)};
}

static void check(const message_t *message, const node_message_session_t *at,
                  const node_message_t *said)
{
    bool whole = is_within(said->text, message->body) || is_within(said->text, message->header);
    assert(whole);
    assert(said->answered <= at->unanswered && said->answered <= 1);
    switch (said->kind) {
    case NODE_MESSAGE_MALFORMED: assert(said->what != NULL); break;
    case NODE_MESSAGE_LATE: break;
    case NODE_MESSAGE_WELCOME: assert(at->greeting && message->type == MESSAGE_WELCOME); break;
    case NODE_MESSAGE_REPLY:
        assert(at->serving && message->type == MESSAGE_REPLY);
        assert(text_equal(said->text, message->body));
        break;
    case NODE_MESSAGE_PONG:
    case NODE_MESSAGE_RESET:
    case NODE_MESSAGE_REFUSED: assert(at->greeting || at->serving); break;
    }
}

/* What the upstream does then. */
static void go_on(node_message_session_t *at, const node_message_t *said)
{
    switch (said->kind) {
    case NODE_MESSAGE_WELCOME:
        at->greeting = false;
        at->serving = true;
        break;
    case NODE_MESSAGE_REPLY: at->unanswered -= said->answered; break;
    case NODE_MESSAGE_RESET:
        *at = (node_message_session_t){.session = at->session + 1, .greeting = true};
        break;
    case NODE_MESSAGE_REFUSED: *at = (node_message_session_t){.session = at->session}; break;
    default: break;
    }
}

static void take(node_message_session_t *at, text_t step)
{
    char written[LIMIT_HEADER_SIZE + TEXT_NUMBER_SIZE];
    text_t header;
    unsigned type = (unsigned char)step.data[0];
    step = text_after(step, 1);
    if (type >= MESSAGE_TYPES) {
        bool more = at->serving && at->unanswered < LIMIT_REQUEST_WINDOW;
        at->unanswered += more ? 1 : 0;
        return;
    }
    if (!text_take_line(&step, &header)) {
        header = step;
        step = (text_t){0};
    }
    const message_t message = {
        .type = (message_type_t)type, .header = write_header(header, written), .body = step};
    node_message_t said = node_message_read(&message, at);
    check(&message, at, &said);
    go_on(at, &said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    node_message_session_t at = {.session = SESSION, .greeting = true};
    text_t rest = {.data = (const char *)data, .size = size};
    text_t step;
    while (text_take_until(&rest, '\0', &step)) {
        if (step.size > 0) {
            take(&at, step);
        }
    }
    return 0;
}
