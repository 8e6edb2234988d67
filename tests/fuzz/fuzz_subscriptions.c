/* Any messages of an XPUB, each up to an LF, to a tap's subscriptions. "+" and "-" stand for the
 * bytes that open and close; "*" opens its prefix repeated up to LONG_SIZE bytes; "?" is followed
 * by a topic that is published. */
#include "common/base/limits.h"
#include "node/tap/subscriptions.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONG_SIZE = 32768 };

/* Each subscription that matches counts the message, and no two of them have the same length. */
static void publish(subscriptions_t *self, text_t topic)
{
    buffer_t meta;
    publication_count_t count;
    uint64_t shorter = 0;
    buffer_init(&meta, LIMIT_TAP_META_SIZE);
    subscriptions_number(self, topic, &meta);
    assert((meta.size > 0) == subscriptions_match(self, topic));
    text_t rest = buffer_text(&meta);
    uint64_t seen[LIMIT_TAP_PREFIX_SIZE + 1] = {0};
    while (publication_take_count(&rest, &count)) {
        assert(count.length <= topic.size && count.length <= LIMIT_TAP_PREFIX_SIZE);
        assert(count.number > 0 && count.opening > 0 && seen[count.length]++ == 0);
        shorter++;
    }
    assert(shorter <= subscriptions_count(self));
    buffer_done(&meta);
}

static void take(subscriptions_t *self, text_t message)
{
    size_t before = subscriptions_count(self);
    unsigned kinds = subscriptions_kinds(self);
    text_t prefix = message.size > 0 ? text_after(message, 1) : message;
    switch (subscriptions_take(self, message)) {
    case SUBSCRIPTIONS_OPENED:
        assert(subscriptions_count(self) == before + 1 && subscriptions_match(self, prefix));
        assert(subscriptions_kinds(self) == (kinds | publication_kinds(prefix)));
        break;
    case SUBSCRIPTIONS_CLOSED:
        assert(subscriptions_count(self) == before - 1);
        assert((subscriptions_kinds(self) & ~kinds) == 0);
        assert(subscriptions_take(self, message) == SUBSCRIPTIONS_IGNORED);
        break;
    case SUBSCRIPTIONS_IGNORED: assert(subscriptions_count(self) == before); break;
    case SUBSCRIPTIONS_FULL:
        subscriptions_clear(self);
        assert(subscriptions_count(self) == 0 && subscriptions_kinds(self) == 0);
        break;
    }
    assert(subscriptions_count(self) <= LIMIT_TAP_SUBSCRIPTIONS);
}

/* Writes `text` to `out` about as often as it fits into `maximum` bytes; returns the size. */
static size_t repeat(text_t text, char *out, size_t maximum)
{
    size_t size = text.size <= maximum ? text.size : 0;
    text_copy(text_first(text, size), out);
    while (size > 0 && 2 * size <= maximum) {
        memcpy(out + size, out, size);
        size *= 2;
    }
    return size;
}

static void take_line(subscriptions_t *self, text_t line)
{
    static char message[LONG_SIZE + 1];
    text_t prefix = line.size > 0 ? text_after(line, 1) : line;
    size_t size;
    switch (line.size > 0 ? line.data[0] : '\0') {
    case '?': publish(self, prefix); return;
    case '*':
        size = 1 + repeat(prefix, message + 1, LONG_SIZE);
        message[0] = 1;
        break;
    default:
        size = line.size < sizeof message ? line.size : sizeof message;
        text_copy(text_first(line, size), message);
        if (size > 0 && (message[0] == '+' || message[0] == '-')) {
            message[0] = message[0] == '+' ? 1 : 0;
        }
    }
    take(self, (text_t){.data = message, .size = size});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static subscriptions_t *self; /* cleared between inputs: it is large */
    text_t rest = {.data = (const char *)data, .size = size};
    text_t line;
    if (self == NULL) {
        self = subscriptions_new();
    }
    while (text_take_until(&rest, '\n', &line)) {
        take_line(self, line);
    }
    subscriptions_clear(self);
    return 0;
}
