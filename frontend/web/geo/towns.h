/* towns.h - the largest towns of a file of places, for names on a map: those in a box, the largest
 * first. Pure.
 *
 * Owner: whoever embeds it. Threads: one at a time.
 */
#ifndef HERD_FRONTEND_WEB_GEO_TOWNS_H
#define HERD_FRONTEND_WEB_GEO_TOWNS_H

#include "common/near/area.h"
#include "common/places/geonames.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TOWNS_MAX = 20000,     /* the largest; others are left out */
    TOWNS_NAME_SIZE = 100, /* bytes of a name; whose is longer is left out */
};

/* One of them (open value struct). */
typedef struct {
    uint64_t population;
    int32_t latitude_e7;
    int32_t longitude_e7;
    uint32_t order; /* in the file: of two of one size the first one counts more */
    uint8_t name_size;
    char name[TOWNS_NAME_SIZE];
} town_t;

/* Open struct, all zeros: none. */
typedef struct {
    town_t *towns; /* a heap while it takes, the smallest on top; then the largest first */
    size_t count;
    uint32_t taken; /* rows */
} towns_t;

void towns_done(towns_t *self);

/* Takes a row, if it is a town with a population and large enough. */
void towns_take(towns_t *self, const geonames_row_t *row);

/* No more rows come: brings them into their order. */
void towns_end(towns_t *self);

/* The next one in the box, from `*index` on, which moves behind it; NULL at the end. Start with 0,
 * after towns_end. */
const town_t *towns_next(const towns_t *self, const area_box_t *box, size_t *index);

#endif
