/* Events as readers get them: each is settled when it is written, by where its client is then. */
#include "common/json/quote.h"
#include "frontend/web/geo/feature.h"
#include "frontend/web/watches_parts.h"

/* "event: NAME" and the beginning of its data. */
static void begin_event(sheet_t *sheet, const char *name)
{
    sheet_format(sheet, "event: %s\ndata: ", name);
}

/* Its ID, and its end. */
static void end_event(const watches_t *self, const watch_t *watch, sheet_t *sheet)
{
    uint64_t index = told_index(watch->told, self->index);
    if (index > 0) {
        sheet_format(sheet, "\nid: %016llx%08x%08x-%llu", (unsigned long long)self->life,
                     watch->number, watch->serial, (unsigned long long)index);
    }
    sheet_put_string(sheet, "\n\n");
}

/* The ID of a client that has left; it may be gone. */
static text_t name_of(const watches_t *self, told_client_t client, record_t *record)
{
    copy_t *copy = mirror_copy(self->mirror);
    if (copy_serial(copy, client.handle) == client.serial &&
        copy_read(copy, client.handle, record)) {
        return record->client;
    }
    bool is_kept = client.handle < self->departed_end && self->departed[client.handle] != NULL;
    return is_kept ? text_of(self->departed[client.handle]) : (text_t){0};
}

static void put_leave(watches_t *self, told_client_t client, sheet_t *sheet)
{
    record_t record;
    text_t name = name_of(self, client, &record);
    begin_event(sheet, "leave");
    sheet_put_string(sheet, "{\"client\":\"");
    char *out = sheet_reserve(sheet, QUOTE_SIZE * name.size + 1);
    if (out != NULL) {
        buffer_commit(sheet->out, (size_t)(quote_json(name, out) - out));
    }
    sheet_put_string(sheet, "\"}");
}

static void put_position(const record_t *record, sheet_t *sheet)
{
    feature_t feature = feature_from_record(record);
    begin_event(sheet, "position");
    feature_put(&feature, sheet);
}

static void put_event(watches_t *self, const watch_t *watch, told_client_t client,
                      told_event_t event)
{
    record_t record;
    sheet_t sheet = sheet_begin(&self->out);
    if (event == TOLD_LEAVE) {
        put_leave(self, client, &sheet);
    } else if (copy_read(mirror_copy(self->mirror), client.handle, &record)) {
        put_position(&record, &sheet);
    }
    end_event(self, watch, &sheet);
    self->events += sheet_end(&sheet) == STATUS_OK;
}

bool watches_put_next(watches_t *self, watch_t *watch)
{
    told_client_t client;
    if (!told_next(watch->told, &client)) {
        return false;
    }
    told_event_t event = told_settle(watch->told, watches_has_in_view(self, watch, client));
    if (event != TOLD_NOTHING) {
        put_event(self, watch, client, event);
    }
    return true;
}

void watches_put_reset(watches_t *self, watch_t *watch)
{
    sheet_t sheet = sheet_begin(&self->out);
    begin_event(&sheet, "reset");
    sheet_put_string(&sheet, "{}\n\n");
    watch->reset = sheet_end(&sheet) != STATUS_OK;
}

static void put_stale(watches_t *self, watch_t *watch, uint64_t age_s)
{
    sheet_t sheet = sheet_begin(&self->out);
    begin_event(&sheet, "stale");
    sheet_format(&sheet, "{\"age\":%llu}\n\n", (unsigned long long)age_s);
    watch->stale = watch->news = sheet_end(&sheet) == STATUS_OK;
}

static void put_up_to_date(watches_t *self, watch_t *watch)
{
    sheet_t sheet = sheet_begin(&self->out);
    begin_event(&sheet, "up-to-date");
    sheet_format(&sheet, "{\"clients\":%zu,\"truncated\":%s}", told_count(watch->told),
                 told_is_cut(watch->told) ? "true" : "false");
    end_event(self, watch, &sheet);
    watch->news = watch->stale = sheet_end(&sheet) != STATUS_OK;
}

void watches_put_state(watches_t *self, watch_t *watch)
{
    uint64_t age_s = mirror_age_s(self->mirror);
    if (age_s > 0 && !watch->stale) {
        put_stale(self, watch, age_s);
    }
    if (watch->news && age_s == 0 && told_waiting(watch->told) == 0) {
        put_up_to_date(self, watch);
    }
}
