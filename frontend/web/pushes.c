#include "frontend/web/pushes.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/sheet.h"
#include "frontend/web/geo/location.h"

#include <stdlib.h>

enum {
    SECOND_MS = 1000,
    STEPS_MAX = 2,      /* entries behind the newest change but one */
    OUT_SIZE = 1 << 21, /* bytes of a message: an ID is in it several times */
};

/* One who listens. */
typedef struct {
    uint64_t session; /* 0: this place is free */
    uint64_t index;   /* of the newest change it was told of */
    bool asked;       /* it wants a message, whether something has moved or not */
} listener_t;

struct pushes {
    const session_shared_t *shared;
    mirror_t *mirror;
    websocket_writer_t *writer;
    uv_timer_t timer;
    buffer_t location;
    buffer_t frame; /* a message with it; empty: none was made in this second */
    listener_t places[PUSHES_MAX];
};

/* Makes the message of this second: the newest change. False: there is no client, or the newest has
 * gone. */
static bool make_message(pushes_t *self, uint64_t index)
{
    copy_t *copy = mirror_copy(self->mirror);
    copy_changes_t changes;
    copy_change_t change = {0};
    if (self->frame.size > 0 || index == 0) {
        return index > 0;
    }
    buffer_clear(&self->location);
    sheet_t sheet = sheet_begin(&self->location);
    if (!copy_changes_open(copy, index - 1, STEPS_MAX, &changes)) {
        return false; /* there is just one change behind it */
    }
    bool found = copy_changes_next(&changes, &change) && change.served;
    if (found) {
        location_put(&change.record, LOCATION_ALL, &sheet);
    }
    copy_changes_close(&changes);
    return sheet_end(&sheet) == STATUS_OK && found &&
           websocket_writer_put(self->writer, WEBSOCKET_TEXT, buffer_text(&self->location),
                                &self->frame) == STATUS_OK;
}

/* Tells one what it has to hear, if it can take it. */
static void push(pushes_t *self, listener_t *listener, session_t *session, uint64_t index)
{
    bool is_due = listener->asked || listener->index != index;
    if (is_due && web_session_stream_takes(session) && make_message(self, index)) {
        web_session_stream_write(session, buffer_text(&self->frame));
        listener->index = index;
        listener->asked = false;
    }
    web_session_beat(session, true);
}

static void on_second(uv_timer_t *timer)
{
    pushes_t *self = timer->data;
    uint64_t index = copy_tail(mirror_copy(self->mirror));
    buffer_clear(&self->frame);
    for (size_t i = 0; i < PUSHES_MAX; i++) {
        listener_t *listener = &self->places[i];
        session_t *session = sessions_find(self->shared->table, listener->session);
        if (session != NULL) {
            push(self, listener, session, index);
        }
    }
}

pushes_t *pushes_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror,
                     websocket_writer_t *writer)
{
    pushes_t *self = memory_new(sizeof *self);
    self->shared = shared;
    self->mirror = mirror;
    self->writer = writer;
    buffer_init(&self->location, OUT_SIZE);
    buffer_init(&self->frame, OUT_SIZE);
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    uv_timer_start(&self->timer, on_second, SECOND_MS, SECOND_MS);
    return self;
}

void pushes_stop(pushes_t *self)
{
    if (!uv_is_closing((uv_handle_t *)&self->timer)) {
        uv_close((uv_handle_t *)&self->timer, NULL);
    }
}

void pushes_destroy(pushes_t **self_p)
{
    pushes_t *self = *self_p;
    if (self != NULL) {
        buffer_done(&self->location);
        buffer_done(&self->frame);
        free(self);
        *self_p = NULL;
    }
}

uint32_t pushes_open(pushes_t *self, uint64_t session)
{
    for (uint32_t i = 0; i < PUSHES_MAX; i++) {
        if (self->places[i].session == 0) {
            self->places[i] =
                (listener_t){.session = session, .index = copy_tail(mirror_copy(self->mirror))};
            return PUSHES_STREAM + i;
        }
    }
    return UINT32_MAX;
}

void pushes_received(pushes_t *self, uint32_t stream, text_t message)
{
    listener_t *listener = &self->places[stream - PUSHES_STREAM];
    listener->asked = listener->asked || text_equal(message, TEXT("LAST"));
}

void pushes_cut(pushes_t *self, uint32_t stream)
{
    self->places[stream - PUSHES_STREAM] = (listener_t){0};
}
