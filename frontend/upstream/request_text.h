/* request_text.h - writes request records (bus-protocol.md, Q2): what one has in common with the
 * one before it is copied. Pure.
 *
 * Owner: the upstream. Threads: one at a time.
 * A client that sends many lines at a time has one connection, and times of receipt that differ in
 * their last digits.
 */
#ifndef HERD_FRONTEND_UPSTREAM_REQUEST_TEXT_H
#define HERD_FRONTEND_UPSTREAM_REQUEST_TEXT_H

#include "common/base/text.h"
#include "frontend/upstream/pipeline.h"

#include <stdint.h>

/* Bytes of a record beside its line: three numbers, their spaces, and the LF. */
enum { REQUEST_TEXT_EXTRA_SIZE = 3 * TEXT_NUMBER_SIZE + 4 };

/* Open struct, for embedding; the fields are this module's alone. Zeros: nothing was written. */
typedef struct {
    uint64_t connection;                    /* of the last record */
    size_t connection_size;                 /* bytes of its text; 0: none was written */
    char connection_text[TEXT_NUMBER_SIZE]; /* of `connection` */
    uint64_t begin;                         /* of the last time of receipt: all but its end */
    size_t begin_size;                      /* bytes of its text */
    char begin_text[TEXT_NUMBER_SIZE];      /* of `begin` */
} request_text_t;

/* Writes connection SP sequence SP time SP line LF, e.g.
 *   1048577 3 1621464828000000000 WHATSAT kiwi.cs.ucla.edu 10 5
 * to `out`, which has room for REQUEST_TEXT_EXTRA_SIZE bytes and the line. Returns the byte behind
 * it. */
char *request_text_write(request_text_t *self, uint64_t connection,
                         const pipeline_request_t *request, char *out);

#endif
