#include "frontend/web/web_figures.h"

#include <assert.h>

static const char *const routes[WEB_ROUTES] = {
#define WEB_ROUTE_NAME(name, path) path,
    WEB_ROUTE_MAP(WEB_ROUTE_NAME)
#undef WEB_ROUTE_NAME
};

static const http_status_t statuses[] = {
#define WEB_STATUS(name, number, phrase) HTTP_##name,
    HTTP_STATUS_MAP(WEB_STATUS)
#undef WEB_STATUS
};

enum { STATUS_COUNT = sizeof statuses / sizeof statuses[0] };
static_assert((int)STATUS_COUNT <= (int)WEB_FIGURES_STATUSES, "each status has its count");

/* Upper bounds in ms, and as Prometheus has them. */
static const struct {
    uint64_t ms;
    const char *seconds;
} bounds[WEB_FIGURES_BUCKETS] = {{1, "0.001"}, {3, "0.003"}, {10, "0.01"}, {30, "0.03"},
                                 {100, "0.1"}, {300, "0.3"}, {1000, "1"},  {3000, "3"}};

void web_figures_count(web_figures_t *self, web_route_t route, http_status_t status,
                       uint64_t took_ms)
{
    size_t bucket = 0;
    size_t index = 0;
    while (bucket < WEB_FIGURES_BUCKETS && took_ms > bounds[bucket].ms) {
        bucket++;
    }
    while (index + 1 < STATUS_COUNT && statuses[index] != status) {
        index++;
    }
    self->requests[route][index]++;
    self->buckets[route][bucket]++;
    self->took_ms[route] += took_ms;
}

static void put_requests(const web_figures_t *self, web_route_t route, sheet_t *sheet)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (self->requests[route][i] > 0) {
            sheet_format(sheet, "herd_web_requests_total{path=\"%s\",status=\"%d\"} %llu\n",
                         routes[route], (int)statuses[i],
                         (unsigned long long)self->requests[route][i]);
        }
    }
}

static void put_seconds(const web_figures_t *self, web_route_t route, sheet_t *sheet)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= WEB_FIGURES_BUCKETS; i++) {
        count += self->buckets[route][i];
        sheet_format(sheet, "herd_web_request_seconds_bucket{path=\"%s\",le=\"%s\"} %llu\n",
                     routes[route], i < WEB_FIGURES_BUCKETS ? bounds[i].seconds : "+Inf",
                     (unsigned long long)count);
    }
    sheet_format(sheet, "herd_web_request_seconds_sum{path=\"%s\"} %.3f\n", routes[route],
                 (double)self->took_ms[route] / 1000);
    sheet_format(sheet, "herd_web_request_seconds_count{path=\"%s\"} %llu\n", routes[route],
                 (unsigned long long)count);
}

void web_figures_write(const web_figures_t *self, sheet_t *sheet)
{
    sheet_put_string(sheet, "# HELP herd_web_requests_total Requests answered\n"
                            "# TYPE herd_web_requests_total counter\n");
    for (web_route_t route = 0; route < WEB_ROUTES; route++) {
        put_requests(self, route, sheet);
    }
    sheet_put_string(sheet, "# HELP herd_web_request_seconds Time until they were answered\n"
                            "# TYPE herd_web_request_seconds histogram\n");
    for (web_route_t route = 0; route < WEB_ROUTES; route++) {
        put_seconds(self, route, sheet);
    }
}
