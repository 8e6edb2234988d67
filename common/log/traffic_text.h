/* traffic_text.h - a line of traffic as text: in the log, and as herdctl prints it.
 *
 * Owner: the log, or the command. Threads: one at a time. Free of I/O and clocks.
 *   text  2026-03-01T12:00:00.250Z <       Goloman/frontend 127.0.0.1:40112#7 WHATSAT kiwi 10 5
 *         time, "<" received or ">" answered, member/program, peer, the line
 *   json  an object with time, "level":"traffic", program, member, peer, "event":"received" or
 *         "answered", and the line as message
 * Bytes that are not printable ASCII appear as \xHH (text_escape). A client that came or left has
 * its line as the event client-came or client-left (line.h); a beginning has none.
 */
#ifndef HERD_COMMON_LOG_TRAFFIC_TEXT_H
#define HERD_COMMON_LOG_TRAFFIC_TEXT_H

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/log/record.h"

#include <stddef.h>
#include <stdint.h>

enum { LOG_PROGRAM_SIZE = 31 }; /* most bytes of a program's name */

/* Open struct, for embedding; the fields are this module's alone. */
typedef struct {
    char member[LIMIT_NAME_SIZE + 1];
    char program[LOG_PROGRAM_SIZE + 1];
    char source[LIMIT_NAME_SIZE + 1 + LOG_PROGRAM_SIZE + 1]; /* "member/program" */
    size_t source_size;                                      /* bytes */
    size_t spare;      /* bytes that a line leaves free in the buffer */
    buffer_t scratch;  /* a line on its way into JSON */
    int64_t prefix_ms; /* the time, in ms, that `prefix` shows */
    char prefix[TIMESTAMP_ISO8601_SIZE];
} log_traffic_text_t;

/* Copies the names; longer ones are cut. Lines leave `spare` bytes free in the buffers that they go
 * to. Caller frees with log_traffic_text_done. */
void log_traffic_text_init(log_traffic_text_t *self, text_t member, text_t program, size_t spare);
void log_traffic_text_done(log_traffic_text_t *self);

/* Each appends one line with its LF; of a beginning nothing. A line of more than 256 KiB, escaped,
 * ends in "...". STATUS_FULL, with nothing changed, past the buffer's maximum. */
status_t log_traffic_text_append(log_traffic_text_t *self, const log_record_t *record,
                                 buffer_t *out) STATUS_MUST_USE;
status_t log_traffic_text_append_json(log_traffic_text_t *self, const log_record_t *record,
                                      buffer_t *out) STATUS_MUST_USE;

#endif
