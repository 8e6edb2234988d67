/* OGC API - Features - Part 1: Core (OGC 17-069r4), as QGIS, ogrinfo and ogr2ogr read it: one
 * collection, the clients, in pages of GeoJSON.
 *
 * A client begins at the landing page (or at /collections), follows links to the items, and from
 * page to page by `next`. Links are absolute, to the Host that was asked; the guard has checked
 * it. A parameter that the description does not have is refused (7.5). The items are those of
 * /v1/clients: api_pages.c walks through them, of a box (7.15.3), a span of time (7.15.4), or
 * both. */
#include "frontend/web/api_parts.h"

#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/json/json_string.h"
#include "frontend/web/http/http_target.h"

#define TYPE_JSON "application/json"
#define CRS84     "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
#define CLASS     "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"

enum { ITEMS_COUNT = 100 }; /* where no limit is said */

static const query_bounds_t item_bounds = {
    .limit = ITEMS_COUNT, .limit_max = API_CLIENTS_MAX, .of_items = true};

/* A link (RFC 8288; 7.2 of the standard). */
typedef struct {
    const char *path;
    const char *relation;
    const char *type;
    const char *title;
} link_line_t;

static const link_line_t to_collection = {"/collections/clients", "collection", TYPE_JSON,
                                          "The collection"};

/* Begins a link with "http://127.0.0.1:11790", nothing of a request of HTTP/1.0 without Host, and
 * that path. */
static void begin_link(const api_request_t *request, text_t path, sheet_t *sheet)
{
    sheet_put_string(sheet, "\n{\"href\":\"");
    if (request->head->host.size > 0) {
        sheet_put_string(sheet, "http://");
        sheet_put(sheet, request->head->host);
    }
    sheet_put(sheet, path);
}

/* Ends a link whose href was begun. */
static void end_link(const char *relation, const char *type, const char *title, sheet_t *sheet)
{
    sheet_format(sheet, "\",\"rel\":\"%s\",\"type\":\"%s\",\"title\":\"%s\"}", relation, type,
                 title);
}

static void put_link(const api_request_t *request, const link_line_t *link, sheet_t *sheet)
{
    begin_link(request, text_of(link->path), sheet);
    end_link(link->relation, link->type, link->title, sheet);
}

static void put_links(const api_request_t *request, const link_line_t *links, sheet_t *sheet)
{
    sheet_put_string(sheet, "\"links\":[");
    for (size_t i = 0; links[i].path != NULL; i++) {
        sheet_put_string(sheet, i > 0 ? "," : "");
        put_link(request, &links[i], sheet);
    }
    sheet_put_byte(sheet, ']');
}

/* Answers with JSON that does not change. */
static void reply_fixed(api_t *self, const api_request_t *request, const char *fields,
                        sheet_t *sheet)
{
    const http_answer_t answer = {.status = HTTP_OK, .type = TYPE_JSON, .fields = fields};
    api_reply(self, request, answer, sheet);
}

/* Whether there are no parameters, where there are none to be; if not, that was answered. */
static bool has_no_query(const api_request_t *request)
{
    if (request->head->query.size > 0) {
        api_refuse(request, HTTP_BAD_REQUEST, "This path has no parameters.");
    }
    return request->head->query.size == 0;
}

void api_get_landing(api_t *self, const api_request_t *request)
{
    static const link_line_t links[] = {
        {"/", "self", TYPE_JSON, "This document"},
        {"/", "alternate", "text/html", "A live map"},
        {"/v1/openapi.json", "service-desc", TYPE_JSON, "Description of this interface (OpenAPI)"},
        {"/conformance", "conformance", TYPE_JSON, "What of OGC API Features is done"},
        {"/collections", "data", TYPE_JSON, "The collections"},
        {0},
    };
    sheet_t sheet = api_begin(self);
    sheet_put_string(&sheet, "{\"title\":");
    json_string_put(&sheet, text_of(self->config->herd_name));
    sheet_put_string(&sheet, ",\"description\":\"Where the clients of a herd are\",\"herd\":");
    json_string_put(&sheet, text_of(self->config->herd_name));
    sheet_put_string(&sheet, ",\"member\":");
    json_string_put(&sheet, text_of(self->member->name));
    sheet_put_string(&sheet, ",\"version\":\"" HERD_VERSION "\","
                             "\"paths\":[\"/v1/clients/{id}\",\"/v1/clients\",\"/v1/near\","
                             "\"/v1/places\",\"/v1/watch\",\"/v1/herd\","
                             "\"/v1/names\",\"/metrics\",\"/healthz\"],\n");
    put_links(request, links, &sheet);
    sheet_put_string(&sheet, "}\n");
    reply_fixed(self, request, "Vary: Accept\r\n", &sheet);
}

void api_get_conformance(api_t *self, const api_request_t *request)
{
    sheet_t sheet = api_begin(self);
    if (has_no_query(request)) {
        sheet_put_string(&sheet, "{\"conformsTo\":[\"" CLASS "core\",\n\"" CLASS "geojson\"]}\n");
        reply_fixed(self, request, NULL, &sheet);
    }
}

