/* Any bytes as the frames of a message: protocol, type and header, a line each, and the rest as the
 * body. What is taken encodes to these very frames; each line of its body is found under its own
 * key, unless that stood there before. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/message.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(text_t body, text_t line)
{
    text_t key;
    text_t value;
    uint64_t number;
    if (!text_take_until(&line, ' ', &key) || memchr(key.data, '\0', key.size) != NULL) {
        return;
    }
    char *name = memory_copy_text(key.data, key.size);
    bool found = message_value(body, name, &value);
    assert(found && value.data <= line.data);
    assert(value.data < line.data || value.size == line.size);
    if (message_number(body, name, 1000, &number)) {
        assert(number <= 1000 && value.size > 0);
    }
    free(name);
}

static void check_encoded(const message_t *message, const text_t *frames)
{
    text_t encoded[MESSAGE_FRAMES];
    message_encode(message, encoded);
    for (unsigned i = 0; i < MESSAGE_FRAMES; i++) {
        assert(text_equal(encoded[i], frames[i]));
    }
    assert(text_equal(frames[1], text_of(message_type_text(message->type))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t rest = {.data = (const char *)data, .size = size};
    text_t frames[MESSAGE_FRAMES + 1] = {0};
    message_t message;
    size_t count = 0;
    while (count + 1 < MESSAGE_FRAMES && text_take_until(&rest, '\n', &frames[count])) {
        count++;
    }
    frames[count++] = rest;
    status_t status = message_decode(frames, count, &message);
    if (status == STATUS_OK) {
        assert(count == MESSAGE_FRAMES && message.header.size <= LIMIT_HEADER_SIZE);
        check_encoded(&message, frames);
        text_t line;
        while (text_take_line(&rest, &line)) {
            check_value(message.body, line);
        }
        (void)message_has_version(message.body);
    }
    status = message_decode(frames, count + 1, &message);
    assert(status != STATUS_OK || count + 1 == MESSAGE_FRAMES);
    return 0;
}
