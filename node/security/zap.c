#include "node/security/zap.h"

#include <stdio.h>

enum {
    FRAME_VERSION,
    FRAME_ID,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_ROUTING_ID,
    FRAME_MECHANISM,
    FRAME_KEY,
    FRAMES,
};

/* A property of ZMTP (rfc.zeromq.org/spec/23): a size in one byte, name, a size in four, value. */
enum { PROPERTY_SIZE = 1 + sizeof ZAP_KEY_PROPERTY - 1 + 4 + CERTIFICATES_KEY_SIZE };

#define VERSION "1.0"

static text_t frame_text(zframe_t *frame)
{
    return (text_t){.data = (const char *)zframe_data(frame), .size = zframe_size(frame)};
}

status_t zap_read(zmsg_t *message, zap_request_t *ret_request, text_t *ret_id)
{
    text_t frames[FRAMES] = {0};
    size_t count = 0;
    for (zframe_t *frame = zmsg_first(message); frame != NULL; frame = zmsg_next(message)) {
        if (count < FRAMES) {
            frames[count] = frame_text(frame);
        }
        count++;
    }
    *ret_id = frames[FRAME_ID];
    zap_request_t request = {.id = frames[FRAME_ID], .address = frames[FRAME_ADDRESS]};
    if (count != FRAMES || !text_equal(frames[FRAME_VERSION], TEXT(VERSION)) ||
        !text_equal(frames[FRAME_MECHANISM], TEXT("CURVE")) ||
        frames[FRAME_KEY].size != CERTIFICATES_BINARY_SIZE ||
        !roles_domain_from_text(frames[FRAME_DOMAIN], &request.domain)) {
        return STATUS_INVALID;
    }
    zmq_z85_encode(request.key, (const uint8_t *)frames[FRAME_KEY].data, CERTIFICATES_BINARY_SIZE);
    *ret_request = request;
    return STATUS_OK;
}

void zap_write_user(const security_holder_t *holder, char out[ZAP_USER_SIZE])
{
    snprintf(out, ZAP_USER_SIZE, "%s/%s", roles_text(holder->role), holder->name);
}

static zmsg_t *begin_reply(text_t id, const char *code, const char *text)
{
    zmsg_t *reply = zmsg_new();
    zmsg_addstr(reply, VERSION);
    zmsg_addmem(reply, id.data, id.size);
    zmsg_addstr(reply, code);
    zmsg_addstr(reply, text);
    return reply;
}

zmsg_t *zap_accept(text_t id, const security_holder_t *holder)
{
    char user[ZAP_USER_SIZE];
    char property[PROPERTY_SIZE];
    zap_write_user(holder, user);
    char *end = property;
    *end++ = (char)(sizeof ZAP_KEY_PROPERTY - 1);
    end = text_copy(TEXT(ZAP_KEY_PROPERTY), end);
    memcpy(end, "\0\0\0", 3); /* network order */
    end[3] = (char)CERTIFICATES_KEY_SIZE;
    memcpy(end + 4, holder->key, CERTIFICATES_KEY_SIZE);
    zmsg_t *reply = begin_reply(id, "200", "OK");
    zmsg_addstr(reply, user);
    zmsg_addmem(reply, property, sizeof property);
    return reply;
}

zmsg_t *zap_refuse(text_t id)
{
    zmsg_t *reply = begin_reply(id, "400", "refused"); /* K3: the reason is for our log only */
    zmsg_addstr(reply, "");
    zmsg_addstr(reply, "");
    return reply;
}
