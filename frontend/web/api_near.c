/* Reads from the copy of all positions: who is near (GET /v1/near), who is in a box, page by page
 * (GET /v1/clients; api_pages.c), and GET /v1/places, which the node answers. */
#include "frontend/web/api_parts.h"

#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/near/area_text.h"
#include "common/places/sphere.h"
#include "common/protocol/iso6709.h"
#include "frontend/web/query.h"

#include <math.h>

enum {
    NEAR_COUNT = 10, /* clients, where no limit is said */
    PAGE_COUNT = 100,
    RADIUS_M = 10000,
};

static const query_bounds_t near_bounds = {.radius_m = RADIUS_M,
                                           .radius_max_m = AREA_TEXT_RADIUS_MAX_M,
                                           .limit = NEAR_COUNT,
                                           .limit_max = API_CLIENTS_MAX};
static const query_bounds_t page_bounds = {
    .radius_m = 0, .radius_max_m = 0, .limit = PAGE_COUNT, .limit_max = API_CLIENTS_MAX};
static const query_bounds_t places_bounds = {
    .radius_m = RADIUS_M, .radius_max_m = 50000, .limit = NEAR_COUNT, .limit_max = LIMIT_RESULTS};

static sheet_t begin_collection(api_t *self)
{
    sheet_t sheet = api_begin(self);
    sheet_put_string(&sheet, "{\"type\":\"FeatureCollection\",\"features\":[");
    return sheet;
}

/* Where it is asked about; `ret_own`: the client that asks, or none. False: it was refused. */
static bool find_centre(api_t *self, const api_request_t *request, query_t *query,
                        uint32_t *ret_own)
{
    record_t record;
    iso6709_position_t degrees;
    *ret_own = UINT32_MAX;
    if (query->has_client == query->has_place || query->has_box || query->has_after) {
        api_refuse(request, HTTP_BAD_REQUEST,
                   "Either client or lat and lon is needed, with radius and limit alone.");
        return false;
    }
    if (query->has_place) {
        return true;
    }
    if (!copy_find(mirror_copy(self->mirror), query->client, ret_own, &record) ||
        !iso6709_parse(record.position, &degrees)) {
        api_refuse(request, HTTP_NOT_FOUND, "The herd knows no client of this ID.");
        return false;
    }
    query->latitude_deg = degrees.latitude_deg;
    query->longitude_deg = degrees.longitude_deg;
    return true;
}

void api_get_near(api_t *self, const api_request_t *request)
{
    query_t query;
    uint32_t own;
    if (!api_copy_is_ready(self, request) || !api_take_query(self, request, &near_bounds, &query) ||
        !find_centre(self, request, &query, &own)) {
        return;
    }
    near_hit_t *hits = self->hits;
    const near_query_t ask = {.latitude_deg = query.latitude_deg,
                              .longitude_deg = query.longitude_deg,
                              .radius_m = query.radius_m,
                              .maximum = query.limit + (own != UINT32_MAX),
                              .budget = NEAR_BUDGET};
    near_answer_t found = near_nearest(mirror_near(self->mirror), &ask, hits);
    sheet_t sheet = begin_collection(self);
    bool first = true;
    size_t left = query.limit;
    for (size_t i = 0; i < found.count && left > 0; i++) {
        if (self->content.size >= API_TEXT_SIZE) {
            found.complete = false;
            break;
        }
        if (hits[i].point.handle != own) {
            (void)api_put_feature(self, hits[i].point.handle, sphere_distance_m(hits[i].haversine),
                                  &first, &sheet);
            left--;
        }
    }
    sheet_put_string(&sheet, found.complete ? "]}\n" : "],\"complete\":false}\n");
    api_reply_copy(self, request, API_GEOJSON, &sheet);
}

void api_get_clients(api_t *self, const api_request_t *request)
{
    query_t query;
    api_walk_t walk = {0};
    if (!api_copy_is_ready(self, request) || !api_take_query(self, request, &page_bounds, &query)) {
        return;
    }
    if (query.limit == 0 || query.has_client || query.has_place ||
        (query.has_after && !api_read_cursor(query.after, &walk.cursor))) {
        api_refuse(request, HTTP_BAD_REQUEST,
                   "Clients are asked for by bbox, limit (1 to 1000) and after, which is what an "
                   "earlier page said as next.");
        return;
    }
    sheet_t sheet = begin_collection(self);
    api_walk(self, &query, &walk, &sheet);
    if (walk.more) {
        sheet_put_string(&sheet, "],\"next\":\"");
        api_put_cursor(&walk.cursor, &sheet);
        sheet_put_string(&sheet, "\",\"links\":[{\"rel\":\"next\",\"href\":\"/v1/clients?");
        api_put_next_query(&walk.cursor, request->head->query, &sheet);
        sheet_put_string(&sheet, "\"}]}\n");
    } else {
        sheet_put_string(&sheet, "]}\n");
    }
    api_reply_copy(self, request, API_GEOJSON, &sheet);
}

void api_get_places(api_t *self, const api_request_t *request)
{
    query_t query;
    if (!api_take_query(self, request, &places_bounds, &query)) {
        return;
    }
    if (!query.has_client || query.has_place || query.has_box || query.has_after ||
        api_id_has_space(query.client)) {
        api_refuse(request, HTTP_BAD_REQUEST, "Places are asked for by client, radius and limit.");
        return;
    }
    buffer_clear(&self->line);
    sheet_t sheet = sheet_begin(&self->line);
    sheet_put(&sheet, TEXT("WHATSAT "));
    sheet_put(&sheet, query.client);
    /* WHATSAT has whole kilometres: those that hold the radius. */
    sheet_format(&sheet, " %u %zu", (unsigned)ceil(query.radius_m / 1000), query.limit);
    api_ask(self, request, EXCHANGE_PLACES, &sheet);
}

void api_answer_places(api_t *self, text_t reply, http_answer_t *ret_answer)
{
    text_t line;
    if (text_equal(reply, TEXT("?\n")) || !text_take_line(&reply, &line)) {
        api_make_problem(self, HTTP_NOT_FOUND, "The herd knows no client of this ID.", ret_answer);
        return;
    }
    *ret_answer = (http_answer_t){.status = HTTP_OK,
                                  .type = "application/json",
                                  .content = reply,
                                  .fields = "Cache-Control: no-store\r\n"};
}
