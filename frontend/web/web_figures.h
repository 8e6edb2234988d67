/* web_figures.h - what herd-web counts of requests, and its metrics. Pure.
 *
 * Owner: the api. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_WEB_WEB_FIGURES_H
#define HERD_FRONTEND_WEB_WEB_FIGURES_H

#include "common/base/sheet.h"
#include "frontend/web/http/http_status.h"

#include <stdint.h>

/* What is asked for: one line a route, its name in metrics. */
#define WEB_ROUTE_MAP(X)                                                                           \
    X(OTHER, "other")                                                                              \
    X(CLIENT, "/v1/clients/{id}")                                                                  \
    X(CLIENTS, "/v1/clients")                                                                      \
    X(NEAR, "/v1/near")                                                                            \
    X(PLACES, "/v1/places")                                                                        \
    X(WATCH, "/v1/watch")                                                                          \
    X(HERD, "/v1/herd")                                                                            \
    X(NAMES, "/v1/names")                                                                          \
    X(TILES, "/v1/tiles")                                                                          \
    X(OPENAPI, "/v1/openapi.json")                                                                 \
    X(CONFORMANCE, "/conformance")                                                                 \
    X(COLLECTIONS, "/collections")                                                                 \
    X(ITEMS, "/collections/clients/items")                                                         \
    X(ITEM, "/collections/clients/items/{id}")                                                     \
    X(RECORDER, "/api/0")                                                                          \
    X(METRICS, "/metrics")                                                                         \
    X(HEALTH, "/healthz")                                                                          \
    X(ROOT, "/")

typedef enum {
#define WEB_ROUTE_ENUM(name, path) WEB_ROUTE_##name,
    WEB_ROUTE_MAP(WEB_ROUTE_ENUM)
#undef WEB_ROUTE_ENUM
        WEB_ROUTES
} web_route_t;

enum {
    WEB_FIGURES_STATUSES = 24, /* statuses that are told apart: all that are answered */
    WEB_FIGURES_BUCKETS = 8,   /* of seconds */
};

/* Open struct, for embedding, all zeros at first; the fields are this module's alone. */
typedef struct {
    uint64_t requests[WEB_ROUTES][WEB_FIGURES_STATUSES];
    uint64_t buckets[WEB_ROUTES][WEB_FIGURES_BUCKETS + 1]; /* the last: longer than all bounds */
    uint64_t took_ms[WEB_ROUTES];                          /* sums */
} web_figures_t;

/* A request was answered, after so many ms. */
void web_figures_count(web_figures_t *self, web_route_t route, http_status_t status,
                       uint64_t took_ms);

/* Appends them in the text format of Prometheus. */
void web_figures_write(const web_figures_t *self, sheet_t *sheet);

#endif
