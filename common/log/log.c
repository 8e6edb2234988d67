#include "common/log/log.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/log/traffic.h"
#include "common/log/writer.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct log {
    log_writer_t *writer;
    log_traffic_lines_t *traffic;
    atomic_bool has_traffic; /* log_traffic writes */
    _Atomic int level;       /* a log_level_t: events of it and graver ones are logged */
};

status_t log_open(const log_options_t *options, log_t **ret_self)
{
    const log_source_t source = {options->member, options->program, options->format};
    log_writer_t *writer;
    const log_files_t files = {options->path, options->records_path, options->ret_failed};
    status_t status = log_writer_start(&files, &source, options->echo, &writer);
    if (status != STATUS_OK) {
        return status;
    }
    log_t *self = memory_new(sizeof *self);
    self->writer = writer;
    self->traffic = log_traffic_new(writer);
    self->level = LOG_LEVEL_INFO;
    atomic_init(&self->has_traffic, options->traffic);
    *ret_self = self;
    return STATUS_OK;
}

void log_close(log_t **self_p)
{
    log_t *self = *self_p;
    if (self != NULL) {
        log_traffic_destroy(&self->traffic);
        log_writer_stop(&self->writer);
        free(self);
        *self_p = NULL;
    }
}

void log_reopen(log_t *self)
{
    if (self != NULL) {
        log_writer_reopen(self->writer);
    }
}

void log_set_echo(log_t *self, bool echo)
{
    log_writer_set_echo(self->writer, echo);
}

void log_set_level(log_t *self, log_level_t level)
{
    if (self != NULL) {
        self->level = (int)level;
    }
}

log_level_t log_level(const log_t *self)
{
    return self != NULL ? (log_level_t)self->level : LOG_LEVEL_INFO;
}

uint64_t log_lost_count(const log_t *self)
{
    return self != NULL ? log_writer_lost_count(self->writer) : 0;
}

int log_write_error(const log_t *self)
{
    return self != NULL ? log_writer_error(self->writer) : 0;
}

void log_event(log_t *self, log_event_t event, const log_about_t *about, const char *format, ...)
{
    if (self == NULL ||
        (log_events_level(event) > log_level(self) && !log_events_is_always(event))) {
        return;
    }
    char text[LIMIT_LOG_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) {
        return;
    }
    text_t message = text_first((text_t){.data = text, .size = (size_t)size}, sizeof text - 1);
    log_entry_t entry = log_writer_entry(self->writer, event, message);
    entry.peer = about != NULL ? about->peer : NULL;
    entry.fields = about != NULL ? about->fields : NULL;
    log_writer_append(self->writer, &entry);
}

void log_dropped(log_t *self, const char *peer, const char *where, const char *problem,
                 text_t sample)
{
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(sample, shown, sizeof shown);
    log_event(self, LOG_MESSAGE_DROPPED,
              LOG_ABOUT(peer, LOG_TEXT("where", where), LOG_TEXT("reason", problem),
                        LOG_TEXT("sample", shown)),
              "%s: dropped a message: %s, \"%s\"; it had no effect", where, problem, shown);
}

void log_set_traffic(log_t *self, bool traffic)
{
    if (self != NULL) {
        atomic_store_explicit(&self->has_traffic, traffic, memory_order_relaxed);
    }
}

bool log_has_traffic(const log_t *self)
{
    return self != NULL && atomic_load_explicit(&self->has_traffic, memory_order_relaxed);
}

bool log_takes(log_t *self, uint64_t peer, int64_t now_ns, size_t size)
{
    return self != NULL && log_traffic_has_room(self->traffic, peer, now_ns, size);
}

bool log_traffic_takes(log_t *self, uint64_t peer, int64_t now_ns, size_t size)
{
    return log_has_traffic(self) && log_takes(self, peer, now_ns, size);
}

void log_traffic(log_t *self, log_kind_t kind, int64_t now_ns, text_t peer, text_t line)
{
    if (log_has_traffic(self)) {
        log_traffic_append(
            self->traffic,
            &(log_record_t){.kind = kind, .time_ns = now_ns, .peer = peer, .line = line});
    }
}

void log_traffic_coming(log_t *self, log_kind_t kind, int64_t now_ns, text_t peer, text_t reason)
{
    if (log_has_traffic(self) && log_writer_records(self->writer) != NULL) {
        log_traffic(self, kind, now_ns, peer, reason);
    }
}
