/* The way of a request through a session:
 *
 * libuv reads bytes. http_head_scan finds the end of a head in them, http_head_read takes it apart,
 * and http_body_take brings the body together behind the head, in place. A whole request goes to
 * `handle` of session_program_t (handle_request). What is not whole yet is kept until more comes.
 *
 * A connection has a part of each turn, and LIMIT_HTTP_PIPELINE requests under way; what it sent
 * beyond that waits here or in the kernel (put_off), and so does one that does not read its
 * answers. The states (session_parts.h) are the end of the connection, as in frontend/lines. */
#include "frontend/web/session.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "frontend/clients/client_socket.h"
#include "frontend/web/session_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LINGER_MS = 2000,    /* how long we wait for the client to close after our last word */
    REQUEST_COST = 1024, /* of a request beside its bytes (LIMIT_TURN_COST) */
};

uint64_t session_number(const session_t *self)
{
    return self->number;
}

session_t *session_of_waiting(list_link_t *link)
{
    return LIST_OWNER(link, session_t, waiting);
}

session_t *session_of_unasked(list_link_t *link)
{
    return LIST_OWNER(link, session_t, unasked);
}

session_t *session_of_unwritten(list_link_t *link)
{
    return LIST_OWNER(link, session_t, unwritten);
}

session_t *session_of_active(list_link_t *link)
{
    return LIST_OWNER(link, session_t, active);
}

void session_close(session_t *self)
{
    session_close_because(self, "closed here");
}

static bool may_take(const session_t *self)
{
    return self->state == SESSION_OPEN && !exchanges_are_full(&self->exchanges) &&
           session_load(self) <= session_load_cap(self);
}

/* "100 Continue" goes ahead of no answer: it is said when there are no more to come before it. */
static void say_continue(session_t *self)
{
    if (self->incoming.wants_continue && exchanges_first(&self->exchanges) == NULL) {
        text_t line = TEXT("HTTP/1.1 100 Continue\r\n\r\n");
        self->incoming.wants_continue = false;
        if (buffer_append(&self->output.gathered, line.data, line.size) == STATUS_OK) {
            list_append(&self->shared->unwritten, &self->unwritten);
        }
    }
}

/* The head has ended: looks at how the body comes. False: it was refused. */
static bool begin_request(session_t *self, text_t bytes, http_head_t *head)
{
    session_incoming_t *incoming = &self->incoming;
    incoming->head_size = incoming->scan.scanned;
    http_status_t status = http_head_read(text_first(bytes, incoming->head_size), head);
    if (status == HTTP_OK) {
        status = http_body_begin(&incoming->body, head);
    }
    if (status != HTTP_OK) {
        session_refuse(self, status, "The head of the request is not one that is taken here.");
        return false;
    }
    incoming->wants_continue = head->expects_continue && incoming->body.state != HTTP_BODY_ENDED;
    return true;
}

static void handle_request(session_t *self, const http_head_t *head, text_t body)
{
    session_shared_t *shared = self->shared;
    shared->figures.lines++;
    self->spoke = true;
    self->manner = (exchange_manner_t){.without = head->method == HTTP_HEAD,
                                       .gzip = head->takes_gzip,
                                       .keep_alive = head->keeps_alive,
                                       .old = head->minor == 0};
    const session_program_t *program = session_program(shared);
    program->handle(program->argument, self, head, body);
}

/* Where take_request stands. */
typedef struct {
    char *data;
    size_t size;  /* bytes from the beginning of the request on */
    size_t taken; /* of these, bytes of the request; 0: it is not whole */
} window_t;

/* Takes one request off the front, if it is whole. Of one that is not, what remains of the bytes
 * may get shorter: the body closes up. */
static void take_request(session_t *self, window_t *window)
{
    session_incoming_t *incoming = &self->incoming;
    text_t bytes = {.data = window->data, .size = window->size};
    http_head_t head;
    http_status_t status = HTTP_OK;
    bool is_new = incoming->head_size == 0;
    window->taken = 0;
    if (is_new) {
        http_scan_outcome_t outcome = http_head_scan(&incoming->scan, bytes, &status);
        if (outcome == HTTP_SCAN_REFUSED) {
            session_refuse(self, status, "The request does not begin as one of HTTP/1.1.");
            return;
        }
        if (outcome == HTTP_SCAN_MORE || !begin_request(self, bytes, &head)) {
            return;
        }
    }
    size_t start = incoming->head_size + incoming->body_size;
    http_body_part_t part;
    http_body_outcome_t outcome =
        http_body_take(&incoming->body, text_after(bytes, start), window->data + start, &part);
    incoming->body_size += part.size;
    if (outcome == HTTP_BODY_REFUSED) {
        session_refuse(self, part.status, "The body of the request is malformed or too long.");
        return;
    }
    if (outcome == HTTP_BODY_MORE) {
        window->size = start + part.size;
        say_continue(self);
        return;
    }
    if (!is_new) {
        (void)http_head_read(text_first(bytes, incoming->head_size), &head);
    }
    text_t body = {.data = window->data + incoming->head_size, .size = incoming->body_size};
    *incoming = (session_incoming_t){0};
    window->taken = start + part.taken;
    handle_request(self, &head, body);
}

