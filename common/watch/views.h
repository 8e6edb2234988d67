/* views.h - who watches where: the areas on which a client's move has to be told.
 *
 * Free of I/O, clocks and threads. Owner: the program that has the watchers (herd-web). Threads:
 * one. What each watcher is then told is decided in told.h.
 *
 * A view is an area under a number that the caller chose: small numbers, as numbers below the
 * greatest take 8 bytes each. A grid of several levels has each view in a few cells, of a level
 * where cells are about as large as the view. A position is looked for in one cell of each level in
 * use.
 */
#ifndef HERD_COMMON_WATCH_VIEWS_H
#define HERD_COMMON_WATCH_VIEWS_H

#include "common/base/status.h"
#include "common/near/area.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct views views_t;

/* Called for a view that contains a position. It may not change the views. */
typedef void views_found_t(void *argument, uint32_t view);

/* No views, and at most `max_memory` bytes. `seed` makes the order of the table hard to guess, so
 * that no one can flood it with views that collide: random in production, fixed in tests. Caller
 * frees with views_destroy. */
views_t *views_new(size_t max_memory, uint64_t seed);

/* Frees it and clears the pointer; NULL is fine. */
void views_destroy(views_t **self_p);

/* Adds `area`, a box that is valid or a circle of area_circle, as `view`; borrows it until
 * views_remove or views_destroy. STATUS_IN_USE if there is a view of that number, STATUS_FULL if
 * there is not the memory: no change. */
status_t views_add(views_t *self, uint32_t view, const area_t *area) STATUS_MUST_USE;

/* Removes a view; false if there is none of that number. */
bool views_remove(views_t *self, uint32_t view);

/* The area of a view; NULL if there is none of that number. */
const area_t *views_area(const views_t *self, uint32_t view);

/* Calls `found` once for each view that contains the position, which is in range (asserted), in the
 * same order for the same views added in the same order; returns their count. */
size_t views_match(const views_t *self, area_position_t position, views_found_t *found,
                   void *argument);

/* Views there are, and bytes of memory in use. */
size_t views_count(const views_t *self);
size_t views_memory(const views_t *self);

#endif
