/* The way of bytes through a session: libuv reads them, its kind takes them (on_read), and what the
 * kind appends to the output is offered to the socket (session_flush). What the socket does not
 * take leaves later (on_output_left), and then the session goes on (go_on).
 *
 * The states (session.h) are the end of the connection: the client or we stop first, all that is
 * under way is still answered, then we half-close and wait for the client, so that no RST overtakes
 * an answer. */
#include "frontend/clients/session.h"

#include "common/base/memory.h"
#include "frontend/clients/client_socket.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

/* How long we wait for the client to close after our last word (client-protocol.md). */
enum { LINGER_MS = 2000 };

void session_account(session_t *self)
{
    session_account_size(self, self->shared->kind->footprint(self));
}

static void on_closed(uv_handle_t *handle)
{
    session_t *self = handle->data;
    session_shared_t *shared = self->shared;
    free(self);
    shared->handles--;
    shared->closed(shared->argument);
}

void session_note_move(session_t *self)
{
    if (self->state == SESSION_CLOSING) {
        return; /* it was closed within the move, and is in no list any more */
    }
    list_remove(&self->order);
    list_append(self->spoke ? &self->shared->idle : &self->shared->newcomers, &self->order);
    self->moved_ms = uv_now(self->shared->loop);
}

void session_close_because(session_t *self, const char *reason)
{
    session_shared_t *shared = self->shared;
    const traffic_of_t of = session_traffic(self);
    if (self->state == SESSION_CLOSING) {
        return;
    }
    self->state = SESSION_CLOSING;
    shared->kind->end(self);
    traffic_share_done(&self->traffic, &of);
    comings_left(&shared->comings, self->address, session_peer(self), reason);
    sessions_remove(shared->table, self->number);
    list_remove(&self->waiting);
    list_remove(&self->unasked);
    list_remove(&self->unwritten);
    list_remove(&self->active);
    list_remove(&self->order);
    addresses_remove(shared->addresses, self->address);
    shared->memory -= self->footprint;
    self->footprint = 0;
    output_done(&self->output);
    uv_close((uv_handle_t *)&self->tcp, on_closed);
}

void session_close(session_t *self)
{
    session_close_because(self, "closed here");
}

size_t session_load_cap(const session_t *self)
{
    size_t cap = self->shared->config->max_output;
    return session_is_crowded(self->shared) && cap > LIMIT_CLIENT_SHARE ? LIMIT_CLIENT_SHARE : cap;
}

void session_check_share(session_t *self, size_t input, const char *what)
{
    enum { REASON_SIZE = 64 };
    char reason[REASON_SIZE];
    session_shared_t *shared = self->shared;
    if (self->state != SESSION_OPEN || self->put_off || !session_is_crowded(shared) ||
        input <= LIMIT_CLIENT_SHARE) {
        return;
    }
    log_event(shared->log, LOG_CLIENTS_CROWDED,
              LOG_ABOUT(NULL, LOG_NUMBER("bytes", shared->memory)),
              "all clients together take %zu bytes; one with a long unfinished %s is disconnected",
              shared->memory, what);
    shared->figures.given_up++;
    snprintf(reason, sizeof reason, "unfinished %s beyond its share of memory", what);
    session_close_because(self, reason);
}

void session_finish(session_t *self)
{
    if (self->state != SESSION_OPEN && self->state != SESSION_INPUT_ENDED) {
        return;
    }
    session_stop_reading(self);
    self->shared->kind->drop_input(self);
    list_remove(&self->waiting);
    self->put_off = false;
    self->state = SESSION_FINISHING;
    list_append(&self->shared->unwritten, &self->unwritten);
}

static void on_allocate(uv_handle_t *handle, size_t suggested_size, uv_buf_t *ret_buffer)
{
    (void)suggested_size;
    const session_t *self = handle->data;
    bool little = self->shared->kind->reads_little(self);
    *ret_buffer =
        uv_buf_init(self->shared->read_buffer, little ? LIMIT_CLIENT_SHARE : LIMIT_READ_SIZE);
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
    size_t taken = size > 0 ? (size_t)size : 0;
    self->shared->figures.received += taken;
    self->shared->kind->read(self, buffer->base, taken);
}

void session_start_reading(session_t *self)
{
    if (!self->reading && !uv_is_closing((uv_handle_t *)&self->tcp)) {
        int outcome = uv_read_start((uv_stream_t *)&self->tcp, on_allocate, on_read);
        self->reading = outcome == 0;
        if (outcome != 0) {
            session_close_because(self, uv_strerror(outcome));
        }
    }
}

void session_stop_reading(session_t *self)
{
    if (self->reading) {
        uv_read_stop((uv_stream_t *)&self->tcp);
        self->reading = false;
    }
}

/* After our last word: waits for the client to close. */
static void half_close(session_t *self)
{
    uv_os_fd_t file;
    if (uv_fileno((uv_handle_t *)&self->tcp, &file) == 0) {
        shutdown(file, SHUT_WR);
    }
    self->state = SESSION_DISCARDING;
    self->deadline_ms =
        uv_now(self->shared->loop) + (self->shared->stopping ? SESSION_STOP_LINGER_MS : LINGER_MS);
    session_account(self);
    session_start_reading(self);
}

/* All output has left. */
static void go_on(session_t *self)
{
    const session_kind_t *kind = self->shared->kind;
    switch (self->state) {
    case SESSION_OPEN: kind->go_on(self); break;
    case SESSION_INPUT_ENDED:
        if (!kind->is_busy(self)) {
            session_close_because(self, "done");
        }
        break;
    case SESSION_FINISHING:
        if (!kind->is_busy(self)) {
            half_close(self);
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
    if (outcome == 0 && self->streams) {
        output_trim(&self->output); /* the next event may be long in coming */
    }
    if (outcome == UV_EAGAIN || output_shrink(&self->output) ||
        (self->streams && self->footprint > 0)) {
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
    session_t *self = memory_new(shared->kind->size + peer_size + 1);
    text_copy((text_t){.data = peer, .size = peer_size + 1}, (char *)self + shared->kind->size);
    self->shared = shared;
    self->state = SESSION_OPEN;
    size_t maximum = shared->config->max_output + LIMIT_OUTPUT_OVERSHOOT;
    assert(maximum <= UINT32_MAX); /* config_load bounds max_output */
    output_init(&self->output, maximum);
    traffic_share_init(&self->traffic, session_peer(self));
    if (shared->kind->begin != NULL) {
        shared->kind->begin(self);
    }
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
    comings_came(&shared->comings, self->address, session_peer(self));
    session_start_reading(self);
    return STATUS_OK;
}
