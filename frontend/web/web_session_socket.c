/* What remains of a session of HTTP that has become a WebSocket (RFC 6455): frames in and out.
 *
 * Bytes go to a reader, which is there only while a frame or a message has begun; messages go to
 * `received` of web_session_program_t, pings are answered, and whatever may not come ends the
 * connection with a close frame that says why. Nothing is written behind that: the session finishes
 * (session.h), so that it is read before the connection closes.
 *
 * Of the pings in what was read at once the newest is answered (section 5.5.3), and who does not
 * read what is written for it is not read from, so that nothing can be made to grow here. A silent
 * one is asked by a ping of ours; a message has to come whole in time, as a request has. */
#include "frontend/web/web_session_parts.h"

#include "common/base/limits.h"

#include <stdlib.h>

/* Turns to ask come every 15 seconds: with 20 of silence, one that answers is asked every 30. */
enum { EARLY_MS = LIMIT_WEBSOCKET_PING_MS * 2 / 3 };

/* The newest ping of what was read. */
typedef struct {
    bool came;
    size_t size;
    char content[WEBSOCKET_CONTROL_MAX];
} ping_t;

bool web_session_is_socket(const session_t *base)
{
    return ((const web_session_t *)base)->socket != NULL;
}

bool web_session_takes_batches(const session_t *base)
{
    const web_socket_t *socket = ((const web_session_t *)base)->socket;
    return socket != NULL && socket->in_batches;
}

size_t web_session_sockets(const session_shared_t *shared)
{
    return web_session_program(shared)->sockets;
}

void web_session_set_stream(session_t *base, uint32_t stream)
{
    web_session_of(base)->stream = stream;
}

/* Writes a frame of whole `content`, if it has not ended. */
static void put(web_session_t *self, websocket_kind_t kind, text_t content)
{
    const session_shared_t *shared = self->base.shared;
    websocket_writer_t *writer = web_session_program(shared)->writer;
    if (self->base.state != SESSION_OPEN) {
        return;
    }
    if (websocket_writer_put(writer, kind, content, &self->base.output.gathered) != STATUS_OK) {
        session_close_because(&self->base, "more output than can be kept");
        return;
    }
    list_append(&self->base.shared->unwritten, &self->base.unwritten);
}

static void finish(web_session_t *self, uint16_t code, text_t reason)
{
    websocket_writer_t *writer = web_session_program(self->base.shared)->writer;
    buffer_t *out = &self->base.output.gathered;
    if (self->base.state != SESSION_OPEN) {
        return;
    }
    if (websocket_writer_close(writer, code, reason, out) != STATUS_OK) {
        session_close_because(&self->base, "more output than can be kept");
        return;
    }
    session_finish(&self->base);
}

void web_session_end_socket(session_t *base, uint16_t code, const char *reason)
{
    finish(web_session_of(base), code, text_of(reason));
}

static void receive(web_session_t *self, text_t message)
{
    const web_session_program_t *program = web_session_program(self->base.shared);
    self->base.shared->figures.lines++;
    self->socket->since_ms = 0;
    program->received(program->argument, &self->base, self->stream, message);
}

static void take_event(web_session_t *self, const websocket_event_t *event, ping_t *ping)
{
    switch (event->kind) {
    case WEBSOCKET_TEXT: receive(self, event->content); break;
    case WEBSOCKET_PING:
        ping->came = true;
        ping->size = (size_t)(text_copy(event->content, ping->content) - ping->content);
        break;
    case WEBSOCKET_CLOSE: finish(self, event->code, event->content); break;
    case WEBSOCKET_REFUSED:
        self->base.shared->figures.malformed++;
        finish(self, event->code, text_of(event->reason));
        break;
    case WEBSOCKET_PONG:
    case WEBSOCKET_MORE: break;
    }
}