/* Takes requests until none is whole, or the connection has had its part. Returns the bytes that
 * were used; `size` becomes that of all bytes. */
/* NOLINTNEXTLINE(readability-non-const-parameter): bodies close up in it */
static size_t take_requests(session_t *self, char *data, size_t *size, bool *ret_more)
{
    size_t used = 0;
    size_t cost = 0;
    *ret_more = false;
    while (used < *size && self->state == SESSION_OPEN && !self->streams) {
        if (!may_take(self) || cost >= (size_t)4 * LIMIT_TURN_COST) {
            *ret_more = true;
            break;
        }
        window_t window = {.data = data + used, .size = *size - used};
        take_request(self, &window);
        *size = used + window.size;
        if (window.taken == 0) {
            break;
        }
        used += window.taken;
        cost += REQUEST_COST + window.taken;
    }
    if (cost > 0) {
        session_note_move(self);
    }
    return used;
}

/* Bytes are left: they wait for the next part of a turn, or until answers have left. */
static void put_off(session_t *self)
{
    self->put_off = true;
    session_stop_reading(self);
    if (may_take(self)) {
        list_append(&self->shared->waiting, &self->waiting);
    } else {
        self->shared->figures.slow++;
    }
}

/* Keeps what is left behind the bytes that were used. */
static void keep(session_t *self, text_t rest, bool is_kept, size_t used)
{
    if (self->state != SESSION_OPEN) {
        return;
    }
    if (is_kept) {
        self->kept.size = used + rest.size;
        buffer_consume(&self->kept, used);
        return;
    }
    if (rest.size > 0 && buffer_append(&self->kept, rest.data, rest.size) != STATUS_OK) {
        session_close_because(self, "more input than can be kept");
    }
}

/* Takes what it can of `size` bytes, kept ones or just read. */
static void take_bytes(session_t *self, char *data, size_t size, bool is_kept)
{
    bool more;
    size_t used = take_requests(self, data, &size, &more);
    keep(self, (text_t){.data = data + used, .size = size - used}, is_kept, used);
    self->put_off = false;
    if (self->state != SESSION_OPEN) {
        return;
    }
    if (self->streams) {
        buffer_done(&self->kept); /* requests behind it are not served */
    }
    bool waits = self->kept.size > 0;
    if (more && waits) {
        put_off(self);
    }
    if (!waits || more) {
        self->incoming.since_ms = 0;
    } else if (self->incoming.since_ms == 0 || used > 0) {
        self->incoming.since_ms = uv_now(self->shared->loop);
    }
}

static void take_chunk(session_t *self, char *data, size_t size)
{
    if (self->streams) {
        return; /* it has no more to say */
    }
    if (self->kept.size == 0) {
        take_bytes(self, data, size, false);
    } else if (buffer_append(&self->kept, data, size) != STATUS_OK) {
        session_close_because(self, "more input than can be kept");
    } else if (!self->put_off) {
        take_bytes(self, self->kept.data, self->kept.size, true);
    }
}

/* When clients hold too much together, one with an unfinished request beyond its share has to go.
 */
static void check_share(session_t *self)
{
    session_shared_t *shared = self->shared;
    if (self->state != SESSION_OPEN || self->put_off || !session_is_crowded(shared) ||
        self->kept.size <= LIMIT_CLIENT_SHARE) {
        return;
    }
    log_event(
        shared->log, LOG_CLIENTS_CROWDED, LOG_ABOUT(NULL, LOG_NUMBER("bytes", shared->memory)),
        "all clients together take %zu bytes; one with a long unfinished request is disconnected",
        shared->memory);
    shared->figures.given_up++;
    session_close_because(self, "unfinished request beyond its share of memory");
}

