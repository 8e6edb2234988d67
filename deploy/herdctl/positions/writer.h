/* writer.h - writes records in one of the formats (positions.h).
 *
 *   positions_writer_t writer = positions_writer_begin(format, out);
 *   positions_writer_add(&writer, record, out), ...
 *   positions_writer_end(&writer, out);
 *
 * Owner: values. Threads: any. Free of I/O. No memory is taken but that of `out`, whose maximum is
 * POSITIONS_WRITER_SIZE or more beyond what it holds at each call.
 */
#ifndef HERD_DEPLOY_HERDCTL_POSITIONS_WRITER_H
#define HERD_DEPLOY_HERDCTL_POSITIONS_WRITER_H

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/json/quote.h"
#include "common/protocol/record.h"
#include "deploy/herdctl/positions/positions.h"

/* What one call appends, at most: a position stands there twice. */
enum { POSITIONS_WRITER_SIZE = 2 * QUOTE_SIZE * LIMIT_LINE_SIZE + 1024 };

/* Open value struct. */
typedef struct {
    positions_format_t format;
    uint64_t count; /* records so far */
} positions_writer_t;

/* Appends what stands before the first record. */
positions_writer_t positions_writer_begin(positions_format_t format, buffer_t *out);

/* Appends a record, which is no tombstone. */
void positions_writer_add(positions_writer_t *self, const record_t *record, buffer_t *out);

/* Appends what stands behind the last one. */
void positions_writer_end(const positions_writer_t *self, buffer_t *out);

#endif
