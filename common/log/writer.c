/* The thread of the log.
 *
 * There are one or two files (drain.h): that of lines, and that of records of traffic. Callers
 * append whole lines or records to `filling` of one of them, under the mutex. An event wakes the
 * thread at once; traffic wakes it when it has filled half of a buffer, or is written within
 * 200 ms. In a turn the thread takes what was appended over by exchanging `filling` with the empty
 * `writing`, and takes the echo and a wish to reopen; all else happens without the mutex. So a
 * caller waits for an exchange of buffers at most, however slow the disk is. A turn also shows
 * events that were held back as repeats and whose second is over. Lost lines are counted twice: in
 * `lost` until a note in the file of lines gives their number, and in `lost_ever`. Each turn, also
 * one without lines, begins with a look whether the files are still there. What the log has to say
 * of either file stands in that of lines.
 * log_writer_stop waits for the last turn, but not forever: a thread that hangs in write(2) is left
 * behind, and frees the writer itself if the disk ever moves again.
 */
#include "common/log/writer.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/log/drain.h"
#include "common/log/file.h"
#include "common/log/record.h"
#include "common/log/repeats.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Lines that do not wake the thread are written within this time. */
    WRITE_INTERVAL_MS = 200,
    /* Events that wait to be shown on stderr. */
    ECHO_SIZE = 65536,
    /* log_writer_stop waits this long for a disk that does not move. */
    STOP_PATIENCE_MS = 1000,
    /* For stderr: a pipe that no one reads must not keep lines from the file. */
    SHOW_PATIENCE_MS = 100,
    NOTE_SIZE = 256, /* of a line of the log's own */
};

/* Where events go beside the file. */
typedef enum {
    ECHO_NOWHERE, /* stderr is the file */
    ECHO_STDERR,  /* if log_writer_set_echo asks for it */
    ECHO_JOURNAL, /* always */
} echo_t;

struct log_writer {
    char *member;
    char *program;
    log_source_t source; /* borrows these two */
    echo_t echo_kind;    /* what stderr was at the start */
    pthread_t thread;
    log_drain_t lines;
    log_drain_t records; /* of traffic; without a path: there are none */

    pthread_mutex_t mutex; /* guards all below, and of the drains what drain.h says */
    pthread_cond_t wake;   /* the thread waits on it; after `stop` log_writer_stop does */
    buffer_t echoing;      /* events on their way to stderr */
    log_repeats_t *repeats;
    bool echo;      /* events also go to stderr */
    bool urgent;    /* an event is waiting: write now */
    bool reopen;    /* open the paths anew first */
    bool stop;      /* write what is there, then end */
    bool ended;     /* the thread is done with the writer */
    bool abandoned; /* log_writer_stop did not wait for that: the thread frees the writer */
};

/* deploy/herd, as others do, appends to the log what a program prints: an echo would say everything
 * twice. */
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

log_entry_t log_writer_entry(const log_writer_t *self, log_event_t event, text_t message)
{
    return (log_entry_t){.time_ns = clock_now_ns(),
                         .member = self->source.member,
                         .program = self->source.program,
                         .event = event,
                         .message = message};
}

static bool is_json(const log_writer_t *self)
{
    return self->source.format == LOG_FORMAT_JSON;
}

static status_t write_entry(const log_writer_t *self, const log_entry_t *entry, buffer_t *out)
{
    return is_json(self) ? log_line_json(entry, out) : log_line_text(entry, out);
}

/* An event that finds stderr stuck is in the file only. Caller holds the mutex. */
static void append_echo(log_writer_t *self, const log_entry_t *entry)
{
    status_t status;
    buffer_t *out = &self->echoing;
    if (self->echo_kind == ECHO_JOURNAL) {
        status = is_json(self) ? log_line_journal_json(entry, out) : log_line_journal(entry, out);
    } else {
        status = is_json(self) ? log_line_json(entry, out) : log_line_terminal(entry, out);
    }
    (void)status;
}

/* Into the file, and where events go beside it. Caller holds the mutex. */
static void append_entry(log_writer_t *self, const log_entry_t *entry)
{
    if (write_entry(self, entry, &self->lines.filling) != STATUS_OK) {
        self->lines.dropped++;
    }
    if (self->echo_kind == ECHO_JOURNAL || (self->echo && self->echo_kind == ECHO_STDERR)) {
        append_echo(self, entry);
    }
}

/* Shows what was held back for a second; INT64_MAX: whatever was held back. Caller holds the
 * mutex. */
static void append_held(log_writer_t *self, int64_t steady_ns)
{
    log_held_t held;
    while (log_repeats_take(self->repeats, steady_ns, &held)) {
        log_entry_t entry = log_writer_entry(self, held.event, held.message);
        entry.peer = held.peer;
        entry.repeated = held.repeated;
        append_entry(self, &entry);
    }
}

