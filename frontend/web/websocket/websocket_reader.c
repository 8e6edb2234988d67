/* wslay hands out a frame in pieces, as its bytes come; the first piece of each says what frame it
 * is. A message gathers over its frames; a control frame may come between these.
 *
 * wslay reads ahead, so that it is at the end of a frame is not to be seen from outside: the bytes
 * that it was given are counted, and those of the frames that have ended. */
#include "frontend/web/websocket/websocket_reader.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/json/json_string.h"

#include <assert.h>
#include <stdlib.h>
#include <wslay/wslay.h>

enum {
    SHORT_MAX = 125,    /* a length in the second byte ... */
    MIDDLE_MAX = 65535, /* ... in two more, and else in eight more */
    HEAD_SIZE = 2 + 4,  /* with the mask */
    CODE_SIZE = 2,      /* at the front of a close frame's content */
    OWN_CODES = 3000,   /* of programs, up to ... */
    OWN_CODES_MAX = 4999,
};

struct websocket_reader {
    wslay_frame_context_ptr context;
    text_t input;     /* what wslay has not taken yet */
    uint64_t given;   /* bytes that it has taken */
    uint64_t ended;   /* bytes of the frames that have ended */
    uint64_t came;    /* bytes of the content of the frame that is coming */
    bool in_frame;    /* its first piece has come */
    bool in_message;  /* a message has begun */
    buffer_t message; /* its bytes so far; and the last one's, until the next begins */
    size_t control_size;
    char control[WEBSOCKET_CONTROL_MAX];
};

static ssize_t on_wanted(uint8_t *out, size_t size, int flags, void *argument)
{
    (void)flags;
    websocket_reader_t *self = argument;
    text_t part = text_first(self->input, size);
    text_copy(part, (char *)out);
    self->input = text_after(self->input, part.size);
    self->given += part.size;
    return part.size > 0 ? (ssize_t)part.size : -1;
}

websocket_reader_t *websocket_reader_new(void)
{
    const struct wslay_frame_callbacks callbacks = {.recv_callback = on_wanted};
    websocket_reader_t *self = memory_new(sizeof *self);
    buffer_init(&self->message, LIMIT_WEBSOCKET_MESSAGE_SIZE);
    (void)wslay_frame_context_init(&self->context, &callbacks, self);
    (void)memory_checked(self->context, WEBSOCKET_CONTEXT_SIZE);
    return self;
}

void websocket_reader_destroy(websocket_reader_t **self_p)
{
    websocket_reader_t *self = *self_p;
    if (self != NULL) {
        wslay_frame_context_free(self->context);
        buffer_done(&self->message);
        free(self);
        *self_p = NULL;
    }
}

void websocket_reader_give(websocket_reader_t *self, text_t bytes)
{
    assert(self->input.size == 0);
    self->input = bytes;
}

static websocket_event_t refuse(websocket_code_t code, const char *reason)
{
    return (websocket_event_t){.kind = WEBSOCKET_REFUSED, .code = (uint16_t)code, .reason = reason};
}

/* The first piece of a frame of a message: whether it may come now. */
static websocket_event_t begin_data(websocket_reader_t *self, const struct wslay_frame_iocb *frame)
{
    bool goes_on = frame->opcode == WSLAY_CONTINUATION_FRAME;
    if (goes_on != self->in_message) {
        return refuse(WEBSOCKET_PROTOCOL_ERROR,
                      goes_on ? "A fragment of no message." : "A message within another one.");
    }
    if (frame->opcode == WSLAY_BINARY_FRAME) {
        return refuse(WEBSOCKET_UNSUPPORTED_DATA, "Messages are text.");
    }
    if (!goes_on) {
        buffer_clear(&self->message);
    }
    if (frame->payload_length > LIMIT_WEBSOCKET_MESSAGE_SIZE - self->message.size) {
        return refuse(WEBSOCKET_TOO_BIG, "A message has at most 4096 bytes.");
    }
    self->in_message = true;
    return (websocket_event_t){0};
}

/* The first piece of a frame: whether it is one that is taken. */
static websocket_event_t begin_frame(websocket_reader_t *self, const struct wslay_frame_iocb *frame)
{
    self->in_frame = true;
    self->came = 0;
    if (frame->rsv != 0) {
        return refuse(WEBSOCKET_PROTOCOL_ERROR, "No extension was agreed on.");
    }
    if (frame->mask == 0) {
        return refuse(WEBSOCKET_PROTOCOL_ERROR, "Frames of a client are masked.");
    }
    switch (frame->opcode) {
    case WSLAY_CONTINUATION_FRAME:
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME: return begin_data(self, frame);
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG: self->control_size = 0; return (websocket_event_t){0};
    default: return refuse(WEBSOCKET_PROTOCOL_ERROR, "A frame of an unknown kind.");
    }
}

