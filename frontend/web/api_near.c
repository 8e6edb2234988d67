/* Reads from the copy of all positions: who is near (GET /v1/near), who is in a box, page by page
 * (GET /v1/clients), and GET /v1/places, which the node answers.
 *
 * A page ends where its limit or its budget does; `next` is how far the walk has come, in the
 * numbers of near_cursor_t, as text. While the node is away answers have the field Age. */
#include "frontend/web/api_parts.h"

#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/places/sphere.h"
#include "common/protocol/iso6709.h"
#include "frontend/web/http/http_target.h"
#include "frontend/web/query.h"

#include <math.h>
#include <stdio.h>

enum {
    NEAR_COUNT = 10, /* clients, where no limit is said */
    PAGE_COUNT = 100,
    AGE_SIZE = 64,
    CURSOR_DIGITS = 16, /* of its code, and half as many of its handle */
    RADIUS_M = 10000,
};

static const query_bounds_t near_bounds = {.radius_m = RADIUS_M,
                                           .radius_max_m = 20037508.5,
                                           .limit = NEAR_COUNT,
                                           .limit_max = API_CLIENTS_MAX};
static const query_bounds_t page_bounds = {
    .radius_m = 0, .radius_max_m = 0, .limit = PAGE_COUNT, .limit_max = API_CLIENTS_MAX};
static const query_bounds_t places_bounds = {
    .radius_m = RADIUS_M, .radius_max_m = 50000, .limit = NEAR_COUNT, .limit_max = LIMIT_RESULTS};

/* Reads the parameters; false: they were refused. */
static bool take_query(api_t *self, const api_request_t *request, const query_bounds_t *bounds,
                       query_t *ret_query)
{
    const char *problem = query_read(request->head->query, bounds, &self->id, ret_query);
    if (problem != NULL) {
        api_refuse(request, HTTP_BAD_REQUEST, problem);
    }
    return problem == NULL;
}

bool api_copy_is_ready(const api_t *self, const api_request_t *request)
{
    if (mirror_is_ready(self->mirror)) {
        return true;
    }
    web_session_reply_problem(request->session, HTTP_SERVICE_UNAVAILABLE,
                              "The positions are still being copied; ask again in a few seconds.",
                              "Retry-After: 2\r\n");
    return false;
}

/* Answers with the content that was made. */
static void reply(api_t *self, const api_request_t *request, sheet_t *sheet)
{
    char fields[AGE_SIZE] = "Cache-Control: no-store\r\n";
    uint64_t age_s = mirror_age_s(self->mirror);
    if (sheet_end(sheet) != STATUS_OK) {
        api_refuse(request, HTTP_INTERNAL_SERVER_ERROR,
                   "The answer is too long; ask for fewer clients.");
        return;
    }
    if (age_s > 0) {
        snprintf(fields, sizeof fields, "Cache-Control: no-store\r\nAge: %llu\r\n",
                 (unsigned long long)age_s);
    }
    const http_answer_t answer = {.status = HTTP_OK,
                                  .type = API_GEOJSON,
                                  .content = buffer_text(&self->content),
                                  .fields = fields};
    web_session_reply(request->session, &answer);
}

/* Appends the Feature of a client, if it is still there. `distance_m` as in feature_t. */
static void put_feature(api_t *self, uint32_t number, double distance_m, bool *first,
                        sheet_t *sheet)
{
    record_t record;
    if (!copy_read(mirror_copy(self->mirror), number, &record)) {
        return;
    }
    feature_t feature = feature_from_record(&record);
    feature.distance_m = distance_m;
    sheet_put_string(sheet, *first ? "\n" : ",\n");
    *first = false;
    feature_put(&feature, sheet);
}

