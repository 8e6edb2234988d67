#include "common/log.h"

#include "common/buffer.h"
#include "common/limits.h"
#include "common/memory.h"
#include "common/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* The writer sleeps at most this long over traffic that nothing urgent follows. */
    WRITE_INTERVAL_MS = 200,
    /* An event's text; longer ones are cut. */
    EVENT_SIZE = 1024,
    LEVEL_SIZE = 8,
    /* Room in the buffer that traffic leaves to events: no flood of lines costs the news of it. */
    EVENT_ROOM = 65536,
    /* The largest escaped line of traffic: four bytes for each of the longest client line; longer answers are cut. */
    TRAFFIC_SIZE = 4 * LIMIT_LINE_SIZE,
    /* Events that wait to be shown on stderr. */
    ECHO_SIZE = 65536,
    /* log_close waits this long for a disk that does not move. */
    CLOSE_PATIENCE_MS = 1000,
};

struct log {
    char *path;
    char *source;
    size_t source_size; /* bytes */
    bool traffic;       /* log_traffic writes */
    bool stderr_same;   /* stderr was the file when it was opened: nothing is echoed */
    pthread_t writer;

    /* The writer's alone once it runs: */
    int file;
    bool torn;        /* the last line in the file broke off */
    uint64_t lost;    /* lines dropped or refused by the disk, not yet noted in the file */
    buffer_t writing; /* what it writes */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t wake;   /* the writer waits on it, after `stop` log_close does */
    buffer_t filling;      /* what callers append to */
    buffer_t echoing;      /* events on their way to stderr */
    uint64_t dropped;      /* lines that found no room since the writer last looked */
    bool echo;             /* events also go to stderr */
    bool urgent;           /* an event is waiting: write now */
    bool reopen;           /* open the path anew first */
    bool stop;             /* write what is there, then end */
    bool ended;            /* the writer is done with the log */
    bool abandoned;        /* log_close did not wait for that: the writer destroys the log */
    int64_t prefix_ms;     /* time, in ms, that `prefix` shows */
    char prefix[TIMESTAMP_ISO8601_SIZE]; /* text of prefix_ms */
};

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

/* deploy/herd, as others do, appends to the log what a program prints: an echo would say everything twice. */
static bool is_stderr(int file)
{
    struct stat of_file;
    struct stat of_stderr;
    return fstat(file, &of_file) == 0 && fstat(STDERR_FILENO, &of_stderr) == 0 &&
           of_file.st_dev == of_stderr.st_dev && of_file.st_ino == of_stderr.st_ino;
}

/* Writes `text`; what could not be written of it. */
static text_t write_all(int file, text_t text)
{
    while (text.size > 0) {
        ssize_t written = write(file, text.data, text.size);
        if (written > 0) {
            text = text_after(text, (size_t)written);
        } else if (written == 0 || errno != EINTR) {
            break;
        }
    }
    return text;
}

/* Writes whole lines to the file. A disk that refuses (full, gone) costs lines, which are counted, never the process.
 * True when all were written. */