/* Writes a warning of the log's own, behind what was written. Returns whether the file has it. */
static bool write_note(log_writer_t *self, log_event_t event, const char *text)
{
    buffer_t line;
    buffer_init(&line, LIMIT_LOG_BUFFER);
    log_entry_t entry = log_writer_entry(self, event, text_of(text));
    bool written = write_entry(self, &entry, &line) == STATUS_OK &&
                   log_drain_write_note(&self->lines, buffer_text(&line));
    buffer_done(&line);
    return written;
}

/* Gives the number of lines lost since it was last given; if that fails, again in the next turn. */
static void note_lost(log_writer_t *self)
{
    char text[128];
    snprintf(text, sizeof text,
             "%llu lines lost, the disk is full or slower than the traffic; the program goes on",
             (unsigned long long)self->lines.lost + self->records.lost);
    if (write_note(self, LOG_LINES_LOST, text)) {
        self->lines.lost = self->records.lost = 0;
    }
}

/* The file of a drain, as notes call it. */
static const char *name_of(const log_writer_t *self, const log_drain_t *drain)
{
    return drain == &self->lines ? "the file" : "the file of traffic";
}

static void reopen_file(log_writer_t *self, log_drain_t *drain)
{
    char text[NOTE_SIZE];
    if (!log_drain_reopen(drain)) {
        snprintf(text, sizeof text, "%s cannot be opened anew: %s; going on in the old one",
                 name_of(self, drain), strerror(errno));
        write_note(self, LOG_NOT_REOPENED, text);
    }
}

/* Where events go beside the file, and in the file, unless that is what is missing. */
static void show_removal(log_writer_t *self, const log_drain_t *drain)
{
    char text[NOTE_SIZE];
    snprintf(text, sizeof text,
             "%s was removed and cannot be made again: %s; lines are lost until it can",
             name_of(self, drain), strerror(drain->problem));
    log_entry_t entry = log_writer_entry(self, LOG_NOT_REOPENED, text_of(text));
    pthread_mutex_lock(&self->mutex);
    if (self->echo_kind != ECHO_NOWHERE) {
        append_echo(self, &entry);
    }
    pthread_mutex_unlock(&self->mutex);
    if (drain != &self->lines) {
        write_note(self, LOG_NOT_REOPENED, text);
    }
}

static void look_for_file(log_writer_t *self, log_drain_t *drain)
{
    char text[NOTE_SIZE];
    switch (log_drain_look(drain)) {
    case LOG_DRAIN_REMADE:
        snprintf(text, sizeof text, "%s had been removed; opened anew", name_of(self, drain));
        write_note(self, LOG_REOPENED, text);
        break;
    case LOG_DRAIN_MISSING: show_removal(self, drain); break;
    case LOG_DRAIN_THERE:
    case LOG_DRAIN_STILL_OUT: break;
    }
}

static struct timespec steady_time_after(int64_t interval_ms)
{
    int64_t time_ns = clock_steady_ns() + interval_ms * TIMESTAMP_NS_PER_MS;
    return (struct timespec){.tv_sec = time_ns / TIMESTAMP_NS_PER_S,
                             .tv_nsec = time_ns % TIMESTAMP_NS_PER_S};
}

/* Caller holds the mutex. */
static void wait_for_work(log_writer_t *self)
{
    const struct timespec until = steady_time_after(WRITE_INTERVAL_MS);
    int outcome = 0;
    while (!self->urgent && !self->stop && !self->reopen && outcome != ETIMEDOUT) {
        outcome = pthread_cond_timedwait(&self->wake, &self->mutex, &until);
    }
}

/* What one turn of the thread has to do. */
typedef struct {
    bool reopen;
    bool stop;
    buffer_t echo; /* its own; events for stderr */
} turn_t;

/* Waits for work and takes it over from the callers. */
static turn_t take_turn(log_writer_t *self)
{
    pthread_mutex_lock(&self->mutex);
    wait_for_work(self);
    append_held(self, self->stop ? INT64_MAX : clock_steady_ns());
    turn_t turn = {.reopen = self->reopen, .stop = self->stop, .echo = self->echoing};
    self->urgent = self->reopen = false;
    buffer_init(&self->echoing, ECHO_SIZE);
    log_drain_exchange(&self->lines);
    log_drain_exchange(&self->records);
    pthread_mutex_unlock(&self->mutex);
    return turn;
}

/* The lines that were dropped found the buffer full that is written here, so the note of them comes
 * behind it. */
static void do_turn(log_writer_t *self, turn_t *turn)
{
    log_drain_t *drains[] = {&self->lines, &self->records};
    for (size_t i = 0; i < sizeof drains / sizeof drains[0] && drains[i]->path != NULL; i++) {
        if (turn->reopen) {
            reopen_file(self, drains[i]);
        }
        look_for_file(self, drains[i]);
        log_drain_write(drains[i]);
    }
    if (self->lines.lost + self->records.lost > 0) {
        note_lost(self);
    }
    log_file_show(STDERR_FILENO, buffer_text(&turn->echo), SHOW_PATIENCE_MS);
    buffer_done(&turn->echo);
}

