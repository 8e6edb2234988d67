/* Events as readers get them: each is settled when it is written, by where its client is then. */
#include "common/json/quote.h"
#include "frontend/web/geo/feature.h"
#include "frontend/web/watch_id.h"
#include "frontend/web/watches_parts.h"

/* The ID that an event has now; empty: none. */
static text_t id_of(const watches_t *self, const watch_t *watch, char out[WATCH_ID_SIZE])
{
    const watch_id_t id = {.life = self->life,
                           .number = watch->number,
                           .serial = watch->serial,
                           .view = watch->view_id,
                           .index = told_index(watch->told, self->index),
                           .is_partial = watch->is_partial || told_is_cut(watch->told)};
    return id.index > 0 ? watch_id_write(&id, out) : (text_t){0};
}

/* Begins an event, up to its data: {"event":"leave","id":"...","data":..., or lines of such. */
static sheet_t begin_event(watches_t *self, const char *name, text_t id)
{
    if (!self->in_batch) {
        buffer_clear(&self->frame);
    }
    sheet_t sheet = sheet_begin(self->in_frames ? &self->frame : &self->out);
    if (!self->in_frames) {
        sheet_format(&sheet, "event: %s\ndata: ", name);
        return sheet;
    }
    if (self->in_batch) {
        sheet_put_byte(&sheet, self->frame.size == 0 ? '[' : ',');
    }
    sheet_format(&sheet, "{\"event\":\"%s\",", name);
    if (id.size > 0) {
        sheet_format(&sheet, "\"id\":\"%.*s\",", (int)id.size, id.data);
    }
    sheet_put_string(&sheet, "\"data\":");
    return sheet;
}

/* Ends it. False: there was no room for it. */
static bool end_event(watches_t *self, sheet_t *sheet, text_t id)
{
    if (self->in_frames) {
        sheet_put_byte(sheet, '}');
        return sheet_end(sheet) == STATUS_OK &&
               (self->in_batch ||
                websocket_writer_put(self->writer, WEBSOCKET_TEXT, buffer_text(&self->frame),
                                     &self->out) == STATUS_OK);
    }
    if (id.size > 0) {
        sheet_format(sheet, "\nid: %.*s", (int)id.size, id.data);
    }
    sheet_put_string(sheet, "\n\n");
    return sheet_end(sheet) == STATUS_OK;
}

/* The ID of a client that has left; false if it is gone and not known any more. */
static bool find_name(const watches_t *self, told_client_t client, text_t *ret_name)
{
    record_t record;
    const copy_t *copy = mirror_copy(self->mirror);
    if (copy_serial(copy, client.handle) == client.serial &&
        copy_read(copy, client.handle, &record)) {
        *ret_name = record.client;
        return true;
    }
    return past_name(self->past, client, ret_name);
}

/* Whether the client that leaves is there again under another number, by which the reader knows it:
 * events of that say where it is, whichever come first. */
static bool is_known_anew(const watches_t *self, const watch_t *watch, told_client_t client,
                          text_t name)
{
    record_t record;
    told_client_t now = {0};
    const copy_t *copy = mirror_copy(self->mirror);
    if (!copy_find(copy, name, &now.handle, &record)) {
        return false;
    }
    now.serial = copy_serial(copy, now.handle);
    return (now.handle != client.handle || now.serial != client.serial) &&
           told_knows(watch->told, now);
}

static void put_leave(text_t name, sheet_t *sheet)
{
    sheet_put_string(sheet, "{\"client\":");
    quote_put_json(sheet, name);
    sheet_put_byte(sheet, '}');
}

static void put_position(const record_t *record, sheet_t *sheet)
{
    feature_t feature = feature_from_record(record);
    feature_put(&feature, sheet);
}

/* `name`: of one that leaves; empty: `record` says where it is. */
static void put_event(watches_t *self, const watch_t *watch, const record_t *record, text_t name)
{
    char id_bytes[WATCH_ID_SIZE];
    text_t id = id_of(self, watch, id_bytes);
    sheet_t sheet = begin_event(self, name.size > 0 ? "leave" : "position", id);
    if (name.size > 0) {
        put_leave(name, &sheet);
    } else {
        put_position(record, &sheet);
    }
    self->events += end_event(self, &sheet, id);
}

status_t watches_put_next(watches_t *self, watch_t *watch)
{
    told_client_t client;
    text_t name = {0};
    record_t record = {0}; /* of one in view; the copy is not asked again before it is written */
    if (!told_next(watch->told, &client)) {
        return STATUS_NOT_FOUND;
    }
    bool is_in = watches_has_in_view(self, watch, client, &record);
    told_event_t event = told_settle(watch->told, is_in);
    if (event == TOLD_LEAVE && !find_name(self, client, &name)) {
        return STATUS_DAMAGED;
    }
    if (event != TOLD_NOTHING &&
        (event != TOLD_LEAVE || !is_known_anew(self, watch, client, name))) {
        put_event(self, watch, &record, name);
    }
    return STATUS_OK;
}

void watches_put_reset(watches_t *self, watch_t *watch)
{
    sheet_t sheet = begin_event(self, "reset", (text_t){0});
    sheet_put_string(&sheet, "{}");
    watch->reset = !end_event(self, &sheet, (text_t){0});
}

static void put_stale(watches_t *self, watch_t *watch, uint64_t age_s)
{
    sheet_t sheet = begin_event(self, "stale", (text_t){0});
    sheet_format(&sheet, "{\"age\":%llu}", (unsigned long long)age_s);
    watch->stale = watch->news = end_event(self, &sheet, (text_t){0});
}

static void put_up_to_date(watches_t *self, watch_t *watch)
{
    char id_bytes[WATCH_ID_SIZE];
    watch->is_partial = told_is_cut(watch->told);
    text_t id = id_of(self, watch, id_bytes);
    sheet_t sheet = begin_event(self, "up-to-date", id);
    sheet_format(&sheet, "{\"clients\":%zu,\"truncated\":%s}", told_count(watch->told),
                 told_is_cut(watch->told) ? "true" : "false");
    watch->news = watch->stale = !end_event(self, &sheet, id);
}

void watches_put_state(watches_t *self, watch_t *watch)
{
    uint64_t age_s = mirror_age_s(self->mirror);
    if (age_s > 0 && !watch->stale) {
        put_stale(self, watch, age_s);
    }
    if (watch->news && mirror_is_level(self->mirror) && told_waiting(watch->told) == 0) {
        put_up_to_date(self, watch);
    }
}

size_t watches_put_size(const watches_t *self)
{
    return self->out.size + (self->in_batch ? self->frame.size : 0);
}

status_t watches_put_batch(watches_t *self)
{
    if (!self->in_batch || self->frame.size == 0) {
        return STATUS_OK;
    }
    sheet_t sheet = sheet_begin(&self->frame);
    sheet_put_byte(&sheet, ']');
    status_t status = sheet_end(&sheet);
    return status != STATUS_OK ? status
                               : websocket_writer_put(self->writer, WEBSOCKET_TEXT,
                                                      buffer_text(&self->frame), &self->out);
}
