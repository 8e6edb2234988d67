/* roster.h - the members of the herd, as they say they are: for people who look at it.
 *
 * Owner: the program. Threads: the reactor's.
 * In a herd without keys anyone may ask a member how it is (bus-protocol.md, "Operators"), so
 * herd-web does, once a second, and only while someone wants to know: nothing is connected else.
 * With keys that takes an operator's, which herd-web does not have; then only what it knows of its
 * own node is said. Whoever asks gets what is there, at once.
 */
#ifndef HERD_FRONTEND_WEB_ROSTER_H
#define HERD_FRONTEND_WEB_ROSTER_H

#include "common/base/sheet.h"
#include "common/config/config.h"

#include <stdbool.h>
#include <uv.h>

typedef struct roster roster_t;

/* Borrows all until roster_destroy. */
roster_t *roster_new(uv_loop_t *loop, const config_t *config, const config_member_t *member);

/* Closes what it has on the loop. */
void roster_stop(roster_t *self);

/* After the loop has ended. Clears the pointer; NULL is fine. */
void roster_destroy(roster_t **self_p);

/* Appends a JSON object, and has the members asked for some seconds. `node_serves`: whether our own
 * node answers. */
void roster_write(roster_t *self, bool node_serves, sheet_t *sheet);

#endif
