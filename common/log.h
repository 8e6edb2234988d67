/* log.h - one log file per process: events, and every line received and answered.
 *
 * Owner: the program. Threads: any may call; the traffic functions are meant for the one reactor thread.
 * Callers only append to memory. A thread of the log's own writes the file (and stderr), so that a slow disk
 * slows nobody; what finds the buffer full or is refused by the disk is counted, and the count is written as
 * soon as that is possible. Traffic leaves room for events.
 *
 * Each line: time (ISO 8601, UTC, milliseconds), level, member/program, text; e.g.
 *   2026-03-01T12:00:00.250Z info    Goloman/node link Hands up: 512 records to send
 *   2026-03-01T12:00:00.250Z <       Goloman/frontend 127.0.0.1:40112#7 IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503
 * Bytes that are not printable ASCII appear as \xHH (text_escape), so that no client can forge a line or
 * steer a terminal.
 */
#ifndef HERD_LOG_H
#define HERD_LOG_H

#include "common/status.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct log log_t;

typedef enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO } log_level_t;
typedef enum { LOG_RECEIVED, LOG_ANSWERED } log_direction_t;

/* Opens `path` for appending (created 0640) and starts the writing thread. `source`, e.g. "Goloman/node",
 * stands in each line. With `traffic` false log_traffic does nothing. `echo`: events also go to stderr, unless
 * that is the same file.
 * The thread takes no signals. STATUS_SYSTEM with errno set where the file cannot be opened. Caller ends it
 * with log_close. */
status_t log_open(const char *path, const char *source, bool traffic, bool echo,
                  log_t **ret_self) STATUS_MUST_USE;

/* Writes what is left, ends the thread, closes the file, clears the pointer; NULL is fine. No other thread may
 * be in a log call or make another. A disk that does not move for a second is left to the thread, which then
 * ends with the process. */
void log_close(log_t **self_p);

/* Opens the path anew (after a rotation), before anything else is written; where that fails the old file goes
 * on, with a line that says so. NULL is fine. Not for signal handlers. */
void log_reopen(log_t *self);

/* Whether events also go to stderr from now on. For a start that fails, whose reason is wanted there too. */
void log_set_echo(log_t *self, bool echo);

/* An event: one line, printf-formatted; foreign text in it must have passed text_escape. Written soon.
 * A NULL log drops it. */
void log_event(log_t *self, log_level_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether log_traffic writes; callers that would prepare text for it may ask first. */
bool log_has_traffic(const log_t *self);

/* A line received from or answered to `peer` (e.g. "127.0.0.1:40112#7"), at `now_ns` (POSIX time, ns);
 * escapes `line`, whose inner LFs count as bytes. An answer of more than 256 KiB, escaped, ends in "...". */
void log_traffic(log_t *self, log_direction_t direction, int64_t now_ns, text_t peer, text_t line);

/* Keeps one kind of event from flooding the log (open value struct, zeroed by its owner). */
typedef struct {
    int64_t passed_ns; /* steady: when an event last passed; 0 before the first */
    uint64_t held;     /* events since then that did not */
} log_limit_t;

/* Whether an event of this kind may be logged at `steady_ns` (> 0): at most one a second. Where it may,
 * `ret_held` is how many were held back since the last one. */
bool log_limit_pass(log_limit_t *self, int64_t steady_ns, uint64_t *ret_held);

/* A warning that a foreign message was dropped, as `limit` allows: from `where`, because of `problem`; `sample`,
 * its sender or some of its bytes, is escaped here. */
void log_dropped(log_t *self, log_limit_t *limit, const char *where, const char *problem,
                 text_t sample);

#endif
