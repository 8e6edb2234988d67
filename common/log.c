#include "common/log.h"

#include "common/buffer.h"
#include "common/limits.h"
#include "common/memory.h"
#include "common/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* The writer sleeps at most this long over traffic that nothing urgent follows. */
    WRITE_INTERVAL_MS = 200,
    /* An event's text; longer ones are cut. */
    EVENT_SIZE = 1024,
    LEVEL_SIZE = 8,
};

struct log {
    char *path;
    char *source;
    size_t source_size; /* bytes */
    bool traffic;       /* log_traffic writes */
    bool echo;          /* events also go to stderr */
    int file;           /* the writer's alone once the thread runs */
    pthread_t writer;
    pthread_mutex_t mutex;               /* guards all below */
    pthread_cond_t wake;                 /* the writer's */
    buffer_t filling;                    /* what callers append to */
    buffer_t writing;                    /* what the writer writes; its alone while it writes */
    uint64_t dropped;                    /* lines that found no room since the last note of it */
    bool urgent;                         /* an event is waiting: write now */
    bool reopen;                         /* open the path anew first */
    bool stop;                           /* write what is there, then end */
    int64_t prefix_ms;                   /* time, in ms, that `prefix` shows */
    char prefix[TIMESTAMP_ISO8601_SIZE]; /* text of prefix_ms */
};

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

/* Writes all of `text`. A disk that refuses (full, gone) costs the lines, never the process. */
static void write_all(int file, text_t text)
{
    while (text.size > 0) {
        ssize_t written = write(file, text.data, text.size);
        if (written < 0 && errno != EINTR) {
            return;
        }
        text = text_after(text, written > 0 ? (size_t)written : 0);
    }
}

/* The fixed part of a line: time, tag padded to LEVEL_SIZE, source. Caller holds the mutex. */
static char *put_prefix(log_t *self, char *out, int64_t now_ns, const char *tag)
{
    int64_t now_ms = now_ns / TIMESTAMP_NS_PER_MS;
    if (now_ms != self->prefix_ms) {
        timestamp_write_iso8601(now_ns, self->prefix);
        self->prefix_ms = now_ms;
    }
    memcpy(out, self->prefix, TIMESTAMP_ISO8601_SIZE);
    out += TIMESTAMP_ISO8601_SIZE;
    memset(out, ' ', LEVEL_SIZE + 2);
    memcpy(out + 1, tag, strlen(tag));
    out += 1 + LEVEL_SIZE;
    memcpy(out, self->source, self->source_size);
    out += self->source_size;
    *out++ = ' ';
    return out;
}

/* Bytes that put_prefix writes. */
static size_t prefix_size(const log_t *self)
{
    return TIMESTAMP_ISO8601_SIZE + 1 + LEVEL_SIZE + self->source_size + 1;
}

/* Room for one line; counts it as dropped where there is none. Caller holds the mutex. */
static bool reserve_line(log_t *self, size_t size)
{
    if (buffer_reserve(&self->filling, size) != STATUS_OK) {
        self->dropped++;
        return false;
    }
    return true;
}

static void append_line(log_t *self, int64_t now_ns, const char *tag, text_t text)
{
    if (!reserve_line(self, prefix_size(self) + text.size + 1)) {
        return;
    }
    char *out = put_prefix(self, self->filling.data + self->filling.size, now_ns, tag);
    memcpy(out, text.data, text.size);
    out[text.size] = '\n';
    self->filling.size = (size_t)(out + text.size + 1 - self->filling.data);
}

/* Says how many lines were lost since it was last said. Caller holds the mutex. */
static void note_dropped(log_t *self)
{
    char text[96];
    int size =
        snprintf(text, sizeof text, "log: %llu lines lost, the disk is slower than the traffic",
                 (unsigned long long)self->dropped);
    self->dropped = 0;
    append_line(self, timestamp_now_ns(), "warning", (text_t){.data = text, .size = (size_t)size});
}

static void wait_for_work(log_t *self)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WRITE_INTERVAL_MS * TIMESTAMP_NS_PER_MS;
    until.tv_sec += until.tv_nsec / TIMESTAMP_NS_PER_S;
    until.tv_nsec %= TIMESTAMP_NS_PER_S;
    int outcome = 0;
    while (!self->urgent && !self->stop && !self->reopen && outcome != ETIMEDOUT) {
        outcome = pthread_cond_timedwait(&self->wake, &self->mutex, &until);
    }
}

static void reopen_file(log_t *self)
{
    int file = open_file(self->path);
    if (file >= 0) {
        close(self->file);
        self->file = file;
    }
}

