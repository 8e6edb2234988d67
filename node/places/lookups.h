/* lookups.h - what a provider is asked, or will be: equal questions share a lookup.
 *
 * Owner: remote.c. Threads: one. Free of I/O and clocks: callers give times, steady, in ns.
 * Questions are equal if they have the same position, rounded to 1e-4 degrees (about 11 m), radius
 * and number of results. There are at most LIMIT_PLACES_LOOKUPS lookups, with LIMIT_WAITING_QUERIES
 * askers in all.
 */
#ifndef HERD_NODE_PLACES_LOOKUPS_H
#define HERD_NODE_PLACES_LOOKUPS_H

#include "common/base/status.h"
#include "node/places/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What equal questions share (open value struct without padding: compared and hashed as bytes). */
typedef struct {
    int32_t latitude_e4;   /* 1e-4 degree */
    int32_t longitude_e4;  /* 1e-4 degree */
    uint32_t radius_km;    /* of the query */
    uint32_t result_count; /* of the query */
} places_spot_t;

#define PLACES_LOOKUPS_NO_SLOT SIZE_MAX

/* One lookup (open value struct; owned by the table). */
typedef struct {
    places_spot_t spot;
    places_query_t query; /* of the first asker */
    uint64_t *tickets;    /* of all askers, oldest first */
    size_t ticket_count;
    size_t ticket_capacity;
    int64_t deadline_ns; /* steady: its askers are answered by then */
    bool under_way;      /* the provider was asked */
    size_t slot;         /* of slots.h, that it has meanwhile; PLACES_LOOKUPS_NO_SLOT: none */
} places_lookup_t;

typedef struct places_lookups places_lookups_t;

places_spot_t places_lookups_spot(const places_query_t *query);

/* An empty table; caller frees with places_lookups_destroy. */
places_lookups_t *places_lookups_new(void);

/* Frees it and all lookups in it, and clears the pointer; NULL is fine. */
void places_lookups_destroy(places_lookups_t **self_p);

/* Adds the asker of `query` to the lookup of its spot (`*ret_joined`: true), or to a new one at the
 * end, with `deadline_ns`. STATUS_FULL, with nothing changed, if there is no room. */
status_t places_lookups_add(places_lookups_t *self, const places_query_t *query,
                            int64_t deadline_ns, bool *ret_joined) STATUS_MUST_USE;

/* The oldest lookup that is not under way; NULL if there is none. */
places_lookup_t *places_lookups_next(places_lookups_t *self);

/* The oldest lookup that is not under way and whose deadline has passed; NULL if there is none. */
places_lookup_t *places_lookups_late(places_lookups_t *self, int64_t now_ns);

/* The earliest deadline of the lookups that are not under way; INT64_MAX if there are none. */
int64_t places_lookups_deadline(const places_lookups_t *self);

/* Removes a lookup from the table and frees it. */
void places_lookups_remove(places_lookups_t *self, places_lookup_t *lookup);

/* The number of lookups, under way or not. */
size_t places_lookups_count(const places_lookups_t *self);

#endif
