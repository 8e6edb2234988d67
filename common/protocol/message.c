#include "common/protocol/message.h"

#include "common/base/limits.h"

#include <assert.h>

#define PROTOCOL_PREFIX "HERD/"
#define PROTOCOL        "HERD/1"

static const text_t type_texts[MESSAGE_TYPES] = {
#define MESSAGE_TEXT(name, text) [MESSAGE_##name] = {.data = (text), .size = sizeof(text) - 1},
    MESSAGE_TYPE_MAP(MESSAGE_TEXT)
#undef MESSAGE_TEXT
};

const char *message_type_text(message_type_t type)
{
    assert((unsigned)type < MESSAGE_TYPES);
    return type_texts[type].data;
}

bool message_is_question(message_type_t type)
{
    switch (type) {
    case MESSAGE_STATUS:
    case MESSAGE_FORGET:
    case MESSAGE_WHERE:
    case MESSAGE_LOGLEVEL:
    case MESSAGE_ECHO:
    case MESSAGE_RELOAD: return true;
    default: return false;
    }
}

/* M1, M2: "HERD/" and our version. */
static status_t check_protocol(text_t text)
{
    if (text_equal(text, TEXT(PROTOCOL))) {
        return STATUS_OK;
    }
    const text_t prefix = TEXT(PROTOCOL_PREFIX);
    uint64_t version;
    bool other = text_equal(text_first(text, prefix.size), prefix) &&
                 text_to_u64(text_after(text, prefix.size), UINT64_MAX, &version);
    return other ? STATUS_VERSION : STATUS_INVALID;
}

static bool find_type(text_t text, message_type_t *ret_type)
{
    for (unsigned i = 0; i < MESSAGE_TYPES; i++) {
        if (text_equal(text, type_texts[i])) {
            *ret_type = (message_type_t)i;
            return true;
        }
    }
    return false;
}

status_t message_decode(const text_t *frames, size_t count, message_t *ret_message)
{
    if (count != MESSAGE_FRAMES) {
        return STATUS_INVALID;
    }
    message_t message = {.header = frames[2], .body = frames[3]};
    status_t status = check_protocol(frames[0]);
    if (status != STATUS_OK) {
        return status;
    }
    if (!find_type(frames[1], &message.type)) {
        return STATUS_INVALID;
    }
    if (message.header.size > LIMIT_HEADER_SIZE || message.body.size > LIMIT_BODY_SIZE) {
        return STATUS_TOO_LONG;
    }
    *ret_message = message;
    return STATUS_OK;
}

void message_encode(const message_t *message, text_t ret_frames[MESSAGE_FRAMES])
{
    ret_frames[0] = TEXT(PROTOCOL);
    ret_frames[1] = type_texts[message->type];
    ret_frames[2] = message->header;
    ret_frames[3] = message->body;
}

bool message_value(text_t body, const char *key, text_t *ret_value)
{
    text_t line;
    text_t name;
    while (text_take_line(&body, &line)) {
        if (text_take_until(&line, ' ', &name) && text_equal(name, text_of(key))) {
            *ret_value = line;
            return true;
        }
    }
    return false;
}

bool message_number(text_t body, const char *key, uint64_t maximum, uint64_t *ret_value)
{
    text_t value;
    return message_value(body, key, &value) && text_to_u64(value, maximum, ret_value);
}

bool message_has_version(text_t body)
{
    text_t versions;
    text_t version;
    if (!message_value(body, "versions", &versions)) {
        return false;
    }
    while (text_take_until(&versions, ' ', &version)) {
        uint64_t number;
        if (text_to_u64(version, UINT64_MAX, &number) && number == MESSAGE_VERSION) {
            return true;
        }
    }
    return false;
}