static void take_content(websocket_reader_t *self, const struct wslay_frame_iocb *frame)
{
    self->came += frame->data_length;
    if (wslay_is_ctrl_frame(frame->opcode)) {
        assert(frame->data_length <=
               WEBSOCKET_CONTROL_MAX - self->control_size); /* wslay has looked */
        memcpy(self->control + self->control_size, frame->data, frame->data_length);
        self->control_size += frame->data_length;
    } else if (buffer_append(&self->message, frame->data, frame->data_length) != STATUS_OK) {
        assert(false); /* begin_data has looked */
    }
}

/* What wslay lets no one see: its head had the shortest form, or wslay has refused it. */
static size_t head_size(const struct wslay_frame_iocb *frame)
{
    if (frame->payload_length <= SHORT_MAX) {
        return HEAD_SIZE;
    }
    return HEAD_SIZE + (frame->payload_length <= MIDDLE_MAX ? sizeof(uint16_t) : sizeof(uint64_t));
}

/* Whether a client may say it (RFC 6455, section 7.4; IANA's registry). */
static bool may_be_said(uint16_t code)
{
    bool registered = code >= WEBSOCKET_NORMAL && code <= WEBSOCKET_TRY_AGAIN_LATER + 1 &&
                      code != 1004 && code != 1005 && code != 1006;
    return registered || (code >= OWN_CODES && code <= OWN_CODES_MAX);
}

static websocket_event_t end_close(text_t content)
{
    websocket_event_t event = {.kind = WEBSOCKET_CLOSE};
    if (content.size == 0) {
        return event;
    }
    if (content.size < CODE_SIZE) {
        return refuse(WEBSOCKET_PROTOCOL_ERROR, "Half a close code.");
    }
    event.code = (uint16_t)((unsigned char)content.data[0] << 8 | (unsigned char)content.data[1]);
    event.content = text_after(content, CODE_SIZE);
    if (!may_be_said(event.code)) {
        return refuse(WEBSOCKET_PROTOCOL_ERROR, "A close code that may not be sent.");
    }
    if (!json_string_is_utf8(event.content)) {
        return refuse(WEBSOCKET_INVALID_DATA, "The reason of the close is no UTF-8.");
    }
    return event;
}

static websocket_event_t end_frame(websocket_reader_t *self, const struct wslay_frame_iocb *frame)
{
    websocket_event_t event = {.kind = WEBSOCKET_MORE};
    self->in_frame = false;
    self->ended += head_size(frame) + frame->payload_length;
    event.content = (text_t){.data = self->control, .size = self->control_size};
    switch (frame->opcode) {
    case WSLAY_CONNECTION_CLOSE: return end_close(event.content);
    case WSLAY_PING: event.kind = WEBSOCKET_PING; return event;
    case WSLAY_PONG: event.kind = WEBSOCKET_PONG; return event;
    default: break;
    }
    event.content = buffer_text(&self->message);
    if (frame->fin != 0) {
        self->in_message = false;
        event.kind = WEBSOCKET_TEXT;
        if (!json_string_is_utf8(event.content)) {
            return refuse(WEBSOCKET_INVALID_DATA, "The message is no UTF-8.");
        }
    }
    return event;
}

/* Takes a piece; WEBSOCKET_MORE: nothing has ended with it. */
static websocket_event_t take_piece(websocket_reader_t *self, const struct wslay_frame_iocb *frame)
{
    websocket_event_t event = {.kind = WEBSOCKET_MORE};
    if (!self->in_frame) {
        event = begin_frame(self, frame);
    }
    if (event.kind == WEBSOCKET_MORE) {
        take_content(self, frame);
        if (self->came == frame->payload_length) {
            event = end_frame(self, frame);
        }
    }
    return event;
}

websocket_event_t websocket_reader_next(websocket_reader_t *self)
{
    websocket_event_t event = {.kind = WEBSOCKET_MORE};
    ssize_t size = 0;
    while (event.kind == WEBSOCKET_MORE && size >= 0) {
        struct wslay_frame_iocb frame = {0};
        size = wslay_frame_recv(self->context, &frame);
        if (size >= 0) {
            event = take_piece(self, &frame);
        } else if (size != WSLAY_ERR_WANT_READ) {
            event = refuse(WEBSOCKET_PROTOCOL_ERROR, "The head of a frame is malformed.");
        }
    }
    return event;
}

bool websocket_reader_is_between(const websocket_reader_t *self)
{
    return !self->in_frame && !self->in_message && self->given == self->ended;
}

size_t websocket_reader_memory(const websocket_reader_t *self)
{
    return sizeof *self + WEBSOCKET_CONTEXT_SIZE + self->message.capacity;
}
