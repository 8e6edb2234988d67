/* reader.h - reads positions of clients out of objects of JSON and rows of CSV (positions.h): ours,
 * or anyone's who has such fields.
 *
 * A client is `client`. Where it was is `position`, as a client sends it (ISO 6709); where that is
 * missing, `latitude` and `longitude`, or `lat` and `lon`, or the coordinates of a feature's point,
 * in degrees. When is `time`, POSIX seconds as a text or number. What else there is does not count.
 *
 * Owner: the caller. Threads: one for each object. Free of I/O. Every byte is foreign.
 */
#ifndef HERD_DEPLOY_HERDCTL_POSITIONS_READER_H
#define HERD_DEPLOY_HERDCTL_POSITIONS_READER_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdint.h>

typedef struct positions_reader positions_reader_t;

/* What a client says in an IAMAT (open value struct). The line "IAMAT CLIENT POSITION TIME" is a
 * valid one (client-protocol.md) of less than LIMIT_LINE_SIZE bytes. */
typedef struct {
    text_t client;
    text_t position;
    text_t client_time;
} positions_update_t;

/* Caller frees with positions_reader_destroy. */
positions_reader_t *positions_reader_new(void);
void positions_reader_destroy(positions_reader_t **self_p);

/* Reads an object, of jsonl or a feature. STATUS_INVALID: positions_reader_problem says why.
 * `ret_update` borrows until the next call. */
status_t positions_reader_take_object(positions_reader_t *self, text_t object,
                                      positions_update_t *ret_update) STATUS_MUST_USE;

/* Reads the header of a CSV file. STATUS_INVALID as above. */
status_t positions_reader_take_header(positions_reader_t *self, text_t header) STATUS_MUST_USE;

/* Reads a row below that header. STATUS_INVALID as above. `ret_update` borrows as above. */
status_t positions_reader_take_row(positions_reader_t *self, text_t row,
                                   positions_update_t *ret_update) STATUS_MUST_USE;

/* Why the last call refused what it was given, printable, without a full stop; borrowed until the
 * next call. */
const char *positions_reader_problem(const positions_reader_t *self);

#endif