static bool write_lines(log_t *self, text_t lines)
{
    text_t rest = lines;
    /* The next line must not continue one that broke off. */
    if (!self->torn || write_all(self->file, TEXT("\n")).size == 0) {
        rest = write_all(self->file, lines);
        size_t written = lines.size - rest.size;
        self->torn = written > 0 && lines.data[written - 1] != '\n';
    }
    text_t line;
    text_t uncounted = rest;
    while (text_take_line(&uncounted, &line)) {
        self->lost++;
    }
    return rest.size == 0;
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
    text_copy(text_of(tag), out + 1);
    out += 1 + LEVEL_SIZE;
    out = text_copy((text_t){.data = self->source, .size = self->source_size}, out);
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

/* Caller holds the mutex. */
static void append_line(log_t *self, int64_t now_ns, const char *tag, text_t text)
{
    if (!reserve_line(self, prefix_size(self) + text.size + 1)) {
        return;
    }
    char *start = self->filling.data + self->filling.size;
    char *out = text_copy(text, put_prefix(self, start, now_ns, tag));
    *out++ = '\n';
    buffer_commit(&self->filling, (size_t)(out - start));
}

/* Writes a warning of the log's own, behind what was written. True when the file has it. */
static bool write_note(log_t *self, const char *text)
{
    char time[TIMESTAMP_ISO8601_SIZE];
    char line[EVENT_SIZE];
    timestamp_write_iso8601(timestamp_now_ns(), time);
    int size = snprintf(line, sizeof line, "%.*s %-*s%.200s log: %.400s\n", TIMESTAMP_ISO8601_SIZE,
                        time, LEVEL_SIZE, "warning", self->source, text);
    uint64_t lost = self->lost;
    bool written = write_lines(self, (text_t){.data = line, .size = (size_t)size});
    self->lost = lost; /* a note is not among the lines that it counts */
    return written;
}

/* Says how many lines were lost since it was last said; again in the next turn where that fails too. */
static void note_lost(log_t *self)
{
    char text[96];
    snprintf(text, sizeof text, "%llu lines lost, the disk is full or slower than the traffic",
             (unsigned long long)self->lost);
    if (write_note(self, text)) {
        self->lost = 0;
    }
}

static void reopen_file(log_t *self)
{
    int file = open_file(self->path);
    if (file >= 0) {
        close(self->file);
        self->file = file;
        self->torn = false;
    } else {
        write_note(self, "the file cannot be opened anew, going on in the old one");
    }
}

static struct timespec steady_time_after(int64_t interval_ms)
{
    int64_t time_ns = timestamp_steady_ns() + interval_ms * TIMESTAMP_NS_PER_MS;
    return (struct timespec){.tv_sec = time_ns / TIMESTAMP_NS_PER_S,
                             .tv_nsec = time_ns % TIMESTAMP_NS_PER_S};
}

/* Caller holds the mutex. */
static void wait_for_work(log_t *self)
{
    const struct timespec until = steady_time_after(WRITE_INTERVAL_MS);
    int outcome = 0;
    while (!self->urgent && !self->stop && !self->reopen && outcome != ETIMEDOUT) {
        outcome = pthread_cond_timedwait(&self->wake, &self->mutex, &until);
    }
}

/* What one turn of the writer has to do. */
typedef struct {
    bool reopen;
    bool stop;
    buffer_t echo; /* its own; events for stderr */
} turn_t;

/* Waits for work and takes it over from the callers, who wait no longer than that takes. */
static turn_t take_turn(log_t *self)
{
    pthread_mutex_lock(&self->mutex);
    wait_for_work(self);
    turn_t turn = {.reopen = self->reopen, .stop = self->stop, .echo = self->echoing};
    self->urgent = self->reopen = false;
    buffer_init(&self->echoing, ECHO_SIZE);
    buffer_t filled = self->filling;
    self->filling = self->writing;
    self->writing = filled;
    self->lost += self->dropped;
    self->dropped = 0;
    pthread_mutex_unlock(&self->mutex);
    return turn;
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
    buffer_done(&self->echoing);
    free(self->path);
    free(self->source);
    free(self);
}

/* The thread. What was dropped found the buffer full that is now written, so the note of it comes behind that. */
static void *write_loop(void *argument)
{
    log_t *self = argument;
    bool stop = false;
    while (!stop) {
        turn_t turn = take_turn(self);
        if (turn.reopen) {
            reopen_file(self);
        }
        write_lines(self, buffer_text(&self->writing));
        buffer_clear(&self->writing);
        if (self->lost > 0) {
            note_lost(self);
        }
        write_all(STDERR_FILENO, buffer_text(&turn.echo));
        buffer_done(&turn.echo);
        stop = turn.stop;
    }
    pthread_mutex_lock(&self->mutex);
    self->ended = true;
    bool abandoned = self->abandoned;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
    if (abandoned) {
        destroy(self);
    }
    return NULL;
}

/* The thread takes no signals, which are the program's, and waits on a clock that nobody sets. */
static int start_writer(log_t *self)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&self->writer, NULL, write_loop, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

status_t log_open(const char *path, const char *source, bool traffic, bool echo, log_t **ret_self)
{
    int file = open_file(path);
    if (file < 0) {
        return STATUS_SYSTEM;
    }
    log_t *self = memory_new(sizeof *self);
    self->path = memory_copy_text(path, strlen(path));
    self->source_size = strlen(source);
    self->source = memory_copy_text(source, self->source_size);
    self->traffic = traffic;
    self->stderr_same = is_stderr(file);
    self->echo = echo;
    self->file = file;
    self->prefix_ms = INT64_MIN;
    buffer_init(&self->filling, LIMIT_LOG_BUFFER);
    buffer_init(&self->writing, LIMIT_LOG_BUFFER);
    buffer_init(&self->echoing, ECHO_SIZE);
    int error = start_writer(self);
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
    *self_p = NULL;
    const struct timespec until = steady_time_after(CLOSE_PATIENCE_MS);
    int outcome = 0;
    pthread_t writer = self->writer;
    pthread_mutex_lock(&self->mutex);
    self->stop = true;
    pthread_cond_signal(&self->wake);
    while (!self->ended && outcome != ETIMEDOUT) {
        outcome = pthread_cond_timedwait(&self->wake, &self->mutex, &until);
    }
    bool ended = self->ended;
    self->abandoned = !ended;
    pthread_mutex_unlock(&self->mutex);
    if (ended) {
        pthread_join(writer, NULL);
        destroy(self);
    } else {
        pthread_detach(writer);
    }
}

void log_reopen(log_t *self)
{
    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->mutex);
    self->reopen = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
}

