#include "common/log/traffic.h"

#include "common/base/memory.h"
#include "common/log/shares.h"
#include "common/log/traffic_text.h"

#include <stdlib.h>

/* Room in the buffer that traffic leaves to events: no flood of lines costs the news of it. */
enum { EVENT_ROOM = 65536 };

struct log_traffic_lines {
    log_writer_t *writer; /* borrowed */

    /* These belong to the thread that has locked the writer: */
    buffer_t *lines;   /* borrowed from the writer */
    buffer_t *records; /* the same; NULL: traffic is lines */
    log_shares_t *shares;
    log_traffic_text_t text;
};

log_traffic_lines_t *log_traffic_new(log_writer_t *writer)
{
    const log_source_t *source = log_writer_source(writer);
    log_traffic_lines_t *self = memory_new(sizeof *self);
    self->writer = writer;
    self->lines = log_writer_lines(writer);
    self->records = log_writer_records(writer);
    self->shares = log_shares_new();
    log_traffic_text_init(&self->text, text_of(source->member), text_of(source->program),
                          EVENT_ROOM);
    return self;
}

void log_traffic_destroy(log_traffic_lines_t **self_p)
{
    log_traffic_lines_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    log_traffic_text_done(&self->text);
    log_shares_destroy(&self->shares);
    free(self);
    *self_p = NULL;
}

bool log_traffic_has_room(log_traffic_lines_t *self, uint64_t peer, int64_t now_ns, size_t size)
{
    log_writer_lock(self->writer);
    bool takes = log_shares_take(self->shares, peer, now_ns, size);
    log_writer_unlock(self->writer);
    return takes;
}

static status_t append(log_traffic_lines_t *self, const log_record_t *record)
{
    if (self->records != NULL) {
        return log_record_append(record, self->records);
    }
    return log_writer_source(self->writer)->format == LOG_FORMAT_JSON
               ? log_traffic_text_append_json(&self->text, record, self->lines)
               : log_traffic_text_append(&self->text, record, self->lines);
}

void log_traffic_append(log_traffic_lines_t *self, const log_record_t *record)
{
    log_writer_lock(self->writer);
    if (append(self, record) != STATUS_OK) {
        log_writer_drop(self->writer);
    }
    log_writer_unlock(self->writer);
}