static sheet_t begin_collection(api_t *self)
{
    buffer_clear(&self->content);
    sheet_t sheet = sheet_begin(&self->content);
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
    if (query->has_client == query->has_place) {
        api_refuse(request, HTTP_BAD_REQUEST, "Either client or lat and lon is needed.");
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
    if (!api_copy_is_ready(self, request) || !take_query(self, request, &near_bounds, &query) ||
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
        if (hits[i].point.handle != own) {
            put_feature(self, hits[i].point.handle, sphere_distance_m(hits[i].haversine), &first,
                        &sheet);
            left--;
        }
    }
    sheet_put_string(&sheet, found.complete ? "]}\n" : "],\"complete\":false}\n");
    reply(self, request, &sheet);
}

/* "c0ffee0000000000-0000002a" */
static bool read_cursor(text_t text, near_cursor_t *ret_cursor)
{
    uint64_t handle;
    if (text.size != CURSOR_DIGITS + 1 + CURSOR_DIGITS / 2 || text.data[CURSOR_DIGITS] != '-' ||
        !text_from_hex(text_first(text, CURSOR_DIGITS), &ret_cursor->code) ||
        !text_from_hex(text_after(text, CURSOR_DIGITS + 1), &handle)) {
        return false;
    }
    ret_cursor->handle = (uint32_t)handle;
    ret_cursor->begun = true;
    return true;
}

static void put_next(const near_cursor_t *cursor, text_t query, sheet_t *sheet)
{
    text_t name;
    text_t value;
    sheet_format(sheet,
                 "],\"next\":\"%016llx-%08x\",\"links\":[{\"rel\":\"next\",\"href\":\"/v1/clients?",
                 (unsigned long long)cursor->code, (unsigned)cursor->handle);
    while (http_target_parameter(&query, &name, &value)) {
        if (!text_equal(name, TEXT("after"))) {
            sheet_put(sheet, name);
            sheet_put_byte(sheet, '=');
            sheet_put(sheet, value);
            sheet_put_byte(sheet, '&');
        }
    }
    sheet_format(sheet, "after=%016llx-%08x\"}]}\n", (unsigned long long)cursor->code,
                 (unsigned)cursor->handle);
}

void api_get_clients(api_t *self, const api_request_t *request)
{
    static const area_box_t everywhere = {.west_e7 = -(int32_t)SPHERE_HALF_TURN_E7,
                                          .south_e7 = -(int32_t)(SPHERE_HALF_TURN_E7 / 2),
                                          .east_e7 = (int32_t)SPHERE_HALF_TURN_E7,
                                          .north_e7 = (int32_t)(SPHERE_HALF_TURN_E7 / 2)};
    query_t query;
    near_cursor_t cursor = {0};
    if (!api_copy_is_ready(self, request) || !take_query(self, request, &page_bounds, &query)) {
        return;
    }
    if (query.limit == 0 || query.has_client || query.has_place ||
        (query.has_after && !read_cursor(query.after, &cursor))) {
        api_refuse(request, HTTP_BAD_REQUEST,
                   "Clients are asked for by bbox, limit (1 to 1000) and after, which is what an "
                   "earlier page said as next.");
        return;
    }
    near_point_t *points = self->points;
    const near_box_query_t ask = {.box = query.has_box ? query.box : everywhere,
                                  .maximum = query.limit,
                                  .budget = NEAR_BUDGET};
    near_page_t page = near_box(mirror_near(self->mirror), &ask, &cursor, points);
    sheet_t sheet = begin_collection(self);
    bool first = true;
    for (size_t i = 0; i < page.count; i++) {
        put_feature(self, points[i].handle, -1, &first, &sheet);
    }
    if (page.more) {
        put_next(&cursor, request->head->query, &sheet);
    } else {
        sheet_put_string(&sheet, "]}\n");
    }
    reply(self, request, &sheet);
}

void api_get_places(api_t *self, const api_request_t *request)
{
    query_t query;
    if (!take_query(self, request, &places_bounds, &query)) {
        return;
    }
    if (!query.has_client || query.has_place || query.has_box || api_id_has_space(query.client)) {
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
