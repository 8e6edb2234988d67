#include "common/log/log.h"

#include "common/base/buffer.h"
#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/log/repeats.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* The writer sleeps at most this long over traffic that nothing urgent follows. */
    WRITE_INTERVAL_MS = 200,
    LEVEL_SIZE = 8,
    /* Room in the buffer that traffic leaves to events: no flood of lines costs the news of it. */
    EVENT_ROOM = 65536,
    /* The largest escaped line of traffic: four bytes for each of the longest client line; longer answers are cut. */
    TRAFFIC_SIZE = 4 * LIMIT_LINE_SIZE,
    /* Events that wait to be shown on stderr. */
    ECHO_SIZE = 65536,
    /* log_close waits this long for a disk that does not move. */
    CLOSE_PATIENCE_MS = 1000,
    /* A line of traffic as JSON, beside its message: keys, names, time. */
    JSON_EXTRA_SIZE = 1024,
};

/* Where events go beside the file. */
typedef enum {
    ECHO_NOWHERE, /* stderr is the file */
    ECHO_STDERR,  /* where it was asked for */
    ECHO_JOURNAL, /* always */
} echo_t;

struct log {
    char *path;
    char *member;
    char *program;
    char *source;       /* "member/program" */
    size_t source_size; /* bytes */
    log_format_t format;
    atomic_bool traffic; /* log_traffic writes */
    echo_t echo_kind;    /* what stderr was when the log was opened */
    pthread_t writer;
    _Atomic int level;          /* a log_level_t: graver events are logged, and those of it */
    _Atomic uint64_t lost_ever; /* lines that were lost */

