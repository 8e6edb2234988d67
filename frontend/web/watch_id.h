/* watch_id.h - the ID of an event, which a reader says when it comes back: whose event it was, and
 * what had been told by then.
 *
 *   3f0c9a52b1d47e60 0000002a 00000007 9d1e4c2b7a605f38 - 81234      (without the spaces)
 *   life             number   serial   view               index
 *
 * Owner: values. Threads: any. Pure. An ID is foreign when it comes back: it may say anything.
 */
#ifndef HERD_FRONTEND_WEB_WATCH_ID_H
#define HERD_FRONTEND_WEB_WATCH_ID_H

#include "common/base/text.h"
#include "common/near/area.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one, with the zero behind it. */
enum { WATCH_ID_SIZE = 72 };

/* Open value struct. */
typedef struct {
    uint64_t life;   /* of the process that counts the indices */
    uint32_t number; /* of the watch */
    uint32_t serial; /* tells it from earlier ones of that number */
    uint64_t view;   /* watch_id_view of what was watched */
    uint64_t index;  /* all that changed up to it was told; 0: nothing can be said */
    bool is_partial; /* not of all that were in view: where they were too many, or it changed */
} watch_id_t;

/* Tells views from each other: of an area, or of one client, and how many it may hold. */
uint64_t watch_id_view(const area_t *area, text_t client, size_t limit);

/* Writes it, if its index is not 0; returns it without the zero. */
text_t watch_id_write(const watch_id_t *self, char out[WATCH_ID_SIZE]);

/* Reads one; false: it is none. */
bool watch_id_read(text_t text, watch_id_t *ret_id);

#endif