static void end_input(session_t *self)
{
    session_stop_reading(self);
    if (self->streams) {
        session_close_because(self, "done");
        return;
    }
    if (self->state == SESSION_OPEN && !self->put_off) {
        self->state = SESSION_INPUT_ENDED;
        buffer_done(&self->kept);
        self->incoming = (session_incoming_t){0};
        list_append(&self->shared->unwritten, &self->unwritten);
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested_size, uv_buf_t *ret_buffer)
{
    (void)suggested_size;
    const session_t *self = handle->data;
    *ret_buffer =
        uv_buf_init(self->shared->read_buffer,
                    session_is_crowded(self->shared) ? LIMIT_CLIENT_SHARE : LIMIT_READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    session_t *self = stream->data;
    if (size < 0 && (size != UV_EOF || self->state == SESSION_DISCARDING)) {
        session_close_because(self, size == UV_EOF ? "done" : uv_strerror((int)size));
        return;
    }
    if (size == 0 || self->state != SESSION_OPEN) {
        return;
    }
    if (size < 0) {
        end_input(self);
    } else {
        self->shared->figures.received += (uint64_t)size;
        take_chunk(self, buffer->base, (size_t)size);
    }
    session_account(self);
    check_share(self);
}

static void start_reading(session_t *self)
{
    if (!self->reading && !uv_is_closing((uv_handle_t *)&self->tcp)) {
        int outcome = uv_read_start((uv_stream_t *)&self->tcp, on_allocate, on_read);
        self->reading = outcome == 0;
        if (outcome != 0) {
            session_close_because(self, uv_strerror(outcome));
        }
    }
}

/* Reads on, or waits for a turn with the bytes that were put off. */
static void resume(session_t *self)
{
    if (self->state != SESSION_OPEN) {
        return;
    }
    say_continue(self);
    if (!self->put_off) {
        start_reading(self);
    } else if (may_take(self)) {
        list_append(&self->shared->waiting, &self->waiting);
    }
}

void session_take_turn(session_t *self)
{
    assert(self->state == SESSION_OPEN && self->put_off);
    if (!may_take(self)) {
        return;
    }
    take_bytes(self, self->kept.data, self->kept.size, true);
    session_account(self);
    resume(self);
}

/* All output has left. */
static void go_on(session_t *self)
{
    bool done = exchanges_first(&self->exchanges) == NULL && output_size(&self->output) == 0;
    switch (self->state) {
    case SESSION_OPEN:
        resume(self);
        if (self->streams && self->state == SESSION_OPEN) {
            const session_program_t *program = session_program(self->shared);
            program->drained(program->argument, self->stream);
        }
        break;
    case SESSION_INPUT_ENDED:
        if (done) {
            session_close_because(self, "done");
        }
        break;
    case SESSION_FINISHING:
        if (done) {
            uv_os_fd_t file;
            if (uv_fileno((uv_handle_t *)&self->tcp, &file) == 0) {
                shutdown(file, SHUT_WR);
            }
            self->state = SESSION_DISCARDING;
            self->deadline_ms = uv_now(self->shared->loop) +
                                (self->shared->stopping ? SESSION_STOP_LINGER_MS : LINGER_MS);
            session_account(self);
            start_reading(self);
        }
        break;
    case SESSION_DISCARDING:
    case SESSION_CLOSING: break;
    }
}

static void on_output_left(void *owner, int outcome)
{
    session_t *self = owner;
    if (self->state == SESSION_CLOSING) {
        return;
    }
    if (outcome < 0) {
        session_close_because(self, uv_strerror(outcome));
        return;
    }
    session_account(self);
    list_append(&self->shared->unwritten, &self->unwritten);
}

void session_flush(session_t *self)
{
    int outcome = output_flush(&self->output, (uv_stream_t *)&self->tcp, on_output_left,
                               &self->shared->figures.sent);
    if (outcome == UV_EALREADY) {
        return;
    }
    if (outcome != 0 && outcome != UV_EAGAIN) {
        session_close_because(self, uv_strerror(outcome));
        return;
    }
    session_note_move(self);
    if (outcome == UV_EAGAIN || output_shrink(&self->output)) {
        session_account(self);
    }
    if (outcome == 0) {
        go_on(self);
    }
}

static session_t *new_session(session_shared_t *shared, const struct sockaddr *address)
{
    char peer[CLIENT_SOCKET_PEER_SIZE];
    size_t peer_size = client_socket_peer(address, ++shared->opened, peer);
    session_t *self = memory_new(sizeof *self + peer_size + 1);
    text_copy((text_t){.data = peer, .size = peer_size + 1}, self->peer);
    self->shared = shared;
    self->state = SESSION_OPEN;
    traffic_share_init(&self->traffic, shared->log, self->peer, &shared->figures.traffic_cut);
    buffer_init(&self->kept, LIMIT_HTTP_HEAD_SIZE + LIMIT_HTTP_BODY_SIZE + LIMIT_READ_SIZE);
    output_init(&self->output, shared->config->max_output + LIMIT_OUTPUT_OVERSHOOT);
    return self;
}

status_t session_open(session_shared_t *shared, int file, const struct sockaddr *address)
{
    session_t *self = new_session(shared, address);
    status_t status = sessions_add(shared->table, self, &self->number);
    if (status != STATUS_OK) {
        close(file);
        free(self);
        return status;
    }
    self->address = addresses_of(address);
    (void)addresses_add(shared->addresses, self->address);
    session_note_move(self);
    client_socket_set_options(file);
    uv_tcp_init(shared->loop, &self->tcp);
    self->tcp.data = self;
    shared->handles++;
    int outcome = uv_tcp_open(&self->tcp, file);
    if (outcome != 0) {
        close(file);
        session_close_because(self, uv_strerror(outcome));
        return STATUS_SYSTEM;
    }
    comings_came(&shared->comings, self->address, self->peer);
    start_reading(self);
    return STATUS_OK;
}