static void destroy(log_writer_t *self)
{
    log_drain_done(&self->lines);
    log_drain_done(&self->records);
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->mutex);
    buffer_done(&self->echoing);
    log_repeats_destroy(&self->repeats);
    free(self->member);
    free(self->program);
    free(self);
}

/* The thread. */
static void *write_loop(void *argument)
{
    log_writer_t *self = argument;
    bool stop = false;
    while (!stop) {
        turn_t turn = take_turn(self);
        do_turn(self, &turn);
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

/* The thread takes no signals, which are the program's, and waits on a clock that cannot be set. */
static int start_thread(log_writer_t *self)
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
    int error = pthread_create(&self->thread, NULL, write_loop, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* Each opening of the file of records begins with whose they are. */
static void make_beginning(log_writer_t *self)
{
    char source[LOG_RECORD_PEER_SIZE];
    snprintf(source, sizeof source, "%s/%s", self->member, self->program);
    const log_record_t beginning = {.kind = LOG_BEGINNING,
                                    .time_ns = clock_now_ns(),
                                    .peer = text_of(source),
                                    .line = TEXT("herdctl traffic FILE prints this")};
    status_t status = log_record_append(&beginning, &self->records.beginning);
    assert(status == STATUS_OK); /* it is empty */
}

static bool open_files(log_writer_t *self, const log_files_t *files)
{
    bool opened = log_drain_init(&self->lines, files->lines, false) == STATUS_OK &&
                  (files->records == NULL ||
                   log_drain_init(&self->records, files->records, true) == STATUS_OK);
    if (!opened && files->ret_failed != NULL) {
        *files->ret_failed = self->lines.file < 0 ? files->lines : files->records;
    }
    if (opened && files->records != NULL) {
        make_beginning(self);
    }
    return opened;
}

status_t log_writer_start(const log_files_t *files, const log_source_t *source, bool echo,
                          log_writer_t **ret_self)
{
    log_writer_t *self = memory_new(sizeof *self);
    self->member = memory_copy_text(source->member, strlen(source->member));
    self->program = memory_copy_text(source->program, strlen(source->program));
    self->source = (log_source_t){self->member, self->program, source->format};
    int error = open_files(self, files) ? 0 : errno;
    self->echo_kind = is_stderr(self->lines.file) ? ECHO_NOWHERE
                      : stderr_is_journal()       ? ECHO_JOURNAL
                                                  : ECHO_STDERR;
    self->echo = echo;
    self->repeats = log_repeats_new();
    buffer_init(&self->echoing, ECHO_SIZE);
    error = error == 0 ? start_thread(self) : error;
    if (error != 0) {
        destroy(self);
        errno = error;
        return STATUS_SYSTEM;
    }
    *ret_self = self;
    return STATUS_OK;
}

void log_writer_stop(log_writer_t **self_p)
{
    log_writer_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    const struct timespec until = steady_time_after(STOP_PATIENCE_MS);
    int outcome = 0;
    pthread_t thread = self->thread;
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
        pthread_join(thread, NULL);
        destroy(self);
    } else {
        pthread_detach(thread);
    }
}

void log_writer_reopen(log_writer_t *self)
{
    pthread_mutex_lock(&self->mutex);
    self->reopen = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
}

void log_writer_set_echo(log_writer_t *self, bool echo)
{
    pthread_mutex_lock(&self->mutex);
    self->echo = echo;
    pthread_mutex_unlock(&self->mutex);
}

uint64_t log_writer_lost_count(const log_writer_t *self)
{
    return self->lines.lost_ever + self->records.lost_ever;
}

int log_writer_error(const log_writer_t *self)
{
    int problem = self->lines.problem;
    return problem != 0 ? problem : self->records.problem;
}

const log_source_t *log_writer_source(const log_writer_t *self)
{
    return &self->source;
}

void log_writer_append(log_writer_t *self, const log_entry_t *entry)
{
    int64_t steady_ns = clock_steady_ns();
    pthread_mutex_lock(&self->mutex);
    append_held(self, steady_ns);
    if (!log_events_is_counted(entry->event) ||
        log_repeats_pass(self->repeats, entry->event, entry->peer, entry->message, steady_ns)) {
        append_entry(self, entry);
        self->urgent = true;
        pthread_cond_signal(&self->wake);
    }
    pthread_mutex_unlock(&self->mutex);
}

buffer_t *log_writer_lines(log_writer_t *self)
{
    return &self->lines.filling;
}

buffer_t *log_writer_records(log_writer_t *self)
{
    return self->records.path != NULL ? &self->records.filling : NULL;
}

void log_writer_lock(log_writer_t *self)
{
    pthread_mutex_lock(&self->mutex);
}

void log_writer_drop(log_writer_t *self)
{
    self->lines.dropped++;
}

void log_writer_unlock(log_writer_t *self)
{
    size_t most = self->lines.filling.size > self->records.filling.size
                      ? self->lines.filling.size
                      : self->records.filling.size;
    if (most > LIMIT_LOG_BUFFER / 2 && !self->urgent) {
        self->urgent = true;
        pthread_cond_signal(&self->wake);
    }
    pthread_mutex_unlock(&self->mutex);
}
