/* log.h - one log file a process: events, and every line received and answered.
 *
 * Owner: the program. Threads: any may call; the traffic functions are meant for the one reactor
 * thread.
 * Callers only append to memory. A thread of the log's own writes the file (and stderr), so that no
 * caller waits for a disk (writer.h). Lines that find the buffer full, or that the disk refuses,
 * are counted, and the count is written as soon as that is possible. Traffic leaves room for
 * events.
 *
 * events.h lists what can be logged, line.h says how an event's line looks, traffic_text.h and
 * record.h how a line of traffic does. If stderr is the journal (JOURNAL_STREAM, systemd.exec(5)),
 * events go there too, with their priority.
 */
#ifndef HERD_COMMON_LOG_LOG_H
#define HERD_COMMON_LOG_LOG_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/events.h"
#include "common/log/line.h"
#include "common/log/record.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct log log_t;

/* What a log is opened with (open value struct); strings are copied. */
typedef struct {
    const char *path;
    const char *member;  /* "Goloman" */
    const char *program; /* "node" */
    log_format_t format;
    /* where log_traffic writes binary records (record.h); NULL: it writes lines to `path` */
    const char *records_path;
    bool traffic;            /* log_traffic writes */
    bool echo;               /* see log_set_echo */
    const char **ret_failed; /* set to the path that cannot be opened; may be NULL */
} log_options_t;

/* Opens the paths for appending (created 0640) and starts the writing thread, which takes no
 * signals. STATUS_SYSTEM with errno set if either fails. Caller ends it with log_close. */
status_t log_open(const log_options_t *options, log_t **ret_self) STATUS_MUST_USE;

/* Writes what is left, ends the thread, closes the file, clears the pointer; NULL is fine. No other
 * thread may be in a log call or make another. If the disk does not move for a second, the thread
 * goes on alone and ends with the process. */
void log_close(log_t **self_p);

/* Opens the paths anew (after a rotation), before anything else is written. If that fails, the old
 * file goes on, with a line that says so. NULL is fine. Not for signal handlers. */
void log_reopen(log_t *self);

/* Whether events also go to stderr from now on, unless that is the log file itself. For a terminal,
 * and for a start that fails, whose reason is wanted there too. The journal gets them in any
 * case. */
void log_set_echo(log_t *self, bool echo);

/* Which events are logged from now on: those of this level and graver. At first all are. What
 * operators do, and the log's own notes, are always written; traffic does not depend on it. Any
 * thread may call. NULL is fine: LOG_LEVEL_INFO. */
void log_set_level(log_t *self, log_level_t level);
log_level_t log_level(const log_t *self);

/* Lines that found no room, or that the disk refused, since the log was opened. Any thread may
 * call; NULL is fine. */
uint64_t log_lost_count(const log_t *self);

/* What keeps lines from the file now, as errno has it, e.g. ENOSPC; 0: nothing does. Any thread may
 * call; NULL is fine. */
int log_write_error(const log_t *self);

/* Fields of an event beside its message. */
enum { LOG_FIELDS_MAX = 4 };

/* What an event is about (open value struct); all borrowed for the call. */
typedef struct {
    /* whom it concerns: a neighbour, a front-end, a client's address; NULL: none of these */
    const char *peer;
    /* for JSON: what the message says, as figures; one without key ends them */
    log_field_t fields[LOG_FIELDS_MAX + 1];
} log_about_t;

/* The third argument of log_event, e.g. LOG_PEER("Hands"), or
 * LOG_ABOUT("Hands", LOG_NUMBER("changes", 512)). */
#define LOG_PEER(name)       (&(log_about_t){.peer = (name)})
#define LOG_ABOUT(name, ...) (&(log_about_t){.peer = (name), .fields = {__VA_ARGS__}})
#define LOG_NUMBER(name, value)                                                                    \
    {                                                                                              \
        .key = (name), .number = (int64_t)(value)                                                  \
    }
#define LOG_TEXT(name, value)                                                                      \
    {                                                                                              \
        .key = (name), .text = (value)                                                             \
    }

/* An event: one line, printf-formatted: what happened and, behind a semicolon, what follows.
 * `about` may be NULL. Foreign text in it should have passed text_escape; here it only becomes
 * harmless. Written soon. Of a COUNTED event (events.h) one a second is written for each peer; the
 * last of the others follows at the end of its second, with their number. A NULL log drops it. */
void log_event(log_t *self, log_event_t event, const log_about_t *about, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Warns that a foreign message was dropped: from `peer` (NULL: unknown) at `where`, because of
 * `problem`; `sample`, its sender or some of its bytes, is escaped here. */
void log_dropped(log_t *self, const char *peer, const char *where, const char *problem,
                 text_t sample);

/* Whether log_traffic writes from now on. */
void log_set_traffic(log_t *self, bool traffic);

/* Whether log_traffic writes; callers that would prepare text for it may ask first. */
bool log_has_traffic(const log_t *self);

/* Whether `peer`, a number of the caller's choice, may have one more line of `size` bytes in the
 * second of `now_ns` (POSIX time, ns): what one peer and all together may have is bounded
 * (shares.h). Ask for each line that a stranger can cause; what is not taken, count and tell. */
bool log_takes(log_t *self, uint64_t peer, int64_t now_ns, size_t size);

/* The same for log_traffic; false where it does not write. Tell by LOG_TRAFFIC_CUT. */
bool log_traffic_takes(log_t *self, uint64_t peer, int64_t now_ns, size_t size);

/* A line received from or answered to `peer` (e.g. "127.0.0.1:40112#7"), at `now_ns` (POSIX time,
 * ns). Escapes `line`, whose inner LFs count as bytes. An answer of more than 256 KiB, escaped,
 * ends in "...". */
void log_traffic(log_t *self, log_kind_t kind, int64_t now_ns, text_t peer, text_t line);

/* The same for LOG_CAME and LOG_LEFT: only to where records go, for a log of lines has the
 * event. */
void log_traffic_coming(log_t *self, log_kind_t kind, int64_t now_ns, text_t peer, text_t reason);

#endif