/* The thread: swap the buffers under the mutex, write without it. */
static void *write_loop(void *argument)
{
    log_t *self = argument;
    pthread_mutex_lock(&self->mutex);
    bool stop = false;
    while (!stop) {
        wait_for_work(self);
        if (self->dropped > 0 && self->filling.size < LIMIT_LOG_BUFFER / 2) {
            note_dropped(self);
        }
        stop = self->stop;
        bool reopen = self->reopen;
        self->urgent = self->reopen = false;
        buffer_t filled = self->filling;
        self->filling = self->writing;
        self->writing = filled;
        pthread_mutex_unlock(&self->mutex);
        if (reopen) {
            reopen_file(self);
        }
        write_all(self->file, buffer_text(&self->writing));
        buffer_clear(&self->writing);
        pthread_mutex_lock(&self->mutex);
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

static void destroy(log_t *self)
{
    if (self->file >= 0) {
        close(self->file);
    }
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->mutex);
    buffer_done(&self->filling);
    buffer_done(&self->writing);
    free(self->path);
    free(self->source);
    free(self);
}

status_t log_open(const char *path, const char *source, bool traffic, bool echo, log_t **ret_self)
{
    log_t *self = memory_new(sizeof *self);
    self->path = memory_copy_text(path, strlen(path));
    self->source_size = strlen(source);
    self->source = memory_copy_text(source, self->source_size);
    self->traffic = traffic;
    self->echo = echo;
    self->prefix_ms = -1;
    buffer_init(&self->filling, LIMIT_LOG_BUFFER);
    buffer_init(&self->writing, LIMIT_LOG_BUFFER);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->wake, NULL);
    self->file = open_file(path);
    int error = self->file < 0 ? errno : pthread_create(&self->writer, NULL, write_loop, self);
    if (error != 0) {
        destroy(self);
        errno = error;
        return STATUS_SYSTEM;
    }
    *ret_self = self;
    return STATUS_OK;
}

void log_close(log_t **self_p)
{
    log_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->mutex);
    self->stop = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
    pthread_join(self->writer, NULL);
    destroy(self);
    *self_p = NULL;
}

void log_reopen(log_t *self)
{
    pthread_mutex_lock(&self->mutex);
    self->reopen = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
}

void log_set_echo(log_t *self, bool echo)
{
    self->echo = echo;
}

void log_event(log_t *self, log_level_t level, const char *format, ...)
{
    static const char *const tags[] = {
        [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_INFO] = "info"};
    if (self == NULL) {
        return;
    }
    char text[EVENT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) {
        return;
    }
    text_t line = text_first((text_t){.data = text, .size = (size_t)size}, sizeof text - 1);
    pthread_mutex_lock(&self->mutex);
    append_line(self, timestamp_now_ns(), tags[level], line);
    self->urgent = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
    if (self->echo) {
        fprintf(stderr, "%s: %s: %.*s\n", self->source, tags[level], (int)line.size, line.data);
    }
}

bool log_has_traffic(const log_t *self)
{
    return self != NULL && self->traffic;
}

static bool is_plain(text_t text)
{
    bool plain = true;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        plain = plain && byte >= 0x20 && byte < 0x7f && byte != '\\';
    }
    return plain;
}

void log_traffic(log_t *self, log_direction_t direction, int64_t now_ns, text_t peer, text_t line)
{
    if (!log_has_traffic(self)) {
        return;
    }
    bool plain = is_plain(line);
    size_t line_size = plain ? line.size : 4 * line.size;
    pthread_mutex_lock(&self->mutex);
    if (reserve_line(self, prefix_size(self) + peer.size + 1 + line_size + 1)) {
        char *start = self->filling.data + self->filling.size;
        char *out = put_prefix(self, start, now_ns, direction == LOG_RECEIVED ? "<" : ">");
        memcpy(out, peer.data, peer.size);
        out += peer.size;
        *out++ = ' ';
        if (plain && line.size > 0) {
            memcpy(out, line.data, line.size);
            out += line.size;
        } else if (!plain) {
            /* The terminating zero lands where the LF goes. */
            text_escape(line, out, line_size + 1);
            out += strlen(out);
        }
        *out++ = '\n';
        self->filling.size += (size_t)(out - start);
        if (self->filling.size > LIMIT_LOG_BUFFER / 2 && !self->urgent) {
            self->urgent = true;
            pthread_cond_signal(&self->wake);
        }
    }
    pthread_mutex_unlock(&self->mutex);
}

bool log_limit_pass(log_limit_t *self, int64_t steady_ns, uint64_t *ret_held)
{
    if (self->passed_ns != 0 && steady_ns - self->passed_ns < TIMESTAMP_NS_PER_S) {
        self->held++;
        return false;
    }
    *ret_held = self->held;
    self->held = 0;
    self->passed_ns = steady_ns;
    return true;
}

void log_dropped(log_t *self, log_limit_t *limit, const char *where, const char *problem,
                 text_t sample)
{
    uint64_t held;
    if (!log_limit_pass(limit, timestamp_steady_ns(), &held)) {
        return;
    }
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(sample, shown, sizeof shown);
    log_event(self, LOG_LEVEL_WARNING, "%s: dropped a message: %s, \"%s\" (and %llu before)", where,
              problem, shown, (unsigned long long)held);
}
