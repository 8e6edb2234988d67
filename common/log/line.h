/* line.h - one event as a line: for a log file, as JSON, for a terminal, for the journal.
 *
 * Owner: the log. Threads: none of its own. Free of I/O and clocks.
 *   text      2026-03-01T12:00:00.250Z warning Goloman/node Hands link-down: silent; connecting
 *             time (RFC 3339, UTC), level, member/program, peer or "-", event, ":", what happened
 *             and, behind a semicolon, what follows
 *   json      {"time":"2026-03-01T12:00:00.250Z","level":"warning","program":"node",
 *             "member":"Goloman","peer":"Hands","event":"link-down","message":"..."}, in one line;
 *             "peer" if there is one; then "repeated" and the event's own fields
 *   terminal  Goloman/node: warning: Hands: silent; connecting
 *   journal   <4>Goloman/node Hands link-down: ... (sd-daemon(3); the journal adds the time)
 * All of them are printable ASCII: other bytes appear as \xHH, so that no client can forge a line
 * or steer a terminal, and JSON is always valid.
 */
#ifndef HERD_COMMON_LOG_LINE_H
#define HERD_COMMON_LOG_LINE_H

#include "common/base/buffer.h"
#include "common/base/sheet.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/events.h"

#include <stdint.h>

/* How the lines of a log file look. */
typedef enum { LOG_FORMAT_TEXT, LOG_FORMAT_JSON } log_format_t;

/* A figure or text of an event, for programs that read JSON (open value struct). */
typedef struct {
    const char *key;  /* lower-case letters and "_"; NULL ends a list */
    const char *text; /* NULL: the value is `number` */
    int64_t number;
} log_field_t;

/* An event (open value struct); all borrowed. */
typedef struct {
    int64_t time_ns; /* POSIX */
    const char *member;
    const char *program; /* "node" */
    log_event_t event;
    const char *peer; /* NULL: none */
    text_t message;
    uint64_t repeated;         /* events that this line stands for beside itself; 0: none */
    const log_field_t *fields; /* up to one without a key; NULL: none */
} log_entry_t;

/* Each appends one line with its LF. STATUS_FULL, with nothing changed, past the buffer's
 * maximum. */
status_t log_line_text(const log_entry_t *entry, buffer_t *out) STATUS_MUST_USE;
status_t log_line_json(const log_entry_t *entry, buffer_t *out) STATUS_MUST_USE;
status_t log_line_terminal(const log_entry_t *entry, buffer_t *out) STATUS_MUST_USE;
status_t log_line_journal(const log_entry_t *entry, buffer_t *out) STATUS_MUST_USE;

/* The same as log_line_json, for the journal: behind a priority. */
status_t log_line_journal_json(const log_entry_t *entry, buffer_t *out) STATUS_MUST_USE;

/* Appends `text` as a JSON string in quotation marks. */
void log_line_put_string(sheet_t *out, text_t text);

#endif