static void put_collection(const api_request_t *request, sheet_t *sheet)
{
    static const link_line_t links[] = {
        {"/collections/clients", "self", TYPE_JSON, "The collection"},
        {"/collections/clients/items", "items", API_GEOJSON, "The clients"},
        {0},
    };
    sheet_put_string(sheet,
                     "{\"id\":\"clients\",\"title\":\"Clients\","
                     "\"description\":\"The newest position of each client of the herd\","
                     "\"itemType\":\"feature\",\"crs\":[\"" CRS84 "\"],\n"
                     "\"extent\":{\"spatial\":{\"bbox\":[[-180,-90,180,90]],\"crs\":\"" CRS84 "\"},"
                     "\"temporal\":{\"interval\":[[null,null]],\"trs\":"
                     "\"http://www.opengis.net/def/uom/ISO-8601/0/Gregorian\"}},\n");
    put_links(request, links, sheet);
    sheet_put_byte(sheet, '}');
}

void api_get_collections(api_t *self, const api_request_t *request)
{
    static const link_line_t links[] = {
        {"/collections", "self", TYPE_JSON, "This document"},
        {0},
    };
    sheet_t sheet = api_begin(self);
    if (has_no_query(request)) {
        sheet_put_byte(&sheet, '{');
        put_links(request, links, &sheet);
        sheet_put_string(&sheet, ",\n\"collections\":[");
        put_collection(request, &sheet);
        sheet_put_string(&sheet, "]}\n");
        reply_fixed(self, request, NULL, &sheet);
    }
}

void api_get_collection(api_t *self, const api_request_t *request)
{
    sheet_t sheet = api_begin(self);
    if (has_no_query(request)) {
        put_collection(request, &sheet);
        sheet_put_byte(&sheet, '\n');
        reply_fixed(self, request, NULL, &sheet);
    }
}

/* Reads the parameters; false: they were refused. */
static bool take_query(api_t *self, const api_request_t *request, query_t *ret_query,
                       near_cursor_t *ret_cursor)
{
    if (!api_take_query(self, request, &item_bounds, ret_query)) {
        return false;
    }
    if (ret_query->has_after && !api_read_cursor(ret_query->after, ret_cursor)) {
        api_refuse(request, HTTP_BAD_REQUEST, "after is of a link to the next page.");
        return false;
    }
    return true;
}

/* How many clients there are on all pages, where that is known, or counted within the budget of
 * the page: a client may do without (7.16). */
static bool count_matched(api_t *self, const query_t *query, const api_walk_t *walk,
                          size_t *ret_count)
{
    bool is_filtered = query->has_span || query->has_heights;
    if (!query->has_box && !is_filtered) {
        *ret_count = near_count(mirror_near(self->mirror));
        return true;
    }
    if (query->has_after || (is_filtered && walk->more)) {
        return false;
    }
    bool is_known = api_count_rest(self, query, walk, ret_count);
    *ret_count += walk->returned;
    return is_known;
}

/* Appends what stands behind the features of a page. */
static void put_page_end(api_t *self, const api_request_t *request, const query_t *query,
                         const api_walk_t *walk, sheet_t *sheet)
{
    char now[TIMESTAMP_ISO8601_SIZE + 1] = {0};
    text_t asked = request->head->query;
    size_t matched;
    sheet_put_string(sheet, "],\n\"links\":[");
    begin_link(request, request->head->path, sheet);
    sheet_put_string(sheet, asked.size > 0 ? "?" : "");
    sheet_put(sheet, asked);
    end_link("self", API_GEOJSON, "This page", sheet);
    if (walk->more) {
        sheet_put_byte(sheet, ',');
        begin_link(request, TEXT("/collections/clients/items?"), sheet);
        api_put_next_query(&walk->cursor, asked, sheet);
        end_link("next", API_GEOJSON, "The next page", sheet);
    }
    sheet_put_byte(sheet, ',');
    put_link(request, &to_collection, sheet);
    timestamp_write_iso8601(clock_now_ns(), now);
    sheet_format(sheet, "],\n\"timeStamp\":\"%s\",", now);
    if (count_matched(self, query, walk, &matched)) {
        sheet_format(sheet, "\"numberMatched\":%zu,", matched);
    }
    sheet_format(sheet, "\"numberReturned\":%zu}\n", walk->returned);
}

void api_get_items(api_t *self, const api_request_t *request)
{
    query_t query;
    api_walk_t walk = {0};
    if (!api_copy_is_ready(self, request) || !take_query(self, request, &query, &walk.cursor)) {
        return;
    }
    sheet_t sheet = api_begin(self);
    sheet_put_string(&sheet, "{\"type\":\"FeatureCollection\",\"features\":[");
    api_walk(self, &query, &walk, &sheet);
    put_page_end(self, request, &query, &walk, &sheet);
    api_reply_copy(self, request, API_GEOJSON, &sheet);
}

void api_get_item(api_t *self, const api_request_t *request)
{
    uint32_t number;
    record_t record;
    if (!api_copy_is_ready(self, request) || !api_take_id(self, request) ||
        !has_no_query(request)) {
        return;
    }
    if (!api_find_client(self, buffer_text(&self->id), &number, &record)) {
        api_refuse(request, HTTP_NOT_FOUND, "The herd knows no client of this ID.");
        return;
    }
    feature_t feature = feature_from_record(&record);
    sheet_t sheet = api_begin(self);
    feature_put_open(&feature, &sheet);
    sheet_put_string(&sheet, ",\n\"links\":[");
    begin_link(request, TEXT("/collections/clients/items/"), &sheet);
    if (!http_target_encode(record.client, &self->content)) {
        sheet_fail(&sheet, STATUS_FULL);
    }
    end_link("self", API_GEOJSON, "This client", &sheet);
    sheet_put_byte(&sheet, ',');
    put_link(request, &to_collection, &sheet);
    sheet_put_string(&sheet, "]}\n");
    api_reply_copy(self, request, API_GEOJSON, &sheet);
}
