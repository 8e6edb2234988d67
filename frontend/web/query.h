/* query.h - the parameters of a request: read one by one, each at most once. Pure.
 *
 * Owner: the caller; texts borrow from the head and from `bytes`. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_QUERY_H
#define HERD_FRONTEND_WEB_QUERY_H

#include "common/base/buffer.h"
#include "common/near/area.h"
#include "frontend/web/geo/moment.h"

#include <stdbool.h>
#include <stddef.h>

/* What reads may ask for (open value struct). */
typedef struct {
    bool has_client;
    bool has_place; /* lat and lon */
    bool has_box;
    bool has_after;
    bool has_heights; /* bbox with six numbers */
    bool has_span;    /* datetime */
    text_t client;    /* in `bytes` of query_read */
    double latitude_deg;
    double longitude_deg;
    double radius_m;
    size_t limit;
    area_box_t box; /* all of the earth where it is absent */
    int64_t low_mm; /* heights */
    int64_t high_mm;
    moment_span_t span;
    text_t after; /* not decoded */
} query_t;

/* Bounds and what counts where a parameter is absent (open value struct). */
typedef struct {
    double radius_m;     /* where it is absent */
    double radius_max_m; /* at most */
    size_t limit;        /* where it is absent */
    size_t limit_max;    /* at most; of items more becomes that */
    bool of_items;       /* bbox, datetime, limit and after alone, as OGC 17-069r4 has them */
} query_bounds_t;

/* Reads all parameters: client, lat, lon, radius (m), limit, bbox (w,s,e,n; of items also
 * w,s,low,e,n,high), near (lat,lon and perhaps radius), datetime, after. NULL, or what is wrong
 * with them, a sentence. What is not known is refused, too: it may be a slip. The buffer takes the
 * client. */
const char *query_read(text_t text, const query_bounds_t *bounds, buffer_t *bytes,
                       query_t *ret_query);

#endif
