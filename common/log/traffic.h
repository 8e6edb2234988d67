/* traffic.h - lines received and answered, as lines of the log.
 *
 * Owner: the log. Threads: any may call.
 * A line of traffic as text: time, "<" or ">", member/program, peer, the line; e.g.
 *   2026-03-01T12:00:00.250Z <       Goloman/frontend 127.0.0.1:40112#7 WHATSAT kiwi 10 5
 * As JSON: an object with time, "level":"traffic", program, member, peer, "event":"received" or
 * "answered", and the line as message. Bytes that are not printable ASCII appear as \xHH
 * (text_escape).
 */
#ifndef HERD_COMMON_LOG_TRAFFIC_H
#define HERD_COMMON_LOG_TRAFFIC_H

#include "common/base/text.h"
#include "common/log/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct log_traffic_lines log_traffic_lines_t;

/* Borrows the writer until log_traffic_destroy. */
log_traffic_lines_t *log_traffic_new(log_writer_t *writer);

/* Frees it and clears the pointer; NULL is fine. */
void log_traffic_destroy(log_traffic_lines_t **self_p);

/* Whether one more line of `size` bytes is written; see log_traffic_takes of log.h. */
bool log_traffic_has_room(log_traffic_lines_t *self, uint64_t peer, int64_t now_ns, size_t size);

/* Appends one line; see log_traffic of log.h. It leaves room in the buffer for events. */
void log_traffic_append(log_traffic_lines_t *self, log_direction_t direction, int64_t now_ns,
                        text_t peer, text_t line);

#endif
