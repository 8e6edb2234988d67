#include "deploy/herdctl/frame/source.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SILENCE_MS = 2000, /* after which it is said what is waited for */
};

static_assert(HERDCTL_SOURCE_SIZE > 2 * LIMIT_PLACE_ROW_SIZE, "a whole line finds room");

struct herdctl_source {
    int file;     /* -1: none */
    int signals;  /* signalfd; -1: none */
    bool waiting; /* that was said */
    bool ended;   /* nothing more can be read */
    char *data;   /* HERDCTL_SOURCE_SIZE bytes */
    size_t begin; /* index in `data` of what was not taken yet */
    size_t end;   /* index behind what was read */
    herdctl_source_state_t state;
};

static void describe(herdctl_source_t *self, const char *path)
{
    struct stat found;
    const char *slash = strrchr(path, '/');
    self->state.name = slash != NULL ? slash + 1 : path;
    if (fstat(self->file, &found) == 0 && S_ISREG(found.st_mode)) {
        self->state.size = (uint64_t)found.st_size;
        self->state.time_s = found.st_mtim.tv_sec;
    }
}

status_t herdctl_source_open(const char *path, int signals, herdctl_source_t **ret_self)
{
    bool is_stdin = strcmp(path, "-") == 0;
    /* Without O_NONBLOCK a pipe that has no writer would hold us here, where no signal ends us. */
    int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return STATUS_SYSTEM;
    }
    if (!is_stdin) {
        (void)fcntl(file, F_SETFL, 0);
    }
    herdctl_source_t *self = memory_new(sizeof *self);
    self->file = file;
    self->signals = signals;
    self->data = memory_new(HERDCTL_SOURCE_SIZE);
    describe(self, path);
    *ret_self = self;
    return STATUS_OK;
}

/* Waits until there is something to read, and says so if that takes long. */
static status_t wait_for_bytes(herdctl_source_t *self)
{
    struct pollfd files[] = {{.fd = self->file, .events = POLLIN},
                             {.fd = self->signals, .events = POLLIN}};
    int ready;
    while ((ready = poll(files, 2, self->waiting ? -1 : SILENCE_MS)) <= 0) {
        if (ready < 0 && errno != EINTR) {
            return STATUS_SYSTEM;
        }
        if (ready == 0) {
            self->waiting = true;
            bool is_stdin = self->file == STDIN_FILENO;
            fprintf(stderr, "herdctl: waiting for data from %s\n",
                    is_stdin ? "stdin" : self->state.name);
        }
    }
    return files[1].revents != 0 ? STATUS_AGAIN : STATUS_OK;
}

status_t herdctl_source_read(herdctl_source_t *self)
{
    size_t size = self->end - self->begin;
    memmove(self->data, self->data + self->begin, size);
    self->begin = 0;
    self->end = size;
    if (self->ended || size == HERDCTL_SOURCE_SIZE) {
        return STATUS_OK;
    }
    ssize_t read_size = read(self->file, self->data + size, HERDCTL_SOURCE_SIZE - size);
    if (read_size < 0) {
        return errno == EINTR || errno == EAGAIN ? STATUS_OK : STATUS_SYSTEM;
    }
    self->ended = read_size == 0;
    self->end += (size_t)read_size;
    self->state.read_size += (uint64_t)read_size;
    return STATUS_OK;
}

/* Reads more, behind what was not taken yet. */
static status_t fill(herdctl_source_t *self)
{
    status_t status = wait_for_bytes(self);
    return status == STATUS_OK ? herdctl_source_read(self) : status;
}

static text_t untaken(const herdctl_source_t *self)
{
    return (text_t){.data = self->data + self->begin, .size = self->end - self->begin};
}

status_t herdctl_source_take(herdctl_source_t *self, text_t *ret_line)
{
    bool too_long = false;
    text_t rest = untaken(self);
    text_t line;
    while (!text_take_line(&rest, &line)) {
        if (rest.size > LIMIT_PLACE_ROW_SIZE) {
            too_long = true;
            self->begin = self->end;
        }
        if (self->ended) {
            line = untaken(self);
            rest = text_after(line, line.size);
            if (line.size == 0 && !too_long) {
                return STATUS_NOT_FOUND;
            }
            break;
        }
        status_t status = fill(self);
        if (status != STATUS_OK) {
            return status;
        }
        rest = untaken(self);
    }
    self->begin = self->end - rest.size;
    self->state.line++;
    if (too_long || line.size > LIMIT_PLACE_ROW_SIZE) {
        return STATUS_TOO_LONG;
    }
    *ret_line = line;
    return STATUS_OK;
}

int herdctl_source_file(const herdctl_source_t *self)
{
    return self->file;
}

text_t herdctl_source_bytes(const herdctl_source_t *self, bool *ret_ended)
{
    *ret_ended = self->ended;
    return untaken(self);
}

void herdctl_source_pass(herdctl_source_t *self, size_t size)
{
    assert(size <= self->end - self->begin);
    self->begin += size;
}

const herdctl_source_state_t *herdctl_source_state(const herdctl_source_t *self)
{
    return &self->state;
}

void herdctl_source_close(herdctl_source_t **self_p)
{
    herdctl_source_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    int error = errno;
    if (self->file != STDIN_FILENO) {
        close(self->file);
    }
    free(self->data);
    free(self);
    *self_p = NULL;
    errno = error;
}
