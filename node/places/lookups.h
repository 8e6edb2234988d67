/* lookups.h - what a provider is being asked, or is to be asked: equal questions are one lookup with several askers.
 *
 * Owner: places_remote. Threads: one. Free of I/O and clocks: times are given, steady, in ns.
 * Two questions are equal whose positions are the same in 1e-4 degrees (about 11 m), with the same radius and number
 * of results. At most LIMIT_PLACES_LOOKUPS differ, and LIMIT_WAITING_QUERIES askers wait in all.
 */
#ifndef HERD_NODE_PLACES_LOOKUPS_H
#define HERD_NODE_PLACES_LOOKUPS_H

#include "common/base/status.h"
#include "node/places/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What makes questions equal (open value struct, without padding: it is compared and hashed as bytes). */
typedef struct {
    int32_t latitude_e4;   /* 1e-4 degree */
    int32_t longitude_e4;  /* 1e-4 degree */
    uint32_t radius_km;    /* of the query */
    uint32_t result_count; /* of the query */
} places_spot_t;

/* One lookup (open value struct; owned by the table). */
typedef struct {
    places_spot_t spot;
    places_query_t query; /* of the first asker */
    uint64_t *tickets;    /* of all askers, in the order they came */
    size_t ticket_count;
    size_t ticket_capacity;
    int64_t deadline_ns; /* steady: when its askers are answered at the latest */
    bool under_way;      /* the provider was asked */
} places_lookup_t;

typedef struct places_lookups places_lookups_t;

places_spot_t places_lookups_spot(const places_query_t *query);

/* An empty table; caller frees with places_lookups_destroy. */
places_lookups_t *places_lookups_new(void);

/* Frees it with all lookups in it, and clears the pointer; NULL is fine. */
void places_lookups_destroy(places_lookups_t **self_p);

/* Adds the asker of `query` to the lookup of its spot, `*ret_joined` true, or to a new one at the end, to be answered by
 * `deadline_ns`. STATUS_FULL, with nothing changed, where there is no room. */
status_t places_lookups_add(places_lookups_t *self, const places_query_t *query,
                            int64_t deadline_ns, bool *ret_joined) STATUS_MUST_USE;

/* The oldest lookup that is not under way; NULL where there is none. */
places_lookup_t *places_lookups_next(places_lookups_t *self);

/* The first lookup that is not under way and whose deadline has passed; NULL where there is none. */
places_lookup_t *places_lookups_late(places_lookups_t *self, int64_t now_ns);

/* The earliest deadline of those that are not under way, INT64_MAX where there are none. */
int64_t places_lookups_deadline(const places_lookups_t *self);

/* Takes a lookup out of the table and frees it. */
void places_lookups_remove(places_lookups_t *self, places_lookup_t *lookup);

/* How many there are, under way or not. */
size_t places_lookups_count(const places_lookups_t *self);

#endif
