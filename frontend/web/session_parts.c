#include "frontend/web/session_parts.h"

#include "common/base/limits.h"

#include <stdlib.h>

bool session_is_crowded(const session_shared_t *shared)
{
    return shared->memory > shared->memory_max;
}

void session_account(session_t *self)
{
    if (self->state == SESSION_CLOSING) {
        return;
    }
    size_t footprint =
        self->kept.capacity + self->exchanges.memory + output_footprint(&self->output);
    self->shared->memory += footprint - self->footprint;
    self->footprint = footprint;
    self->touched = true;
    list_append(&self->shared->active, &self->active);
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
    list_remove(&self->order);
    list_append(self->spoke ? &self->shared->idle : &self->shared->newcomers, &self->order);
    self->moved_ms = uv_now(self->shared->loop);
}

void session_close_because(session_t *self, const char *reason)
{
    if (self->state == SESSION_CLOSING) {
        return;
    }
    traffic_share_done(&self->traffic);
    comings_left(&self->shared->comings, self->address, self->peer, reason);
    self->state = SESSION_CLOSING;
    if (self->streams) {
        const session_program_t *program = session_program(self->shared);
        program->cut(program->argument, self->stream);
    }
    sessions_remove(self->shared->table, self->number);
    list_remove(&self->waiting);
    list_remove(&self->unasked);
    list_remove(&self->unwritten);
    list_remove(&self->active);
    list_remove(&self->order);
    addresses_remove(self->shared->addresses, self->address);
    self->shared->memory -= self->footprint;
    self->footprint = 0;
    buffer_done(&self->kept);
    exchanges_done(&self->exchanges);
    output_done(&self->output);
    uv_close((uv_handle_t *)&self->tcp, on_closed);
}

size_t session_load(const session_t *self)
{
    return output_size(&self->output) + self->exchanges.memory;
}

size_t session_load_cap(const session_t *self)
{
    size_t cap = self->shared->config->max_output;
    return session_is_crowded(self->shared) && cap > LIMIT_CLIENT_SHARE ? LIMIT_CLIENT_SHARE : cap;
}

void session_stop_reading(session_t *self)
{
    if (self->reading) {
        uv_read_stop((uv_stream_t *)&self->tcp);
        self->reading = false;
    }
}

void session_finish(session_t *self)
{
    if (self->state != SESSION_OPEN && self->state != SESSION_INPUT_ENDED) {
        return;
    }
    session_stop_reading(self);
    buffer_done(&self->kept);
    self->incoming = (session_incoming_t){0};
    list_remove(&self->waiting);
    self->put_off = false;
    self->state = SESSION_FINISHING;
    list_append(&self->shared->unwritten, &self->unwritten);
}