void log_set_echo(log_t *self, bool echo)
{
    pthread_mutex_lock(&self->mutex);
    self->echo = echo;
    pthread_mutex_unlock(&self->mutex);
}

/* Queues an event for stderr; one that finds that stuck is in the file only. Caller holds the mutex. */
static void append_echo(log_t *self, const char *tag, text_t line)
{
    bool queued = buffer_format(&self->echoing, "%s: %s: %.*s\n", self->source, tag, (int)line.size,
                                line.data) == STATUS_OK;
    (void)queued;
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
    if (self->echo && !self->stderr_same) {
        append_echo(self, tags[level], line);
    }
    self->urgent = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
}

bool log_has_traffic(const log_t *self)
{
    return self != NULL && self->traffic;
}

/* Bytes of `text` once text_escape has been over it. */
static size_t escaped_size(text_t text)
{
    size_t size = text.size;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool plain = byte >= 0x20 && byte < 0x7f && byte != '\\';
        size += plain ? 0 : 3;
    }
    return size;
}

/* A line of traffic into room for `size` escaped bytes and one more. */
static char *put_line(char *out, text_t line, size_t size)
{
    if (size == line.size) {
        return text_copy(line, out);
    }
    text_escape(line, out, size + 1);
    return out + strlen(out);
}

void log_traffic(log_t *self, log_direction_t direction, int64_t now_ns, text_t peer, text_t line)
{
    if (!log_has_traffic(self)) {
        return;
    }
    size_t size = escaped_size(line);
    size = size < TRAFFIC_SIZE ? size : TRAFFIC_SIZE;
    pthread_mutex_lock(&self->mutex);
    if (reserve_line(self, prefix_size(self) + peer.size + 1 + size + 1 + EVENT_ROOM)) {
        char *start = self->filling.data + self->filling.size;
        char *out = put_prefix(self, start, now_ns, direction == LOG_RECEIVED ? "<" : ">");
        out = text_copy(peer, out);
        *out++ = ' ';
        out = put_line(out, line, size);
        *out++ = '\n';
        buffer_commit(&self->filling, (size_t)(out - start));
    }
    if (self->filling.size > LIMIT_LOG_BUFFER / 2 && !self->urgent) {
        self->urgent = true;
        pthread_cond_signal(&self->wake);
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
