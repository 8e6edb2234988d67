/* source.h - the bytes or lines of what is imported, from a file or stdin.
 *
 * Owner: whoever opens it. Threads: one.
 * A read waits for bytes or for a signal: so it can be ended while a pipe is slow or endless.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_SOURCE_H
#define HERD_DEPLOY_HERDCTL_FRAME_SOURCE_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct herdctl_source herdctl_source_t;

/* What is known of a source (open value struct). */
typedef struct {
    const char *name;   /* for the header: its path without folders; borrows the path */
    uint64_t size;      /* bytes; 0: not known */
    int64_t time_s;     /* POSIX: when it was last written; 0: not known */
    uint64_t line;      /* number of the last line, from 1 */
    uint64_t read_size; /* bytes so far */
} herdctl_source_state_t;

/* Opens `path` (borrowed until it is closed), "-" for stdin; a signal at `signals`, a signalfd or
 * -1 (borrowed), ends a wait. STATUS_SYSTEM (errno set) if it cannot be read. Caller ends it with
 * herdctl_source_close. */
status_t herdctl_source_open(const char *path, int signals,
                             herdctl_source_t **ret_self) STATUS_MUST_USE;

/* The next line without its LF, which the last one may lack; borrowed until the next call.
 * STATUS_TOO_LONG for a line of more than LIMIT_PLACE_ROW_SIZE bytes, which is skipped;
 * STATUS_NOT_FOUND at the end; STATUS_AGAIN if a signal is pending; STATUS_SYSTEM (errno set) if it
 * cannot be read. */
status_t herdctl_source_take(herdctl_source_t *self, text_t *ret_line) STATUS_MUST_USE;

/* For those who wait for more than it, and cut its bytes themselves: its descriptor, for poll(2),
 * borrowed; reading once, when there is something; what was read and not passed yet, with whether
 * the file has no more, borrowed until the next reading; and passing bytes of that. There is room
 * to read while fewer than HERDCTL_SOURCE_SIZE bytes are not passed. STATUS_SYSTEM as above. */
enum { HERDCTL_SOURCE_SIZE = 1048576 };
int herdctl_source_file(const herdctl_source_t *self);
status_t herdctl_source_read(herdctl_source_t *self) STATUS_MUST_USE;
text_t herdctl_source_bytes(const herdctl_source_t *self, bool *ret_ended);
void herdctl_source_pass(herdctl_source_t *self, size_t size);

/* What is known of it; borrowed. */
const herdctl_source_state_t *herdctl_source_state(const herdctl_source_t *self);

/* Closes the file unless it is stdin, frees it, clears the pointer; NULL is fine. errno stays as it
 * is. */
void herdctl_source_close(herdctl_source_t **self_p);

#endif
