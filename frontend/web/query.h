/* query.h - the parameters of a request: read one by one, each at most once. Pure.
 *
 * Owner: the caller; texts borrow from the head and from `bytes`. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_QUERY_H
#define HERD_FRONTEND_WEB_QUERY_H

#include "common/base/buffer.h"
#include "common/near/area.h"

#include <stdbool.h>
#include <stddef.h>

/* What reads may ask for (open value struct). */
typedef struct {
    bool has_client;
    bool has_place; /* lat and lon */
    bool has_box;
    bool has_after;
    text_t client; /* in `bytes` of query_read */
    double latitude_deg;
    double longitude_deg;
    double radius_m;
    size_t limit;
    area_box_t box;
    text_t after; /* not decoded */
} query_t;

/* Bounds and what counts where a parameter is absent (open value struct). */
typedef struct {
    double radius_m;     /* where it is absent */
    double radius_max_m; /* at most */
    size_t limit;        /* where it is absent */
    size_t limit_max;    /* at most */
} query_bounds_t;

/* Reads all parameters: client, lat, lon, radius (m), limit, bbox (w,s,e,n), near (lat,lon and
 * perhaps radius), after. NULL, or what is wrong with them, a sentence. What is not known is
 * refused, too: it may be a slip. The buffer takes the client. */
const char *query_read(text_t text, const query_bounds_t *bounds, buffer_t *bytes,
                       query_t *ret_query);

#endif
