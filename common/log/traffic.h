/* traffic.h - lines received and answered: as lines of the log (traffic_text.h), or as records in a
 * file of their own (record.h).
 *
 * Owner: the log. Threads: any may call.
 */
#ifndef HERD_COMMON_LOG_TRAFFIC_H
#define HERD_COMMON_LOG_TRAFFIC_H

#include "common/log/record.h"
#include "common/log/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct log_traffic_lines log_traffic_lines_t;

/* Borrows the writer until log_traffic_destroy. Traffic is records if it has a file of these. */
log_traffic_lines_t *log_traffic_new(log_writer_t *writer);

/* Frees it and clears the pointer; NULL is fine. */
void log_traffic_destroy(log_traffic_lines_t **self_p);

/* Whether one more line of `size` bytes is written; see log_traffic_takes of log.h. */
bool log_traffic_has_room(log_traffic_lines_t *self, uint64_t peer, int64_t now_ns, size_t size);

/* Appends one line; see log_traffic of log.h. It leaves room in the buffer for events. */
void log_traffic_append(log_traffic_lines_t *self, const log_record_t *record);

#endif
