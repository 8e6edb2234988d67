#include "deploy/herdctl/journal/updates.h"

#include "common/base/memory.h"
#include "deploy/herdctl/frame/source.h"
#include "deploy/herdctl/positions/items.h"

#include <assert.h>
#include <stdlib.h>

static_assert(HERDCTL_SOURCE_SIZE > POSITIONS_ITEM_SIZE + 3, "a whole item finds room");

struct herdctl_updates {
    herdctl_source_t *source;
    bool has_format; /* it is known */
    positions_items_t items;
    bool has_header; /* of CSV, it was read */
    positions_reader_t *reader;
    uint64_t skip;
    uint64_t number;
    const char *problem; /* NULL: the reader's */
};

static void set_format(herdctl_updates_t *self, positions_format_t format)
{
    self->has_format = true;
    self->items = positions_items_begin(format);
}

status_t herdctl_updates_open(const herdctl_updates_settings_t *settings,
                              herdctl_updates_t **ret_self)
{
    herdctl_source_t *source;
    status_t status = herdctl_source_open(settings->path, -1, &source);
    if (status != STATUS_OK) {
        return status;
    }
    herdctl_updates_t *self = memory_new(sizeof *self);
    self->source = source;
    self->reader = positions_reader_new();
    self->skip = settings->skip;
    if (settings->format != NULL) {
        set_format(self, *settings->format);
    }
    *ret_self = self;
    return STATUS_OK;
}

void herdctl_updates_close(herdctl_updates_t **self_p)
{
    herdctl_updates_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    herdctl_source_close(&self->source);
    positions_reader_destroy(&self->reader);
    free(self);
    *self_p = NULL;
}

/* The next item. STATUS_AGAIN: bytes are needed; else as positions_items_take. */
static status_t take_item(herdctl_updates_t *self, text_t *ret_item)
{
    bool ended;
    size_t taken;
    text_t bytes = herdctl_source_bytes(self->source, &ended);
    if (!self->has_format) {
        positions_format_t format;
        if (!positions_items_guess(bytes, ended, &format)) {
            return STATUS_AGAIN;
        }
        set_format(self, format);
    }
    status_t status = positions_items_take(&self->items, bytes, ended, &taken, ret_item);
    herdctl_source_pass(self->source, taken);
    return status;
}

static herdctl_updates_next_t refuse(herdctl_updates_t *self, herdctl_updates_next_t how,
                                     const char *problem)
{
    self->problem = problem;
    return how;
}

static herdctl_updates_next_t parse(herdctl_updates_t *self, text_t item,
                                    positions_update_t *ret_update)
{
    status_t status = self->items.format == POSITIONS_CSV
                          ? positions_reader_take_row(self->reader, item, ret_update)
                          : positions_reader_take_object(self->reader, item, ret_update);
    return status == STATUS_OK ? HERDCTL_UPDATES_TAKEN : refuse(self, HERDCTL_UPDATES_BAD, NULL);
}

/* Whether the item was the header of a CSV file. */
static bool is_header(const herdctl_updates_t *self)
{
    return self->items.format == POSITIONS_CSV && !self->has_header;
}

herdctl_updates_next_t herdctl_updates_take(herdctl_updates_t *self, positions_update_t *ret_update)
{
    for (;;) {
        text_t item = {0};
        status_t status = take_item(self, &item);
        switch (status) {
        case STATUS_AGAIN: return HERDCTL_UPDATES_WAIT;
        case STATUS_NOT_FOUND: return HERDCTL_UPDATES_END;
        case STATUS_OK:
        case STATUS_TOO_LONG: break;
        default:
            return refuse(self, HERDCTL_UPDATES_BROKEN,
                          "no FeatureCollection of GeoJSON, or it breaks off");
        }
        if (is_header(self)) {
            self->has_header = true;
            if (status != STATUS_OK ||
                positions_reader_take_header(self->reader, item) != STATUS_OK) {
                return refuse(self, HERDCTL_UPDATES_BROKEN,
                              status != STATUS_OK ? "too long for a header" : NULL);
            }
            continue;
        }
        if (++self->number <= self->skip) {
            continue;
        }
        return status == STATUS_OK
                   ? parse(self, item, ret_update)
                   : refuse(self, HERDCTL_UPDATES_BAD, "longer than any client's position");
    }
}

uint64_t herdctl_updates_number(const herdctl_updates_t *self)
{
    return self->number;
}

uint64_t herdctl_updates_line(const herdctl_updates_t *self)
{
    return self->items.at_line;
}

const char *herdctl_updates_problem(const herdctl_updates_t *self)
{
    return self->problem != NULL ? self->problem : positions_reader_problem(self->reader);
}

int herdctl_updates_file(const herdctl_updates_t *self)
{
    return herdctl_source_file(self->source);
}

status_t herdctl_updates_read(herdctl_updates_t *self)
{
    return herdctl_source_read(self->source);
}

uint64_t herdctl_updates_size(const herdctl_updates_t *self)
{
    return herdctl_source_state(self->source)->size;
}

uint64_t herdctl_updates_read_size(const herdctl_updates_t *self)
{
    return herdctl_source_state(self->source)->read_size;
}
