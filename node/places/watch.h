/* watch.h - the file of places that is served: it is watched, and taken anew when it is another.
 *
 * Owner: the worker of the places actor. Threads: the worker's; a new file is loaded by a thread of
 * its own, while the old one goes on being served.
 * What a file is, its content says: one that was only touched goes on, one that was written to is
 * served no more, one that another was renamed over is served until the other is loaded. A file
 * that is gone, or cannot be read, goes on being served as it was opened. Whatever is wrong is told
 * (places_figures_t.trouble) until it is mended; then it ends by itself.
 */
#ifndef HERD_NODE_PLACES_WATCH_H
#define HERD_NODE_PLACES_WATCH_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "node/places/local.h"
#include "node/places/query.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct places_watch places_watch_t;

/* Opens the file of `config` (borrowed, as is the log, as long as it lives), and waits until it is
 * ready. If it cannot be used, the reason is logged, and the result is STATUS_NOT_FOUND or
 * STATUS_INVALID. Caller frees with places_watch_destroy. */
status_t places_watch_new(const config_t *config, log_t *log,
                          places_watch_t **ret_self) STATUS_MUST_USE;

/* Closes the file, leaves a loading thread to end alone, clears the pointer; NULL is fine. */
void places_watch_destroy(places_watch_t **self_p);

/* Appends the answer to `query`; an error if there is no file to serve. STATUS_FULL, with nothing
 * appended, if it would pass the buffer's maximum. */
status_t places_watch_answer(places_watch_t *self, const places_local_query_t *query,
                             buffer_t *buffer) STATUS_MUST_USE;

/* Looks after the file. `now`: at once and thoroughly, because an operator asks; else whenever it
 * is time to. */
void places_watch_look(places_watch_t *self, bool now);

/* Milliseconds until it wants to look. */
int64_t places_watch_wait_ms(const places_watch_t *self);

/* How it does; borrowed. */
const places_figures_t *places_watch_figures(const places_watch_t *self);

#endif
