#include "common/log/drain.h"

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/log/file.h"
#include "common/log/record.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

status_t log_drain_init(log_drain_t *self, const char *path, bool records)
{
    self->path = memory_copy_text(path, strlen(path));
    self->records = records;
    buffer_init(&self->beginning, LOG_RECORD_SIZE);
    buffer_init(&self->filling, LIMIT_LOG_BUFFER);
    buffer_init(&self->writing, LIMIT_LOG_BUFFER);
    self->file = log_file_open(path);
    return self->file >= 0 ? STATUS_OK : STATUS_SYSTEM;
}

void log_drain_done(log_drain_t *self)
{
    if (self->path == NULL) {
        return;
    }
    if (self->file >= 0) {
        close(self->file);
    }
    buffer_done(&self->beginning);
    buffer_done(&self->filling);
    buffer_done(&self->writing);
    free(self->path);
    self->path = NULL;
}

/* Writes to the file, and notes why it could not. Returns the rest. */
static text_t write_text(log_drain_t *self, text_t text)
{
    text_t rest = self->removed ? text : files_write(self->file, text);
    if (rest.size > 0 && !self->removed) {
        self->problem = errno;
    } else if (rest.size == 0 && text.size > 0) {
        self->problem = 0;
    }
    return rest;
}

/* A line must not continue one that broke off, and a record wants to be known whose it is. Returns
 * whether the file is ready for the next. */
static bool begin(log_drain_t *self)
{
    if (self->torn && !self->records && write_text(self, TEXT("\n")).size > 0) {
        return false;
    }
    if (!self->begun) {
        self->begun = write_text(self, buffer_text(&self->beginning)).size == 0;
    }
    return self->begun;
}

/* Writes whole lines. Returns the rest. */
static text_t write_lines(log_drain_t *self, text_t lines)
{
    if (lines.size == 0 || !begin(self)) {
        return lines;
    }
    text_t rest = write_text(self, lines);
    size_t written = lines.size - rest.size;
    self->torn = written > 0 && lines.data[written - 1] != '\n';
    return rest;
}

static uint64_t count_lines(text_t rest)
{
    uint64_t count = 0;
    text_t line;
    while (text_take_line(&rest, &line)) {
        count++;
    }
    return count;
}

void log_drain_exchange(log_drain_t *self)
{
    buffer_t filled = self->filling;
    self->filling = self->writing;
    self->writing = filled;
    self->lost += self->dropped;
    self->lost_ever += self->dropped;
    self->dropped = 0;
}

void log_drain_write(log_drain_t *self)
{
    if (self->records) {
        (void)begin(self); /* a file of records is known as one before the first comes */
    }
    text_t lines = buffer_text(&self->writing);
    text_t rest = write_lines(self, lines);
    uint64_t lost =
        self->records ? log_record_count_after(lines, lines.size - rest.size) : count_lines(rest);
    self->lost += lost;
    self->lost_ever += lost;
    buffer_clear(&self->writing);
}

bool log_drain_write_note(log_drain_t *self, text_t line)
{
    return write_lines(self, line).size == 0;
}

bool log_drain_reopen(log_drain_t *self)
{
    int file = log_file_open(self->path);
    if (file >= 0) {
        close(self->file);
        self->file = file;
        self->torn = self->removed = self->begun = false;
    }
    return file >= 0;
}

log_drain_look_t log_drain_look(log_drain_t *self)
{
    if (!self->removed && !log_file_is_removed(self->file)) {
        return LOG_DRAIN_THERE;
    }
    log_file_make_folder(self->path);
    if (log_drain_reopen(self)) {
        return LOG_DRAIN_REMADE;
    }
    self->problem = errno;
    bool known = self->removed;
    self->removed = true;
    return known ? LOG_DRAIN_STILL_OUT : LOG_DRAIN_MISSING;
}