/* After what was read: what is kept for the next bytes. */
static void settle(web_session_t *self)
{
    web_socket_t *socket = self->socket;
    bool is_between = websocket_reader_is_between(socket->reader);
    if (is_between) {
        websocket_reader_destroy(&socket->reader);
    }
    if (is_between && self->stream != WEB_SESSION_NO_STREAM) {
        socket->since_ms = 0;
    } else if (socket->since_ms == 0) {
        socket->since_ms = uv_now(self->base.shared->loop);
    }
    session_account(&self->base);
}

/* Whether more is read of it now. Who has sent as much as was read waits for the others' turns. */
static void pause_reading(web_session_t *self, size_t size)
{
    if (output_size(&self->base.output) > LIMIT_WEBSOCKET_OUTPUT_SIZE) {
        session_stop_reading(&self->base); /* until all has left */
    } else if (size >= LIMIT_CLIENT_SHARE) {
        session_stop_reading(&self->base);
        self->base.put_off = true;
        list_append(&self->base.shared->waiting, &self->base.waiting);
    }
}

void web_session_socket_take(web_session_t *self, text_t bytes)
{
    web_socket_t *socket = self->socket;
    websocket_event_t event = {.kind = WEBSOCKET_TEXT};
    ping_t ping = {0};
    socket->heard_ms = uv_now(self->base.shared->loop);
    socket->asked = false;
    if (socket->reader == NULL) {
        socket->reader = websocket_reader_new();
    }
    websocket_reader_give(socket->reader, bytes);
    while (event.kind != WEBSOCKET_MORE && self->base.state == SESSION_OPEN) {
        event = websocket_reader_next(socket->reader);
        take_event(self, &event, &ping);
    }
    if (ping.came) {
        put(self, WEBSOCKET_PONG, (text_t){.data = ping.content, .size = ping.size});
    }
    if (self->base.state == SESSION_OPEN) {
        session_note_move(&self->base);
        settle(self);
        pause_reading(self, bytes.size);
    }
}

void web_session_beat(session_t *base, bool asks)
{
    web_session_t *self = web_session_of(base);
    web_socket_t *socket = self->socket; /* not there any more once it closes */
    if (base->state != SESSION_OPEN) {
        return;
    }
    uint64_t silent_ms = uv_now(base->shared->loop) - socket->heard_ms;
    if (silent_ms >= LIMIT_WEBSOCKET_SILENT_MS) {
        base->shared->figures.given_up++;
        session_close_because(base, "it does not answer");
    } else if (asks && silent_ms >= EARLY_MS && !socket->asked && web_session_stream_takes(base)) {
        socket->asked = true;
        put(self, WEBSOCKET_PING, (text_t){0});
    }
}

void web_session_socket_tick(web_session_t *self, bool reads)
{
    web_socket_t *socket = self->socket;
    uint64_t now_ms = uv_now(self->base.shared->loop);
    if (reads) {
        socket->heard_ms = now_ms;
    }
    if (self->base.shared->stopping) {
        finish(self, WEBSOCKET_GOING_AWAY, TEXT("The server ends; connect again."));
    } else if (socket->since_ms != 0 && now_ms - socket->since_ms >= LIMIT_HTTP_ARRIVAL_MS) {
        finish(self, WEBSOCKET_POLICY_VIOLATION, TEXT("No whole message came in time."));
    }
}

void web_session_socket_drop(web_session_t *self)
{
    if (self->socket != NULL) {
        websocket_reader_destroy(&self->socket->reader);
    }
}

void web_session_socket_done(web_session_t *self)
{
    if (self->socket != NULL) {
        web_session_socket_drop(self);
        free(self->socket);
        self->socket = NULL;
        web_session_program(self->base.shared)->sockets--;
    }
}

size_t web_session_socket_memory(const web_session_t *self)
{
    if (self->socket == NULL) {
        return 0;
    }
    const websocket_reader_t *reader = self->socket->reader;
    return reader != NULL ? websocket_reader_memory(reader) : 0;
}
