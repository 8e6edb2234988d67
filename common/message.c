#include "common/message.h"

#include "common/limits.h"

#include <assert.h>
#include <errno.h>

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

static text_t frame_text(zmq_msg_t *frame)
{
    return (text_t){.data = zmq_msg_data(frame), .size = zmq_msg_size(frame)};
}

/* A signal must not part a message in two: what was received of it would be lost, the rest taken for the next. */
static int receive_frame(void *socket, zmq_msg_t *frame)
{
    int size;
    do {
        size = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    return size;
}

/* Receives the frames of one message, all of them, keeping the first MESSAGE_FRAMES_MAX. Sets `ret_total`
 * to how many there were. */
static status_t receive_frames(void *socket, message_inbound_t *inbound, unsigned *ret_total)
{
    unsigned total = 0;
    bool more = true;
    while (more) {
        zmq_msg_t surplus;
        bool keep = total < MESSAGE_FRAMES_MAX;
        zmq_msg_t *frame = keep ? &inbound->frames[total] : &surplus;
        zmq_msg_init(frame);
        if (receive_frame(socket, frame) < 0) {
            zmq_msg_close(frame);
            return errno == EAGAIN ? STATUS_AGAIN : STATUS_SYSTEM;
        }
        more = zmq_msg_more(frame) != 0;
        if (keep) {
            inbound->frame_count++;
        } else {
            zmq_msg_close(frame);
        }
        total++;
    }
    *ret_total = total;
    return STATUS_OK;
}

/* M1, M2: "HERD/" and a version, which is ours. */
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

static status_t check_type(text_t text, message_type_t *ret_type)
{
    for (unsigned i = 0; i < MESSAGE_TYPES; i++) {
        if (text_equal(text, type_texts[i])) {
            *ret_type = (message_type_t)i;
            return STATUS_OK;
        }
    }
    return STATUS_INVALID;
}

/* M1 to M4, on the frames behind the routing id. */
static status_t decode(message_inbound_t *inbound, unsigned first, unsigned total)
{
    if (total != first + 4) {
        return STATUS_INVALID;
    }
    status_t status = check_protocol(frame_text(&inbound->frames[first]));
    if (status == STATUS_OK) {
        status = check_type(frame_text(&inbound->frames[first + 1]), &inbound->message.type);
    }
    if (status != STATUS_OK) {
        return status;
    }
    inbound->message.header = frame_text(&inbound->frames[first + 2]);
    inbound->message.body = frame_text(&inbound->frames[first + 3]);
    bool fits = inbound->message.header.size <= LIMIT_HEADER_SIZE &&
                inbound->message.body.size <= LIMIT_BODY_SIZE;
    return fits ? STATUS_OK : STATUS_TOO_LONG;
}

status_t message_receive(void *socket, bool routed, message_inbound_t *ret_inbound)
{
    /* Only the counts: the frames are set as they come. */
    ret_inbound->frame_count = 0;
    ret_inbound->peer = (text_t){0};
    unsigned total = 0;
    status_t status = receive_frames(socket, ret_inbound, &total);
    if (status != STATUS_OK) {
        message_inbound_done(ret_inbound);
        return status;
    }
    if (routed) {
        ret_inbound->peer = frame_text(&ret_inbound->frames[0]);
    }
    return decode(ret_inbound, routed ? 1 : 0, total);
}

text_t message_property(const message_inbound_t *self, const char *name)
{
    /* ROUTER's own frame, the routing id, has no properties: the last one has. */
    const char *value =
        self->frame_count > 0 ? zmq_msg_gets(&self->frames[self->frame_count - 1], name) : NULL;
    return value != NULL ? text_of(value) : (text_t){0};
}

void message_inbound_done(message_inbound_t *self)
{
    for (unsigned i = 0; i < self->frame_count; i++) {
        zmq_msg_close(&self->frames[i]);
    }
    self->frame_count = 0;
}

/* libzmq refuses a message at its first frame, or, where the connection breaks half-way, forgets the frames
 * that it has: either way nothing is sent, and the next frame begins a new message. A signal is none of these. */
static status_t send_frame(void *socket, text_t text, int flags)
{
    int sent;
    do {
        sent = zmq_send(socket, text.data, text.size, flags | ZMQ_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return STATUS_OK;
    }
    switch (errno) {
    case EAGAIN: return STATUS_AGAIN;
    case EHOSTUNREACH: return STATUS_UNREACHABLE;
    default: return STATUS_SYSTEM;
    }
}

status_t message_send_frames(void *socket, const text_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        status_t status = send_frame(socket, frames[i], i + 1 < count ? ZMQ_SNDMORE : 0);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

status_t message_send(void *socket, text_t peer, const message_t *message)
{
    assert(message->header.size <= LIMIT_HEADER_SIZE && message->body.size <= LIMIT_BODY_SIZE);
    const text_t frames[] = {peer, TEXT(PROTOCOL), type_texts[message->type], message->header,
                             message->body};
    unsigned first = peer.size > 0 ? 0 : 1;
    return message_send_frames(socket, frames + first, MESSAGE_FRAMES_MAX - first);
}

status_t message_publish(void *socket, text_t topic, text_t meta, const message_t *message)
{
    const text_t frames[] = {
        topic, meta, TEXT(PROTOCOL), type_texts[message->type], message->header, message->body};
    return message_send_frames(socket, frames, sizeof frames / sizeof frames[0]);
}

bool message_ready(void *socket, short event)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & event) != 0;
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
