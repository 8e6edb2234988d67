/* The frames of a tap's message, and the records in its body. */
#include "common/protocol/command.h"
#include "common/protocol/record.h"
#include "deploy/herdctl/tap/tap.h"

/* in/Hands/DATA | meta | HERD/1 | DATA | header | body
 * apply/kiwi    | meta | AT Clark +0.263873386 kiwi ... = LF
 * link/Hands/up | meta */
status_t herdctl_tap_records_decode(zmsg_t *frames, herdctl_tap_message_t *ret_message)
{
    enum { TOPIC, META, CONTENT, TYPE, HEADER, BODY, FRAMES_MAX };
    text_t texts[FRAMES_MAX] = {{0}};
    size_t count = 0;
    for (zframe_t *frame = zmsg_first(frames); frame != NULL; frame = zmsg_next(frames)) {
        if (count == FRAMES_MAX) {
            return STATUS_INVALID;
        }
        texts[count++] =
            (text_t){.data = (const char *)zframe_data(frame), .size = zframe_size(frame)};
    }
    herdctl_tap_message_t message = {.topic = texts[TOPIC], .meta = texts[META]};
    if (count < CONTENT ||
        publication_parse(texts[TOPIC], texts[META], &message.publication) != STATUS_OK) {
        return STATUS_INVALID;
    }
    if (count == FRAMES_MAX) {
        message.header = texts[HEADER];
        message.body = texts[BODY];
    } else if (count <= TYPE) {
        message.body = texts[CONTENT];
    } else {
        return STATUS_INVALID;
    }
    *ret_message = message;
    return STATUS_OK;
}

static bool is_type(const herdctl_tap_message_t *message, const char *type)
{
    return text_equal(message->publication.type, text_of(type));
}

/* Passes `count` fields. */
static bool pass_fields(text_t *rest, size_t count)
{
    text_t field;
    for (size_t i = 0; i < count; i++) {
        if (!text_take_until(rest, ' ', &field)) {
            return false;
        }
    }
    return true;
}

/* 1048576 1 86 AT Clark +0.263873386 kiwi ... LF      the third field is the length of what
 * follows */
static bool take_reply(text_t *body, text_t *ret_record)
{
    text_t rest = *body;
    text_t length;
    uint64_t size;
    if (!pass_fields(&rest, 2) || !text_take_until(&rest, ' ', &length) ||
        !text_to_u64(length, rest.size, &size)) {
        return false;
    }
    *ret_record = text_first(*body, body->size - rest.size + size);
    *body = text_after(*body, ret_record->size);
    return true;
}

bool herdctl_tap_records_take(const herdctl_tap_message_t *message, text_t *body,
                              text_t *ret_record)
{
    if (is_type(message, "REPLY") && take_reply(body, ret_record)) {
        return true;
    }
    if (text_take_line(body, ret_record)) {
        return true;
    }
    *ret_record = *body; /* a last one without LF: not from a node of ours */
    *body = (text_t){0};
    return ret_record->size > 0;
}

bool herdctl_tap_records_client(const herdctl_tap_message_t *message, text_t record,
                                text_t *ret_client)
{
    if (is_type(message, "FORGET")) {
        return text_take_field(&record, ret_client);
    }
    if (is_type(message, "REQUEST")) {
        /* connection sequence time IAMAT kiwi ... */
        command_t command = {.kind = COMMAND_INVALID};
        if (pass_fields(&record, 3)) {
            command = command_parse(record);
        }
        *ret_client = command.client;
        return command.kind != COMMAND_INVALID;
    }
    if (is_type(message, "REPLY")) {
        /* connection sequence length AT Clark +0.263873386 kiwi ... */
        text_t word;
        return pass_fields(&record, 3) && text_take_field(&record, &word) &&
               text_equal(word, TEXT("AT")) && pass_fields(&record, 3) &&
               text_take_field(&record, ret_client);
    }
    record_t parsed;
    if (!is_type(message, "DATA") || record_parse_bus_line(record, &parsed) != STATUS_OK) {
        return false;
    }
    *ret_client = parsed.client;
    return true;
}
