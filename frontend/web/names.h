/* names.h - names of towns for the map, from the herd's own places.
 *
 * Owner: the program. Threads: the reactor's; the file is read in a thread of libuv's pool.
 * Where the provider of places is a file on this machine (docs/places.md), a dump or imported, its
 * largest towns are kept (geo/towns.h), and read anew when the file is another one. Without such a
 * file there are no names.
 */
#ifndef HERD_FRONTEND_WEB_NAMES_H
#define HERD_FRONTEND_WEB_NAMES_H

#include "common/base/sheet.h"
#include "common/config/config.h"
#include "common/near/area.h"

#include <uv.h>

typedef struct names names_t;

/* Begins to read; borrows all until names_destroy. */
names_t *names_new(uv_loop_t *loop, const config_t *config);

/* Closes what it has on the loop. */
void names_stop(names_t *self);

/* After the loop has ended. Clears the pointer; NULL is fine. */
void names_destroy(names_t **self_p);

/* Appends the Features of the largest towns in a box, `limit` at most, with commas between. */
void names_write(const names_t *self, const area_box_t *box, size_t limit, sheet_t *sheet);

#endif
