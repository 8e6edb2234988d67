/* slots.h - places to ask at that all members on this machine share: a public server counts the
 * requests of an address, not those of a process.
 *
 * Owner: remote.c. Threads: one. Never waits.
 * Each slot is a file in a folder that the members share, locked (flock(2)) as long as a request is
 * under way; the kernel gives it back if the process dies. One more file says until when the server
 * wants to be left alone by this address. The files are named for host and port of the server:
 *   FOLDER/places-overpass-api.de-443.slot0, .slot1, .pause
 * and stay when no one uses them.
 */
#ifndef HERD_NODE_PLACES_SLOTS_H
#define HERD_NODE_PLACES_SLOTS_H

#include "common/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { PLACES_SLOTS_MAX = 8 };

typedef struct places_slots places_slots_t;

/* `count` slots (1 .. PLACES_SLOTS_MAX) for the server of `base_url`, "https://host[:port][/path]",
 * in `folder`; both are copied. Opens nothing yet. Caller frees with places_slots_destroy. */
places_slots_t *places_slots_new(const char *folder, const char *base_url, size_t count);

/* Gives back all slots, clears the pointer; NULL is fine. */
void places_slots_destroy(places_slots_t **self_p);

/* Takes a slot. STATUS_AGAIN if all are in use; STATUS_SYSTEM with errno set if the folder or a
 * file cannot be used. */
status_t places_slots_take(places_slots_t *self, size_t *ret_slot) STATUS_MUST_USE;

/* Gives a slot back. */
void places_slots_give(places_slots_t *self, size_t slot);

/* Has all members here leave the server alone until `until_ns` (steady). STATUS_SYSTEM with errno
 * set if they cannot be told. */
status_t places_slots_pause(places_slots_t *self, int64_t until_ns) STATUS_MUST_USE;

/* Until when the server is to be left alone, steady; 0 if nothing is said, or something that no one
 * here can have said: of another run of the machine, or for more than LIMIT_RETRY_AFTER_S. */
int64_t places_slots_paused_until(const places_slots_t *self, int64_t now_ns);

#endif
