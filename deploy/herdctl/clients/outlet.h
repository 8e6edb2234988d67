/* outlet.h - where output goes, piece by piece: stdout, or a file that gets its name when all of it
 * is on the disk. What cannot be written is an error, and is said once.
 *
 * Owner: the command. Threads: one. Writing waits for a reader that is slow, but not beyond a
 * signal.
 */
#ifndef HERD_DEPLOY_HERDCTL_CLIENTS_OUTLET_H
#define HERD_DEPLOY_HERDCTL_CLIENTS_OUTLET_H

#include "common/base/text.h"

#include <stdbool.h>

typedef struct herdctl_outlet herdctl_outlet_t;

/* A file beside `path`, or with NULL stdout. `signals` is a signalfd; both are borrowed. NULL after
 * the error if it cannot be written, or if something other than a plain file is there. Caller ends
 * it with herdctl_outlet_destroy. */
herdctl_outlet_t *herdctl_outlet_open(const char *path, int signals);

/* Writes all of it. False, now and from then on: it cannot be written, or a signal is pending. */
bool herdctl_outlet_write(herdctl_outlet_t *self, text_t text);

/* Whether the reader of a pipe has gone, so that nothing can be written any more. */
bool herdctl_outlet_is_closed(const herdctl_outlet_t *self);

/* All is written: a file gets its name, in place of one that was there. False, which is said here:
 * that failed, or some writing did. */
bool herdctl_outlet_finish(herdctl_outlet_t *self);

/* Ends it. Of a file that has no name yet nothing stays. Clears the pointer; NULL is fine. */
void herdctl_outlet_destroy(herdctl_outlet_t **self_p);

#endif
