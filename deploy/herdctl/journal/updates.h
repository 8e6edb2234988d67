/* updates.h - the updates in a file that is imported, one after the other, as its bytes come in.
 *
 * Owner: whoever opened it. Threads: one. It never waits: it says when there is nothing to be had,
 * and the caller waits for its descriptor.
 */
#ifndef HERD_DEPLOY_HERDCTL_JOURNAL_UPDATES_H
#define HERD_DEPLOY_HERDCTL_JOURNAL_UPDATES_H

#include "common/base/status.h"
#include "deploy/herdctl/positions/positions.h"
#include "deploy/herdctl/positions/reader.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct herdctl_updates herdctl_updates_t;

/* What there is next. */
typedef enum {
    HERDCTL_UPDATES_TAKEN,  /* an update */
    HERDCTL_UPDATES_BAD,    /* an item that is none */
    HERDCTL_UPDATES_WAIT,   /* bytes are needed: herdctl_updates_read */
    HERDCTL_UPDATES_END,    /* nothing */
    HERDCTL_UPDATES_BROKEN, /* what comes cannot be told apart */
} herdctl_updates_next_t;

/* How it is read (open value struct). */
typedef struct {
    const char *path;                 /* "-" for stdin; borrowed as long as it is open */
    const positions_format_t *format; /* NULL: told by its content */
    uint64_t skip;                    /* items that are passed over */
} herdctl_updates_settings_t;

/* STATUS_SYSTEM (errno set): it cannot be opened. Caller ends it with herdctl_updates_close. */
status_t herdctl_updates_open(const herdctl_updates_settings_t *settings,
                              herdctl_updates_t **ret_self) STATUS_MUST_USE;

/* Closes it and clears the pointer; NULL is fine. */
void herdctl_updates_close(herdctl_updates_t **self_p);

/* Takes the next update, which is borrowed until the next call. */
herdctl_updates_next_t herdctl_updates_take(herdctl_updates_t *self,
                                            positions_update_t *ret_update);

/* Of what was taken last: the number among the items, from 1, and the line; of BAD and BROKEN, what
 * is wrong. */
uint64_t herdctl_updates_number(const herdctl_updates_t *self);
uint64_t herdctl_updates_line(const herdctl_updates_t *self);
const char *herdctl_updates_problem(const herdctl_updates_t *self);

/* Its descriptor, for poll(2), and reading once when there is something. STATUS_SYSTEM (errno set):
 * it cannot be read. */
int herdctl_updates_file(const herdctl_updates_t *self);
status_t herdctl_updates_read(herdctl_updates_t *self) STATUS_MUST_USE;

/* Bytes of the file, 0 if that is not known, and bytes read. */
uint64_t herdctl_updates_size(const herdctl_updates_t *self);
uint64_t herdctl_updates_read_size(const herdctl_updates_t *self);

#endif
