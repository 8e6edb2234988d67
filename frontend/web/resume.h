/* resume.h - what a watcher has to hear that comes back and is not known any more: whoever changed
 * since, or departed.
 *
 * Owner: the watches, for one call. Threads: the reactor's.
 * The index that it comes with says that it was told of all changes up to it. A client in view that
 * has not changed since is known to it; whoever changed and is not in view may be: it hears that
 * these left. Who changed, the list of the copy says (common/copy/copy.h), who departed the past
 * (common/watch/past.h); both as far back as a bound allows.
 */
#ifndef HERD_FRONTEND_WEB_RESUME_H
#define HERD_FRONTEND_WEB_RESUME_H

#include "common/copy/copy.h"
#include "common/watch/past.h"
#include "common/watch/told.h"

#include <stdbool.h>
#include <stdint.h>

/* Open value struct; borrows copy and past. */
typedef struct {
    copy_t *copy;
    const past_t *past;
    uint64_t index; /* that the watcher has; 0: it knows nothing */
    uint64_t list;  /* the index of the copy's list then */
} resume_t;

/* `index` is not beyond that of now. */
resume_t resume_from(copy_t *copy, const past_t *past, uint64_t index);

/* Whether the watcher knows where a client is that is in view. */
bool resume_is_known(const resume_t *self, uint32_t number);

/* Puts the others into the set, between told_begin and told_end, after told_scan of all in view.
 * With `client` only that one is watched. False: the past does not reach back, or these are too
 * many, so that the state anew is shorter. The set is of no use then. */
bool resume_doubts(const resume_t *self, text_t client, told_t *told);

#endif
