/* input.h - the input of the counted paths: the same bytes in each run.
 *
 * A thousand clients with IDs of many lengths, each with its own position and times.
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_INSTRUCTIONS_INPUT_H
#define HERD_TESTS_INSTRUCTIONS_INPUT_H

#include "common/base/buffer.h"
#include "common/protocol/record.h"

#include <stdint.h>

enum { INPUT_COUNT = 1000 };

/* POSIX time of the first round, in seconds. */
#define INPUT_TIME_S INT64_C(1621464827)

/* INPUT_COUNT texts, LF behind each (open value struct). */
typedef struct {
    buffer_t bytes;
    size_t ends[INPUT_COUNT]; /* offsets of the LFs */
} input_t;

/* IAMATs of all clients; those of a later `round` are a second newer. */
void input_iamats(input_t *self, int round);

/* WHATSATs for all clients, five places within ten kilometres. */
void input_whatsats(input_t *self);

/* Malformed lines, for several reasons. */
void input_malformed(input_t *self);

/* What upstream makes of `lines`: the body of a REQUEST of one connection. */
void input_requests(input_t *self, const input_t *lines);

/* Frees the memory. */
void input_done(input_t *self);

/* A text, without its LF. */
text_t input_line(const input_t *self, size_t index);

/* The record of an IAMAT of input_iamats, taken by `origin` a quarter of a second after the
 * client's time. Borrows from both. */
record_t input_record(const input_t *iamats, size_t index, const char *origin);

#endif