    /* The writer's alone once it runs: */
    int file;
    bool torn;        /* the last line in the file broke off */
    uint64_t lost;    /* lines dropped or refused by the disk, not yet noted in the file */
    buffer_t writing; /* what it writes */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t wake;   /* the writer waits on it, after `stop` log_close does */
    buffer_t filling;      /* what callers append to */
    buffer_t echoing;      /* events on their way to stderr */
    buffer_t scratch;      /* a line of traffic on its way into JSON */
    log_repeats_t *repeats;
    uint64_t dropped;  /* lines that found no room since the writer last looked */
    bool echo;         /* events also go to stderr */
    bool urgent;       /* an event is waiting: write now */
    bool reopen;       /* open the path anew first */
    bool stop;         /* write what is there, then end */
    bool ended;        /* the writer is done with the log */
    bool abandoned;    /* log_close did not wait for that: the writer destroys the log */
    int64_t prefix_ms; /* time, in ms, that `prefix` shows */
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

/* Whether JOURNAL_STREAM, "device:inode" in decimal, is stderr (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat of_stderr;
    uint64_t device;
    text_t rest = text_of(stream != NULL ? stream : "");
    text_t part;
    if (!text_take_until(&rest, ':', &part) || !text_to_u64(part, UINT64_MAX, &device)) {
        return false;
    }
    uint64_t inode;
    return text_to_u64(rest, UINT64_MAX, &inode) && fstat(STDERR_FILENO, &of_stderr) == 0 &&
           of_stderr.st_dev == device && of_stderr.st_ino == inode;
}

/* Writes whole lines to the file. A disk that refuses (full, gone) costs lines, which are counted, never the process.
 * True when all were written. */
static bool write_lines(log_t *self, text_t lines)
{
    text_t rest = lines;
    /* The next line must not continue one that broke off. */
    if (!self->torn || files_write(self->file, TEXT("\n")).size == 0) {
        rest = files_write(self->file, lines);
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

static log_entry_t entry_of(const log_t *self, log_event_t event, text_t message)
{
    return (log_entry_t){.time_ns = clock_now_ns(),
                         .member = self->member,
                         .program = self->program,
                         .event = event,
                         .message = message};
}

static status_t write_entry(const log_t *self, const log_entry_t *entry, buffer_t *out)
{
    return self->format == LOG_FORMAT_JSON ? log_line_json(entry, out) : log_line_text(entry, out);
}

/* One that finds stderr stuck is in the file only. Caller holds the mutex. */
static void append_echo(log_t *self, const log_entry_t *entry)
{
    status_t status = STATUS_OK;
    buffer_t *out = &self->echoing;
    bool journal = self->echo_kind == ECHO_JOURNAL;
    if (self->format == LOG_FORMAT_JSON) {
        size_t before = out->size;
        status = journal ? log_line_priority(log_events_level(entry->event), out) : STATUS_OK;
        status = status == STATUS_OK ? log_line_json(entry, out) : status;
        out->size = status == STATUS_OK ? out->size : before;
    } else {
        status = journal ? log_line_journal(entry, out) : log_line_terminal(entry, out);
    }
    (void)status;
}

/* Into the file, and where events go beside it. Caller holds the mutex. */
static void append_entry(log_t *self, const log_entry_t *entry)
{
    if (write_entry(self, entry, &self->filling) != STATUS_OK) {
        self->dropped++;
    }
    if (self->echo_kind == ECHO_JOURNAL || (self->echo && self->echo_kind == ECHO_STDERR)) {
        append_echo(self, entry);
    }
}

/* What was held back for a second, INT64_MAX: all that was. Caller holds the mutex. */
static void append_held(log_t *self, int64_t steady_ns)
{
    log_held_t held;
    while (log_repeats_take(self->repeats, steady_ns, &held)) {
        log_entry_t entry = entry_of(self, held.event, held.message);
        entry.peer = held.peer;
        entry.repeated = held.repeated;
        append_entry(self, &entry);
    }
}

/* Writes a warning of the log's own, behind what was written. True when the file has it. */
static bool write_note(log_t *self, log_event_t event, const char *text)
{
    buffer_t line;
    buffer_init(&line, LIMIT_LOG_BUFFER);
    log_entry_t entry = entry_of(self, event, text_of(text));
    uint64_t lost = self->lost;
    bool written =
        write_entry(self, &entry, &line) == STATUS_OK && write_lines(self, buffer_text(&line));
    self->lost = lost; /* a note is not among the lines that it counts */
    buffer_done(&line);
    return written;
}

/* Says how many lines were lost since it was last said; again in the next turn where that fails too. */
static void note_lost(log_t *self)
{
    char text[128];
    snprintf(text, sizeof text,
             "%llu lines lost, the disk is full or slower than the traffic; the program goes on",
             (unsigned long long)self->lost);
    if (write_note(self, LOG_LINES_LOST, text)) {
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
        write_note(self, LOG_NOT_REOPENED,
                   "the file cannot be opened anew; going on in the old one");
    }
}

static struct timespec steady_time_after(int64_t interval_ms)
{
    int64_t time_ns = clock_steady_ns() + interval_ms * TIMESTAMP_NS_PER_MS;
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
    append_held(self, self->stop ? INT64_MAX : clock_steady_ns());
    turn_t turn = {.reopen = self->reopen, .stop = self->stop, .echo = self->echoing};
    self->urgent = self->reopen = false;
    buffer_init(&self->echoing, ECHO_SIZE);
    buffer_t filled = self->filling;
    self->filling = self->writing;
    self->writing = filled;
    self->lost += self->dropped;
    self->lost_ever += self->dropped;
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
    buffer_done(&self->scratch);
    log_repeats_destroy(&self->repeats);
    free(self->path);
    free(self->member);
    free(self->program);
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
        uint64_t lost = self->lost;
        write_lines(self, buffer_text(&self->writing));
        self->lost_ever += self->lost - lost;
        buffer_clear(&self->writing);
        if (self->lost > 0) {
            note_lost(self);
        }
        files_write(STDERR_FILENO, buffer_text(&turn.echo));
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

static void copy_names(log_t *self, const log_options_t *options)
{
    self->path = memory_copy_text(options->path, strlen(options->path));
    self->member = memory_copy_text(options->member, strlen(options->member));
    self->program = memory_copy_text(options->program, strlen(options->program));
    self->source_size = strlen(options->member) + 1 + strlen(options->program);
    self->source = memory_new(self->source_size + 1);
    char *end = text_copy(text_of(options->member), self->source);
    *end++ = '/';
    text_copy(text_of(options->program), end);
}

status_t log_open(const log_options_t *options, log_t **ret_self)
{
    int file = open_file(options->path);
    if (file < 0) {
        return STATUS_SYSTEM;
    }
    log_t *self = memory_new(sizeof *self);
    copy_names(self, options);
    self->format = options->format;
    atomic_init(&self->traffic, options->traffic);
    self->echo_kind = is_stderr(file)       ? ECHO_NOWHERE
                      : stderr_is_journal() ? ECHO_JOURNAL
                                            : ECHO_STDERR;
    self->echo = options->echo;
    self->file = file;
    self->prefix_ms = INT64_MIN;
    self->level = LOG_LEVEL_INFO;
    self->repeats = log_repeats_new();
    buffer_init(&self->filling, LIMIT_LOG_BUFFER);
    buffer_init(&self->writing, LIMIT_LOG_BUFFER);
    buffer_init(&self->echoing, ECHO_SIZE);
    buffer_init(&self->scratch, TRAFFIC_SIZE + 1);
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

void log_event(log_t *self, log_event_t event, const log_about_t *about, const char *format, ...)
{
    if (self == NULL || log_events_level(event) > log_level(self)) {
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
    log_entry_t entry = entry_of(self, event, message);
    entry.peer = about != NULL ? about->peer : NULL;
    entry.fields = about != NULL ? about->fields : NULL;
    int64_t steady_ns = clock_steady_ns();
    pthread_mutex_lock(&self->mutex);
    append_held(self, steady_ns);
    if (!log_events_is_counted(event) ||
        log_repeats_pass(self->repeats, event, entry.peer, message, steady_ns)) {
        append_entry(self, &entry);
        self->urgent = true;
        pthread_cond_signal(&self->wake);
    }
    pthread_mutex_unlock(&self->mutex);
}

void log_set_traffic(log_t *self, bool traffic)
{
    if (self != NULL) {
        atomic_store_explicit(&self->traffic, traffic, memory_order_relaxed);
    }
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
    return self != NULL ? self->lost_ever : 0;
}

bool log_has_traffic(const log_t *self)
{
    return self != NULL && atomic_load_explicit(&self->traffic, memory_order_relaxed);
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

/* Bytes that a line of traffic comes to, which has `escaped` once it is escaped. */
static size_t line_room(size_t escaped)
{
    return escaped < TRAFFIC_SIZE ? escaped : TRAFFIC_SIZE;
}

/* A line of traffic into that much room and one byte more. */
static char *put_line(char *out, text_t line, size_t escaped)
{
    if (escaped == line.size && escaped <= TRAFFIC_SIZE) {
        return text_copy(line, out);
    }
    text_escape(line, out, line_room(escaped) + 1);
    return out + strlen(out);
}

/* Caller holds the mutex. */
static void append_traffic_text(log_t *self, const char *tag, int64_t now_ns, text_t peer,
                                text_t line)
{
    size_t escaped = escaped_size(line);
    size_t size = line_room(escaped);
    if (reserve_line(self, prefix_size(self) + peer.size + 1 + size + 1 + EVENT_ROOM)) {
        char *start = self->filling.data + self->filling.size;
        char *out = put_prefix(self, start, now_ns, tag);
        out = text_copy(peer, out);
        *out++ = ' ';
        out = put_line(out, line, escaped);
        *out++ = '\n';
        buffer_commit(&self->filling, (size_t)(out - start));
    }
}

/* Caller holds the mutex. */
static void append_traffic_json(log_t *self, const char *event, int64_t now_ns, text_t peer,
                                text_t line)
{
    buffer_t *out = &self->filling;
    size_t escaped = escaped_size(line);
    size_t size = line_room(escaped);
    buffer_clear(&self->scratch);
    if (buffer_reserve(&self->scratch, size + 1) != STATUS_OK ||
        !reserve_line(self, JSON_EXTRA_SIZE + 5 * (peer.size + size) + EVENT_ROOM)) {
        return;
    }
    char *end = put_line(self->scratch.data, line, escaped);
    buffer_commit(&self->scratch, (size_t)(end - self->scratch.data));
    char time[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(now_ns, time);
    size_t before = out->size;
    bool complete =
        buffer_format(out,
                      "{\"time\":\"%.*s\",\"level\":\"traffic\",\"program\":\"%s\","
                      "\"member\":\"%s\",\"peer\":",
                      TIMESTAMP_ISO8601_SIZE, time, self->program, self->member) == STATUS_OK &&
        log_line_string(peer, out) == STATUS_OK &&
        buffer_format(out, ",\"event\":\"%s\",\"message\":", event) == STATUS_OK &&
        log_line_string(buffer_text(&self->scratch), out) == STATUS_OK &&
        buffer_append(out, "}\n", 2) == STATUS_OK;
    if (!complete) {
        out->size = before;
        self->dropped++;
    }
}

void log_traffic(log_t *self, log_direction_t direction, int64_t now_ns, text_t peer, text_t line)
{
    if (!log_has_traffic(self)) {
        return;
    }
    bool received = direction == LOG_RECEIVED;
    pthread_mutex_lock(&self->mutex);
    if (self->format == LOG_FORMAT_JSON) {
        append_traffic_json(self, received ? "received" : "answered", now_ns, peer, line);
    } else {
        append_traffic_text(self, received ? "<" : ">", now_ns, peer, line);
    }
    if (self->filling.size > LIMIT_LOG_BUFFER / 2 && !self->urgent) {
        self->urgent = true;
        pthread_cond_signal(&self->wake);
    }
    pthread_mutex_unlock(&self->mutex);
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
