/* Any frames as a request of ZAP, each up to LF, the last one as it is: what is taken is in the
 * frames, and the replies have the form of RFC 27. */
#include "node/security/zap.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES_MAX = 16, REPLY_FRAMES = 6, REPLY_ID = 1, REPLY_USER = 4, REPLY_METADATA = 5 };

static zmsg_t *make(text_t rest)
{
    zmsg_t *message = zmsg_new();
    text_t frame;
    size_t count = 0;
    while (count < FRAMES_MAX && text_take_line(&rest, &frame)) {
        zmsg_addmem(message, frame.data, frame.size);
        count++;
    }
    zmsg_addmem(message, rest.data, rest.size);
    return message;
}

static text_t frame_at(zmsg_t *message, size_t index)
{
    zframe_t *frame = zmsg_first(message);
    while (index-- > 0) {
        frame = zmsg_next(message);
    }
    assert(frame != NULL);
    return (text_t){.data = (const char *)zframe_data(frame), .size = zframe_size(frame)};
}

/* Only who is let in has a user and metadata: a property, its size in one byte, its value behind a
 * size in four. */
static void check_reply(zmsg_t *reply, text_t id, bool accepted)
{
    assert(zmsg_size(reply) == REPLY_FRAMES && text_equal(frame_at(reply, REPLY_ID), id));
    text_t metadata = frame_at(reply, REPLY_METADATA);
    assert((frame_at(reply, REPLY_USER).size > 0) == accepted && (metadata.size > 0) == accepted);
    if (accepted) {
        size_t name_size = (size_t)metadata.data[0];
        text_t value = text_after(metadata, 1 + name_size);
        assert(value.size == 4 + CERTIFICATES_KEY_SIZE && value.data[3] == CERTIFICATES_KEY_SIZE);
    }
    zmsg_destroy(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zmsg_t *message = make((text_t){.data = (const char *)data, .size = size});
    zap_request_t request;
    text_t id;
    if (zap_read(message, &request, &id) == STATUS_OK) {
        security_holder_t holder = {.role = ROLES_OPERATOR, .name = "name"};
        uint8_t key[CERTIFICATES_BINARY_SIZE];
        assert(text_equal(request.id, id) && (unsigned)request.domain < ROLES_DOMAIN_COUNT);
        assert(strlen(request.key) == CERTIFICATES_KEY_SIZE);
        bool decoded = zmq_z85_decode(key, request.key) != NULL;
        text_t last = frame_at(message, zmsg_size(message) - 1);
        assert(decoded && memcmp(key, last.data, sizeof key) == 0);
        memcpy(holder.key, request.key, sizeof holder.key);
        check_reply(zap_accept(id, &holder), id, true);
    }
    check_reply(zap_refuse(id), id, false);
    zmsg_destroy(&message);
    return 0;
}
