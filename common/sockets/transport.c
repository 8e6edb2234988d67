#include "common/sockets/transport.h"

#include "common/base/limits.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static text_t frame_text(zmq_msg_t *frame)
{
    return (text_t){.data = zmq_msg_data(frame), .size = zmq_msg_size(frame)};
}

/* Goes on after a signal: otherwise what has come of a message would be lost, and its rest taken
 * for the next. */
static int receive_frame(void *socket, zmq_msg_t *frame)
{
    int size;
    do {
        size = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    return size;
}

/* Receives all frames of one message and keeps the first TRANSPORT_FRAMES_MAX. `*ret_total` counts
 * all. */
static status_t receive_frames(void *socket, transport_inbound_t *inbound, unsigned *ret_total)
{
    unsigned total = 0;
    bool more = true;
    while (more) {
        zmq_msg_t surplus;
        bool keep = total < TRANSPORT_FRAMES_MAX;
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

/* M1 to M4, on the frames behind the routing id. */
static status_t decode(transport_inbound_t *inbound, unsigned first, unsigned total)
{
    if (total != first + MESSAGE_FRAMES) {
        return STATUS_INVALID;
    }
    text_t frames[MESSAGE_FRAMES];
    for (unsigned i = 0; i < MESSAGE_FRAMES; i++) {
        frames[i] = frame_text(&inbound->frames[first + i]);
    }
    return message_decode(frames, MESSAGE_FRAMES, &inbound->message);
}

status_t transport_receive(void *socket, bool routed, transport_inbound_t *ret_inbound)
{
    /* The frames are set as they come. */
    ret_inbound->frame_count = 0;
    ret_inbound->peer = (text_t){0};
    ret_inbound->address = (text_t){0};
    unsigned total = 0;
    status_t status = receive_frames(socket, ret_inbound, &total);
    if (status != STATUS_OK) {
        transport_inbound_done(ret_inbound);
        return status;
    }
    if (routed) {
        ret_inbound->peer = frame_text(&ret_inbound->frames[0]);
    }
    return decode(ret_inbound, routed ? 1 : 0, total);
}

text_t transport_property(const transport_inbound_t *self, const char *name)
{
    if (self->address.size > 0 && strcmp(name, "Peer-Address") == 0) {
        return self->address;
    }
    /* The routing id is a frame of the ROUTER's own, without properties; the last frame has
     * them. */
    const char *value =
        self->frame_count > 0 ? zmq_msg_gets(&self->frames[self->frame_count - 1], name) : NULL;
    return value != NULL ? text_of(value) : (text_t){0};
}

int transport_source(const transport_inbound_t *self)
{
    return self->frame_count > 0 ? zmq_msg_get(&self->frames[self->frame_count - 1], ZMQ_SRCFD)
                                 : -1;
}

void transport_inbound_done(transport_inbound_t *self)
{
    for (unsigned i = 0; i < self->frame_count; i++) {
        zmq_msg_close(&self->frames[i]);
    }
    self->frame_count = 0;
}

/* libzmq refuses a message at its first frame or, if the connection breaks half-way, forgets the
 * frames that it has: either way nothing is sent, and the next frame begins a new message. After a
 * signal we go on. */
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

status_t transport_send_frames(void *socket, const text_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        status_t status = send_frame(socket, frames[i], i + 1 < count ? ZMQ_SNDMORE : 0);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

status_t transport_send(void *socket, text_t peer, const message_t *message)
{
    assert(message->header.size <= LIMIT_HEADER_SIZE && message->body.size <= LIMIT_BODY_SIZE);
    text_t frames[TRANSPORT_FRAMES_MAX] = {peer};
    message_encode(message, frames + 1);
    unsigned first = peer.size > 0 ? 0 : 1;
    return transport_send_frames(socket, frames + first, TRANSPORT_FRAMES_MAX - first);
}

status_t transport_publish(void *socket, text_t topic, text_t meta, const message_t *message)
{
    text_t frames[2 + MESSAGE_FRAMES] = {topic, meta};
    message_encode(message, frames + 2);
    return transport_send_frames(socket, frames, sizeof frames / sizeof frames[0]);
}

bool transport_ready(void *socket, short event)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & event) != 0;
}
